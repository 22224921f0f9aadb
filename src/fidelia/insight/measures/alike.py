"""What is bought by the same people, and from it what one customer is likely to buy next, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from .next_products import NEIGHBOUR_WEIGHT, Counts

PRODUCTS_MAX: Final = 1_000  # the products with most buyers are held beside one another: a dense table of them fits
BUYERS_MIN: Final = 5  # of two products together; fewer are an accident
NEIGHBOURS: Final = 10
ALIKE_MIN: Final = 3  # of the customers like this one
Reason = Literal["again", "together", "alike", "popular"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A product that buyers of another buy too: how many bought both, and the cosine of the two."""

    code: str
    buyers: int
    cosine: float


@dataclass(frozen=True, slots=True)
class ProductLinks:
    """A product with how many customers bought it, and what they bought besides, the closest first."""

    code: str
    buyers: int
    neighbours: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, slots=True)
class NextProduct:
    """A product that a customer is likely to buy, and why.

    again: bought so many `times` before. together: bought with `because`, which the customer buys, by so many `people`.
    alike: bought by so many `people` of those most like the customer. popular: bought by so many `people` in all.
    """

    code: str
    reason: Reason
    times: int = 0
    because: str = ""
    people: int = 0


def link_products(counts: Counts, *, products_max: int = PRODUCTS_MAX, k: int = NEIGHBOURS) -> list[ProductLinks]:
    """Return the products with most buyers, each with the `k` that its buyers buy too, by the cosine of their buyers.

    Cosine: customers who bought both ÷ √(buyers of one × buyers of the other). Source: Sarwar et al., WWW 2001.
    """
    bought = (counts.matrix > 0).astype(np.float64)
    buyers = np.asarray(bought.sum(axis=0)).ravel()
    kept = np.argsort(-buyers, kind="stable")[:products_max]
    common = bought[:, kept]
    both = np.asarray((common.T @ common).todense()) if len(kept) else np.zeros((0, 0))
    np.fill_diagonal(both, 0.0)
    cosines = both / np.sqrt(np.maximum(np.outer(buyers[kept], buyers[kept]), 1.0))
    cosines[both < BUYERS_MIN] = 0.0
    codes = [str(code) for code in np.asarray(counts.products, dtype=object)[kept]]
    return [
        ProductLinks(code, int(buyers[kept[row]]), _closest(codes, both[row], cosines[row], k))
        for row, code in enumerate(codes)
    ]


def _closest(codes: Sequence[str], both: Any, cosines: Any, k: int) -> tuple[Neighbour, ...]:
    best = [place for place in np.argsort(-cosines, kind="stable")[:k].tolist() if cosines[place] > 0]
    return tuple(Neighbour(codes[place], int(both[place]), round(float(cosines[place]), 4)) for place in best)


def suggest_products(
    own: Mapping[str, int], links: Mapping[str, ProductLinks], alike: Mapping[str, int], *, k: int = 6
) -> list[NextProduct]:
    """Return the `k` products that a customer is likely to buy next, the likeliest first, each with its reason.

    `own`: how often the customer bought what. `links`: by code, of the customer's products and of the popular ones.
    `alike`: how many of the customers most like this one bought what. The order is that of `rank_products`: shares of
    the customer's own purchases, half of what goes with them; then what several like the customer buy; then what most
    people buy. A product bought once is not yet a habit: it counts by what goes with it only. Habits are
    at most half of the products.
    """
    whole = sum(own.values()) or 1
    scores: dict[str, float] = {}
    because: dict[str, tuple[float, str, int]] = {}
    for code, times in own.items():
        if times > 1:
            scores[code] = scores.get(code, 0.0) + times / whole
        for near in links[code].neighbours if code in links else ():
            worth = NEIGHBOUR_WEIGHT * near.cosine * times / whole
            scores[near.code] = scores.get(near.code, 0.0) + worth
            because[near.code] = max(because.get(near.code, (0.0, "", 0)), (worth, code, near.buyers))
    ranked = sorted((code for code in scores if own.get(code, 0) != 1), key=lambda code: (-scores[code], code))
    again = [code for code in ranked if own.get(code, 0) > 1][: (k + 1) // 2]  # the rest is what they might discover
    found = [_own_reason(code, own, because) for code in ranked if code in again or code not in own]
    known = {one.code for one in found} | set(own)
    found += [
        NextProduct(code, "alike", people=people)
        for code, people in sorted(alike.items(), key=lambda pair: (-pair[1], pair[0]))
        if people >= ALIKE_MIN and code not in known
    ]
    known |= {one.code for one in found}
    popular = sorted(links.values(), key=lambda one: (-one.buyers, one.code))
    found += [NextProduct(one.code, "popular", people=one.buyers) for one in popular if one.code not in known]
    return found[:k]


def _own_reason(code: str, own: Mapping[str, int], because: Mapping[str, tuple[float, str, int]]) -> NextProduct:
    if own.get(code, 0) > 1:
        return NextProduct(code, "again", times=own[code])
    _worth, with_code, people = because[code]
    return NextProduct(code, "together", because=with_code, people=people)
