"""Coupons and vouchers issued, credit for the tier, and effects that the till carries out."""

from __future__ import annotations

from datetime import datetime

from fidelia.kernel.points import SCALE_MAX

from ..effect_kinds import EffectFailed, complete
from ..effects import CreditPoints, CreditTier, CustomEffect, IssueCode
from ..program import Program
from ..rule_set import Rule
from ..settlement import GRANTED, LIMIT_REACHED, NOT_FIRST, Outcome, find_candidate
from ..types import Type
from .bill import Custom, Effect, Issue, PointsCredit, TierCredit
from .earning import count_rule
from .gating import gate
from .plan import Plan
from .reasons import EFFECT_FAILED, NO_ADVANTAGE
from .state import Running


def issue(running: Running, plan: Plan, *, at: datetime, explain: bool) -> dict[str, Outcome]:
    """Ask each rule that issues something; its condition sees the basket as it is paid."""
    outcomes: dict[str, Outcome] = {}
    first: dict[str, str] = {}
    for rule in plan.issue_rules:
        earlier = first.get(rule.group or "")
        if earlier is not None:
            outcomes[rule.key] = Outcome(rule.key, 0, NOT_FIRST, by=earlier)
            continue
        outcome = outcomes[rule.key] = _outcome(running, rule, at, explain=explain)
        policy = running.rule_set.policy_of.get(rule.group or "", "all")
        if outcome.reason == GRANTED and policy != "all":
            first[rule.group or ""] = rule.key
    return outcomes


def _outcome(running: Running, rule: Rule, at: datetime, *, explain: bool) -> Outcome:
    rows = running.values[running.rule_set.lines.key]
    found = find_candidate(rule, running.values, len(rows), at, at_checkout=True, explain=explain)
    if not found.applies:
        return Outcome(rule.key, 0, found.reason or NO_ADVANTAGE, found.missing, found.missing_type)
    limits = running.rule_set.limits_of.get(rule.key, ())
    refusal = gate(running, rule, limits) if rule.terms.needs_checkout else None
    if refusal is not None:
        return refusal
    try:
        effect, worth = _effect(running, rule)
    except EffectFailed:  # of a package: the rest of the checkout is none of its business
        return Outcome(rule.key, 0, EFFECT_FAILED)
    if effect is None:
        return Outcome(rule.key, 0, NO_ADVANTAGE)
    for limit in limits:
        left = running.left[limit.key]
        if limit.of != "uses" and worth > left:
            kind = Type.MONEY if limit.of == "money" else Type.INT
            return Outcome(rule.key, 0, LIMIT_REACHED, worth - left, kind)
    for limit in limits:
        if limit.of != "uses":
            running.left[limit.key] -= worth
    running.effects[rule.key] = [effect]
    count_rule(running, rule)
    return Outcome(rule.key, 0, GRANTED)


def _effect(running: Running, rule: Rule) -> tuple[Effect | None, int]:
    """Return what is issued, and what it is worth: minor units of money, or points."""
    match rule.effect:
        case IssueCode(program=program) as effect:
            value = effect.value if program is None else program.run(running.values)
            if value is not None and value <= 0:
                return None, 0
            given = Issue(rule.key, effect.kind, effect.series, effect.count, value, effect.when, effect.valid_days)
            return given, (value or 0) * effect.count
        case CreditTier(program=program) as effect:
            scale = 10**running.rule_set.points_scale
            points = effect.points if program is None else program.run(running.values) * scale
            return (TierCredit(rule.key, points), points) if points > 0 else (None, 0)
        case CreditPoints(currency=currency, program=program) as effect:
            parts = effect.parts if program is None else _parts_of(running, program)
            return (PointsCredit(rule.key, currency, parts), 0) if parts > 0 else (None, 0)
        case CustomEffect() as effect:
            computed = {key: program.run(running.values) for key, program in effect.programs.items()}
            return Custom(rule.key, effect.kind, complete(effect.kind, {**effect.values, **computed})), 0
        case _:
            raise AssertionError(f"{rule.key} issues nothing")


def _parts_of(running: Running, program: Program) -> int:
    """Return ten-thousandths of a point: of so many whole points, or of so much money, a point for each unit of it."""
    exponent = running.rule_set.catalogue.scale_of(Type.MONEY) if program.type is Type.MONEY else 0
    amount: int = program.run(running.values)
    scale: int = 10 ** (SCALE_MAX - exponent)  # no money has more than four decimals
    return amount * scale
