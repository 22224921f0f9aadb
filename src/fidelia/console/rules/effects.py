"""The effects that a rule may have, as the *Then* block shows them: one entry per effect, and the page needs no more.

An effect without an entry, or written in a way its entry cannot show, is edited as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Text = str | Promise
ROUNDINGS: tuple[tuple[str, Text], ...] = (
    ("floor", _("complete steps only")),
    ("ceiling", _("every step begun counts")),
    ("half_up", _("rounded to the nearest")),
    ("half_down", _("to the nearest, a half towards zero")),
    ("half_even", _("to the nearest, a half to the even neighbour")),
    ("down", _("rounded towards zero")),
    ("up", _("rounded away from zero")),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an effect.

    name     its member in the document; "" where the effect is the value itself
    kind     points, money, number, percent, whole (numbers); value (a number or an expression); text; choice; flag;
             product, series (codes, picked)
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
    icon: str
    parts: tuple[Part, ...]

    @property
    def is_plain(self) -> bool:
        """Whether the effect is one value rather than named ones."""
        return len(self.parts) == 1 and self.parts[0].name == ""

    def fresh(self) -> Any:
        """Return the effect as it begins."""
        if self.is_plain:
            return self.parts[0].default
        return {part.name: part.default for part in self.parts if not part.optional}

    def values_of(self, effect: Any) -> dict[str, str] | None:
        """Return the value of each part as text, or None where the effect is written in a way the parts cannot show."""
        written = {"": effect} if self.is_plain else effect
        names = {part.name for part in self.parts}
        if not isinstance(written, Mapping) or not set(written) <= names:
            return None
        if any(isinstance(value, Mapping | list) for value in written.values()):
            return None
        values = {part.name: written.get(part.name) for part in self.parts}
        return {part.name: _as_text(values[part.name], part) for part in self.parts}


def _as_text(value: Any, part: Part) -> str:
    if value is None:
        return part.default if part.optional and part.choices else ""
    return str(value).lower() if isinstance(value, bool) else str(value)


_ROUNDING = Part("rounding", "choice", _("Rounding"), "floor", optional=True, choices=ROUNDINGS)
_PER = Part(
    "per", "choice", _("Counted"), "purchase", optional=True,
    choices=(("purchase", _("over the whole purchase")), ("line", _("line by line"))),
)  # fmt: skip

EFFECT_FORMS: Mapping[str, EffectForm] = {
    form.key: form
    for form in (
        EffectForm(
            "points_per",
            _("Points for each amount spent"),
            "coin",
            (
                Part("points", "points", _("Points"), "1"),
                Part("amount", "money", _("for each"), "1"),
                Part("base", "text", _("of another amount of the line"), optional=True, help=_("such as line.net * 2")),
                _PER,
                _ROUNDING,
            ),
        ),
        EffectForm("points_per_unit", _("Points for each unit"), "package", (Part("", "points", _("Points"), "1"),)),
        EffectForm(
            "multiply_points",
            _("Multiply the points"),
            "x",
            (
                Part("by", "number", pgettext_lazy("multiply", "by"), "2"),
                Part("rounding", "choice", _("Rounding"), "half_up", optional=True, choices=ROUNDINGS),
            ),
        ),
        EffectForm(
            "points",
            _("Points for the purchase"),
            "award",
            (
                Part(
                    "",
                    "value",
                    _("Points"),
                    "100",
                    help=_("a number, or a calculation such as per(purchase.total, 10)"),
                ),
            ),
        ),
    )
}


def effects_of(rule: Mapping[str, Any]) -> list[str]:
    """Return the members of a rule that are effects with an entry here."""
    return [key for key in EFFECT_FORMS if rule.get(key) is not None]
