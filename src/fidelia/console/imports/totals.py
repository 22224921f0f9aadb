"""Sums and counts of an import as people read them, and the sums compared with what the sender says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fidelia.intake.kinds import Total, get_import_kind
from fidelia.intake.models import Import
from fidelia.intake.reading import Reading
from fidelia.intake.values import BadCell, read_decimal
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import UnknownCurrency, exponent_of
from fidelia.programme.queries import get_programme_by_id, list_programmes
from fidelia.ui.formats import is_french, number
from fidelia.ui.parts import Definition

from ..speech import Speech

ROWS = Total(
    "rows",
    LocalizedText(en="Rows", fr="Lignes"),
    LocalizedText(
        en="Every row of the file but its header and rows without any value.",
        fr="Toutes les lignes du fichier, hors en-tête et lignes sans aucune valeur.",
    ),
    place="file",
)
FIRST_SHOWN = 3  # what the strip of figures shows; a zero says something there
COUNTED_IN = {
    "file": "rows",
    "recorded": "recorded_rows",
    "known": "known_rows",
    "double": "double_rows",
    "rejected": "rejected_rows",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A number as it is shown; a sum also carries what the sender says of it and whether both agree."""

    name: str
    label: str
    text: str
    definition: Definition
    value: int = 0
    scale: int = 0
    unit: str = "count"
    yours: str = ""
    verdict: str = ""
    agrees: bool | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Control totals: the file's, less where each part of it went; the difference ends at zero."""

    lines: tuple[tuple[str, str], ...]
    difference: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Units:
    """What a file's amounts and points are told in."""

    currency: str
    points_scale: int

    def show(self, unit: str, value: int, speech: Speech) -> str:
        if unit == "money":
            return speech.money(value, self.currency)
        return speech.points(value, self.points_scale) if unit == "points" else speech.number(value)

    def scale(self, unit: str) -> int:
        return {"money": exponent_of(self.currency), "points": self.points_scale}.get(unit, 0)


def units_of(found: Import) -> Units:
    """Return the currency that the mapping names and the scale of the points of the import's programme."""
    if found.programme_id is not None:
        scale = get_programme_by_id(found.programme_id).points_currency.scale
    else:
        scale = next((one.points_currency.scale for one in list_programmes()), 0)
    currency = currency_of(found)
    try:
        exponent_of(currency)
    except UnknownCurrency:  # a person is still typing it; the check refuses it
        currency = "EUR"
    return Units(currency, scale)


def list_lines(found: Import, values: Mapping[str, Any], speech: Speech) -> list[Line]:
    """Return what the kind declares and the step has given, in the kind's order: the first numbers, and those not 0."""
    declared, units = get_import_kind(found.target).totals, units_of(found)
    return [
        _line(units, total, values[total.name], speech)
        for place, total in enumerate(declared)
        if isinstance(values.get(total.name), int) and (values[total.name] or place < FIRST_SHOWN)
    ]


def list_sums(found: Import, values: Mapping[str, Any], speech: Speech) -> list[Line]:
    """Return the rows and the sums of money and points of the whole file: those a sender can tell as well."""
    if not values:
        return []
    declared = [ROWS, *(total for total in get_import_kind(found.target).totals if total.place == "file")]
    units = units_of(found)
    return [_line(units, total, values[total.name], speech) for total in declared if total.name in values]


def compare_sums(sums: Sequence[Line], given: Mapping[str, str], speech: Speech) -> list[Line]:
    """Return the sums with what the sender says (`yours-<name>`) and whether it agrees, to the last unit."""
    return [_compared(line, given.get(f"yours-{line.name}", "").strip(), speech) for line in sums]


def balance_rows(totals: Mapping[str, Any], speech: Speech) -> Balance:
    """Return rows of the file = recorded + known + double + rejected."""
    parts = {name: int(totals.get(key, 0)) for name, key in COUNTED_IN.items()}
    return balance_of(parts, lambda n: ngettext("%(n)s row", "%(n)s rows", n) % {"n": speech.number(n)})


def balance_sums(found: Import, totals: Mapping[str, Any], speech: Speech) -> list[tuple[str, Balance]]:
    """Return the same equation for each unit that the kind tells in parts, with its label."""
    declared = [total for total in get_import_kind(found.target).totals if total.place and total.name in totals]
    units, balances = units_of(found), []
    for unit in dict.fromkeys(total.unit for total in declared if total.place == "file"):
        of_unit = [total for total in declared if total.unit == unit]
        parts = {place: sum(totals[t.name] for t in of_unit if t.place == place) for place in COUNTED_IN}
        label = next(t.label for t in of_unit if t.place == "file").in_language(speech.language)
        balances.append((label, balance_of(parts, lambda n, unit=unit: units.show(unit, n, speech))))
    return balances


def currency_of(found: Import) -> str:
    """Return the currency of the file's amounts: the option of its mapping, else the default of its target."""
    options = found.file_mapping.options
    target = get_import_kind(found.target).target
    default = next((option.default for option in target.options if option.name == "currency"), None)
    return str(options.get("currency") or default or "EUR").upper()


def _line(units: Units, total: Total, value: int, speech: Speech) -> Line:
    label = total.label.in_language(speech.language)
    definition = Definition(label, total.definition.in_language(speech.language))
    text = units.show(total.unit, value, speech)
    return Line(total.name, label, text, definition, value, units.scale(total.unit), total.unit)


def balance_of(parts: Mapping[str, int], show: Any) -> Balance:
    words = {
        "file": _("In the file"),
        "recorded": _("Recorded"),
        "known": _("Known already"),
        "double": _("Double in the file"),
        "rejected": _("In rows to mend"),
    }
    shown = [(words[name], show(value)) for name, value in parts.items() if value or name in ("file", "recorded")]
    difference = parts["file"] - sum(value for name, value in parts.items() if name != "file")
    return Balance(tuple(shown), show(difference), difference == 0)


def _compared(line: Line, yours: str, speech: Speech) -> Line:
    """A number is read as the reader's language writes it, else as the other does; equal means to the last unit."""
    if not yours:
        return line
    told = _number_of(yours, speech.language)
    if told is None:
        return replace(line, yours=yours, agrees=None, verdict=_("This is not a number."))
    apart = Decimal(line.value).scaleb(-line.scale) - told
    if not apart:
        return replace(line, yours=yours, agrees=True, verdict=_("agrees to the last unit"))
    apart_text = f"{abs(apart):.{line.scale}f}" if line.scale else f"{abs(apart):f}"
    words = _("the file has %(n)s more") if apart > 0 else _("the file has %(n)s less")
    return replace(line, yours=yours, agrees=False, verdict=words % {"n": number(apart_text, speech.language)})


def _number_of(text: str, language: str) -> Decimal | None:
    readings = [Reading(decimal=",", thousands="."), Reading(decimal=".", thousands=",")]
    for reading in readings if is_french(language) else reversed(readings):
        try:
            return read_decimal(text.strip("€$£ \u00a0"), reading)
        except BadCell:
            continue
    return None
