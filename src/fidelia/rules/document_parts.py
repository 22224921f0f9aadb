"""Reading the parts of a document: each refuses by a JSON pointer what it cannot read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from fractions import Fraction
from typing import Any

from fidelia.kernel.errors import Invalid
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import MalformedAmount, parse_scaled
from fidelia.kernel.points import SCALE_MAX

from .catalogue import Catalogue
from .errors import InvalidRuleSet, RuleError, nearest_name
from .names import LINE_ROW
from .nodes import Constant, Node, Read
from .program import Program, check_rule
from .python_rendering import Compiled, compile_to_chooser
from .rule_set import EARNS, LINES, NET, QUANTITY
from .types import Type

AMOUNT_MAX = 10**12
WHOLE_MAX = 10**9
TEXT_MAX = 100
NAMED_MAX = 15  # a longer list of names is no help
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Reader:
    """What every part of a document is read with: the catalogue and the scale of the points currency."""

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

    def points(self, value: object, pointer: str) -> int:
        return read_decimal(value, self.scale, pointer)

    def money(self, value: object, pointer: str) -> int:
        return read_decimal(value, self.catalogue.scale_of(Type.MONEY), pointer)

    def money_or_zero(self, value: object, pointer: str) -> int:
        """Read a price, which may be nothing at all."""
        return 0 if str(value) in ("0", "0.0", "0.00", "0.000") else self.money(value, pointer)

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

    def lines(self, text: object, pointer: str) -> Program | None:
        """Read a condition of lines. One that no line can ever meet is refused: its effect would be on no line."""
        program = self.program(text, pointer, (Type.BOOL,), of_line=True)
        if program is not None and isinstance(program.tree, Constant) and program.tree.value is False:
            raise InvalidRuleSet("effect_on_no_line", pointer=pointer)
        return program

    def chooser(self, lines: Program | None, *, only_earning: bool) -> Compiled | None:
        """Compile the choice of lines: those that meet the condition, and earn at all. None chooses all."""
        conditions: list[Node] = []
        earns = self.line_fields.get(EARNS)
        if only_earning and earns is not None:
            records = self.catalogue.records_at[LINES]
            conditions.append(Read(offset=0, type=Type.BOOL, field=earns, row=LINE_ROW, records=records))
        if lines is not None:
            conditions.append(lines.tree)
        return compile_to_chooser(conditions, self.lines_key) if conditions else None

    def line_field(self, value: object, pointer: str) -> str:
        """Read the name of a field of lines. Returns the key of its values."""
        return self.line_fields[read_choice(value, list(self.line_fields), pointer)].path


def read_members(
    value: object, pointer: str, allowed: Sequence[str], *, required: Sequence[str] = ()
) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        if len(allowed) > NAMED_MAX:
            raise InvalidRuleSet("mapping", pointer=pointer)
        raise InvalidRuleSet("mapping_of", pointer=pointer, choices=", ".join(allowed))
    for name in value:
        if name not in allowed:
            raise unknown_member(name, allowed, f"{pointer}/{name}")
    for name in required:
        if value.get(name) is None:
            raise InvalidRuleSet("missing_member", pointer=f"{pointer}/{name}", text=name)
    return value


def read_items(members: Mapping[str, Any], name: str, limit: int, pointer: str = "") -> list[tuple[int, Any]]:
    value = members.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidRuleSet("list", pointer=f"{pointer}/{name}")
    if len(value) > limit:
        raise InvalidRuleSet("too_many", pointer=f"{pointer}/{name}", limit=limit)
    return list(enumerate(value))


def require_unique(keys: Sequence[str], pointer: str) -> None:
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise InvalidRuleSet("key_twice", pointer=f"{pointer}/{place}/key", text=key)


def read_key(value: object, pointer: str) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise InvalidRuleSet("key", pointer=pointer)
    return value


def read_text(value: object, pointer: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_MAX:
        raise InvalidRuleSet("text", pointer=pointer)
    return value


def read_localized(value: object, pointer: str) -> LocalizedText:
    try:
        return LocalizedText.from_mapping(value, pointer=pointer)
    except Invalid:
        raise InvalidRuleSet("both_languages", pointer=pointer) from None


def read_choice(value: object, choices: Sequence[str], pointer: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise unknown_member(value, choices, pointer)
    return value


def unknown_member(name: object, known: Sequence[str], pointer: str) -> InvalidRuleSet:
    """Return the refusal of a name or a choice that is none, with the nearest that is one."""
    if str(name).isdigit():  # {by: 1,5} is a group of “by” and “5”
        return InvalidRuleSet("decimal_comma", pointer=pointer, text=name)
    nearest = nearest_name(str(name), list(known))
    more: dict[str, Any] = {"nearest": nearest} if nearest else {}
    return InvalidRuleSet("unknown_member", pointer=pointer, text=name, choices=", ".join(known), **more)


def read_flag(value: object, pointer: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidRuleSet("flag", pointer=pointer)
    return value


def read_whole(value: object, pointer: str, *, least: int = 1, most: int = WHOLE_MAX) -> int:
    """Read a whole number such as 3."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidRuleSet("whole", pointer=pointer, least=least, most=most)
    return value


def read_percent(value: object, pointer: str) -> Fraction:
    """Read a share above 0 and at most 100, with at most four decimals, as a ratio."""
    try:
        share = Fraction(read_decimal(value, 4, pointer), 10**6)
    except InvalidRuleSet:
        share = Fraction(0)
    if not 0 < share <= 1:
        raise InvalidRuleSet("share_of", pointer=pointer)
    return share


def read_instant(value: object, pointer: str) -> datetime | None:
    """Read a moment that every time zone can tell; YAML may have read it already."""
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        instant = None
    if not isinstance(instant, datetime) or instant.tzinfo is None or not MINYEAR < instant.year < MAXYEAR:
        raise InvalidRuleSet("instant", pointer=pointer)
    return instant


def read_decimal(value: object, scale: int, pointer: str) -> int:
    """Read a positive number; a float is refused, because 0.1 is not a tenth."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidRuleSet("decimal", pointer=pointer, scale=scale)
    try:
        number = parse_scaled(str(value), scale)
    except MalformedAmount:
        number = 0
    if not 0 < number <= AMOUNT_MAX:
        raise InvalidRuleSet("decimal", pointer=pointer, scale=scale)
    return number
