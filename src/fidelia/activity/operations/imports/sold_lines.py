"""Lines sold before, of which goods come back: whole, or piece by piece until nothing is left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from uuid import UUID

from fidelia.rules import LineAllocation, points_of_returned

from ..returns import net_of_returned

CENT = 1  # by so much a file rounds the money of a part in another way than we do


@dataclass(slots=True)
class SoldLine:
    """A line of a sale, `already` of whose quantity has come back; or the part of one that a return takes."""

    quantity: int
    net: int
    purchase_id: UUID
    line_number: int
    points: int
    occurred_at: datetime
    account_id: UUID | None  # the account that earned by it, which is another one after a new membership
    store_id: UUID | None = None
    receipt: str = ""
    already: int = 0

    @property
    def left(self) -> int:
        """The quantity that may still come back."""
        return self.quantity - self.already

    def is_of(self, receipt: str) -> bool:
        """Whether a receipt's number, as a return names it, is this line's: told apart by day or store it is longer."""
        return self.receipt == receipt or self.receipt.endswith(f"/{receipt}")

    def net_of(self, quantity: int) -> int:
        """Return the money of the next so many, in minor units."""
        return net_of_returned(self.net, self.quantity, already=self.already, now=quantity)

    def take(self, quantity: int) -> SoldLine:
        """Take so much of it, and return the part with its money and its points: all parts sum to the line's."""
        allocation = [LineAllocation(self.quantity, self.points)]
        points = points_of_returned(allocation, 0, already=self.already, now=quantity)
        part = replace(self, quantity=quantity, net=self.net_of(quantity), points=points)
        self.already += quantity
        return part


@dataclass(slots=True, kw_only=True)
class SoldGoods:
    """What was sold, of a customer or on a receipt, by product and in the order of time."""

    sold: dict[str, list[SoldLine]] = field(default_factory=lambda: defaultdict(list))
    left: dict[UUID, int] = field(default_factory=dict)  # what is not given back of each sale, in minor units

    def take_sold(self, product: str, quantity: int, net: int, before: datetime, receipt: str = "") -> SoldLine | None:
        """Take from the latest line that a returned one fits, and return the part that comes back.

        A line fits whole, by its quantity and amount, or in part, by its price; of a receipt that the file names, by
        its quantity alone: what is paid back may be less than what was paid.
        """
        lines = [line for line in reversed(self.sold.get(product, ())) if line.occurred_at <= before]
        if receipt:
            lines = [line for line in lines if line.is_of(receipt)]
        lines = [line for line in lines if line.left]
        whole = (line for line in lines if (line.left, line.net_of(line.left)) == (quantity, net))
        priced = (line for line in lines if line.left > quantity and abs(line.net_of(quantity) - net) <= CENT)
        named = (line for line in lines if receipt and line.left >= quantity)
        line = next(chain(whole, priced, named), None)
        return line.take(quantity) if line is not None else None

    def has_come_back(self, product: str, quantity: int, receipt: str) -> bool:
        """Whether a receipt is known here that a return names, and not so much of the product is left on it.

        What that receipt earned is taken back then, by a till or by another file: it is not taken a second time.
        """
        lines = [line for line in self.sold.get(product, ()) if line.is_of(receipt)]
        return bool(lines) and sum(line.left for line in lines) < quantity
