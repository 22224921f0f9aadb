"""From the values of a purchase to its points: find which rules apply, then settle what each gives.

The same pure functions serve a till, an import that streams years, and a backtest (where the candidates may come from
SQL). All parts are whole numbers that sum to their whole: shares go by largest remainder, in declared order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from fidelia.kernel.money import split_by_largest_remainder

from .rounding import ROUNDINGS
from .rule_set import (
    NET,
    QUANTITY,
    FixedPoints,
    MultiplyPoints,
    PointsPerAmount,
    PointsPerUnit,
    Rule,
    RuleSet,
)
from .types import Type

Values = Mapping[str, Any]

GRANTED = "granted"
NOT_YET_VALID = "not_yet_valid"
EXPIRED = "expired"
CONDITION_FALSE = "condition_false"
NO_LINES = "no_lines"
NOTHING_EARNED = "nothing_earned"
NOT_BEST = "not_best"
NOT_FIRST = "not_first"
NOT_LEAST = "not_least"
ONLY_AT_CHECKOUT = "only_at_checkout"
LIMIT_REACHED = "limit_reached"
CONTROL = "control"
REASONS = (
    *(GRANTED, NOT_YET_VALID, EXPIRED, CONDITION_FALSE, NO_LINES, NOTHING_EARNED, NOT_BEST, NOT_LEAST, NOT_FIRST),
    *(ONLY_AT_CHECKOUT, LIMIT_REACHED, CONTROL),
)


class Candidate(msgspec.Struct, frozen=True):
    """Whether a rule applies. `lines` are the positions of the lines it chose, `reason` why it does not apply.

    missing is how much more would have met the condition, when just one part of it failed and asks for at least so
    much; in minor units of `missing_type`.
    """

    rule_key: str
    applies: bool
    reason: str | None = None
    missing: int | None = None
    missing_type: Type | None = None
    lines: tuple[int, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What one rule came to. `base` is the money it counted, `unlimited` what it would give without its limit or cap.

    discount  the money that it took off prices; None of a rule that lowers no price
    quantity  the units it did so for, in minor units of quantity
    by        the rule that set it aside or undid it
    """

    rule_key: str
    points: int
    reason: str
    missing: int | None = None
    missing_type: Type | None = None
    base: int | None = None
    unlimited: int | None = None
    discount: int | None = None
    quantity: int | None = None
    by: str | None = None


class LineAllocation(msgspec.Struct, frozen=True):
    """The points of one line, frozen with the purchase: `by_rule` sums to `points`; `quantity` in minor units."""

    quantity: int
    points: int
    by_rule: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """points = unassigned + the points of all lines = the points of all outcomes. Unassigned: no line earned them."""

    points: int
    outcomes: tuple[Outcome, ...]
    lines: tuple[LineAllocation, ...]
    unassigned: int = 0

    def negated(self) -> Settlement:
        """Return what a return without its purchase takes back: evaluate it as if bought, then negate."""
        return Settlement(
            -self.points,
            tuple(msgspec.structs.replace(each, points=-each.points) for each in self.outcomes),
            tuple(
                LineAllocation(-each.quantity, -each.points, tuple((key, -part) for key, part in each.by_rule))
                for each in self.lines
            ),
            -self.unassigned,
        )


def evaluate(rule_set: RuleSet, values: Values, *, at: datetime, granted: Collection[str] = frozenset()) -> Settlement:
    """Decide the points of a purchase that occurred at `at`.

    `values` has an entry for the key of each of `rule_set.fields_read_of_final`; the lines are a sequence of mappings
    under the key of "lines". Money and quantities are in minor units. Rules that need a checkout do not apply, but for
    those `granted`, by key, of which a checkout said that what they need was there. Raises ValueOutOfBounds.
    """
    rule_set.catalogue.check_values(values, rule_set.fields_read_of_final)
    return settle(rule_set, find_candidates(rule_set, values, at=at, granted=granted), values)


def find_candidates(
    rule_set: RuleSet, values: Values, *, at: datetime, granted: Collection[str] = frozenset()
) -> tuple[Candidate, ...]:
    """Tell of each rule, in declared order, whether it applies, and to which lines."""
    count = len(values[rule_set.lines.key])
    return tuple([find_candidate(rule, values, count, at, at_checkout=rule.key in granted) for rule in rule_set.rules])


def find_candidate(
    rule: Rule, values: Values, count: int, at: datetime, *, at_checkout: bool = False, explain: bool = True
) -> Candidate:
    """Tell whether a rule applies to these values, of `count` lines. Without `explain` nothing missing is computed."""
    barred = _barred(rule, at, at_checkout=at_checkout)
    if barred is not None:
        return refused(rule, barred)
    if rule.when is not None and not rule.when.run(values):
        missing, unit = missing_of(rule, values) if explain else (None, None)
        if missing is None:
            return refused(rule, CONDITION_FALSE)
        return Candidate(rule.key, False, CONDITION_FALSE, missing, unit)
    chosen = tuple(rule.choose_lines(values)) if rule.choose_lines is not None else tuple(range(count))
    # Without lines there is still the gift for a review or a birthday: fixed points that no line earned.
    if not chosen and (count or rule.lines is not None or not isinstance(rule.effect, FixedPoints)):
        return refused(rule, NO_LINES)
    # Last: of whom the record says "control" would have been given it, so that both sides can be compared.
    if rule.held_out is not None and rule.held_out.run(values):
        return refused(rule, CONTROL)
    return Candidate(rule.key, True, lines=chosen)


def _barred(rule: Rule, at: datetime, *, at_checkout: bool) -> str | None:
    if rule.only_at_checkout and not at_checkout:
        return ONLY_AT_CHECKOUT
    elif rule.valid_from is not None and at < rule.valid_from:
        return NOT_YET_VALID
    elif rule.valid_until is not None and at >= rule.valid_until:
        return EXPIRED
    return None


def refused(rule: Rule, reason: str) -> Candidate:
    """Return the candidate that says this reason and nothing more; the same each time."""
    candidate: Candidate | None = rule.kept.get(reason)
    if candidate is None:
        candidate = rule.kept[reason] = Candidate(rule.key, False, reason)
    return candidate


def missing_of(rule: Rule, values: Values) -> tuple[int | None, Type | None]:
    """Return how much more would have met the condition of a rule, and of what; None where it is not so simple.

    The condition is known not to hold: where it is one part, that is what failed.
    """
    if len(rule.thresholds) == 1:
        only = rule.thresholds[0]
        return (None, None) if only.shortfall is None else (only.shortfall(values), only.unit)
    # A part that stands after a failed has() is never asked: we stop at the second failure, and the first must be a
    # comparison of numbers, which guards nothing.
    failed = None
    for threshold in rule.thresholds:
        if not threshold.met(values):
            if failed is not None or threshold.shortfall is None:
                return None, None
            failed = threshold
    if failed is None or failed.shortfall is None:
        return None, None
    return failed.shortfall(values), failed.unit


@dataclass(slots=True)
class _Grant:
    """What a rule gives before its group decides: `parts` for the candidate's lines, in their order."""

    rule: Rule
    lines: tuple[int, ...]
    parts: list[int]
    unassigned: int = 0
    base: int | None = None
    unlimited: int | None = None
    reason: str = GRANTED
    points: int = field(init=False)

    def __post_init__(self) -> None:
        self.points = sum(self.parts) + self.unassigned


Ceiling = Callable[[str, int], int]  # from a rule key and its points to the points that limits leave it


def settle(
    rule_set: RuleSet,
    candidates: Sequence[Candidate],
    values: Values,
    *,
    ceiling: Ceiling | None = None,
    allocates: bool = True,
) -> Settlement:
    """Settle what the candidates give: effects, limits, groups, and the share of each line.

    Rules that multiply come after all they multiply, wherever they are declared; groups choose in declared order.
    `ceiling` is asked, in this order, how much of what a rule would give is left of its limits. Without `allocates` no
    line is told its share, and the rest is the same: a backtest needs the shares of what comes back alone.
    """
    lines = values[rule_set.lines.key]
    applying = [(rule_set.rule_at[each.rule_key], each.lines) for each in candidates if each.applies]
    splits = allocates or any(rule.multiplies for rule, _chosen in applying)
    earned = [0] * len(lines)
    shares = _Shares(earned, of_amounts=splits, of_all=allocates)
    grants: dict[str, _Grant] = {}
    for wave in rule_set.waves:
        wave_grants = [
            _limited(_grant(rule_set, rule, chosen, values, shares)) for rule, chosen in applying if rule.key in wave
        ]
        if rule_set.policy_of:
            _choose_in_groups(rule_set, wave_grants)
        if ceiling is not None:
            _hold_to_ceiling(wave_grants, ceiling)
        for grant in wave_grants:
            grants[grant.rule.key] = grant
            if grant.reason == GRANTED and grant.rule.is_proportional:
                for position, part in zip(grant.lines, grant.parts, strict=True):
                    earned[position] += part
    outcomes = tuple([_outcome(candidate, grants.get(candidate.rule_key)) for candidate in candidates])
    if not allocates:
        points = sum([each.points for each in outcomes])
        return Settlement(points, outcomes, (), points)
    return _settlement(rule_set, outcomes, grants, lines)


@dataclass(slots=True)
class _Shares:
    """What lines have earned so far, and whose shares are asked for: of rules by amount or unit, or of all rules."""

    earned: list[int]
    of_amounts: bool
    of_all: bool


def _grant(rule_set: RuleSet, rule: Rule, chosen: tuple[int, ...], values: Values, shares: _Shares) -> _Grant:
    lines = values[rule_set.lines.key]
    match rule.effect:
        case FixedPoints() as effect:
            return _grant_fixed(rule_set, rule, effect, chosen if shares.of_all else (), values)
        case PointsPerAmount() as effect:
            return _grant_per_amount(rule_set, rule, effect, chosen, values, splits=shares.of_amounts)
        case PointsPerUnit() as effect:
            key = rule_set.lines.by_name[QUANTITY].key
            unit = 10**rule_set.catalogue.quantity_scale
            return _Grant(rule, chosen, [effect.points * max(0, lines[n][key] // unit) for n in chosen])
        case MultiplyPoints() as effect:
            parts = [shares.earned[n] for n in chosen]
            more = effect.numerator - effect.denominator
            bonus = ROUNDINGS[effect.rounding](sum(parts) * more, effect.denominator)
            if not shares.of_all:
                return _Grant(rule, (), [], unassigned=bonus)
            return _Grant(rule, chosen, split_by_largest_remainder(bonus, parts))
        case _:
            raise AssertionError(f"{rule.key} gives no points")


def _grant_fixed(rule_set: RuleSet, rule: Rule, effect: FixedPoints, chosen: tuple[int, ...], values: Values) -> _Grant:
    amount = effect.amount
    if effect.program is not None:
        scale = 10**rule_set.points_scale if effect.program.type is Type.INT else 1
        amount = max(0, effect.program.run(values) * scale)
    if not chosen:
        return _Grant(rule, chosen, [], unassigned=amount)
    return _Grant(rule, chosen, split_by_largest_remainder(amount, _weights(_bases(rule_set, None, chosen, values))))


def _grant_per_amount(
    rule_set: RuleSet,
    rule: Rule,
    effect: PointsPerAmount,
    chosen: tuple[int, ...],
    values: Values,
    *,
    splits: bool,
) -> _Grant:
    bases = _bases(rule_set, effect, chosen, values)
    rounded = ROUNDINGS[effect.rounding]
    if effect.per == "line":
        parts = [effect.points * rounded(max(0, base), effect.step) for base in bases]
        return _Grant(rule, chosen, parts, base=sum(bases))
    base = sum(bases)
    whole = effect.points * rounded(max(0, base), effect.step)
    if not splits:
        return _Grant(rule, (), [], unassigned=whole, base=base)
    return _Grant(rule, chosen, split_by_largest_remainder(whole, _weights(bases)), base=base)


def _bases(rule_set: RuleSet, effect: PointsPerAmount | None, chosen: tuple[int, ...], values: Values) -> list[int]:
    lines = values[rule_set.lines.key]
    if effect is not None and effect.base is not None:
        run = effect.base.run
        return [run(values, lines[n]) for n in chosen]
    key = rule_set.lines.by_name[NET].key
    return [lines[n][key] for n in chosen]


def _weights(amounts: list[int]) -> list[int]:
    """A line below zero lowers the whole, but it earns no share of it."""
    return [max(0, amount) for amount in amounts]


def _limited(grant: _Grant) -> _Grant:
    limit, points = grant.rule.limit_per_purchase, grant.points
    if limit is not None and points > limit:
        _lower(grant, limit)
    if points == 0:
        grant.reason = NOTHING_EARNED
    return grant


def _lower(grant: _Grant, limit: int) -> None:
    grant.unlimited = grant.unlimited or grant.points
    grant.points = limit
    if grant.parts:
        grant.parts = split_by_largest_remainder(limit, grant.parts)
    else:
        grant.unassigned = limit


def _hold_to_ceiling(grants: Sequence[_Grant], ceiling: Ceiling) -> None:
    for grant in grants:
        if grant.reason == GRANTED:
            left = ceiling(grant.rule.key, grant.points)
            if left < grant.points:
                _lower(grant, left)
            if left == 0:
                grant.reason = LIMIT_REACHED


def _choose_in_groups(rule_set: RuleSet, grants: Sequence[_Grant]) -> None:
    for group, policy in rule_set.policy_of.items():
        rivals = [each for each in grants if each.rule.group == group and each.reason == GRANTED]
        if policy == "all" or not rivals:
            continue
        choose = {"best": max, "least": min}.get(policy)
        kept = rivals[0] if choose is None else choose(rivals, key=lambda each: each.points)
        for each in rivals:
            if each is not kept:
                each.reason = {"best": NOT_BEST, "least": NOT_LEAST}.get(policy, NOT_FIRST)


def _outcome(candidate: Candidate, grant: _Grant | None) -> Outcome:
    if grant is None:
        reason = candidate.reason or NO_LINES
        return Outcome(candidate.rule_key, 0, reason, candidate.missing, candidate.missing_type)
    given = grant.points if grant.reason == GRANTED else 0
    return Outcome(candidate.rule_key, given, grant.reason, base=grant.base, unlimited=grant.unlimited)


def _settlement(
    rule_set: RuleSet, outcomes: tuple[Outcome, ...], grants: Mapping[str, _Grant], lines: Sequence[Values]
) -> Settlement:
    by_line: list[list[tuple[str, int]]] = [[] for _ in lines]
    unassigned = 0
    for outcome in outcomes:
        if outcome.points:
            grant = grants[outcome.rule_key]
            unassigned += grant.unassigned
            for position, part in zip(grant.lines, grant.parts, strict=True):
                if part:
                    by_line[position].append((outcome.rule_key, part))
    key = rule_set.lines.by_name[QUANTITY].key
    allocations = tuple(
        [
            LineAllocation(line[key], sum([part for _, part in shares]), tuple(shares))
            for line, shares in zip(lines, by_line, strict=True)
        ]
    )
    points = unassigned + sum([each.points for each in allocations])
    return Settlement(points, outcomes, allocations, unassigned)
