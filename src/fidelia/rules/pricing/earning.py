"""Points on a settled basket: the base that the version declares, the gates of points rules, and their limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..rule_set import EARNS, NET, QUANTITY, Rule
from ..rule_terms import Earning
from ..settlement import NO_LINES, Candidate, Settlement, find_candidate, refused, settle
from .basket import Line
from .bill import POINTS_TENDER, Effect, PointsCost
from .gating import coupon_for, gate, times_claimed
from .gifts import row_of
from .plan import Plan
from .state import Running
from .taxes import Taxed
from .tenders import Payable


def earn_base(earning: Earning, taxed: Taxed, payable: Payable, listed: int, paid: int) -> int:
    """Return the money of a line that points are counted on.

    `listed` is what it would cost with tax before any rule, `paid` what it costs with tax now.
    """
    base = listed if earning.discounted else paid
    if not earning.tax:
        base = base * taxed.untaxed // paid if paid and earning.discounted else taxed.untaxed
    shares = dict(payable.paid)
    out = 0
    if not earning.paid_by_points:
        out += shares.get(POINTS_TENDER, 0)
    if not earning.paid_by_gift_cards:
        out += sum([amount for key, amount in payable.paid if key != POINTS_TENDER])
    if out and not earning.tax and payable.total:
        out = out * taxed.untaxed // payable.total
    return max(0, base - out)


def earn_points(running: Running, plan: Plan, bases: Sequence[int], *, at: datetime, explain: bool) -> Settlement:
    """Settle the points rules over the lines, the gifts, and shipping where it earns; `bases` has one for each."""
    rule_set, basket = running.rule_set, running.basket
    key = rule_set.lines.by_name[NET].key
    rows: list[dict[str, Any]] = [*running.rows]
    if rule_set.checkout.earning.shipping:
        rows += [_shipping_row(running, line) for line in basket.shipping]
    if not rule_set.checkout.earning.is_plain:
        rows = [{**row, key: base} for row, base in zip(rows, bases, strict=True)]
    values: Mapping[str, Any] = {**running.values, rule_set.lines.key: rows}
    running.values = dict(values)
    candidates = _candidates(running, rows, at, explain=explain)
    ceiling = _ceiling(running) if rule_set.limits else None
    settlement = settle(rule_set, candidates, values, ceiling=ceiling)
    for planned, outcome in zip(plan.points_rules, settlement.outcomes, strict=True):
        if outcome.points:
            count_rule(running, planned.rule)
    return settlement


def _candidates(running: Running, rows: Sequence[Mapping[str, Any]], at: datetime, *, explain: bool) -> list[Candidate]:
    """Tell of each points rule whether it applies. One that asks only for lines that nobody has is not asked."""
    count, found, had = len(rows), [], {}
    for planned in running.plan.points_rules:
        wanted = planned.wanted
        if wanted is not None:
            if wanted.key not in had:
                had[wanted.key] = {row[wanted.key] for row in rows}
            if wanted.values.isdisjoint(had[wanted.key]):
                found.append(refused(planned.rule, NO_LINES))
                continue
        found.append(_candidate(running, planned.rule, count, at, explain=explain))
    return found


def _candidate(running: Running, rule: Rule, count: int, at: datetime, *, explain: bool) -> Candidate:
    found = find_candidate(rule, running.values, count, at, at_checkout=True, explain=explain)
    if found.applies and rule.terms.needs_checkout:
        refusal = gate(running, rule, running.rule_set.limits_of.get(rule.key, ()))
        if refusal is not None:
            return Candidate(rule.key, False, refusal.reason, refusal.missing, refusal.missing_type)
    return found


def _ceiling(running: Running) -> Any:
    """Return what asks how many points the limits leave a rule, and counts them at once: rules may share a budget."""

    def ask(rule_key: str, points: int) -> int:
        limits = [each for each in running.rule_set.limits_of.get(rule_key, ()) if each.of == "points"]
        for limit in limits:
            left = running.left[limit.key]
            if points > left:
                points = max(0, left) if limit.partial else 0
        for limit in limits:
            running.left[limit.key] -= points
        return points

    return ask


def count_rule(running: Running, rule: Rule) -> None:
    """Mark the coupon, the claim and the use of a rule that gave something."""
    terms = rule.terms
    for limit in running.rule_set.limits_of.get(rule.key, ()):
        if limit.of == "uses":
            running.uses_counted.add(limit.key)
    if terms.coupon is not None:
        running.coupons_used.setdefault(coupon_for(running, terms.coupon), []).append(rule.key)
    if terms.costs_points:
        running.points_left -= terms.costs_points * times_claimed(running, rule)


def costs_of(running: Running, rule: Rule) -> list[Effect]:
    """Return what a claimed rule that gave something costs in points."""
    if not rule.terms.costs_points:
        return []
    times = times_claimed(running, rule)
    return [PointsCost(rule.key, times, rule.terms.costs_points * times)]


def _shipping_row(running: Running, line: Line) -> dict[str, Any]:
    row = {**row_of(running, ""), **line.facts}
    names = running.rule_set.lines.by_name
    row[names[QUANTITY].key] = line.quantity
    row[names[NET].key] = 0
    if EARNS in names:
        row[names[EARNS].key] = True
    return row
