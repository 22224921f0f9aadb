"""What the ledger announces: points that lapse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsLapsed(Event):
    """Points of a currency became breakage, of `lots` lots at once: `amount` in minor units, dated by the last of them.

    `reason` is "expired", or "reinstated" of what comes back: then the amount is below zero. The entries to the account
    "breakage" recorded in the same transaction say of whom; the sum of these events is theirs.
    """

    name: ClassVar[str] = "points.lapsed"
    currency: str
    amount: int
    lots: int
    reason: str
