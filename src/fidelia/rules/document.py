"""Reading a rule set from its document (JSON or YAML, already parsed), with a JSON pointer for every refusal.

    format: 1
    groups:
      - {key: gifts, policy: best}
    rules:
      - key: double-coffee
        name: {en: Double points on coffee, fr: Double points café}
        when: purchase.weekday == "tuesday" && member.tier in ["connaisseur", "grand_cru"]
        valid_from: 2026-12-01T00:00:00+01:00
        valid_until: 2027-03-01T00:00:00+01:00
        lines: line.category == "coffee"
        multiply_points: {by: 2}
        limit_per_purchase: 200
        group: gifts

The form is described for rule authors in docs/reference/rules.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

from fidelia.kernel.errors import Invalid
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import MalformedAmount, parse_scaled
from fidelia.kernel.points import SCALE_MAX

from .catalogue import Catalogue
from .errors import InvalidRuleSet, MayOverflow, RuleError
from .names import LINE_ROW
from .nodes import Node, Read
from .program import Program, check_rule
from .python_rendering import Compiled, compile_to_chooser
from .rounding import ROUNDINGS
from .rule_set import (
    EARNS,
    LINES,
    NET,
    QUANTITY,
    Effect,
    FixedPoints,
    Group,
    MultiplyPoints,
    PointsPerAmount,
    PointsPerUnit,
    Rule,
    RuleSet,
)
from .types import NUMBER_MAX, Type

RULES_MAX = 200
GROUPS_MAX = 50
POINTS_MAX = 10**12
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
EFFECTS = ("points", "points_per", "points_per_unit", "multiply_points")
_RULE_MEMBERS = ("key", "name", "when", "lines", "valid_from", "valid_until", "limit_per_purchase", "group", *EFFECTS)
POLICIES: dict[str, Literal["all", "best", "first"]] = {"all": "all", "best": "best", "first": "first"}


def parse_rule_set(document: object, catalogue: Catalogue, *, points_scale: int) -> RuleSet:
    """Read a rule set and check every text in it against the catalogue.

    `points_scale` is the number of decimals of the points currency. Raises InvalidRuleSet with a JSON pointer and, when
    a rule's text is refused, the RuleError as `cause`.
    """
    return _Reader(catalogue, points_scale).rule_set(document)


class _Reader:
    def __init__(self, catalogue: Catalogue, points_scale: int) -> None:
        if not 0 <= points_scale <= SCALE_MAX:
            raise InvalidRuleSet("scale", pointer="")
        lines = catalogue.records_at.get(LINES)
        if lines is None or not {NET, QUANTITY} <= set(lines.by_name):
            raise InvalidRuleSet("no_earning_lines", pointer="")
        self.catalogue = catalogue
        self.scale = points_scale
        self.line_fields = lines.by_name
        self.lines_key = lines.key

    def rule_set(self, document: object) -> RuleSet:
        whole = _members(document, "", ("format", "groups", "rules"), required=("rules",))
        if whole.get("format", 1) != 1:
            raise InvalidRuleSet("format", pointer="/format")
        groups = [self.group(each, f"/groups/{n}") for n, each in _items(whole, "groups", GROUPS_MAX)]
        _require_unique([group.key for group in groups], "/groups")
        rules = [self.rule(each, f"/rules/{n}", groups) for n, each in _items(whole, "rules", RULES_MAX)]
        _require_unique([rule.key for rule in rules], "/rules")
        _require_settled_order(rules, groups)
        return RuleSet(self.catalogue, self.scale, tuple(rules), tuple(groups))

    def group(self, value: object, pointer: str) -> Group:
        members = _members(value, pointer, ("key", "policy"), required=("key", "policy"))
        policy = _choice(members["policy"], list(POLICIES), f"{pointer}/policy")
        return Group(_key(members["key"], f"{pointer}/key"), POLICIES[policy])

    def rule(self, value: object, pointer: str, groups: Sequence[Group]) -> Rule:
        members = _members(value, pointer, _RULE_MEMBERS, required=("key", "name"))
        begins = _instant(members.get("valid_from"), f"{pointer}/valid_from")
        ends = _instant(members.get("valid_until"), f"{pointer}/valid_until")
        if begins is not None and ends is not None and ends <= begins:
            raise InvalidRuleSet("period", pointer=f"{pointer}/valid_until")
        group = members.get("group")
        if group is not None and group not in [each.key for each in groups]:
            raise InvalidRuleSet("unknown_group", pointer=f"{pointer}/group", text=group)
        lines = self.program(members.get("lines"), f"{pointer}/lines", (Type.BOOL,), of_line=True)
        limit = members.get("limit_per_purchase")
        return Rule(
            key=_key(members["key"], f"{pointer}/key"),
            name=_localized(members["name"], f"{pointer}/name"),
            effect=self.effect(members, pointer),
            when=self.program(members.get("when"), f"{pointer}/when", (Type.BOOL,)),
            lines=lines,
            valid_from=begins,
            valid_until=ends,
            limit_per_purchase=None if limit is None else self.points(limit, f"{pointer}/limit_per_purchase"),
            group=group,
            choose_lines=self.chooser(lines),
        )

    def effect(self, members: Mapping[str, Any], pointer: str) -> Effect:
        given = [name for name in EFFECTS if members.get(name) is not None]
        if len(given) != 1:
            raise InvalidRuleSet("one_effect", pointer=pointer, choices=", ".join(EFFECTS))
        name, value, place = given[0], members[given[0]], f"{pointer}/{given[0]}"
        if name == "points":
            return self.fixed(value, place)
        elif name == "points_per":
            return self.per_amount(value, place)
        elif name == "points_per_unit":
            return PointsPerUnit(self.points(value, place))
        return _multiply(value, place)

    def fixed(self, value: object, pointer: str) -> FixedPoints:
        if not isinstance(value, str) or re.fullmatch(r"[\d.]+", value):
            return FixedPoints(amount=self.points(value, pointer))
        # An amount of money becomes points only where both count in the same minor units: a cagnotte in euros.
        same = self.catalogue.scale_of(Type.MONEY) == self.scale
        program = self.program(value, pointer, (Type.INT, Type.MONEY) if same else (Type.INT,))
        assert program is not None
        if program.type is Type.INT and program.tree.high * 10**self.scale > NUMBER_MAX:
            error = MayOverflow("may_overflow", offset=program.tree.offset)
            raise InvalidRuleSet("rule_text", pointer=pointer, cause=error)
        return FixedPoints(program=program)

    def per_amount(self, value: object, pointer: str) -> PointsPerAmount:
        allowed = ("amount", "points", "base", "rounding", "per")
        members = _members(value, pointer, allowed, required=("amount", "points"))
        per = _choice(members.get("per", "purchase"), ["purchase", "line"], f"{pointer}/per")
        return PointsPerAmount(
            step=_decimal(members["amount"], self.catalogue.scale_of(Type.MONEY), f"{pointer}/amount"),
            points=self.points(members["points"], f"{pointer}/points"),
            base=self.program(members.get("base"), f"{pointer}/base", (Type.MONEY,), of_line=True),
            rounding=_choice(members.get("rounding", "floor"), list(ROUNDINGS), f"{pointer}/rounding"),
            per="line" if per == "line" else "purchase",
        )

    def points(self, value: object, pointer: str) -> int:
        return _decimal(value, self.scale, pointer)

    def program(
        self, text: object, pointer: str, expects: tuple[Type, ...], *, of_line: bool = False
    ) -> Program | None:
        if text is None:
            return None
        if not isinstance(text, str):
            raise InvalidRuleSet("text", pointer=pointer)
        try:
            return check_rule(text, self.catalogue, expects=expects, of_line=of_line)
        except RuleError as error:
            raise InvalidRuleSet("rule_text", pointer=pointer, cause=error) from error

    def chooser(self, lines: Program | None) -> Compiled | None:
        """Compile the choice of lines: those that earn at all and meet the rule's condition. None chooses all."""
        conditions: list[Node] = []
        earns = self.line_fields.get(EARNS)
        if earns is not None:
            records = self.catalogue.records_at[LINES]
            conditions.append(Read(offset=0, type=Type.BOOL, field=earns, row=LINE_ROW, records=records))
        if lines is not None:
            conditions.append(lines.tree)
        return compile_to_chooser(conditions, self.lines_key) if conditions else None


def _multiply(value: object, pointer: str) -> MultiplyPoints:
    members = _members(value, pointer, ("by", "rounding"), required=("by",))
    try:
        ratio = Fraction(_decimal(members["by"], 4, f"{pointer}/by"), 10**4)
    except InvalidRuleSet:
        ratio = Fraction(0)
    if not 1 < ratio <= 100:
        raise InvalidRuleSet("ratio", pointer=f"{pointer}/by")
    rounding = _choice(members.get("rounding", "half_up"), list(ROUNDINGS), f"{pointer}/rounding")
    return MultiplyPoints(ratio.numerator, ratio.denominator, rounding)


def _require_settled_order(rules: Sequence[Rule], groups: Sequence[Group]) -> None:
    # What multiplies must know what it multiplies; inside one group each would wait for the other.
    for group in groups:
        members = [rule for rule in rules if rule.group == group.key]
        if any(rule.multiplies for rule in members) and any(rule.is_proportional for rule in members):
            place = next(n for n, rule in enumerate(rules) if rule.group == group.key and rule.multiplies)
            raise InvalidRuleSet("mixed_group", pointer=f"/rules/{place}/group", text=group.key)


def _members(value: object, pointer: str, allowed: Sequence[str], *, required: Sequence[str] = ()) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidRuleSet("mapping", pointer=pointer)
    for name in value:
        if name not in allowed:
            raise InvalidRuleSet("unknown_member", pointer=f"{pointer}/{name}", text=name, choices=", ".join(allowed))
    for name in required:
        if value.get(name) is None:
            raise InvalidRuleSet("missing_member", pointer=f"{pointer}/{name}", text=name)
    return value


def _items(members: Mapping[str, Any], name: str, limit: int) -> list[tuple[int, Any]]:
    value = members.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidRuleSet("list", pointer=f"/{name}")
    if len(value) > limit:
        raise InvalidRuleSet("too_many", pointer=f"/{name}", limit=limit)
    return list(enumerate(value))


def _require_unique(keys: Sequence[str], pointer: str) -> None:
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise InvalidRuleSet("key_twice", pointer=f"{pointer}/{place}/key", text=key)


def _key(value: object, pointer: str) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise InvalidRuleSet("key", pointer=pointer)
    return value


def _localized(value: object, pointer: str) -> LocalizedText:
    try:
        return LocalizedText.from_mapping(value, pointer=pointer)
    except Invalid:
        raise InvalidRuleSet("both_languages", pointer=pointer) from None


def _choice(value: object, choices: list[str], pointer: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise InvalidRuleSet("unknown_member", pointer=pointer, text=value, choices=", ".join(choices))
    return value


def _instant(value: object, pointer: str) -> datetime | None:
    """Read a moment; YAML may have read it already."""
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        instant = None
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise InvalidRuleSet("instant", pointer=pointer)
    return instant


def _decimal(value: object, scale: int, pointer: str) -> int:
    """Read a positive number; a float is refused, because 0.1 is not a tenth."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidRuleSet("decimal", pointer=pointer, scale=scale)
    try:
        number = parse_scaled(str(value), scale)
    except MalformedAmount:
        number = 0
    if not 0 < number <= POINTS_MAX:
        raise InvalidRuleSet("decimal", pointer=pointer, scale=scale)
    return number
