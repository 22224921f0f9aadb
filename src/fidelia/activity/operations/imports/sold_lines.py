"""Lines sold before, of which goods come back: whole, or piece by piece until nothing is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
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
