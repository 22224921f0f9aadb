"""Earning rules: what a published version of a programme decides by.

A *rule* has a condition, a period, and one *effect* that gives points; a *group* says how its rules stack. Points are
in minor units of the points currency, whose scale the rule set is given. No rule ever takes points: a base at or below
zero gives none. A return takes back what the frozen allocation of its purchase says, never what rules say today.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from fidelia.kernel.localized import LocalizedText

from .catalogue import Catalogue, Records
from .nodes import Arithmetic, Compare, Constant, Every, Node
from .program import Program
from .python_rendering import Compiled, compile_to_python
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


Effect = FixedPoints | PointsPerAmount | PointsPerUnit | MultiplyPoints


@dataclass(frozen=True, slots=True)
class Threshold:
    """A part of a condition; where it asks that a number be at least another, `shortfall` computes what is missing."""

    met: Compiled
    shortfall: Compiled | None
    unit: Type | None


@dataclass(frozen=True)
class Rule:
    """valid_from and valid_until are half-open: a rule ends at the instant valid_until, not after it."""

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

    @property
    def multiplies(self) -> bool:
        return isinstance(self.effect, MultiplyPoints)

    @property
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
        return [each for each in (self.when, self.lines, more, base) if each is not None]


@dataclass(frozen=True, slots=True)
class Group:
    """How the rules that name this group stack.

    all    every rule gives
    best   only the rule that gives most; of equals, the one declared first
    first  only the first declared that gives anything
    """

    key: str
    policy: Literal["all", "best", "first"]


@dataclass(frozen=True)
class RuleSet:
    """Rules in declared order, checked against one catalogue. Made by `parse_rule_set`."""

    catalogue: Catalogue = field(repr=False)
    points_scale: int
    rules: tuple[Rule, ...]
    groups: tuple[Group, ...] = ()

    @cached_property
    def lines(self) -> Records:
        return self.catalogue.records_at[LINES]

    @cached_property
    def rule_at(self) -> dict[str, Rule]:
        return {rule.key: rule for rule in self.rules}

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
        of_lines = {f"{LINES}.{name}" for name in (NET, QUANTITY, EARNS) if name in self.lines.by_name}
        read = {path for rule in self.rules for program in rule.programs for path in program.fields_read}
        return tuple(sorted(of_lines | read | {LINES}))


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
