"""Holding what a rule would take to its cap and to what is left of its limits."""

from __future__ import annotations

from fidelia.kernel.money import split_by_largest_remainder

from ..rounding import round_half_up
from ..rule_terms import Limit
from ..settlement import LIMIT_REACHED
from ..types import Type
from .gifts import gift_line
from .plan import PlannedRule
from .state import Grant, Running


def hold_to_limits(running: Running, planned: PlannedRule, grant: Grant) -> None:
    """Hold a grant to its cap and to what is left of its limits of money."""
    if grant.products:
        _fit_products(running, planned, grant)
        return
    cap = planned.rule.terms.cap
    if cap is not None and (whole := _taxed_total(running, planned, grant)) > cap:
        total = grant.total
        lower(grant, cap if whole == total else total * cap // whole)
    if grant.is_taxed:
        _state_without_tax(running, grant)
    for limit in planned.limits:
        left = running.left[limit.key]
        if limit.of == "money" and grant.total > left:
            refuse_or_lower(grant, limit, left)


def _fit_products(running: Running, planned: PlannedRule, grant: Grant) -> None:
    """Give as many gifts as fit into the cap and the limits: a gift is given whole or not at all."""
    code, units = grant.products[0]
    product = running.basket.products.get(code)
    price = 0 if product is None else running.price_of(gift_line(code, product, running.unit), running.unit)
    if not price:
        return
    cap = planned.rule.terms.cap
    fitting = units if cap is None else min(units, cap // price)
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
        lower(grant, left)
    else:
        grant.reason, grant.missing, grant.missing_type = LIMIT_REACHED, grant.total - left, Type.MONEY


def lower(grant: Grant, total: int) -> None:
    """Lower a grant to a total, each part in proportion."""
    if grant.uncapped is None:
        grant.uncapped = grant.total
    offs = split_by_largest_remainder(total, [take[3] for take in grant.takes])
    for take, off in zip(grant.takes, offs, strict=True):
        take[3] = off


def _taxed_total(running: Running, planned: PlannedRule, grant: Grant) -> int:
    if grant.is_taxed or not planned.rule.terms.with_tax:
        return grant.total
    return sum([running.paid(take[0].line, take[3]) for take in grant.takes])


def _state_without_tax(running: Running, grant: Grant) -> None:
    """Turn amounts meant with tax into amounts as prices are stated; cents that no stated price can say are kept."""
    for take in grant.takes:
        part, off = take[0], take[3]
        factors = running.factors_at(part.line)
        if factors.whole == factors.inside or not off:
            continue
        shift = running.shift.get(part.line, 0)
        target = running.paid(part.line, part.amount) + shift - off
        stated = min(part.amount, max(part.floor, round_half_up(target * factors.inside, factors.whole)))
        if target <= 0:
            stated = part.floor
        take[3] = part.amount - stated
        grant.shifts[part.line] = target - running.paid(part.line, stated) if stated else 0
