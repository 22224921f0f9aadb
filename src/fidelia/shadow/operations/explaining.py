"""Why a vendor gave other points: each supposition is decided once more, and the first that gives the vendor's is told.

Pure but for the compiled terms. The order is the order in which they are tried: what is nearest to a slip comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, Final

from fidelia.activity.operations.values import values_of_moment
from fidelia.programme.queries import Terms
from fidelia.rules import RuleSet, evaluate
from fidelia.rules.errors import ValueOutOfBounds
from fidelia.rules.receipts import typed_values
from fidelia.rules.rounding import ROUNDINGS as ROUNDING_FUNCTIONS
from fidelia.rules.rule_set import PointsPerAmount, Rule

NONE: Final = ""
UNKNOWN_MEMBER, TIER, DATE, ROUNDING = "unknown_member", "tier", "date", "rounding"
EXCLUDED, RULE_THERE, RULE_HERE, LATE, OTHER = "excluded_product", "rule_not_there", "rule_not_here", "late", "other"
PRICE, CODES = "price", "codes"  # of baskets
UNKNOWN_SALE, SALE, KEPT, ROUNDING_BACK = "unknown_sale", "sale", "not_taken_back", "rounding_back"  # of returns
CAUSES: Final = (UNKNOWN_MEMBER, PRICE, TIER, DATE, ROUNDING, EXCLUDED, RULE_THERE, RULE_HERE, CODES, LATE, OTHER)
CAUSES_OF_RETURNS: Final = (UNKNOWN_SALE, SALE, KEPT, ROUNDING_BACK)
ROUNDINGS: Final = ("floor", "half_up", "ceiling")
EARNS_THERE: Final = "earns_there"
TOGETHER_MAX: Final = 2  # rules that a vendor may leave out at once
LINES_TRIED: Final = 30


@dataclass(frozen=True, slots=True)
class Occasion:
    """What was judged, and what the vendor told: points in minor units, and the tier it read where it says so.

    Of a basket besides: what it costs here and there (`told_total`, None: not told), and how many codes were presented.
    """

    terms: Terms | None
    record: Mapping[str, Any]
    refusal: str
    points: int
    told: int
    told_tier: str
    is_late: bool
    total: int = 0
    told_total: int | None = None
    codes: int = 0


def explain_difference(seen: Occasion) -> tuple[str, str]:
    """Return the cause of a difference and a detail (a rule, a tier, a line); ("", "") where there is none."""
    if seen.refusal and seen.points != seen.told:
        return UNKNOWN_MEMBER, seen.refusal
    elif seen.told_total is not None and seen.told_total != seen.total:
        return PRICE, f"{seen.told_total}/{seen.total}"  # also where the points happen to be the same
    elif seen.points == seen.told:
        return NONE, ""
    return _explained(seen)


def _explained(seen: Occasion) -> tuple[str, str]:
    if seen.terms is None or not seen.record:
        return UNKNOWN_MEMBER, "not_a_member"
    for cause, detail, points in _suppositions(seen, seen.terms):
        if points == seen.told:
            return cause, detail[:120]
    return _unexplained(seen)


def _unexplained(seen: Occasion) -> tuple[str, str]:
    if seen.codes:
        return CODES, str(seen.codes)
    elif seen.is_late:
        return LATE, ""
    return (RULE_HERE, "") if seen.told > seen.points else (OTHER, "")


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A return that was judged; points in minor units, below zero what is taken back.

    lines  how many lines came back;  sold  the receipt of the sale, "" where it is not known here
    given_here, given_there  what the sale gave here, and there (None: not told)
    """

    refusal: str
    points: int
    told: int
    lines: int
    sold: str
    given_here: int
    given_there: int | None


def explain_return(seen: GivenBack) -> tuple[str, str]:
    """Return the cause of a difference of a return and a detail (the receipt of its sale); ("", "") for none."""
    if seen.points == seen.told:
        return NONE, ""
    elif not seen.sold:
        return UNKNOWN_SALE, ""
    elif seen.refusal:
        return UNKNOWN_MEMBER, seen.refusal
    elif seen.told == 0:
        return KEPT, seen.sold
    elif seen.given_there in (None, seen.given_here):
        # Each line is rounded for itself: a vendor who rounds otherwise is off by one for each at most.
        return (ROUNDING_BACK if abs(seen.told - seen.points) <= seen.lines else OTHER), ""
    return (SALE, seen.sold) if seen.told in _shares(seen) else (OTHER, "")


def _shares(seen: GivenBack) -> set[int]:
    """Return what may be taken of the vendor's own grant for the same part of the sale, rounded in each way."""
    assert seen.given_there is not None, "asked before"
    if not seen.given_here:
        return {-seen.given_there}
    part = -seen.points * seen.given_there
    return {-ROUNDING_FUNCTIONS[name](part, seen.given_here) for name in ROUNDINGS}


def _suppositions(seen: Occasion, terms: Terms) -> Iterator[tuple[str, str, int]]:
    rules, at = terms.rule_set, datetime.fromisoformat(seen.record["occurred_at"])
    values = typed_values(rules, seen.record["values"])
    if "bill" in seen.record and _points(rules, values, at) != seen.points:
        # Rules that need a checkout gave of it: with final prices alone no supposition comes to anything.
        yield from _by_rules_left_out(seen.record, seen.points)
        return
    yield from _by_tier(terms, rules, values, at, seen.told_tier)
    yield from _by_date(terms, rules, values, at)
    yield from _by_rounding(rules, values, at)
    yield from _by_lines(rules, values, at)
    yield from _by_rules_left_out(seen.record, seen.points)
    yield from _by_conditions(rules, values, at)


def _by_tier(
    terms: Terms, rules: RuleSet, values: dict[str, Any], at: datetime, told: str
) -> Iterator[tuple[str, str, int]]:
    if not {"member.tier", "customer.entitlements"} & set(rules.fields_read):
        return
    levels = [level.key for tier_set in terms.tier_sets for level in tier_set.levels]
    for tier in dict.fromkeys([told, *levels, ""] if told in levels else [*levels, ""]):
        if tier != values.get("member.tier"):
            own = {"member.tier": tier, "customer.entitlements": terms.entitlements_of(tier)}
            yield TIER, tier, _points(rules, {**values, **own}, at)


def _by_date(terms: Terms, rules: RuleSet, values: dict[str, Any], at: datetime) -> Iterator[tuple[str, str, int]]:
    """The day in UTC instead of the programme's zone, the day before, the day after."""
    local = at.astimezone(terms.zone)
    for name, other in (
        ("utc", at.astimezone(UTC)),
        ("day_before", local - timedelta(days=1)),
        ("day_after", local + timedelta(days=1)),
    ):  # fmt: skip
        moved = {**values, **{path: value for path, value in values_of_moment(other).items() if path in values}}
        moment = other.replace(tzinfo=None).replace(tzinfo=terms.zone)
        yield DATE, name, _points(rules, moved, moment)


def _by_rounding(rules: RuleSet, values: dict[str, Any], at: datetime) -> Iterator[tuple[str, str, int]]:
    for per in ("purchase", "line"):
        for rounding in ROUNDINGS:
            changed = [_rounded(rule, rounding, per) for rule in rules.rules]
            if any(one is not rule for one, rule in zip(changed, rules.rules, strict=True)):
                yield ROUNDING, f"{rounding}/{per}", _points(with_rules(rules, changed), values, at)


def _rounded(rule: Rule, rounding: str, per: Any) -> Rule:
    effect = rule.effect
    if not isinstance(effect, PointsPerAmount) or (effect.rounding, effect.per) == (rounding, per):
        return rule
    return replace(rule, effect=replace(effect, rounding=rounding, per=per))


def _by_lines(rules: RuleSet, values: dict[str, Any], at: datetime) -> Iterator[tuple[str, str, int]]:
    """Lines that earn nothing here earn there, or a line that earns here earns nothing there."""
    lines: Sequence[Mapping[str, Any]] = values["lines"]
    if any("earns" in line and not line["earns"] for line in lines):
        yield (
            EXCLUDED,
            EARNS_THERE,
            _points(rules, {**values, "lines": [{**one, "earns": True} for one in lines]}, at),
        )
    for place, line in enumerate(lines[:LINES_TRIED]):
        rest = [one for n, one in enumerate(lines) if n != place]
        changed = {**values, "lines": rest}
        if "purchase.total" in values:
            changed["purchase.total"] = values["purchase.total"] - line.get("net", 0)
        yield EXCLUDED, str(line.get("product") or line.get("category") or place + 1), _points(rules, changed, at)


def _by_rules_left_out(record: Mapping[str, Any], points: int) -> Iterator[tuple[str, str, int]]:
    gave = [(row[0], row[1]) for row in record["outcomes"] if row[1] > 0]
    for size in range(1, TOGETHER_MAX + 1):
        for some in combinations(gave, size):
            yield RULE_THERE, ", ".join(key for key, _given in some), points - sum(given for _key, given in some)


def _by_conditions(rules: RuleSet, values: dict[str, Any], at: datetime) -> Iterator[tuple[str, str, int]]:
    """A rule whose condition is not met here is applied there."""
    for place, rule in enumerate(rules.rules):
        if rule.when is not None:
            changed = list(rules.rules)
            changed[place] = replace(rule, when=None)
            yield RULE_HERE, rule.key, _points(with_rules(rules, changed), values, at)


def with_rules(rules: RuleSet, changed: Sequence[Rule]) -> RuleSet:
    """Return the same rule set with other rules."""
    return replace(rules, rules=tuple(changed))


def _points(rules: RuleSet, values: Mapping[str, Any], at: datetime) -> int:
    try:
        return evaluate(rules, values, at=at).points
    except ValueOutOfBounds:
        return -1  # nobody grants less than nothing: no vendor's number
