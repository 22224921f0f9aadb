"""One row per column of the file: examples, field, how it is understood, doubt. And the first rows as they will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fidelia.intake.mapping import FileMapping
from fidelia.intake.preview import Preview, Understood
from fidelia.intake.rejects import REASON
from fidelia.intake.targets import Column, Kind, Target
from fidelia.ui import formats
from fidelia.ui.parts import Mark

from ..speech import Speech
from .new_fields import NEW, say_type

EXAMPLES = 2
TEXT_LENGTH = 40
FIRST_ROWS = 5
CONSENTS = "consents"


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as a person reads it, or why it cannot be taken."""

    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the file as the page shows it; `known` is the target's column that it is mapped to."""

    place: int
    name: str
    known: str
    help: str
    examples: tuple[Shown, ...]
    understood: str
    mark: Mark
    sensitive_notes: int = 0
    choices: tuple[tuple[str, str, bool], ...] = field(default=())
    new_choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """All that is known of the columns: what they are mapped to, how they read, what of it is doubtful."""

    target: Target
    mapping: FileMapping
    preview: Preview
    sensitive: Mapping[str, int]
    doubts: Mapping[str, str]
    currency: str
    speech: Speech
    new_fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def takes_consents(self) -> bool:
        return self.mapping.options.get(CONSENTS, "none") not in ("", "none")


def rows_of(looked: Looked) -> list[ColumnRow]:
    """Return a row for each column of the file, in its order."""
    by_name = {name: looked.target.column(known) for known, name in looked.mapping.columns.items()}
    choices = _choices(looked.target, looked.speech.language)
    rows = []
    for place, name in enumerate(looked.preview.examples):
        column = by_name.get(name)
        known = column.name if column else ""
        notes = _sensitive_notes(name, column, looked)
        rows.append(
            ColumnRow(
                place=place,
                name=name,
                known=known,
                help=_help(column, looked),
                examples=_examples(looked.preview.examples[name]),
                understood=_understood(name, column, looked),
                mark=_mark_left_out(name, notes) if column is None else _mark(column, notes, looked),
                sensitive_notes=notes,
                choices=tuple((value, label, value == known) for value, label in choices),
                new_choices=tuple((f"{NEW}{type}", say_type(type)) for type in looked.new_fields.get(name, ())),
            )
        )
    return rows


def first_rows(looked: Looked) -> list[list[Shown]]:
    """Return the first rows as they will be understood, one value for each mapped column."""
    return [[Shown(say(cell, looked), cell.reason) for cell in row.cells] for row in looked.preview.rows[:FIRST_ROWS]]


def first_columns(looked: Looked) -> list[str]:
    """Return the names above those rows: the mapped columns in the target's order."""
    labels = [column for column in looked.target.columns if column.name in looked.mapping.columns]
    return [column.label.in_language(looked.speech.language) for column in labels]


def say(cell: Understood, looked: Looked) -> str:
    """Write what a cell is understood as in the reader's way; a consent that is not taken is no consent."""
    column = looked.target.column(cell.column)
    if column.sensitive and column.kind is Kind.FLAG and not looked.takes_consents:
        return _("no consent is recorded")
    return _written(cell.value, column.kind, looked)[:TEXT_LENGTH]


def _written(value: object, kind: Kind, looked: Looked) -> str:
    language = looked.speech.language
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        day = formats.plain_date(value.date(), language)
        return day if (value.hour, value.minute) == (0, 0) else f"{day}, {formats.clock_time(value, language)}"
    if isinstance(value, date):
        return formats.plain_date(value, language)
    if isinstance(value, Decimal):
        return _number(value, kind, looked.currency, language)
    return "" if value is None else str(value)


def _number(value: Decimal, kind: Kind, currency: str, language: str) -> str:
    plain = Decimal(f"{value:f}").normalize() if value else Decimal(0)
    if kind is Kind.PERCENT:
        return f"{formats.number(f'{plain:f}', language)}{formats.percent_sign(language)}"
    if kind is not Kind.MONEY:
        return formats.number(f"{plain:f}", language)
    is_fine = -int(plain.as_tuple().exponent) > 2  # a price finer than a cent
    return formats.money(f"{plain:f}", currency, language, decimals=None if is_fine else 2)


def _sensitive_notes(name: str, column: Column | None, looked: Looked) -> int:
    """Only words about people can speak of somebody's health: a product without gluten is none."""
    is_about_people = any(each.personal for each in looked.target.columns if each.kind is Kind.TEXT)
    is_text = column is None or (column.kind is Kind.TEXT and column.personal)
    return looked.sensitive.get(name, 0) if is_about_people and is_text else 0


def _examples(cells: tuple[Understood, ...]) -> tuple[Shown, ...]:
    """A cell that is bad stands among the examples: it is the one to look at."""
    bad = [cell for cell in cells if cell.reason][:1]
    good = [cell for cell in cells if not cell.reason][: EXAMPLES - len(bad)]
    return tuple(Shown(cell.text.strip()[:TEXT_LENGTH], cell.reason) for cell in (*good, *bad))


def _understood(name: str, column: Column | None, looked: Looked) -> str:
    if column is None:
        return "–"
    good = (cell for cell in looked.preview.examples[name] if not cell.reason and cell.column)
    return next((told for cell in good if (told := say(cell, looked))), "–")


def _help(column: Column | None, looked: Looked) -> str:
    if column is None:
        return ""
    if column.name in looked.doubts:
        return looked.doubts[column.name]
    return column.help.in_language(looked.speech.language) if column.help else _words_of(column.kind)


def _words_of(kind: Kind) -> str:
    return {
        Kind.CODE: _("kept as written"),
        Kind.PHONE: _("in the international form"),
        Kind.FLAG: _("yes or no"),
        Kind.MOMENT: _("day, with its hour where there is one"),
        Kind.DAY: _("day"),
        Kind.MONEY: _("an amount"),
    }.get(kind, "")


def _mark_left_out(name: str, notes: int) -> Mark:
    if name == REASON:
        return Mark(_("reasons of an earlier file"), "grey", "ban")
    return Mark(_("health: left out"), "amber", "alert-triangle") if notes else Mark(_("left out"), "grey", "ban")


def _mark(column: Column, notes: int, looked: Looked) -> Mark:
    bad, cells = looked.preview.bad.get(column.name, 0), looked.preview.looked_at
    if bad:
        told = ngettext("%(n)s of %(of)s unreadable", "%(n)s of %(of)s unreadable", bad)
        shown = {"n": looked.speech.number(bad), "of": looked.speech.number(cells)}
        mark = Mark(told % shown, "red", "alert-circle")
    elif column.sensitive and not looked.takes_consents:
        mark = Mark(_("to decide"), "amber", "alert-triangle")
    elif notes:
        mark = Mark(_("to read again"), "amber", "alert-triangle")
    elif column.name in looked.doubts and not column.sensitive:
        mark = Mark(_("to look at"), "amber", "alert-triangle")
    else:
        mark = Mark(_("sure"), "green", "circle-check")
    return mark


def _choices(target: Target, language: str) -> list[tuple[str, str]]:
    labels = [(column.name, column.label.in_language(language)) for column in target.columns]
    return [("", _("Do not import")), *labels]
