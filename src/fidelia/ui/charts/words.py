"""The sentences of charts, from the same catalogs as the pages but by the standard library: no Django here."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .chart import Series
from .units import Unit

SIZES_TOLD = 6
LOCALE = Path(__file__).resolve().parents[2] / "locale"


def say(language: str, message: str, **values: str) -> str:
    """Return the message in the language, with its {named} values put in."""
    return translated(language, message).format(**values)


def say_count(language: str, one: str, many: str, n: int, *, n_written: str, **values: str) -> str:
    """Return the form of the message that the language has for `n`, its {n} written as told."""
    return _catalog(language[:2]).ngettext(one, many, n).format(n=n_written, **values)


def translated(language: str, message: str) -> str:
    """Return the message in the language as it stands, with the {names} that it has."""
    return _catalog(language[:2]).gettext(message)


def course_of(one: Series, labels: Sequence[str], unit: Unit, language: str) -> str:
    """Tell a series' course: first, last, lowest and highest value with their labels."""
    low, high = min(one.values), max(one.values)
    return say(
        language,
        "{name}: {first} ({first_label}) to {last} ({last_label}); "
        "lowest {low} ({low_label}), highest {high} ({high_label}).",
        name=one.name,
        first=unit.full(one.values[0], language),
        first_label=labels[0],
        last=unit.full(one.values[-1], language),
        last_label=labels[-1],
        low=unit.full(low, language),
        low_label=labels[list(one.values).index(low)],
        high=unit.full(high, language),
        high_label=labels[list(one.values).index(high)],
    )


def sizes_of(one: Series, labels: Sequence[str], unit: Unit, language: str) -> str:
    """Tell the values of kinds that follow no course, the largest first."""
    order = sorted(range(len(labels)), key=lambda place: -one.values[place])
    told = ", ".join(f"{labels[place]} {unit.full(one.values[place], language)}" for place in order[:SIZES_TOLD])
    return say(language, "{name}, the largest first: {told}.", name=one.name, told=told)


@cache
def _catalog(language: str) -> gettext.NullTranslations:
    return gettext.translation("django", LOCALE, [language], fallback=True)
