"""How rules stand to one another: what can never hold, what can never hold together, and what is reached only after
another.

The answers err on one side: what is said to be impossible is impossible; what is not said may still be so. Only
comparisons of a field with what is written out are weighed, joined by &&.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

from .effects import STAGES
from .nodes import Among, Compare, Constant, Every, Member, Node, Not, Read, Some
from .program import Program
from .rule_set import Rule, RuleSet
from .rule_terms import JointCap
from .types import NUMBERS, Type

_CONTRARY = {"==": "!=", "!=": "==", ">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_FLIPPED = {"==": "==", "!=": "!=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}


class Relation(StrEnum):
    """NEVER and NO_LINE are about a rule alone; the others name another rule.

    SAME_GROUP  they stack by the policy of their group
    HIDDEN      in a group where the first that gives counts, the other stands before it and applies whenever it does
    MULTIPLIES  both multiply points of the same lines, and neither multiplies what the other gave
    EXCLUDES    while it gives anything, the other lowers no price; EXCLUDED: the other way round
    NOT_WITH    one of them says that they do not go together
    STOPS       the other comes after it and then lowers nothing, or not the same lines; STOPPED: the other way round
    SAME_POOL   a unit serves one of them only
    TOGETHER    both may act on the same lines of the same purchase
    CAPPED      a cap holds what they take together
    """

    NEVER = "never"
    NO_LINE = "no_line"
    SAME_GROUP = "same_group"
    HIDDEN = "hidden"
    EXCLUDES = "excludes"
    EXCLUDED = "excluded"
    NOT_WITH = "not_with"
    STOPS = "stops"
    STOPPED = "stopped"
    MULTIPLIES = "multiplies"
    SAME_POOL = "same_pool"
    TOGETHER = "together"
    CAPPED = "capped"


@dataclass(frozen=True, slots=True)
class Overlap:
    """One finding about a rule; `other` is None for what concerns it alone."""

    relation: Relation
    other: Rule | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The values that a field may still have: numbers and days between two bounds (included), texts and truths by list.

    `only` None is every value but those in `never`.
    """

    low: int | None = None
    high: int | None = None
    only: frozenset[Any] | None = None
    never: frozenset[Any] = frozenset()

    def __and__(self, other: Span) -> Span:
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        never = self.never | other.never
        only = other.only if self.only is None else self.only if other.only is None else self.only & other.only
        return Span(max(lows, default=None), min(highs, default=None), None if only is None else only - never, never)

    @property
    def is_empty(self) -> bool:
        if self.only is not None and not any(self.holds(value) for value in self.only):
            return True
        if self.low is None or self.high is None:
            return False
        if self.low > self.high:
            return True
        return self.high - self.low < len(self.never) and set(range(self.low, self.high + 1)) <= self.never

    def holds(self, value: Any) -> bool:
        if value in self.never or (self.only is not None and value not in self.only):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def is_within(self, other: Span) -> bool:
        """Tell whether each value that this one allows is allowed by the other too."""
        if self.only is not None:
            return all(other.holds(value) for value in self.only if self.holds(value))
        above = other.low is None or (self.low is not None and self.low >= other.low)
        below = other.high is None or (self.high is not None and self.high <= other.high)
        spared = all(not self.holds(value) for value in other.never)
        return other.only is None and above and below and spared


Spans = Mapping[str, Span]


def find_overlaps(rule: Rule, rule_set: RuleSet) -> list[Overlap]:
    """Return what is to be known about a rule beside the others of its set, the gravest first, in declared order.

    Of a rule that is switched off it is what there would be to know if it were on; others that are off do nothing.
    """
    alone = [Overlap(relation) for relation in _alone(rule)]
    place = [each.key for each in rule_set.written].index(rule.key)
    beside = [
        Overlap(relation, other)
        for at, other in enumerate(rule_set.written)
        if other.key != rule.key and other.active
        for relation in _beside(rule, other, rule_set, other_first=at < place)
    ]
    order = list(Relation)
    return sorted(alone + beside, key=lambda overlap: order.index(overlap.relation))


def never_holds(tree: Node) -> bool:
    """Tell whether a condition is certainly false for every purchase."""
    return _is_false(tree) or any(span.is_empty for span in spans_of(tree).values())


def are_apart(one: Node, other: Node) -> bool:
    """Tell whether two conditions certainly never hold of the same purchase (or of the same line)."""
    if never_holds(one) or never_holds(other):
        return True
    mine, theirs = spans_of(one), spans_of(other)
    return any((mine[path] & theirs[path]).is_empty for path in mine.keys() & theirs.keys())


def implies(one: Node, other: Node) -> bool:
    """Tell whether the second condition certainly holds wherever the first does."""
    if never_holds(one):
        return True
    mine, spans = [_bare(term) for term in _terms(one)], spans_of(one)
    return all(_bare(term) in mine or _is_implied(term, spans) for term in _terms(other))


def spans_of(tree: Node) -> Spans:
    """Return what a condition leaves of each field that it compares with what is written out."""
    spans: dict[str, Span] = {}
    for term in _terms(tree):
        found = _span(term)
        if found is not None:
            path, span = found
            spans[path] = spans.get(path, Span()) & span
    return spans


def _alone(rule: Rule) -> Iterator[Relation]:
    if rule.when is not None and never_holds(rule.when.tree):
        yield Relation.NEVER
    if rule.lines is not None and never_holds(rule.lines.tree):
        yield Relation.NO_LINE


def _beside(rule: Rule, other: Rule, rule_set: RuleSet, *, other_first: bool) -> Iterator[Relation]:
    meet = _dates_meet(rule, other) and not _apart(rule.when, other.when)
    share_lines = meet and not _apart(rule.lines, other.lines)
    if rule.group is not None and rule.group == other.group:
        is_first = rule_set.policy_of[rule.group] == "first"
        yield Relation.HIDDEN if is_first and other_first and _covers(other, rule) else Relation.SAME_GROUP
    elif meet and rule.lowers_prices and other.lowers_prices and (rule.terms.exclusive or other.terms.exclusive):
        yield from _excluding(rule, other)
    elif share_lines and rule.multiplies and other.multiplies:
        yield Relation.MULTIPLIES
    elif meet and rule.lowers_prices and other.lowers_prices:
        yield from _beside_of_prices(rule, other, other_first=other_first, share_lines=share_lines)
    elif share_lines:
        yield Relation.TOGETHER
    if meet and any(_are_held(cap, rule, other) for cap in rule_set.joint_caps):
        yield Relation.CAPPED


def _beside_of_prices(rule: Rule, other: Rule, *, other_first: bool, share_lines: bool) -> Iterator[Relation]:
    first, later = (other, rule) if _turn(other, other_first) < _turn(rule, not other_first) else (rule, other)
    ends = first.terms.stops or (first.terms.closes_lines and share_lines)
    if other.key in rule.terms.not_with or rule.key in other.terms.not_with:
        yield Relation.NOT_WITH
    elif ends and not later.terms.always:
        yield Relation.STOPS if first is rule else Relation.STOPPED
    elif share_lines and rule.terms.pool is not None and rule.terms.pool == other.terms.pool:
        yield Relation.SAME_POOL
    elif share_lines:
        yield Relation.TOGETHER


def _turn(rule: Rule, is_first: bool) -> tuple[int, int, bool]:
    return list(STAGES).index(rule.terms.stage), rule.terms.order, not is_first  # type: ignore[arg-type]


def _are_held(cap: JointCap, rule: Rule, other: Rule) -> bool:
    if not (rule.lowers_prices and other.lowers_prices):
        return False
    if cap.group is not None:
        return rule.group == other.group == cap.group
    return cap.rules is None or {rule.key, other.key} <= cap.rules


def _excluding(rule: Rule, other: Rule) -> Iterator[Relation]:
    if rule.terms.exclusive and not other.terms.always:
        yield Relation.EXCLUDES
    elif other.terms.exclusive and not rule.terms.always:
        yield Relation.EXCLUDED
    else:
        yield Relation.TOGETHER


def _dates_meet(one: Rule, other: Rule) -> bool:
    begins_in_time = one.valid_from is None or other.valid_until is None or one.valid_from < other.valid_until
    ends_in_time = other.valid_from is None or one.valid_until is None or other.valid_from < one.valid_until
    return begins_in_time and ends_in_time


def _covers(first: Rule, later: Rule) -> bool:
    from_start = first.valid_from is None or (later.valid_from is not None and first.valid_from <= later.valid_from)
    to_end = first.valid_until is None or (later.valid_until is not None and later.valid_until <= first.valid_until)
    return from_start and to_end and _implied(later.when, first.when) and _implied(later.lines, first.lines)


def _implied(one: Program | None, other: Program | None) -> bool:
    return other is None or (one is not None and implies(one.tree, other.tree))


def _apart(one: Program | None, other: Program | None) -> bool:
    if one is None or other is None:
        return any(each is not None and never_holds(each.tree) for each in (one, other))
    return are_apart(one.tree, other.tree)


def _terms(tree: Node) -> Sequence[Node]:
    if not isinstance(tree, Every):
        return (tree,)
    return [term for part in tree.terms for term in _terms(part)]


def _is_false(tree: Node) -> bool:
    match tree:
        case Constant(value=value):
            return value is False
        case Every(terms=terms):
            return any(map(never_holds, terms))
        case Some(terms=terms):
            return all(map(never_holds, terms))
    return False


def _is_implied(term: Node, spans: Spans) -> bool:
    if isinstance(term, Some):
        return any(_is_implied(part, spans) for part in term.terms)
    found = _span(term)
    return found is not None and found[0] in spans and spans[found[0]].is_within(found[1])


def _span(term: Node, *, holds: bool = True) -> tuple[str, Span] | None:
    match term:
        case Not(operand=operand):
            return _span(operand, holds=not holds)
        case Read(type=Type.BOOL):
            return _key(term), Span(only=frozenset({holds}))
        case Compare(sign=sign, left=left, right=right):
            if isinstance(left, Constant):
                left, right, sign = right, left, _FLIPPED[sign]
            if isinstance(left, Read) and isinstance(right, Constant):
                return _compared(left, sign if holds else _CONTRARY[sign], right)
        case Among(item=Read() as item, items=items) if all(isinstance(each, Constant) for each in items):
            values = frozenset(_value(each) for each in items)
            return _key(item), Span(only=values) if holds else Span(never=values)
        case Member(item=Constant() as item, field=read):
            # In a list or not: as if each text were a field of its own, true or false.
            return f"{_key(read)}:{item.value}", Span(only=frozenset({holds}))
    return None


def _compared(read: Read, sign: str, constant: Constant) -> tuple[str, Span] | None:
    value, path = _value(constant), _key(read)
    if sign in ("==", "!="):
        return path, Span(only=frozenset({value})) if sign == "==" else Span(never=frozenset({value}))
    if not isinstance(value, int) or (read.type not in NUMBERS and read.type is not Type.DATE):
        return None
    bounds = {">=": Span(low=value), ">": Span(low=value + 1), "<=": Span(high=value), "<": Span(high=value - 1)}
    return path, _within_field(read) & bounds[sign]


def _within_field(read: Read) -> Span:
    return Span(*read.field.bounds) if read.type in NUMBERS else Span()


def _value(constant: Node) -> Any:
    value = constant.value if isinstance(constant, Constant) else None
    # A day is a number too, so that days have bounds; an instant is compared as the text it is.
    return value.toordinal() if type(value) is date else value


def _key(read: Read) -> str:
    return f"{read.row}:{read.path}"


def _bare(node: Any) -> Any:
    """Return a node, or a part of one, as if it stood at the beginning of the text."""
    if isinstance(node, tuple):
        return tuple(map(_bare, node))
    if not isinstance(node, Node):
        return node
    parts = {each.name: _bare(getattr(node, each.name)) for each in fields(node)}
    return replace(node, **(parts | {"offset": 0}))
