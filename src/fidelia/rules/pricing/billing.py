"""Writing the bill: lines, effects, what is counted, and the answer to each code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..effects import CreditPoints, CreditTier
from ..paying import PAID_LIMIT
from ..rule_set import FixedPoints, MultiplyPoints, PointsPerAmount, PointsPerUnit
from ..rule_terms import Limit
from ..settlement import GRANTED, LineAllocation, Outcome
from .basket import Basket, Coupon, Line
from .bill import BilledLine, Consumed, CouponAnswer, Discount, Effect, Issue, Piece, Shares, Tender, TierCredit
from .earning import costs_of
from .state import Part, Running
from .taxes import Taxed
from .tenders import Payable

if TYPE_CHECKING:
    from .stacking import Settling


GIVES_POINTS = (FixedPoints, PointsPerAmount, PointsPerUnit, MultiplyPoints, CreditTier, CreditPoints)


def billed_line(
    line: Line,
    parts: Sequence[Part],
    taxed: Taxed,
    payable: Payable,
    earned: tuple[LineAllocation | None, int, str],
) -> BilledLine:
    """Write one line; `earned` are its points, the money they were counted on, and the product of a gift."""
    allocation, base, product = earned
    return BilledLine(
        key=line.key,
        quantity=line.quantity,
        listed=sum([part.listed for part in parts]),
        amount=taxed.amount,
        untaxed=taxed.untaxed,
        total=taxed.total,
        discounts=_discounts(parts),
        taxes=taxed.all_taxes,
        paid=tuple(payable.paid),
        points_paid=payable.points,
        earn_base=base,
        points=allocation.points if allocation else 0,
        points_by_rule=allocation.by_rule if allocation else (),
        product=product,
        pieces=tuple([Piece(part.quantity, part.listed, tuple(part.given)) for part in parts]),
    )


def _discounts(parts: Sequence[Part]) -> Shares:
    if len(parts) == 1:
        given = parts[0].given
        if len({key for key, _ in given}) == len(given):
            return tuple(given)
    sums: dict[str, int] = {}
    for part in parts:
        for key, amount in part.given:
            sums[key] = sums.get(key, 0) + amount
    return tuple([(key, amount) for key, amount in sums.items() if amount])


def effects_of(settling: Settling, lines: Sequence[BilledLine], outcomes: Sequence[Outcome]) -> tuple[Effect, ...]:
    """List what every rule does, rule by rule in declared order."""
    running = settling.running
    by_rule: dict[str, list[Effect]] = defaultdict(list)
    count = len(running.lines)
    for n, line in enumerate(lines):
        name, on_shipping = line.key, n >= count
        quantity = line.quantity
        lowered = None if len(line.pieces) == 1 else _quantities(line)
        for key, amount in line.discounts:
            if lowered is not None:
                quantity = lowered.get(key, 0)
            by_rule[key].append(Discount(key, name, quantity, amount, on_shipping))
    for key, effects in running.effects.items():
        by_rule[key].extend(effects)
    costing = running.plan.costing
    if not by_rule and not costing:
        return ()
    found: list[Effect] = []
    for outcome in outcomes:
        key = outcome.rule_key
        if key in by_rule:
            found += by_rule[key]
        if key in costing and outcome.reason == GRANTED:
            found += costs_of(running, running.rule_set.rule_at[key])
    return tuple(found)


def _quantities(line: BilledLine) -> dict[str, int]:
    """Return how many units of a line of several pieces each rule lowered, by its key."""
    lowered: dict[str, int] = defaultdict(int)
    for piece in line.pieces:
        for key in {key for key, _ in piece.discounts}:
            lowered[key] += piece.quantity
    return lowered


def paid_with(basket: Basket, tenders: Sequence[Tender]) -> tuple[Consumed, ...]:
    """Return the points that pay, where the terms say how many may in a period."""
    if basket.pays is None or basket.pays.at_most is None:
        return ()
    return tuple([Consumed(PAID_LIMIT, "points", each.points, ()) for each in tenders if each.points])


def consumed_by(running: Running, outcomes: Sequence[Outcome]) -> tuple[Consumed, ...]:
    """Count against each limit what the rules that it binds really gave; nothing where nothing was given."""
    rule_set = running.rule_set
    if not rule_set.limits:
        return ()
    limits_of, bound_by = rule_set.limits_of, running.plan.bound_by
    gave = {
        each.rule_key: each
        for each in outcomes
        if each.reason == GRANTED and each.rule_key in limits_of and _is_given(running, each)
    }
    found = []
    for limit in rule_set.limits:
        rules = [key for key in bound_by[limit.key] if key in gave]
        amount = _counted(running, limit, [gave[key] for key in rules])
        if amount > 0:
            found.append(Consumed(limit.key, limit.of, amount, tuple(rules)))
    return tuple(found)


def _is_given(running: Running, outcome: Outcome) -> bool:
    """Points are given to members alone: nobody's, which are only told, leave the budget whole."""
    effect = running.rule_set.rule_at[outcome.rule_key].effect
    return running.basket.is_member or not isinstance(effect, GIVES_POINTS)


def _counted(running: Running, limit: Limit, gave: Sequence[Outcome]) -> int:
    if limit.of == "uses":
        return 1 if gave else 0
    issued = [effect for each in gave for effect in running.effects.get(each.rule_key, ())]
    if limit.of == "money":
        worth = sum([(each.value or 0) * each.count for each in issued if isinstance(each, Issue)])
        return sum([each.discount or 0 for each in gave]) + worth
    return sum([each.points for each in gave]) + sum([each.points for each in issued if isinstance(each, TierCredit)])


def coupon_answers(running: Running, outcomes: Sequence[Outcome]) -> tuple[CouponAnswer, ...]:
    """Say of each presented code what became of it."""
    if not running.basket.coupons:
        return ()
    asked: dict[str, list[str]] = {}
    for rule, outcome in zip(running.rule_set.rules, outcomes, strict=True):
        if rule.terms.coupon is not None:
            asked.setdefault(rule.terms.coupon, []).append(outcome.reason)
    return tuple([_answer(running, coupon, asked.get(coupon.series, [])) for coupon in running.basket.coupons])


def _answer(running: Running, coupon: Coupon, reasons: Sequence[str]) -> CouponAnswer:
    used = running.coupons_used.get(coupon.code)
    if used:
        amount = running.voucher_used.get(coupon.code, 0) if coupon.value is not None else 0
        return CouponAnswer(coupon.code, "used", tuple(used), amount)
    elif coupon.state != "valid":
        return CouponAnswer(coupon.code, coupon.state)
    elif not reasons:
        return CouponAnswer(coupon.code, "no_rule")
    # A second code of a series whose rule was content with the first is not needed: it stays good for another day.
    refused = [reason for reason in reasons if reason != GRANTED]
    return CouponAnswer(coupon.code, refused[0] if refused else "not_needed")
