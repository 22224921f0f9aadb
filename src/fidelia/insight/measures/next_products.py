"""Next products: what a customer is likely to buy, and how well that was foretold on a split in time.

Three rankings, each falling back on the one before where it knows nothing: what everybody buys; what this customer
bought most often; what those buy who bought the same. Counts are of purchases, not of units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import ibis
import numpy as np
from ibis import _
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from fidelia.insight.fits.arrays import places_of

Method = Literal["popular", "personal", "collaborative"]
METHODS: Final[tuple[Method, ...]] = ("popular", "personal", "collaborative")
NEIGHBOUR_WEIGHT: Final = 0.5
_CELLS: Final = 4_000_000  # of a dense table looked at together: 32 MB
_DENSE_PRODUCTS: Final = 4_000
Ranking = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Purchases of each product by each customer: a sparse matrix, customers in rows and products in columns."""

    customers: NDArray[Any]
    products: NDArray[Any]
    matrix: Any

    @classmethod
    def from_columns(cls, customers: ArrayLike, products: ArrayLike, counts: ArrayLike) -> Counts:
        """Each (customer, product) once, with its number of purchases."""
        rows, row = places_of(np.asarray(customers, dtype=object))
        columns, column = places_of(np.asarray(products, dtype=object))
        values = np.asarray(counts, dtype=np.float64)
        return cls(rows, columns, sparse.csr_matrix((values, (row, column)), shape=(len(rows), len(columns))))


@dataclass(frozen=True, slots=True)
class Foretold:
    """How well a method foretold what was bought later, averaged over `customers` who bought in both parts."""

    method: Method
    k: int
    customers: int
    recall: float
    ndcg: float


def product_counts(purchases: ibis.Table, lines: ibis.Table) -> ibis.Table:
    """Purchases of each product by each known customer: customer_id, product_code, purchases (int64)."""
    sales = purchases.filter(_.kind == "sale", _.customer_id.notnull()).select("purchase_id", "customer_id")
    return (
        lines.filter(_.is_product, _.net > 0)
        .select("purchase_id", "product_code")
        .join(sales, "purchase_id")
        .group_by("customer_id", "product_code")
        .agg(purchases=_.purchase_id.nunique().cast("int64"))
    )


def rank_products(
    counts: Counts, *, k: int, method: Method = "collaborative", rows: NDArray[np.int64] | None = None
) -> Ranking:
    """The `k` products that each customer is most likely to buy next, best first, as places in `counts.products`.

    Popular: the products that most customers buy. Personal: those that the customer bought most often, then the popular
    ones. Collaborative: personal counts (as shares of the customer's own) plus half of what customers of the same
    products buy, by the cosine of the products' columns; then the popular ones. Ties go to the more popular product.

    `rows` names the customers to rank for, as places in `counts.customers`; all by default. Sources: personal frequency
    as the baseline that few methods beat: Hu et al., SIGIR 2020 (TIFU-kNN); item-to-item cosine: Sarwar et al., WWW
    2001.
    """
    wanted = np.arange(len(counts.customers)) if rows is None else rows
    popular = _popularity(counts)
    width = min(k, len(counts.products))
    if method == "popular":
        best = np.argsort(-popular, kind="stable")[:width]
        return np.tile(best, (len(wanted), 1))
    shares = _shares(counts.matrix[wanted])
    neighbours = _cosines(counts.matrix) if method == "collaborative" else None
    parts = []
    at_once = _rows_at_once(counts)
    for start in range(0, len(wanted), at_once):
        part = shares[start : start + at_once]
        scores = part.toarray()
        if neighbours is not None:
            near = part @ neighbours
            scores += NEIGHBOUR_WEIGHT * (near.toarray() if sparse.issparse(near) else near)
        parts.append(_best(scores + popular, width))
    return np.concatenate(parts) if parts else np.empty((0, width), dtype=np.int64)


def foretell(
    before: Counts,
    after: Counts,
    *,
    k: int = 10,
    methods: Sequence[Method] = METHODS,
    customers_max: int | None = None,
) -> list[Foretold]:
    """Recall and NDCG at k of each method: ranked on what was bought before a split, judged by what was bought after.

    Recall: products foretold and bought ÷ products bought. NDCG: Σ 1 ÷ log₂(place + 1) over the places foretold
    rightly ÷ the same sum had all the first places been right (at most k). Both are averaged over the customers who
    bought in both parts; products never sold before the split count as bought and cannot be foretold.

    With more than `customers_max` of them so many are judged, drawn by chance (always the same); all are learnt from.
    Source: Järvelin & Kekäläinen, ACM TOIS 20 (2002), for NDCG.
    """
    known = {customer: place for place, customer in enumerate(before.customers)}
    pairs = [(known[customer], place) for place, customer in enumerate(after.customers) if customer in known]
    judged = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    if customers_max is not None and len(judged) > customers_max:
        drawn = np.random.default_rng(0).choice(len(judged), customers_max, replace=False)
        judged = judged[np.sort(drawn)]
    if not len(judged):
        return [Foretold(method, k, 0, 0.0, 0.0) for method in methods]
    later = _Later.of(before, after, judged[:, 1])
    results = []
    for method in methods:
        recall, ndcg = later.judge(rank_products(before, k=k, method=method, rows=judged[:, 0]), k)
        results.append(Foretold(method, k, len(judged), recall, ndcg))
    return results


@dataclass(frozen=True, slots=True, eq=False)
class _Later:
    """What some customers bought after the split: by the products known before it, and how many in all."""

    bought: Any
    number: NDArray[np.int64]

    @classmethod
    def of(cls, before: Counts, after: Counts, rows: NDArray[np.int64]) -> _Later:
        places = {product: place for place, product in enumerate(before.products)}
        kept = [place for place, product in enumerate(after.products) if product in places]
        names = [places[after.products[place]] for place in kept]
        chosen = after.matrix[rows] > 0
        to_known = sparse.csr_matrix(
            (np.ones(len(kept)), (kept, names)), shape=(len(after.products), len(before.products))
        )
        return cls((chosen @ to_known).tocsr(), np.diff(chosen.indptr).astype(np.int64))

    def judge(self, ranking: Ranking, k: int) -> tuple[float, float]:
        """Return mean recall and mean NDCG of a ranking, one row per customer."""
        worth = 1.0 / np.log2(np.arange(2, k + 2))
        recall = ndcg = 0.0
        at_once = max(1, _CELLS // max(1, int(self.bought.shape[1])))
        for start in range(0, len(ranking), at_once):
            rows = slice(start, start + at_once)
            is_right = np.take_along_axis(self.bought[rows].toarray() > 0, ranking[rows], axis=1)
            recall += float((is_right.sum(axis=1) / self.number[rows]).sum())
            best = np.cumsum(worth)[np.minimum(self.number[rows], k) - 1]
            ndcg += float((is_right @ worth[: ranking.shape[1]] / best).sum())
        return recall / len(ranking), ndcg / len(ranking)


def _rows_at_once(counts: Counts) -> int:
    return max(1, _CELLS // max(1, len(counts.products)))


def _popularity(counts: Counts) -> NDArray[np.float64]:
    """Buyers of each product, scaled under any share of a customer's own, so that it only decides between equals."""
    buyers: NDArray[np.float64] = np.asarray((counts.matrix > 0).sum(axis=0), dtype=np.float64).ravel()
    scaled: NDArray[np.float64] = buyers * (1e-9 / (buyers.max(initial=0.0) + 1.0))
    return scaled


def _shares(matrix: Any) -> Any:
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return sparse.diags(1.0 / np.maximum(sums, 1.0)) @ matrix


def _cosines(matrix: Any) -> Any:
    """Cosine of each two products over the customers who bought them, a product with itself left out."""
    bought = (matrix > 0).astype(np.float64)
    norms = np.sqrt(np.asarray(bought.sum(axis=0)).ravel())
    unit = bought @ sparse.diags(1.0 / np.maximum(norms, 1.0))
    alike = (unit.T @ unit).tocsr()
    alike = alike - sparse.diags(alike.diagonal())
    return alike.toarray() if alike.shape[0] <= _DENSE_PRODUCTS else alike


def _best(scores: NDArray[np.float64], k: int) -> Ranking:
    top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    return np.take_along_axis(top, order, axis=1)
