"""The terms of a programme version: its rules, how long points live, and its tiers, read from one document.

    {"rules": {…}, "points": {"validity_months": 24, "ends": "month"}, "tiers": {…},
     "purchases": {"earns_days_before_enrolment": 0, "claim_days": 30, "returns_borne_by": "purchase", "reopen_days": 1,
                   "arithmetic": {"prices_with_tax": true, "cash_step": 5}}}

`points` null or absent: points never expire. `tiers` null or absent: no tiers. `purchases`: its defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import end_of_day, local_day

from .arithmetic_terms import parse_arithmetic
from .points_terms import PointsPolicy, parse_points_policy
from .pricing.basket import Arithmetic
from .reading import MalformedTerms, read_object, read_whole
from .tier_terms import parse_tier_set, parse_tier_sets

__all__ = [
    "MalformedTerms",
    "PointsPolicy",
    "PurchasePolicy",
    "parse_points_policy",
    "parse_purchase_policy",
    "parse_tier_set",
    "parse_tier_sets",
]


@dataclass(frozen=True, slots=True)
class PurchasePolicy:
    """What becomes of purchases that do not go the straight way.

    A purchase earns from the local day of the enrolment on, or from so many days before it. An anonymous purchase may
    be claimed by a member up to the end of the local day `claim_days` after it (0: never). What is brought back to
    another store is borne by the store of the purchase, or by that of the return. A closed checkout may be opened again
    for `reopen_days` times 24 hours; what it issues after the return window comes `return_window_days` later.
    What a checkout issued, and nobody has used, is withdrawn when the `whole` of it has come back, with `any` part of
    it, or `never`; a gift that is brought back is stock again, or it is not (`gifts_restocked`). A gift card that gets
    money back can be spent for `gift_card_days` at least, also where it was over (0: it keeps its end). `arithmetic`
    says how a checkout rounds.
    """

    earns_days_before_enrolment: int = 0
    claim_days: int = 30
    returns_borne_by: Literal["purchase", "return"] = "purchase"
    reopen_days: int = 1
    return_window_days: int = 30
    issued_withdrawn: Literal["whole", "any", "never"] = "whole"
    gifts_restocked: bool = True
    gift_card_days: int = 30
    arithmetic: Arithmetic = field(default_factory=Arithmetic)

    def earns_at(self, occurred_at: datetime, enrolled_at: datetime, zone: ZoneInfo) -> bool:
        """Tell whether a member enrolled at one instant earns by a purchase of the other."""
        first_day = local_day(enrolled_at, zone) - timedelta(days=self.earns_days_before_enrolment)
        return local_day(occurred_at, zone) >= first_day

    def claimable_until(self, occurred_at: datetime, zone: ZoneInfo) -> datetime:
        """Return the first instant at which an anonymous purchase of that moment is claimed no more."""
        if self.claim_days == 0:
            return occurred_at
        return end_of_day(local_day(occurred_at, zone) + timedelta(days=self.claim_days), zone)


def parse_purchase_policy(document: Any) -> PurchasePolicy:
    """Read the days of a policy (each 0…3660) and its choices.

    Raises MalformedTerms.
    """
    known = read_object({} if document is None else document, "/purchases", set(PurchasePolicy.__slots__))
    for name in ("earns_days_before_enrolment", "claim_days", "reopen_days", "return_window_days", "gift_card_days"):
        if name in known:
            read_whole(known[name], f"/purchases/{name}", least=0, most=3660)
    if known.get("returns_borne_by", "purchase") not in ("purchase", "return"):
        message = "A return is borne by the store of the “purchase” or of the “return”."
        raise MalformedTerms(message, pointer="/purchases/returns_borne_by")
    if known.get("issued_withdrawn", "whole") not in ("whole", "any", "never"):
        message = "What was issued is withdrawn with the “whole”, with “any” part, or “never”."
        raise MalformedTerms(message, pointer="/purchases/issued_withdrawn")
    if not isinstance(known.get("gifts_restocked", True), bool):
        raise MalformedTerms("Say true or false.", pointer="/purchases/gifts_restocked")
    return PurchasePolicy(**{**known, "arithmetic": parse_arithmetic(known.get("arithmetic"))})
