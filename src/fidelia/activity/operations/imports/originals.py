"""Returns without a customer that name the receipt they give back: they are of whoever bought it.

A credit note written at another till often carries no card; the points went to somebody all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from fidelia.customers.queries import find_by_identities, list_identities

from .mapping import ImportMapping

Step = Callable[[], AbstractContextManager[Any]]
NAMES_TOGETHER = 10_000
# Of a number that stands for receipts of several customers (they begin again each day) nobody is known.
_OF_THE_FILE = """
with sold as (
    select number, min(customer) as customer from line
    where reason is null and quantity > 0 and customer is not null
    group by number having min(customer collate "C") = max(customer collate "C")
), back as (
    select line.receipt, min(sold.customer) as customer from line join sold on sold.number = line.original
    where line.original <> '' and line.reason is null and line.customer is null and line.quantity < 0
    group by line.receipt having min(sold.customer collate "C") = max(sold.customer collate "C")
)
update line set customer = back.customer from back where line.receipt = back.receipt and line.customer is null
"""
_STILL_UNKNOWN = """
select distinct original from line
where original <> '' and reason is null and customer is null and quantity < 0 limit %s
"""
_RECORDED = """
select sale.receipt_number, coalesce(claim.customer_id, sale.customer_id)
from activity_purchase sale left join activity_claim claim using (purchase_id)
where sale.source = any (%s) and sale.kind = 'sale' and sale.receipt_number = any (%s)
    and coalesce(claim.customer_id, sale.customer_id) is not null
"""
_OF_BEFORE = """
update line set customer = known.customer
from unnest(%s::text[], %s::text[]) as known (number, customer)
where line.original = known.number and line.reason is null and line.customer is null and line.quantity < 0
    and not exists (select from line other where other.receipt = line.receipt and other.original <> line.original)
"""


def give_back_to_buyers(step: Step, mapping: ImportMapping, sources: Sequence[str]) -> None:
    """Say of whom the returns of `line` are that name their receipt and no customer; `step` opens a transaction."""
    if "original" not in mapping.columns:
        return
    with step() as cursor:
        cursor.execute(_OF_THE_FILE)
        cursor.execute(_STILL_UNKNOWN, [NAMES_TOGETHER])
        names = [name for (name,) in cursor.fetchall()]
    if names:
        with step() as cursor:
            cursor.execute(_RECORDED, [list(sources), names])
            buyers = dict(cursor.fetchall())
            known = _names_of(buyers.values(), mapping.customer_scheme)
            named = [(number, known[buyer]) for number, buyer in buyers.items() if buyer in known]
            cursor.execute(_OF_BEFORE, [[number for number, _name in named], [name for _number, name in named]])


def _names_of(customers: Any, scheme: str) -> dict[Any, str]:
    """Return under which identity of the file's scheme each customer is found."""
    ids = list(dict.fromkeys(customers))
    named = {one.customer_id: one.value for one in list_identities(ids) if one.scheme == scheme and one.until is None}
    found = find_by_identities((scheme, value) for value in named.values())
    return {customer: value for customer, value in named.items() if (scheme, value) in found}
