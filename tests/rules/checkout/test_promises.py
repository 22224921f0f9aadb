"""Whatever the rules and the basket: sums hold, nothing is below zero, limits are kept, and what was given returns."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.rules.cases import bill_of
from fidelia.rules.pricing import Bill, FrozenBill, Returned, Reversal, everything_left, freeze, reverse, spread_amount
from fidelia.rules.pricing.bill import BilledLine
from fidelia.rules.rule_set import Rule, RuleSet
from fidelia.rules.rule_terms import JointCap

from .strategies import cases

EXAMPLES = 150
ALONE = ("exclusive", "stops", "group", "not_with", "lowers_tax")


@given(cases())
@settings(max_examples=EXAMPLES, deadline=None)
def test_every_sum_holds_and_nothing_is_below_zero(case: dict[str, Any]) -> None:
    rule_set, bill = bill_of(case)
    every = [*bill.lines, *bill.shipping]
    for line in every:
        require_line(line)
    assert bill.listed - bill.discount == bill.amount == sum(line.amount for line in every)
    assert bill.untaxed + bill.tax == bill.total == sum(line.total for line in every)
    assert sum(amount for _, _, amount in bill.taxes) == bill.tax
    assert bill.due == bill.total - sum(tender.amount for tender in bill.tenders) + bill.rounding
    assert bill.total - sum(tender.amount for tender in bill.tenders) >= 0
    for tender in bill.tenders:
        assert tender.amount == sum(dict(line.paid).get(tender.key, 0) for line in every)
    assert sum(line.points_paid for line in every) == sum(tender.points for tender in bill.tenders)
    assert bill.points.points == sum(outcome.points for outcome in bill.outcomes)
    for rule, outcome in zip(rule_set.rules, bill.outcomes, strict=True):
        given_by_rule = sum(dict(line.discounts).get(rule.key, 0) for line in every)
        assert (outcome.discount or 0) == given_by_rule
        assert (outcome.reason == "granted") or (given_by_rule == 0 and outcome.points == 0)
        require_bounds(rule, every, given_by_rule)
    for cap in rule_set.joint_caps:
        require_joint(cap, rule_set, bill)
    left = {limit.key: limit.at_most for limit in rule_set.limits}
    assert all(0 < each.amount <= left[each.limit] for each in bill.consumed)


def require_bounds(rule: Rule, lines: list[BilledLine], given_by_rule: int) -> None:
    """Where amounts are meant as stated, no rule passes its cap, per checkout, line or piece of a line."""
    cap = rule.terms.cap
    if cap is None or cap.ratio is not None or rule.terms.meaning != "stated":
        return
    assert cap.amount is not None
    if cap.per == "checkout":
        assert given_by_rule <= cap.amount
    for line in lines:
        if cap.per == "line":
            assert dict(line.discounts).get(rule.key, 0) <= cap.amount
        elif cap.per == "unit" and not line.key.startswith("gift:"):
            assert dict(line.discounts).get(rule.key, 0) <= cap.amount * line.quantity // 1000


def require_joint(cap: JointCap, rule_set: RuleSet, bill: Bill) -> None:
    """No cap over several rules is passed; gifts that rules added, and shipping unless told, stand outside."""
    keys = {rule.key for rule in rule_set.rules if cap.group is None or rule.group == cap.group}
    own = [line for line in bill.lines if not line.key.startswith("gift:")]
    reached = [*own, *bill.shipping] if cap.shipping else own
    off = [sum(amount for key, amount in line.discounts if key in keys) for line in reached]
    if cap.most.per == "checkout":
        assert sum(off) <= cap.most.of(sum(line.listed for line in reached))
    for line, amount in zip(reached, off, strict=True):
        if cap.most.per == "line":
            assert amount <= cap.most.of(line.listed)
        elif cap.most.per == "unit":
            assert amount <= (cap.most.amount or 0) * line.quantity // 1000


def require_line(line: BilledLine) -> None:
    assert line.listed - sum(amount for _, amount in line.discounts) == line.amount
    assert line.untaxed + sum(amount for _, amount in line.taxes) == line.total
    assert min(line.listed, line.amount, line.untaxed, line.total) >= 0
    assert all(amount > 0 for _, amount in line.discounts)
    assert sum(amount for _, amount in line.paid) <= line.total
    assert sum(piece.quantity for piece in line.pieces) == line.quantity
    assert sum(piece.listed for piece in line.pieces) == line.listed
    assert sum(piece.amount for piece in line.pieces) == line.amount
    assert all(piece.amount >= 0 for piece in line.pieces)
    assert sum(points for _, points in line.points_by_rule) == line.points


@given(cases())
@settings(max_examples=60, deadline=None)
def test_it_is_the_same_every_time_and_whatever_the_order_of_members(case: dict[str, Any]) -> None:
    _, bill = bill_of(case)
    turned = copy.deepcopy(case)
    turned["rules"] = [dict(reversed(rule.items())) for rule in turned["rules"]]
    turned["lines"] = [dict(reversed(line.items())) for line in turned["lines"]]
    turned["products"] = dict(reversed(turned["products"].items()))
    assert bill_of(turned)[1] == bill == bill_of(case)[1]


@given(cases(), st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_returns_in_any_order_and_split_sum_to_the_whole(case: dict[str, Any], data: Any) -> None:
    _, bill = bill_of(case)
    frozen = FrozenBill.from_mapping(freeze(bill).as_mapping())
    assert frozen == freeze(bill)
    already: list[Returned] = []
    parts: list[Reversal] = []
    for _ in range(data.draw(st.integers(0, 6))):
        now = some_return(frozen, already, data)
        if now:
            parts.append(reverse(frozen, now, already=already))
            already += now
    rest = everything_left(frozen, already)
    if rest:
        parts.append(reverse(frozen, rest, already=already))
    require_whole(bill, parts)


def some_return(frozen: FrozenBill, already: list[Returned], data: Any) -> list[Returned]:
    place = data.draw(st.integers(0, len(frozen.lines) - 1))
    line = frozen.lines[place]
    back = [each for each in already if each.line == place]
    units = line.quantity - sum(each.quantity or 0 for each in back)
    how = data.draw(st.sampled_from(["quantity", "amount", "spread"]))
    if how == "quantity" and units:
        return [Returned(place, quantity=data.draw(st.integers(1, units)))]
    whole = reverse(frozen, everything_left(frozen, already), already=already)
    left = {each.line: each.total for each in whole.lines}
    if how == "amount" and left.get(place):
        return [Returned(place, amount=data.draw(st.integers(1, left[place])))]
    if how == "spread" and whole.total:
        return list(spread_amount(frozen, data.draw(st.integers(1, whole.total)), already))
    return []


def require_whole(bill: Bill, parts: list[Reversal]) -> None:
    every = [*bill.lines, *bill.shipping]
    assert sum(part.total for part in parts) == bill.total
    assert sum(part.money for part in parts) == bill.total - sum(tender.amount for tender in bill.tenders)
    assert sum(part.rounding for part in parts) == bill.rounding
    assert sum(part.points for part in parts) == bill.points.points
    assert sum(part.points_paid for part in parts) == sum(line.points_paid for line in every)
    for tender in bill.tenders:
        if tender.key != "points":
            assert sum(dict(part.gift_cards).get(tender.key, 0) for part in parts) == tender.amount
    for key, _, amount in bill.taxes:
        assert sum(dict(part.taxes).get(key, 0) for part in parts) == amount
    for outcome in bill.outcomes:
        assert sum(dict(part.discounts).get(outcome.rule_key, 0) for part in parts) == (outcome.discount or 0)
    for each in bill.consumed:
        back = [given.amount for part in parts for given in part.consumed if given.limit == each.limit]
        assert sum(back) == each.amount
    for part in parts:
        assert min(part.total, part.money, part.points, part.points_paid) >= 0
        for line in part.lines:
            assert line.total == line.money + sum(amount for _, amount in line.paid)
            assert line.total == line.untaxed + sum(amount for _, amount in line.taxes)
            assert all(amount >= 0 for _, amount in (*line.paid, *line.taxes))


@given(cases())
@settings(max_examples=80, deadline=None)
def test_all_off_leaves_nothing_but_fixed_taxes(case: dict[str, Any]) -> None:
    case["rules"] = [
        *[{name: value for name, value in rule.items() if name not in ALONE} for rule in case["rules"]],
        {"key": "all", "percent_off": {"percent": 100, "of": "order"}, "stage": "order", "order": 1000},
    ]
    case["checkout"]["caps"] = []
    _, bill = bill_of(case)
    for line, given_line in zip(bill.lines, case["lines"], strict=False):
        if given_line["discountable"] and not given_line["fixed"] and not given_line["lowest"]:
            assert (line.amount, line.total) == (0, 0)
