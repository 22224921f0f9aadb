"""What an occasion comes to in a replay, and what is kept of a sale for its returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from fidelia.rules import LineAllocation
from fidelia.rules.pricing import FrozenBill, Returned

from .credits import Credited


@dataclass(slots=True)
class Result:
    """What an occasion comes to: points and money, by rule too, and the tier that was read.

    credits  points of further currencies, in minor units of each;  tier_credit: what counts for tiers beside points
    """

    points: int = 0
    discount: int = 0
    points_by_rule: dict[str, int] = field(default_factory=dict)
    discount_by_rule: dict[str, int] = field(default_factory=dict)
    tier: str = ""
    is_approximate: bool = False
    credits: dict[str, int] = field(default_factory=dict)
    tier_credit: int = 0


@dataclass(slots=True)
class Sale:
    """What a replayed sale gave, for the returns of it."""

    allocation: tuple[LineAllocation, ...] = ()
    bill: FrozenBill | None = None
    returned: dict[int, int] = field(default_factory=dict)
    given_back: list[Returned] = field(default_factory=list)
    occurred_at: datetime | None = None
    points: int = 0
    was: int = 0
    credited: Credited = field(default_factory=Credited)
    was_credited: Credited = field(default_factory=Credited)
