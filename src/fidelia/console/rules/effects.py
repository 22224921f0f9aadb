"""What an entry of an effect, or of a term, is made of: parts with their kind, and how they are read and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from fidelia.rules.documents import read_text, write_text

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an effect.

    name     its member in the document; "" where the effect is the value itself
    kind     points, money, number, percent, whole (numbers); value (a number or an expression); text; choice; flag;
             yaml (a list or named values, written out)
    default  what a new effect begins with, and for a part that is `optional` what its absence means
    """

    name: str
    kind: str
    label: Text
    default: str = ""
    optional: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    help: Text = ""

    @property
    def is_number(self) -> bool:
        return self.kind in ("points", "money", "number", "percent", "whole")


@dataclass(frozen=True, slots=True)
class EffectForm:
    """How one effect is filled in: its member in the rule, its name for people, its parts."""

    key: str
    label: Text
    parts: tuple[Part, ...]
    short: str = ""  # the part that a value without names means: `percent_off: 20`

    @property
    def is_plain(self) -> bool:
        """Whether the effect is one value rather than named ones."""
        return len(self.parts) == 1 and self.parts[0].name == ""

    def fresh(self) -> Any:
        """Return the effect as it begins."""
        if self.is_plain:
            return self.parts[0].default
        return {part.name: fresh_value(part) for part in self.parts if not part.optional}

    def values_of(self, effect: Any) -> dict[str, str] | None:
        """Return the value of each part as text, or None where the effect is written in a way the parts cannot show."""
        written = self.named(effect)
        shown = {part.name: part for part in self.parts}
        if not isinstance(written, Mapping) or not set(written) <= set(shown):
            return None
        nested = [name for name, value in written.items() if isinstance(value, Mapping | list)]
        if any(shown[name].kind != "yaml" for name in nested):
            return None
        return {part.name: text_of_part(written.get(part.name), part) for part in self.parts}

    def named(self, effect: Any) -> Any:
        """Return the effect as named values, whichever way it is written."""
        if self.is_plain:
            return {"": effect}
        return {self.short: effect} if self.short and not isinstance(effect, Mapping) else effect


def fresh_value(part: Part) -> Any:
    """Return what a part begins with, as the document has it."""
    if part.kind == "yaml":
        return read_text(part.default)
    return int(part.default) if part.is_number and part.default.isdigit() else part.default


def text_of_part(value: Any, part: Part) -> str:
    """Return a value as its field holds it; a choice that is not made, as what its absence means."""
    if value is None:
        return part.default if part.optional and part.choices else ""
    if part.kind == "yaml":
        return write_text(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
