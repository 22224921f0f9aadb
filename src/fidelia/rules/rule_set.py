"""Earning rules: what a published version of a programme decides by.

A *rule* has a condition, a period, and one *effect* that gives points; a *group* says how its rules stack. Points are
in minor units of the points currency, whose scale the rule set is given. No rule ever takes points: a base at or below
zero gives none. A return takes back what the frozen allocation of its purchase says, never what rules say today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from fidelia.kernel.localized import LocalizedText

from .catalogue import Catalogue, Records
from .effects import ISSUE_KINDS, PRICE_KINDS, GiftProduct, IssueEffect, PriceEffect, line_fields_of, programs_of
from .history import Measure, measured
from .nodes import Arithmetic, Compare, Constant, Every, Node
from .program import Program
from .python_rendering import Compiled, compile_to_python
from .rule_terms import NO_CHECKOUT_TERMS, NO_TERMS, Campaign, CheckoutTerms, JointCap, Limit, RuleTerms
from .types import NUMBERS, Type

LINES = "lines"
NET, QUANTITY, EARNS = "net", "quantity", "earns"


@dataclass(frozen=True, slots=True)
class FixedPoints:
    """`amount`, or what `program` gives for the purchase: whole points if it is an int, minor units if it is money."""

    amount: int = 0
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class PointsPerAmount:
    """`points` for each `step` of the base, which is summed over the chosen lines (per="purchase") or taken one by one.

    base      a program of one line; None is its net amount
    rounding  how base ÷ step becomes whole steps: floor counts complete steps only
    """

    step: int
    points: int
    base: Program | None = None
    rounding: str = "floor"
    per: Literal["purchase", "line"] = "purchase"


@dataclass(frozen=True, slots=True)
class PointsPerUnit:
    """`points` for each whole unit bought of the chosen lines."""

    points: int


@dataclass(frozen=True, slots=True)
class MultiplyPoints:
    """Multiplies what points_per and points_per_unit rules gave to the chosen lines; gives the difference.

    Two rules that double give three times, not four: neither multiplies what the other gave. Fixed points never do.
    """

    numerator: int
    denominator: int
    rounding: str = "half_up"


PointsEffect = FixedPoints | PointsPerAmount | PointsPerUnit | MultiplyPoints
Effect = PointsEffect | PriceEffect | IssueEffect


@dataclass(frozen=True, slots=True)
class Threshold:
    """A part of a condition; where it asks that a number be at least another, `shortfall` computes what is missing."""

    met: Compiled
    shortfall: Compiled | None
    unit: Type | None


@dataclass(frozen=True)
class Rule:
    """valid_from and valid_until are half-open: a rule ends at the instant valid_until, not after it.

    One that is not `active` is written and checked as any other, and gives nothing.
    """

    key: str
    name: LocalizedText
    effect: Effect
    when: Program | None = None
    lines: Program | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    limit_per_purchase: int | None = None
    group: str | None = None
    choose_lines: Compiled | None = field(default=None, repr=False, compare=False)
    terms: RuleTerms = NO_TERMS
    active: bool = True
    held_out: Program | None = None  # holds for the people of its control group; see `control`
    # What an evaluation says of it without any number is the same every time: reason → candidate or outcome.
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def lowers_prices(self) -> bool:
        return isinstance(self.effect, PRICE_KINDS)

    @cached_property
    def issues(self) -> bool:
        """Whether it gives something else than a lower price or points that can be spent."""
        return isinstance(self.effect, ISSUE_KINDS)

    @cached_property
    def only_at_checkout(self) -> bool:
        """Whether it never applies to a purchase whose prices are final."""
        return self.lowers_prices or self.issues or self.terms.needs_checkout

    @cached_property
    def multiplies(self) -> bool:
        return isinstance(self.effect, MultiplyPoints)

    @cached_property
    def is_proportional(self) -> bool:
        """Whether what it gives can be multiplied by other rules."""
        return isinstance(self.effect, PointsPerAmount | PointsPerUnit)

    @cached_property
    def thresholds(self) -> tuple[Threshold, ...]:
        """The parts of the condition, joined by &&, in order."""
        if self.when is None:
            return ()
        tree = self.when.tree
        return tuple(map(_threshold, tree.terms if isinstance(tree, Every) else (tree,)))

    @property
    def programs(self) -> list[Program]:
        effect = self.effect
        more = effect.program if isinstance(effect, FixedPoints) else None
        base = effect.base if isinstance(effect, PointsPerAmount) else None
        others = programs_of(effect) if isinstance(effect, (*PRICE_KINDS, *ISSUE_KINDS)) else []
        return [each for each in (self.when, self.lines, more, base, self.held_out, *others) if each is not None]


@dataclass(frozen=True, slots=True)
class Group:
    """How the rules that name this group stack.

    all    every rule gives
    best   only the rule that gives most; of equals, the one declared first
    least  only the rule that gives least, of those that give anything; of equals, the one declared first
    first  only the first declared that gives anything
    exclusive  every rule gives, and if any does, no rule outside lowers a price

    scope    "best" or "least" is chosen for the whole checkout, or for each line by itself
    cap the most that its rules take off together
    """

    key: str
    policy: Literal["all", "best", "least", "first", "exclusive"]
    scope: Literal["checkout", "line"] = "checkout"
    cap: JointCap | None = None


@dataclass(frozen=True)
class RuleSet:
    """Rules in declared order, checked against one catalogue. Made by `parse_rule_set`.

    `rules` are those that act; `written` has those that are switched off too, each in its place of the document.
    """

    catalogue: Catalogue = field(repr=False)
    points_scale: int
    rules: tuple[Rule, ...]
    groups: tuple[Group, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    checkout: CheckoutTerms = NO_CHECKOUT_TERMS
    as_written: tuple[Rule, ...] = field(default=(), repr=False)
    # What others make of it once, such as the checkout's plan.
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Every limit of a rule or campaign, in declared order."""
        of_rules = [limit for rule in self.rules for limit in rule.terms.limits]
        return (*of_rules, *[limit for campaign in self.campaigns for limit in campaign.limits])

    @cached_property
    def limits_of(self) -> dict[str, tuple[Limit, ...]]:
        """The limits that a rule obeys, its own and its campaign's, by rule key."""
        of_campaign = {campaign.key: campaign.limits for campaign in self.campaigns}
        found = {rule.key: rule.terms.limits + of_campaign.get(rule.terms.campaign or "", ()) for rule in self.rules}
        return {key: limits for key, limits in found.items() if limits}

    @cached_property
    def joint_caps(self) -> tuple[JointCap, ...]:
        """What caps several rules together: those of groups, then those of the checkout."""
        return (*[group.cap for group in self.groups if group.cap is not None], *self.checkout.caps)

    @cached_property
    def gift_products(self) -> frozenset[str]:
        """The codes of all products that a rule may add to a basket."""
        gifts = [rule.effect for rule in self.rules if isinstance(rule.effect, GiftProduct)]
        return frozenset(code for gift in gifts for code in gift.products)

    @cached_property
    def lines(self) -> Records:
        return self.catalogue.records_at[LINES]

    @cached_property
    def rule_at(self) -> dict[str, Rule]:
        return {rule.key: rule for rule in self.rules}

    @property
    def written(self) -> tuple[Rule, ...]:
        """Every rule of the document in its order, switched on or off."""
        return self.as_written or self.rules

    @cached_property
    def written_at(self) -> dict[str, Rule]:
        return {rule.key: rule for rule in self.written}

    @cached_property
    def policy_of(self) -> dict[str, str]:
        return {group.key: group.policy for group in self.groups}

    @cached_property
    def waves(self) -> tuple[frozenset[str], frozenset[str]]:
        """The keys of the rules settled first, and of those that need to know what the first gave."""
        late_groups = {rule.group for rule in self.rules if rule.multiplies and rule.group}
        late = frozenset(rule.key for rule in self.rules if rule.multiplies or rule.group in late_groups)
        return frozenset(self.rule_at) - late, late

    @cached_property
    def fields_read(self) -> tuple[str, ...]:
        """Every path that a decision depends on, sorted."""
        return self._fields_read(self.rules)

    @cached_property
    def fields_read_of_final(self) -> tuple[str, ...]:
        """Every path that the decision on a purchase depends on whose prices are final, sorted."""
        return self._fields_read([rule for rule in self.rules if not rule.only_at_checkout])

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """What rules ask about the past, in the order of their paths."""
        asked = (measured(path) for path in self.fields_read)
        return tuple(measure for measure in asked if measure is not None)

    def _fields_read(self, rules: Sequence[Rule]) -> tuple[str, ...]:
        of_lines = {f"{LINES}.{name}" for name in (NET, QUANTITY, EARNS) if name in self.lines.by_name}
        read = {path for rule in rules for program in rule.programs for path in program.fields_read}
        compared = {f"{LINES}.{name}" for rule in rules if rule.lowers_prices for name in _compared(rule)}
        return tuple(sorted(of_lines | read | compared | {LINES}))


def _compared(rule: Rule) -> list[str]:
    return line_fields_of(rule.effect) if isinstance(rule.effect, PRICE_KINDS) else []


def _threshold(term: Node) -> Threshold:
    met = compile_to_python(term, with_line=False)
    if not isinstance(term, Compare) or term.left.type not in NUMBERS:
        return Threshold(met, None, None)
    flipped = isinstance(term.left, Constant)
    more, enough = (term.right, term.left) if flipped else (term.left, term.right)
    if term.sign not in (("<=", "<") if flipped else (">=", ">")):
        return Threshold(met, None, None)
    shortfall: Node = Arithmetic(offset=term.offset, type=more.type, sign="-", left=enough, right=more)
    if term.sign in (">", "<"):
        one = Constant(offset=term.offset, type=more.type, value=1)
        shortfall = Arithmetic(offset=term.offset, type=more.type, sign="+", left=shortfall, right=one)
    return Threshold(met, compile_to_python(shortfall, with_line=False), more.type)
