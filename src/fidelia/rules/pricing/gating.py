"""What a rule asks besides its condition: a coupon, a claim paid with points, something left of its limits."""

from __future__ import annotations

from collections.abc import Sequence

from ..rule_set import Rule
from ..rule_terms import Limit
from ..settlement import LIMIT_REACHED, Outcome
from ..types import Type
from .basket import Coupon
from .reasons import AMOUNT_SHORT, COUPON_MISSING, COUPON_STATES, NEEDS_MEMBER, NOT_CLAIMED, POINTS_SHORT
from .state import Running


def gate(running: Running, rule: Rule, limits: Sequence[Limit]) -> Outcome | None:
    """Return why a rule may not give anything, None when it may."""
    terms = rule.terms
    if terms.coupon is not None:
        refusal = _coupon_refusal(running, rule, terms.coupon)
        if refusal is not None:
            return refusal
    if terms.is_claimed:
        times = times_claimed(running, rule)
        if times < 1:
            return Outcome(rule.key, 0, NOT_CLAIMED)
        cost = terms.costs_points * times
        if cost > running.points_left:
            return Outcome(rule.key, 0, POINTS_SHORT, cost - running.points_left, Type.INT)
    for limit in limits:
        if limit.per == "member" and not running.basket.is_member:
            return Outcome(rule.key, 0, NEEDS_MEMBER)
        if running.left[limit.key] <= 0 and limit.key not in running.uses_counted:
            return Outcome(rule.key, 0, LIMIT_REACHED)
    return None


def times_claimed(running: Running, rule: Rule) -> int:
    """Return how often a claimed rule was taken; claims in units are paid by the piece begun."""
    claimed = running.basket.claims.get(rule.key, 0)
    if rule.terms.claimed_in == "units":
        return -(-claimed // max(1, getattr(rule.effect, "units", 1)))
    return claimed


def _coupon_refusal(running: Running, rule: Rule, series: str) -> Outcome | None:
    presented = [coupon for coupon in running.basket.coupons if coupon.series == series]
    valid = [coupon for coupon in presented if coupon.state == "valid"]
    if any(is_good(running, coupon) for coupon in valid):
        return None
    elif valid:
        missing = min([coupon.minimum for coupon in valid]) - running.sum_of("purchase.total")
        return Outcome(rule.key, 0, AMOUNT_SHORT, missing, Type.MONEY)
    return Outcome(rule.key, 0, COUPON_STATES[presented[0].state] if presented else COUPON_MISSING)


def is_good(running: Running, coupon: Coupon) -> bool:
    """Tell whether a presented code may be used for this basket, as it is paid now."""
    return coupon.state == "valid" and (not coupon.minimum or running.sum_of("purchase.total") >= coupon.minimum)


def coupon_for(running: Running, series: str) -> str:
    """Return the code that a rule uses: the first good one of its series."""
    return next(each.code for each in running.basket.coupons if each.series == series and is_good(running, each))
