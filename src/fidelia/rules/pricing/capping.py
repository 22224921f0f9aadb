"""Holding what a rule would take to its cap and to what is left of its limits."""

from __future__ import annotations

from ..rounding import round_half_up
from ..rule_terms import Limit
from ..settlement import LIMIT_REACHED
from ..types import Type
from .bounding import hold_to_bounds, lower_takes
from .plan import PlannedRule
from .state import Grant, Running


def hold_to_limits(running: Running, planned: PlannedRule, grant: Grant) -> None:
    """Hold a grant to its cap, to what it leaves, and to what is left of its limits of money."""
    if grant.products:
        _fit_products(running, planned, grant)
        return
    if planned.is_bounded:
        hold_to_bounds(running, planned, grant)
    if grant.is_meant:
        _state(running, planned, grant)
    for limit in planned.limits:
        left = running.left[limit.key]
        if limit.of == "money" and grant.total > left:
            refuse_or_lower(grant, limit, left)


def _fit_products(running: Running, planned: PlannedRule, grant: Grant) -> None:
    """Give as many gifts as fit into the cap and the limits: each has its whole advantage or none."""
    code, units = grant.products[0]
    price = grant.each_off
    if not price:
        return
    cap = planned.rule.terms.cap
    if cap is None:
        fitting = units
    elif cap.per == "unit":
        fitting = units if cap.of(price) >= price else 0
    else:
        fitting = min(units, cap.of(price * units) // price)
    for limit in planned.limits:
        left = running.left[limit.key]
        if limit.of == "money" and fitting * price > left:
            fitting = max(0, left) // price if limit.partial else 0
            if not fitting:
                grant.reason, grant.missing, grant.missing_type = LIMIT_REACHED, units * price - left, Type.MONEY
                return
    grant.products = [(code, fitting)] if fitting else []


def refuse_or_lower(grant: Grant, limit: Limit, left: int) -> None:
    if limit.partial and left > 0:
        lower_takes(grant, grant.takes, left)
    else:
        grant.reason, grant.missing, grant.missing_type = LIMIT_REACHED, grant.total - left, Type.MONEY


def _state(running: Running, planned: PlannedRule, grant: Grant) -> None:
    """Turn amounts as the rule means them into amounts as prices are stated.

    With tax, some totals are no stated price with its tax: those cents are kept. Without, every total is one.
    """
    for take in grant.takes:
        part, off = take[0], take[3]
        factors = running.factors_at(part.line)
        if planned.meaning == "without_tax":
            if factors.one != factors.inside and off:
                target = running.meant(planned.meaning, part.line, part.amount) - off
                stated = round_half_up(target * factors.inside, factors.one) if target > 0 else part.floor
                take[3] = part.amount - min(part.amount, max(part.floor, stated))
            continue
        if factors.whole == factors.inside or not off:
            continue
        shift = running.shift.get(part.line, 0)
        target = running.paid(part.line, part.amount) + shift - off
        stated = min(part.amount, max(part.floor, round_half_up(target * factors.inside, factors.whole)))
        if target <= 0:
            stated = part.floor
        take[3] = part.amount - stated
        grant.shifts[part.line] = target - running.paid(part.line, stated) if stated else 0
