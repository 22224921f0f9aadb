"""Points of further currencies that a sale brought, and what its returns take of them: as the ledger rounds them.

Bills say them in ten-thousandths of a point; the ledger keeps whole minor units, and leaves what is less aside. Over
all returns of a sale those parts add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fidelia.kernel.points import SCALE_MAX
from fidelia.rules.pricing import FrozenBill, MoreThanBought, Returned, reverse


def whole_of(parts: int, scale: int) -> int:
    """Return ten-thousandths of a point as minor units of a currency with so many decimals, the rest left aside."""
    divisor: int = 10 ** (SCALE_MAX - scale)
    return parts // divisor


@dataclass(slots=True)
class Credited:
    """The bill of a sale that credited further points (None: it credited none), and what came back of it."""

    bill: FrozenBill | None = None
    given_back: list[Returned] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)

    def take_back(self, now: Sequence[Returned], scales: Mapping[str, int]) -> dict[str, int]:
        """Return what a return takes of each currency, below zero, and remember what came back."""
        if self.bill is None:
            return {}
        try:
            reversal = reverse(self.bill, now, already=self.given_back)
        except (MoreThanBought, IndexError):  # no return that was recorded is one
            return {}
        self.given_back += now
        return self.taken_back(reversal.credits, scales)

    def taken_back(self, credits: Iterable[tuple[str, int]], scales: Mapping[str, int]) -> dict[str, int]:
        """Return in minor units, below zero, what the parts of a reversal come to after those of the ones before."""
        taken: dict[str, Any] = {}
        for code, parts in credits:
            before = self.parts.get(code, 0)
            self.parts[code] = before + parts
            amount = whole_of(before + parts, scales[code]) - whole_of(before, scales[code])
            if amount:
                taken[code] = -amount
        return taken
