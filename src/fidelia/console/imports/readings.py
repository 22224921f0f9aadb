"""The *read as* line: how the file is read, each guess changeable in place."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from fidelia.intake.doubts import Doubt
from fidelia.intake.reading import DateOrder, Format, Reading
from fidelia.ui.formats import typeset

HEADER_ROWS_OFFERED = 6
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO 8859-15",
    "iso8859-1": "ISO 8859-1",
    "utf-16": "UTF-16",
    "mac-roman": "Mac Roman",
    "cp850": "DOS 850",
}

SIGNS = {"tab": "\t", "blank": " ", "unit": "\x1f"}  # a form has no such values


@dataclass(frozen=True, slots=True)
class Part:
    """One guess: its name in the form, its label, what it is now and what else it could be; `doubt` says why."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...]
    doubt: str = ""
    many: bool = False
    chosen: tuple[str, ...] = ()


def parts_of(reading: Reading, sheets: Sequence[str], doubts: Sequence[Doubt], language: str) -> list[Part]:
    """Return the parts that matter for files of this format, in the order in which one reads them."""
    said = {doubt.about: typeset(doubt.reason.in_language(language), language) for doubt in doubts}
    parts = []
    if reading.format is Format.CSV:
        parts += [_encoding(reading, said), _separator(reading, said)]
    if sheets:
        parts.append(_sheets(reading, sheets, said))
    parts.append(_decimals(reading, said))
    parts.append(_dates(reading, said))
    if reading.format is not Format.PARQUET:
        parts.append(_header(reading, said))
    return parts


def changed_reading(reading: Reading, given: QueryDict) -> dict[str, Any]:
    """Return the document of a reading as the form has it; what the form lacks stays."""
    document = reading.as_document()
    for name in ("encoding", "separator", "decimal", "date_order"):
        if value := given.get(f"read-{name}"):
            document[name] = SIGNS.get(value, value)
    if (row := given.get("read-header_row", "")).isdigit():
        document["header_row"] = int(row)
    if sheets := given.getlist("read-sheets"):
        document["sheets"] = sheets
    if document["thousands"] == document["decimal"]:
        document["thousands"] = "." if document["decimal"] == "," else ","
    if document["date_order"] != reading.date_order:
        document |= {"date_format": None, "order_told": True}
    return document


def _encoding(reading: Reading, said: Mapping[str, str]) -> Part:
    now = _known_encoding(reading.encoding)
    choices = dict(ENCODINGS) if now in ENCODINGS else {now: now.upper(), **ENCODINGS}
    return Part("read-encoding", _("Encoding"), now, tuple(choices.items()), said.get("encoding", ""))


def _known_encoding(name: str) -> str:
    """One encoding has many names: "utf-8-sig" and "UTF8" are the "utf-8" of the list."""
    for known in ENCODINGS:
        if name in (known, f"{known}-sig") or _same_codec(name, known):
            return known
    return name


def _same_codec(name: str, known: str) -> bool:
    try:
        return codecs.lookup(name).name == codecs.lookup(known).name
    except LookupError:
        return False


def _separator(reading: Reading, said: Mapping[str, str]) -> Part:
    signs = {
        ",": _("comma"),
        ";": _("semicolon"),
        "tab": _("tab"),
        "|": _("vertical bar"),
        ":": _("colon"),
        "blank": _("blanks"),
        "^": _("circumflex"),
        "~": _("tilde"),
        "unit": _("unit separator (1F)"),
    }
    now = next((name for name, sign in SIGNS.items() if sign == reading.separator), reading.separator)
    choices = signs if now in signs else {now: now, **signs}
    return Part("read-separator", _("Separator"), now, tuple(choices.items()), said.get("separator", ""))


def _decimals(reading: Reading, said: Mapping[str, str]) -> Part:
    choices = ((".", _("point, 1234.50")), (",", _("comma, 1234,50")))
    return Part("read-decimal", _("Decimals"), reading.decimal, choices, said.get("decimal", ""))


def _dates(reading: Reading, said: Mapping[str, str]) -> Part:
    choices = (
        (DateOrder.YEAR_FIRST.value, _("year-month-day")),
        (DateOrder.DAY_FIRST.value, _("day/month/year")),
        (DateOrder.MONTH_FIRST.value, _("month/day/year")),
    )
    return Part("read-date_order", _("Dates"), reading.date_order.value, choices, said.get("date_order", ""))


def _header(reading: Reading, said: Mapping[str, str]) -> Part:
    rows = sorted({*range(HEADER_ROWS_OFFERED), reading.header_row})
    choices = tuple((str(row), _("row %(n)s") % {"n": row} if row else _("no header")) for row in rows)
    return Part("read-header_row", _("Header"), str(reading.header_row), choices, said.get("header_row", ""))


def _sheets(reading: Reading, sheets: Sequence[str], said: Mapping[str, str]) -> Part:
    chosen = tuple(reading.sheets) or tuple(sheets[:1])
    choices = tuple((sheet, sheet) for sheet in sheets)
    return Part(
        "read-sheets", _("Sheets"), ", ".join(chosen), choices, said.get("sheets", ""), many=True, chosen=chosen
    )  # fmt: skip
