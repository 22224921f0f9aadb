"""Receipts of a checked file, as a recording reads them: in the order in which they are decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

SPANS = """
with ends as (
    select person is null as is_nobody, max(place) as last
    from activity_import_receipt where import_id = %(import)s and place > %(after)s
    group by person, case when person is null then place / %(most)s end
)
select max(last) from ends group by is_nobody, last / %(most)s order by 1
"""
# Lines are read only where rules will decide, or where something comes back of a receipt that is named.
_READ = """
select receipt.place, receipt.receipt, receipt.kind, receipt.customer, receipt.occurred_at, receipt.country,
    receipt.store, receipt.channel, receipt.net, receipt.line_count,
    exists (
        select from activity_purchase known where known.source = any (%s) and known.receipt_number = receipt.receipt
            and known.kind in ('sale', 'return')),
    case when receipt.customer is not null or receipt.originals is not null or receipt.receipt in (
            select unnest(back.originals) from activity_import_receipt back
            where back.import_id = receipt.import_id and back.customer is null and back.originals is not null
                and back.place > %s and back.place <= %s) then
        json_build_array(
        receipt.products, receipt.quantities, receipt.nets, receipt.categories, coalesce(receipt.originals, '{}'))::text
    end
from activity_import_receipt receipt
where receipt.import_id = %s and receipt.place > %s and receipt.place <= %s
order by receipt.place
"""


@dataclass(slots=True)
class Receipt:
    """One receipt; its lines are columns (products, quantities, nets, categories), empty where nobody is named and
    nothing of it comes back.

    Quantities and amounts are negative for what came back; `originals` are the receipts that lines given back name,
    empty where the file names none.
    """

    place: int
    number: str
    kind: str
    customer: str | None
    occurred_at: datetime
    country: str
    store: str
    channel: str
    net: int
    line_count: int
    is_known: bool
    products: list[str]
    quantities: list[int]
    nets: list[int]
    categories: list[str]
    originals: list[str] = field(default_factory=list)
    purchase_id: UUID | None = None  # of one that is recorded already
    takes: list[int] | None = None  # which lines of the file's receipt it has, from 1; None: all

    @property
    def is_return(self) -> bool:
        return self.kind == "return"

    @property
    def is_return_of_nobody(self) -> bool:
        """Whether nobody is named on it, and of what comes back on it the receipt is."""
        return self.customer is None and self.gives_back and any(self.originals)

    @property
    def gives_back(self) -> bool:
        """Whether something on it comes back, be it an exchange; never of one that is recorded as a purchase."""
        return self.is_return or (self.purchase_id is None and min(self.quantities, default=0) < 0)


def list_spans(import_id: UUID, *, after: int, most: int) -> list[tuple[int, int]]:
    """Return the places (after, last) of batches of about `most` receipts, none of which cuts a person in two."""
    with connection.cursor() as cursor:
        cursor.execute(SPANS, {"import": import_id, "after": after, "most": most})
        lasts = [last for (last,) in cursor.fetchall()]
    return list(zip([after, *lasts], lasts, strict=False))


def read_receipts(import_id: UUID, sources: list[str], span: tuple[int, int]) -> list[Receipt]:
    """Return the receipts of a span in order; those that somebody recorded since the check are known."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [sources, *span, import_id, *span])
        return [Receipt(*head, *_columns_of(lines)) for *head, lines in cursor]


def _columns_of(lines: str | None) -> Iterator[list[Any]]:
    return iter(json.loads(lines)) if lines is not None else iter(([], [], [], [], []))
