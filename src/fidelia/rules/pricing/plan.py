"""A rule set made ready for the checkout, once: the price rules in their order, an index of the lines they look for.

A till asks the same rules about every basket. What does not change from basket to basket is found here, so that 200
rules on ten lines cost what they do, not what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..effects import STAGES, Bundle, BuyGet, GiftProduct
from ..names import LINE_ROW
from ..nodes import Among, Compare, Constant, Every, Node, Read
from ..python_rendering import Compiled
from ..rule_set import LINES, Group, Rule, RuleSet
from ..rule_terms import Limit, Meaning
from ..settlement import Outcome
from ..types import Type
from .combining import NONE, Combinations, combinations_of
from .fields import COMPUTED, COMPUTED_OF_LINE

_STAGE_PLACES: dict[str, int] = {stage: place for place, stage in enumerate(STAGES)}
_PLAIN_SUMS = frozenset({"purchase.total", "purchase.discount", "purchase.listed", "purchase.units"})
COUPONS = "purchase.coupons"
_LINES_COMPUTED = {f"{LINES}.{name}" for name in COMPUTED_OF_LINE}
Chooser = Callable[[Mapping[str, Any]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The lines whose field `key` has one of `values` are the only ones that a rule may choose.

    is_all  they are exactly those that it chooses
    """

    key: str
    values: frozenset[str]
    is_all: bool


@dataclass(slots=True)
class PlannedRule:
    """One price rule. `reasons` keeps its outcomes that say no more than a reason: they are the same every time.

    is_gated          it asks for a coupon, a claim, or something left of its limits
    is_bounded        it has a cap, leaves something, or prices that end alike
    is_looking        it asks for nothing but lines that have what it wants
    asks_first        its condition, where no period comes before it
    takes_all         it lowers the shipping too, together with the lines
    not_with          the rules with which it does not go together, whichever of them says so
    """

    rule: Rule
    key: str
    place: int
    group: Group | None
    wanted: Wanted | None
    limits: tuple[Limit, ...]
    is_gated: bool
    has_period: bool
    needs_no_line: bool
    is_looking: bool
    asks_first: Compiled | None
    is_bounded: bool
    meaning: Meaning
    takes_all: bool = False
    not_with: frozenset[str] = frozenset()
    reasons: dict[str, Outcome] = field(default_factory=dict)

    def refused(self, reason: str, by: str | None = None) -> Outcome:
        """Return the outcome that says this reason and nothing more."""
        if by is not None:
            return Outcome(self.rule.key, 0, reason, by=by)
        outcome = self.reasons.get(reason)
        if outcome is None:
            outcome = self.reasons[reason] = Outcome(self.rule.key, 0, reason)
        return outcome


@dataclass(frozen=True, slots=True)
class PlannedPoints:
    """One points rule. `wanted` where it asks for nothing but its lines: what no line has, none meets."""

    rule: Rule
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The price rules in the order in which they come, and what else the checkout asks of a rule set.

    costing       the keys of rules that cost points
    may_be_undone some rule is withdrawn when another undoes its condition
    asked         the fields that must be given: read by some rule, and not computed by the engine
    live_sums     computed sums that a price rule reads: they are kept up while prices change
    has_plain_sums  they follow from what is taken off, where prices hold their taxes
    line_fields   computed fields of lines that the catalogue has: name → key of the values;  live_lines: those read
    bound_by      the keys of the rules that a limit counts, by its key
    exclusives    the rules, or groups of rules, before which all others stand back
    looking       the keys of the rules that only look for lines, by the field of lines and the value that they want
    leaving_tax   the keys of rules that leave the tax as it would be without them
    combinations  where the best counts: of rules that do not all go together, each set that does and bears no other,
                  unless they are too many for one answer to all baskets
    """

    rules: tuple[PlannedRule, ...]
    points_rules: tuple[PlannedPoints, ...]
    issue_rules: tuple[Rule, ...]
    exclusives: tuple[tuple[PlannedRule, ...], ...]
    groups: Mapping[str, tuple[PlannedRule, ...]]
    fields: Mapping[str, str]
    line_fields: Mapping[str, str]
    asked: tuple[str, ...]
    may_be_undone: bool
    costing: frozenset[str]
    live_sums: frozenset[str]
    live_lines: frozenset[str]
    has_plain_sums: bool
    bound_by: Mapping[str, tuple[str, ...]]
    looking: Mapping[str, Mapping[str, Sequence[str]]]
    combinations: Combinations = NONE
    leaving_tax: frozenset[str] = frozenset()


def plan_of(rule_set: RuleSet) -> Plan:
    """Return the plan of a rule set, made when it is first asked for."""
    plan: Plan | None = rule_set.kept.get("plan")
    if plan is None:
        plan = rule_set.kept["plan"] = _make_plan(rule_set)
    return plan


def _make_plan(rule_set: RuleSet) -> Plan:
    ordered = sorted(_planned_rules(rule_set), key=_turn)
    catalogue = rule_set.catalogue
    read = {path for each in ordered for program in each.rule.programs for path in program.fields_read}
    live_sums = frozenset(path for path in COMPUTED if path in read and path != COUPONS)
    live_lines = frozenset(name for name in COMPUTED_OF_LINE if f"{LINES}.{name}" in read)
    return Plan(
        rules=tuple(ordered),
        points_rules=tuple(
            [_planned_points(rule) for rule in rule_set.rules if not rule.lowers_prices and not rule.issues]
        ),
        issue_rules=tuple([rule for rule in rule_set.rules if rule.issues]),
        exclusives=_exclusives(ordered),
        groups={
            key: tuple([each for each in ordered if each.rule.group == key])
            for key in (group.key for group in rule_set.groups)
        },
        fields={path: catalogue.field_at[path].key for path in COMPUTED if path in catalogue.field_at},
        line_fields={
            name: rule_set.lines.by_name[name].key for name in COMPUTED_OF_LINE if name in rule_set.lines.by_name
        },
        costing=frozenset(rule.key for rule in rule_set.rules if rule.terms.costs_points),
        may_be_undone=any(each.rule.terms.when_undone == "withdraw" for each in ordered),
        asked=tuple([path for path in rule_set.fields_read if path not in COMPUTED and path not in _LINES_COMPUTED]),
        live_sums=live_sums,
        live_lines=live_lines,
        has_plain_sums=bool(live_sums) and not live_lines and live_sums <= _PLAIN_SUMS,
        bound_by={
            limit.key: tuple([key for key, limits in rule_set.limits_of.items() if limit in limits])
            for limit in rule_set.limits
        },
        looking=_looking(ordered),
        leaving_tax=frozenset(each.key for each in ordered if not each.rule.terms.lowers_tax),
        combinations=combinations_of(ordered) if rule_set.checkout.combining == "best" else NONE,
    )


def _looking(rules: Sequence[PlannedRule]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for each in rules:
        if each.is_looking and each.wanted is not None:
            for value in each.wanted.values:
                found.setdefault(each.wanted.key, {}).setdefault(value, []).append(each.key)
    return found


def _planned_rules(rule_set: RuleSet) -> list[PlannedRule]:
    group_of = {group.key: group for group in rule_set.groups}
    planned = [
        PlannedRule(
            rule=rule,
            key=rule.key,
            place=place,
            group=group_of.get(rule.group or ""),
            wanted=(wanted := _wanted(rule)),
            limits=rule_set.limits_of.get(rule.key, ()),
            is_gated=rule.terms.needs_checkout,
            has_period=rule.valid_from is not None or rule.valid_until is not None,
            asks_first=None if rule.when is None or rule.valid_from or rule.valid_until else rule.when.run,
            is_bounded=bool(rule.terms.cap or rule.terms.leaves or rule.terms.ending),
            meaning=rule.terms.meaning,
            takes_all=getattr(rule.effect, "target", "lines") == "all",
            is_looking=wanted is not None
            and not (rule.when or rule.valid_from or rule.valid_until or rule.terms.needs_checkout),
            needs_no_line=isinstance(rule.effect, Bundle)
            or (isinstance(rule.effect, GiftProduct) and rule.lines is None),
        )
        for place, rule in enumerate(rule_set.rules)
        if rule.lowers_prices
    ]
    for each in planned:
        own = each.rule.terms.not_with
        each.not_with = own | {other.key for other in planned if each.key in other.rule.terms.not_with}
    return planned


def _planned_points(rule: Rule) -> PlannedPoints:
    asks_more = rule.when is not None or rule.valid_from is not None or rule.valid_until is not None
    return PlannedPoints(rule, None if asks_more else _wanted(rule))


def _turn(planned: PlannedRule) -> tuple[int, int, int]:
    terms = planned.rule.terms
    return _STAGE_PLACES[terms.stage], terms.order, planned.place


def _exclusives(rules: Sequence[PlannedRule]) -> tuple[tuple[PlannedRule, ...], ...]:
    found: dict[str, list[PlannedRule]] = {}
    for each in rules:
        if each.rule.terms.exclusive:
            found.setdefault(f"rule {each.key}", []).append(each)
        elif each.group is not None and each.group.policy == "exclusive":
            found.setdefault(f"group {each.group.key}", []).append(each)
    return tuple([tuple(each) for each in found.values()])


def _wanted(rule: Rule) -> Wanted | None:
    """Find what a rule asks of one text of its lines, such as line.product == "moka": what no line has, none meets."""
    if rule.lines is None or isinstance(rule.effect, BuyGet | Bundle | GiftProduct):
        return None
    tree = rule.lines.tree
    terms = tree.terms if isinstance(tree, Every) else (tree,)
    for term in terms:
        found = _equality(term)
        if found is not None:
            return Wanted(found[0], found[1], is_all=len(terms) == 1)
    return None


def _equality(term: Node) -> tuple[str, frozenset[str]] | None:
    if isinstance(term, Compare) and term.sign == "==":
        sides: tuple[Node, ...] = (term.left, term.right)
    elif isinstance(term, Among):
        sides = (term.item, *term.items)
    else:
        return None
    reads = [each for each in sides if isinstance(each, Read) and each.row == LINE_ROW and each.type is Type.STRING]
    texts = [each.value for each in sides if isinstance(each, Constant) and isinstance(each.value, str)]
    if len(reads) != 1 or len(texts) != len(sides) - 1:
        return None
    return reads[0].field.key, frozenset(texts)
