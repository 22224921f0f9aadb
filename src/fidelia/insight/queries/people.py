"""One customer beside all others: who is most like them, and what they are likely to buy next. Nothing here writes.

Both are asked when a page is opened, for one person: a refresh keeps only what is looked up (the links of
products, the scores), and what the person bought since counts at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from fidelia.activity.queries import list_bought
from fidelia.kernel.actor import Actor
from fidelia.products.queries import get_products_by_code

from ..measures.alike import Neighbour as ProductNeighbour
from ..measures.alike import NextProduct, ProductLinks, suggest_products
from ..models import ProductLink, RfmScore
from . import get_rfm_of

ALIKE: Final = 10
PRODUCTS: Final = 6
_POPULAR: Final = 20
_NEAR: Final = 300


@dataclass(frozen=True, slots=True)
class AlikeCustomer:
    """A customer much like another: what the two are compared by, and how far apart they are (0: the same)."""

    customer_id: UUID
    recency_days: int
    frequency: int
    amount: int
    kind: str
    distance: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product that a customer is likely to buy next, with the name of it and of what it is bought with."""

    product: NextProduct
    name: str
    because: str
    last_at: datetime | None


def find_alike(
    *, by: Actor, customer_ids: Sequence[UUID], limit: int = ALIKE, own: RfmScore | None = None
) -> list[AlikeCustomer]:
    """Return the customers most like one person (all the ids), the nearest first; none for one without a score.

    Distance: how many times one bought as often, for as much and as long ago as the other (binary logarithms, the last
    one halved), and 1 where they buy other kinds of goods. Compared are those within one score of the person's recency
    and frequency. Amounts are of the last refresh's window. `own` is the person's score where the caller has read it.
    Raises Denied (insight.see).
    """
    by.require("insight.see")
    own = own or get_rfm_of(customer_ids)
    if own is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, _asked(own, customer_ids, limit))
        return [AlikeCustomer(*row) for row in cursor.fetchall()]


def _asked(own: RfmScore, customer_ids: Sequence[UUID], limit: int) -> dict[str, Any]:
    return {
        "ids": list(customer_ids), "own": own.customer_id, "limit": limit, "near": _NEAR,
        "recency": [score for score in range(own.recency_score - 1, own.recency_score + 2) if 1 <= score <= 5],
        "frequency": [score for score in range(own.frequency_score - 1, own.frequency_score + 2) if 1 <= score <= 5],
        "days": own.recency_days, "times": own.frequency, "amount": max(own.amount, 0),
    }  # fmt: skip


# First the nearest by their numbers, then by what they buy: only of these few the trait is read. Whoever is not within
# a factor of two in times and amount, and of four in days, is at a distance above 1: where `near` others are within 1,
# these are the nearest, and the logarithms of all others need not be taken (at a million customers an eighth of the
# time).
_ALIKE: Final = """
with kind_of_own as (
    select text from customers_trait where customer_id = %(own)s and name = 'purchase_type' and valid_until is null
), within as materialized (
    select {columns}, {distance} as distance from insight_rfm s where {comparable}
        and 1 + s.frequency between (1 + %(times)s) / 2.0 and (1 + %(times)s) * 2
        and 100 + greatest(s.amount, 0) between (100 + %(amount)s) / 2.0 and (100 + %(amount)s) * 2
        and 7 + greatest(s.recency_days, 0) between (7 + %(days)s) / 4.0 and (7 + %(days)s) * 4
    order by distance, s.customer_id limit %(near)s
), enough as (
    select count(*) filter (where distance <= 1) = %(near)s as yes from within
), near as (
    select * from within where (select yes from enough)
    union all
    (select {columns}, {distance} as distance from insight_rfm s where not (select yes from enough) and {comparable}
    order by distance, s.customer_id limit %(near)s)
)
select n.customer_id, n.recency_days, n.frequency, n.amount, coalesce(t.text, ''),
    n.distance + case when coalesce(t.text, '') = coalesce((select text from kind_of_own), '') then 0 else 1 end
from near n left join customers_trait t
    on t.customer_id = n.customer_id and t.name = 'purchase_type' and t.valid_until is null
order by 6, 1 limit %(limit)s
""".format(
    columns="s.customer_id, s.recency_days, s.frequency, s.amount",
    comparable="s.recency_score = any (%(recency)s) and s.frequency_score = any (%(frequency)s) "
    "and s.customer_id <> all (%(ids)s)",
    distance="(abs(ln((1 + s.frequency)::float8 / (1 + %(times)s))) + abs(ln((100 + greatest(s.amount, 0))::float8 / "
    "(100 + %(amount)s))) + abs(ln((7 + greatest(s.recency_days, 0))::float8 / (7 + %(days)s))) / 2) / ln(2)",
)


def suggest_next(
    *, by: Actor, customer_ids: Sequence[UUID], alike: Sequence[AlikeCustomer], limit: int = PRODUCTS
) -> list[Suggestion]:
    """Return what one person (all the ids) is likely to buy next, the likeliest first; see `suggest_products`.

    `alike` is what `find_alike` gave. Raises Denied (insight.see, purchase.see).
    """
    by.require("insight.see")
    own, near = list_bought(by=by, customer_ids=customer_ids, others=[one.customer_id for one in alike])
    bought = {one.code: one for one in own}
    found = suggest_products({code: one.purchases for code, one in bought.items()}, _links(bought), near, k=limit)
    known = get_products_by_code({one.code for one in found} | {one.because for one in found})
    names = {code: product.name or code for code, product in known.items()}
    return [
        Suggestion(
            one, names.get(one.code, one.code), names.get(one.because, one.because),
            bought[one.code].last_at if one.code in bought else None,
        )
        for one in found
    ]  # fmt: skip


def _links(codes: Iterable[str]) -> dict[str, ProductLinks]:
    """The links of these products and of those that most people buy."""
    popular = ProductLink.objects.order_by("-buyers", "code").values("code")[:_POPULAR]
    kept = ProductLink.objects.filter(Q(code__in=list(codes)) | Q(code__in=popular))
    return {
        one.code: ProductLinks(one.code, one.buyers, tuple(ProductNeighbour(*near) for near in one.neighbours))
        for one in kept
    }
