"""Goods that come back on a receipt without a customer, of a sale to nobody whose receipt they name.

Which sale it was, only the number says: nobody has a history in which a line that fits could be looked for. So the
number must be the whole of the sale's, and of numbers that begin again each day nothing is tied.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from .receipts import Receipt
from .sold_lines import SoldGoods, SoldLine

# Returns at a till and claims wait on the purchase; the order of ids keeps two who lock several from waiting in a ring.
_LOCK = """
select pg_advisory_xact_lock(hashtextextended(sale.id::text, 0)) from (
    select purchase_id as id from activity_purchase
    where source = any (%s) and receipt_number = any (%s) and kind = 'sale' and customer_id is null
    order by 1) sale
"""
# Whoever claimed it since the file was checked is not given another's return.
_OPEN_LINES = """
select line.product_code, line.quantity, line.net, line.purchase_id, line.line_number, 0, sale.occurred_at, null::uuid,
    sale.store_id, sale.receipt_number, returned.quantity
from activity_purchase sale join activity_line line using (purchase_id)
cross join lateral (
    select coalesce(-sum(back.quantity), 0)::bigint as quantity from activity_line back
    where back.returns_purchase_id = line.purchase_id and back.returns_line_number = line.line_number) returned
where sale.source = any (%s) and sale.receipt_number = any (%s) and sale.kind = 'sale' and sale.customer_id is null
    and not exists (select from activity_claim claim where claim.purchase_id = sale.purchase_id)
    and line.quantity > 0
order by sale.occurred_at, line.purchase_id, line.line_number
"""


class SoldToNobody:
    """What was sold to nobody on each receipt that a return of a batch names, and may still come back of it."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._goods = {name: SoldGoods() for name in names}

    def add(self, product: str, line: SoldLine) -> None:
        """Know a line that was sold; of a receipt that nothing names, nothing is kept."""
        if line.receipt in self._goods:
            self._goods[line.receipt].sold[product].append(line)

    def take_sold(self, product: str, quantity: int, net: int, before: datetime, receipt: str = "") -> SoldLine | None:
        """Take from a line of the receipt that is named, as `SoldGoods.take_sold` does; None without a name."""
        goods = self._goods.get(receipt)
        return goods.take_sold(product, quantity, net, before, receipt) if goods is not None else None

    def has_come_back(self, product: str, quantity: int, receipt: str) -> bool:
        """Whether the receipt is known, and not so much of the product is left on it."""
        goods = self._goods.get(receipt)
        return goods is not None and goods.has_come_back(product, quantity, receipt)

    def remember(self, receipt: Receipt, purchase_id: UUID, store_id: UUID | None) -> None:
        """Know a sale of this batch, of which another receipt of it may give back."""
        columns = zip(receipt.products, receipt.quantities, receipt.nets, strict=True)
        for place, (product, quantity, net) in enumerate(columns):
            if quantity > 0:
                line = SoldLine(
                    *(quantity, net, purchase_id, place + 1, 0, receipt.occurred_at, None, store_id, receipt.number)
                )
                self.add(product, line)


def load_sold_to_nobody(receipts: Sequence[Receipt], sources: Sequence[str]) -> SoldToNobody:
    """Building block: lock the sales to nobody that returns of a batch name, and read what may come back of them.

    Before any chain is locked: a claim takes the purchase first, and the chain of its member after.
    """
    backs = [receipt for receipt in receipts if receipt.is_return_of_nobody]
    names = sorted({name for receipt in backs for name in receipt.originals if name})
    found = SoldToNobody(names)
    if names:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [list(sources), names])
            cursor.execute(_OPEN_LINES, [list(sources), names])  # read after: what came back meanwhile is seen
            for product, *line in cursor.fetchall():
                found.add(product, SoldLine(*line))
    return found
