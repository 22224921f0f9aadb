"""The terms of a programme version: its rules, how long points live, and its tiers, read from one document.

    {"rules": {…}, "points": {"validity_months": 24, "ends": "month"}, "tiers": {…},
     "purchases": {"earns_days_before_enrolment": 0, "claim_days": 30, "returns_borne_by": "purchase"}}

`points` null or absent: points never expire. `tiers` null or absent: no tiers. `purchases`: its defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import add_months, end_of_day, last_of_month, local_day
from fidelia.kernel.errors import Invalid
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.points import parse_points

from .tiers import TierLevel, TierSet


class MalformedTerms(Invalid):
    """A part of the document of a version is missing, unknown, or out of bounds."""

    default_code = "malformed_document"


@dataclass(frozen=True, slots=True)
class PointsPolicy:
    """How long points live: to the end of the local day, or of its month, `validity_months` after they were earned."""

    validity_months: int | None = None
    ends: Literal["day", "month"] = "month"

    def expires_at(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first instant at which points earned then are no longer there; None if they never expire."""
        if self.validity_months is None:
            return None
        last_day = add_months(local_day(earned_at, zone), self.validity_months)
        return end_of_day(last_of_month(last_day) if self.ends == "month" else last_day, zone)


@dataclass(frozen=True, slots=True)
class PurchasePolicy:
    """What becomes of purchases that do not go the straight way.

    A purchase earns from the local day of the enrolment on, or from so many days before it. An anonymous purchase may
    be claimed by a member up to the end of the local day `claim_days` after it (0: never). What is brought back to
    another store is borne by the store of the purchase, or by that of the return.
    """

    earns_days_before_enrolment: int = 0
    claim_days: int = 30
    returns_borne_by: Literal["purchase", "return"] = "purchase"

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
    """Read earns_days_before_enrolment and claim_days (0…3660) and returns_borne_by. Raises MalformedTerms."""
    known = _object_with({} if document is None else document, "/purchases", set(PurchasePolicy.__slots__))
    for name in ("earns_days_before_enrolment", "claim_days"):
        if name in known:
            _whole_number(known[name], f"/purchases/{name}", least=0, most=3660)
    if known.get("returns_borne_by", "purchase") not in ("purchase", "return"):
        message = "A return is borne by the store of the “purchase” or of the “return”."
        raise MalformedTerms(message, pointer="/purchases/returns_borne_by")
    return PurchasePolicy(**known)


def parse_points_policy(document: Any) -> PointsPolicy:
    """Read {"validity_months": 1…600 or null, "ends": "day" or "month"}. Raises MalformedTerms."""
    if document is None:
        return PointsPolicy()
    known = _object_with(document, "/points", {"validity_months", "ends"})
    months, ends = known.get("validity_months"), known.get("ends", "month")
    if months is not None:
        _whole_number(months, "/points/validity_months", least=1, most=600)
    if ends not in ("day", "month"):
        raise MalformedTerms("Points end with the “day” or with the “month”.", pointer="/points/ends")
    return PointsPolicy(months, ends)


def parse_tier_set(document: Any, scale: int) -> TierSet | None:
    """Read window_days, kept_days, on_return and levels from lowest to highest; thresholds in points.

    Raises MalformedTerms.
    """
    if document is None:
        return None
    known = _object_with(document, "/tiers", {"window_days", "kept_days", "levels", "on_return"})
    window = _whole_number(known.get("window_days"), "/tiers/window_days", least=1, most=3660)
    kept = _whole_number(known.get("kept_days"), "/tiers/kept_days", least=1, most=3660)
    levels, on_return = known.get("levels"), known.get("on_return", "lower")
    if on_return not in ("lower", "keep"):
        raise MalformedTerms("On a return a tier is “lower” or “keep”.", pointer="/tiers/on_return")
    if not isinstance(levels, list) or not 1 <= len(levels) <= 12:
        raise MalformedTerms("Name 1 to 12 tiers, from the lowest to the highest.", pointer="/tiers/levels")
    parsed = tuple(_parse_level(level, f"/tiers/levels/{i}", scale) for i, level in enumerate(levels))
    if len({level.key for level in parsed}) < len(parsed):
        raise MalformedTerms("Two tiers have the same key.", pointer="/tiers/levels")
    if [level.threshold for level in parsed] != sorted({level.threshold for level in parsed}):
        raise MalformedTerms("Each tier needs more points than the one below it.", pointer="/tiers/levels")
    return TierSet(window, kept, parsed, on_return)


def _parse_level(document: Any, pointer: str, scale: int) -> TierLevel:
    known = _object_with(document, pointer, {"key", "name", "threshold"})
    key = known.get("key")
    if not isinstance(key, str) or not key.isidentifier() or not key.isascii() or len(key) > 40:
        raise MalformedTerms("A tier's key is letters, digits and _ such as “grand_cru”.", pointer=f"{pointer}/key")
    name = LocalizedText.from_mapping(known.get("name"), pointer=f"{pointer}/name")
    return TierLevel(key, name, parse_points(str(known.get("threshold")), scale))


def _object_with(document: Any, pointer: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise MalformedTerms("This part of the document is an object.", pointer=pointer)
    unknown = sorted(set(document) - keys)
    if unknown:
        raise MalformedTerms(f"“{unknown[0]}” is not known here; known are {', '.join(sorted(keys))}.", pointer=pointer)
    return document


def _whole_number(value: Any, pointer: str, *, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MalformedTerms(f"Write a whole number from {least} to {most}.", pointer=pointer)
    return value
