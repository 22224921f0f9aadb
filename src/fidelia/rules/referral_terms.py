"""The terms of referral: a member brings a friend, and both get something once the friend has truly come. Pure.

referral:
  purchases: 2            the friend's purchases that count, returned ones not
  minimum: "20.00"        the smallest that counts
  wait_days: 14           after the last of them, for returns
  within_days: 90         from signing up; 0: however long it takes
  referrer: {points: "500"}
  friend: {voucher: "10.00", valid_days: 60}
  at_most: 10             friends rewarded for one member …
  per: year               … in a month, a year, or ever
  velocity: 10            friends of one member, or from one place, in 7 days before a person looks
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .reading import MalformedTerms, read_amount, read_choice, read_object, read_whole

MEMBERS = {"purchases", "minimum", "wait_days", "within_days", "referrer", "friend", "at_most", "per", "velocity"}
GIFTS = ("points", "voucher", "coupon")
PERIODS = ("year", "month", "ever")
DAYS_MAX = 730
COUPON_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class ReferralGift:
    """What one side gets: points or money in minor units, or a coupon of the series of this key."""

    kind: str
    amount: int = 0
    series: str = ""
    valid_days: int = 90


@dataclass(frozen=True, slots=True)
class ReferralPolicy:
    """When both sides are rewarded, with what, and how often; see the head of the file."""

    referrer: ReferralGift | None
    friend: ReferralGift | None
    purchases: int = 1
    minimum: int = 0
    wait_days: int = 14
    within_days: int = 0
    at_most: int = 10
    per: str = "year"
    velocity: int = 10

    def period_begins(self, day: date) -> date | None:
        """Return the first day of the period in which a day lies; None: there is no period."""
        if self.per == "ever":
            return None
        return day.replace(day=1) if self.per == "month" else day.replace(month=1, day=1)


def parse_referral(document: Any, points_scale: int, money_scale: int) -> ReferralPolicy | None:
    """Read the part `referral` of a version; None where it has none. Raises MalformedTerms."""
    if document is None:
        return None
    known = read_object(document, "/referral", MEMBERS)
    gifts = {side: _gift(known.get(side), f"/referral/{side}", points_scale, money_scale)
             for side in ("referrer", "friend")}  # fmt: skip
    if gifts["referrer"] is None and gifts["friend"] is None:
        raise MalformedTerms("Say what the referrer or the friend gets.", pointer="/referral")

    def whole(name: str, otherwise: int, least: int, most: int) -> int:
        return read_whole(known.get(name, otherwise), f"/referral/{name}", least=least, most=most)

    return ReferralPolicy(
        referrer=gifts["referrer"], friend=gifts["friend"], purchases=whole("purchases", 1, 1, 20),
        minimum=read_amount(known.get("minimum", "0"), "/referral/minimum", money_scale, least=0, such_as="10"),
        wait_days=whole("wait_days", 14, 0, DAYS_MAX), within_days=whole("within_days", 0, 0, DAYS_MAX),
        at_most=whole("at_most", 10, 1, 10_000), per=read_choice(known.get("per", "year"), "/referral/per", PERIODS),
        velocity=whole("velocity", 10, 1, 10_000),
    )  # fmt: skip


def _gift(document: Any, pointer: str, points_scale: int, money_scale: int) -> ReferralGift | None:
    if document is None:
        return None
    known = read_object(document, pointer, {*GIFTS, "valid_days"})
    named = [kind for kind in GIFTS if kind in known]
    if len(named) != 1:
        raise MalformedTerms("A gift is points, a voucher or a coupon: one of them.", pointer=pointer)
    kind, value = named[0], known[named[0]]
    days = read_whole(known.get("valid_days", 90), f"{pointer}/valid_days", least=1, most=DAYS_MAX)
    if kind == "coupon":
        if not isinstance(value, str) or not 1 <= len(value) <= COUPON_LENGTH_MAX:
            raise MalformedTerms("Name a series of coupons by its key.", pointer=f"{pointer}/coupon")
        return ReferralGift("coupon", series=value, valid_days=days)
    scale = points_scale if kind == "points" else money_scale
    return ReferralGift(kind, read_amount(value, f"{pointer}/{kind}", scale, such_as="10"), valid_days=days)
