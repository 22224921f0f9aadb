"""The staged rows as receipts, member by member, each member's in the order of time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from ...models import Purchase
from ..requests import LINES_MAX, NET_MAX

FETCH_ROWS = 10_000
LINES_NUMBERED_MAX = 2**15 - 1
_ORDERED = """
select row.customer, row.receipt, min(row.occurred_at) over (partition by row.receipt) as receipt_at, row.row_number,
       row.product, row.description, row.quantity, row.net, row.country, row.store, row.channel, row.category,
       row.unit_price, row.unit_price_scale
from activity_import_row row
where row.import_id = %s
  and not exists (
      select from activity_purchase known where known.source = %s and known.receipt_number = row.receipt
          and known.kind in ('sale', 'return'))
order by row.customer nulls last, receipt_at, row.receipt, row.row_number
"""
_TWO_CUSTOMERS = """
select row.row_number from activity_import_row row join (
    select receipt from activity_import_row where import_id = %s
    group by receipt having count(distinct coalesce(customer, '')) > 1) double on double.receipt = row.receipt
where row.import_id = %s
"""
# What rules decide has at most so many lines; what they do not decide, only so many as can be numbered.
_TOO_LARGE = """
select row.row_number from activity_import_row row join (
    select receipt from activity_import_row where import_id = %s group by receipt
    having count(*) > case when count(customer) > 0 then %s else %s end or sum(abs(net)) > %s
) large on large.receipt = row.receipt
where row.import_id = %s
"""
_OF_RECEIPTS = "select row_number from activity_import_row where import_id = %s and receipt = any(%s)"
_DROP_ROWS = "delete from activity_import_row where import_id = %s and row_number = any(%s)"


@dataclass(frozen=True, slots=True)
class StagedLine:
    """A line as it was staged; quantity and net are negative for what came back."""

    product: str
    description: str
    quantity: int
    net: int
    category: str
    unit_price: int | None = None
    unit_price_scale: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """All lines of one receipt, in the order of the file."""

    number: str
    customer: str | None
    occurred_at: datetime
    country: str
    store: str
    channel: str
    lines: tuple[StagedLine, ...]

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def kind(self) -> Purchase.Kind:
        """A receipt is a return when more comes back than is sold, or when nothing on it is sold."""
        comes_back = self.net < 0 or all(line.quantity < 0 for line in self.lines)
        return Purchase.Kind.RETURN if comes_back else Purchase.Kind.SALE


def drop_receipts_of_two_customers(import_id: UUID) -> list[int]:
    """Unstage the receipts that name two customers (or one on some lines only); return the numbers of their rows."""
    return _drop(import_id, _TWO_CUSTOMERS, [import_id, import_id])


def drop_incomplete_receipts(import_id: UUID, receipts: Collection[str]) -> list[int]:
    """Unstage the rows of receipts of which another row was rejected; return their numbers.

    A receipt is recorded once: were its other rows recorded now, the mended one would come too late.
    """
    return _drop(import_id, _OF_RECEIPTS, [import_id, list(receipts)]) if receipts else []


def drop_receipts_too_large(import_id: UUID) -> list[int]:
    """Unstage the receipts of more lines or a larger amount than a purchase has; return the numbers of their rows."""
    return _drop(import_id, _TOO_LARGE, [import_id, LINES_MAX, LINES_NUMBERED_MAX, NET_MAX, import_id])


def _drop(import_id: UUID, which: str, parameters: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(which, parameters)
        numbers = [row[0] for row in cursor.fetchall()]
        if numbers:
            cursor.execute(_DROP_ROWS, [import_id, numbers])
    return numbers


def receipts_by_member(import_id: UUID, source: str, *, most: int) -> Iterator[list[Receipt]]:
    """Yield the receipts not recorded yet in batches of about `most`, never cutting a member's history in two.

    Receipts of nobody come last. The cursor outlives the transactions in which the batches are recorded.
    """
    batch: list[Receipt] = []
    for customer, receipts in groupby(_receipts(import_id, source), key=lambda receipt: receipt.customer):
        for receipt in receipts:
            batch.append(receipt)
            if customer is None and len(batch) >= most:
                yield batch
                batch = []
        if len(batch) >= most:
            yield batch
            batch = []
    if batch:
        yield batch


def _receipts(import_id: UUID, source: str) -> Iterator[Receipt]:
    connection.ensure_connection()
    with connection.connection.cursor(name=f"receipts_{import_id.hex}", withhold=True) as cursor:
        cursor.itersize = FETCH_ROWS
        cursor.execute(_ORDERED, [import_id, source])
        for (customer, number), rows in groupby(cursor, key=lambda row: (row[0], row[1])):
            lines = list(rows)
            first = lines[0]
            yield Receipt(
                number=number,
                customer=customer,
                occurred_at=first[2],
                country=first[8],
                store=first[9],
                channel=first[10],
                lines=tuple(StagedLine(*row[4:8], *row[11:14]) for row in lines),
            )
