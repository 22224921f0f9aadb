"""How a file is to be read, found out from its content, with what is doubtful said. Knows no Django.

`sniff(path)` is the verb; each step is a function of its own: the container, the encoding, the separator, the header,
the sheets, the numbers, the days.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fidelia.kernel.folding import fold
from fidelia.kernel.localized import LocalizedText

from . import parquet_files
from .containers import format_of
from .doubts import Doubt, because
from .encodings import Survey, survey
from .headers import Header, guess_header
from .notations import DateNotation, NumberNotation, guess_count, guess_dates, guess_form, guess_numbers
from .quoting import are_wrapped, unwrapped
from .reading import HEADER_ROW_MAX, DateOrder, Format, Reading
from .rows import Row
from .separators import Separation, guess_separation, separate
from .sheets import choose_sheets
from .values import says_nothing
from .workbooks import Workbook

ROWS_MAX = 5_000
TWICE_LEAST = 3
# UTF-8 that was read as Windows-1252 and written in UTF-8 once more: “CafÃ©”, “lâ€™Ã©tÃ©”.
_TWICE = re.compile(r"(?:[ÃÂ][\u00a0-\u00bf\u20ac\u0152\u0153\u2018-\u203a]|â€[™œ\x9d“”])")
HEAD_ROWS = 2_000
# A tab or a semicolon, and commas in numbers, are how spreadsheets of France and its neighbors write.
_EUROPEAN = (";",)
_FRENCH = frozenset(
    ("montant", "ticket", "qte", "quantite", "libelle", "magasin", "prix", "heure", "carte", "nom", "prenom", "achat")
)


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A reading, and what of it is doubtful."""

    reading: Reading
    doubts: tuple[Doubt, ...] = ()


def sniff(path: Path) -> Sniffed:
    """Find out how a file is read. Raises UnreadableFile for what is no table."""
    found = format_of(path)
    if found is Format.PARQUET:
        return _sniff_parquet(path)
    if found is Format.CSV:
        return _sniff_text(path)
    return _sniff_workbook(path, found)


def is_order_unclear(doubts: Sequence[Doubt]) -> bool:
    """Whether the days of a file do not tell which comes first, day or month."""
    return any(doubt.about == "date_order" for doubt in doubts)


def _sniff_text(path: Path) -> Sniffed:
    surveyed = survey(path)
    begun = surveyed.head if surveyed.is_whole else _without_its_end(surveyed.head)
    is_wrapped = are_wrapped(begun)
    begun = unwrapped(begun) if is_wrapped else begun
    separation, rivals = guess_separation(begun)
    head = _cut(begun, separation, HEAD_ROWS)
    announced = _separator_announced(surveyed.head)
    header = guess_header(head[announced:])
    row = header.row + announced if header.row else 0
    slices = [unwrapped(piece) for piece in surveyed.slices] if is_wrapped else surveyed.slices
    rows = head[max(row, announced) :] + _rows_of_slices(slices, separation, head)
    columns = _columns(rows)
    is_european = separation.separator in _EUROPEAN
    numbers = guess_numbers(columns, decimal_otherwise="," if is_european else ".")
    is_european = is_european or numbers.decimal == ","
    dates = guess_dates(columns, day_first_otherwise=is_european or _is_french(head[row - 1] if row else []))
    reading = Reading(
        format=Format.CSV,
        encoding=surveyed.encoding,
        separator=separation.separator,
        quote=separation.quote,
        padded=separation.padded,
        wrapped=is_wrapped,
        decimal=numbers.decimal,
        thousands=numbers.thousands,
        date_order=dates.order or DateOrder.YEAR_FIRST,
        date_format=_form(head[row - 1] if row else [], columns, dates),
        header_row=min(row, HEADER_ROW_MAX),
    )
    doubts = [*_doubts_of_text(surveyed, separation.separator, rivals)]
    return Sniffed(reading, (*doubts, *_doubts_of_rows(header, announced, numbers, dates, reading)))


def _sniff_workbook(path: Path, kind: Format) -> Sniffed:
    book = Workbook(path)
    chosen = choose_sheets(book)
    columns = _columns(chosen.sample)
    numbers = guess_numbers(columns)
    is_french = numbers.decimal == "," or _is_french(chosen.header)
    dates = guess_dates(columns, day_first_otherwise=is_french)
    reading = Reading(
        format=kind,
        decimal=numbers.decimal,
        thousands=numbers.thousands,
        date_order=dates.order or DateOrder.YEAR_FIRST,
        date_format=_form(chosen.header, columns, dates),
        header_row=min(chosen.place.row, HEADER_ROW_MAX),
        sheets=chosen.sheets,
    )
    return Sniffed(reading, (*chosen.doubts, *_doubts_of_rows(chosen.place, 0, numbers, dates, reading)))


def _sniff_parquet(path: Path) -> Sniffed:
    names = parquet_files.column_names(path)
    rows = parquet_files.sample(path, ROWS_MAX)
    columns = _columns(rows)
    numbers = guess_numbers(columns)
    dates = guess_dates(columns, day_first_otherwise=_is_french(names))
    reading = Reading(
        format=Format.PARQUET,
        decimal=numbers.decimal,
        thousands=numbers.thousands,
        date_order=dates.order or DateOrder.YEAR_FIRST,
        date_format=_form(names, columns, dates),
    )
    return Sniffed(reading, tuple(_doubts_of_rows(Header(1, True), 0, numbers, dates, reading)))


def _form(names: Sequence[str], columns: Sequence[Sequence[str]], dates: DateNotation) -> str | None:
    """Return the form of days that no order of day, month and year reads."""
    form = guess_form(columns) if dates.order in (None, DateOrder.YEAR_FIRST) else None
    return form or (guess_count(names, columns) if dates.order is None else None)


def _without_its_end(text: str) -> str:
    """Leave out a last line that may be cut."""
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if end > 0 else text


def _separator_announced(head: str) -> int:
    """A spreadsheet may say “sep=;” in a line of its own before the table."""
    return 1 if head[:4].lower() == "sep=" else 0


def _cut(text: str, by: Separation, rows_max: int) -> list[Row]:
    return separate(text, by.separator, by.quote, rows_max=rows_max, padded=by.padded)


def _rows_of_slices(slices: Sequence[str], by: Separation, head: Sequence[Row]) -> list[Row]:
    """Return rows from the whole length of the file; the first of each slice is cut, and so is the last."""
    width = max((len(row) for row in head), default=0)
    rows: list[Row] = []
    for piece in slices:
        found = _cut(piece, by, ROWS_MAX)[1:-1]
        rows += [row for row in found if len(row) == width]
        if len(rows) > ROWS_MAX:
            break
    return rows


def _columns(rows: Sequence[Row]) -> list[list[str]]:
    """Return the cells of each column, those that are not empty and no word for that."""
    width = max((len(row) for row in rows), default=0)
    columns: list[list[str]] = [[] for _place in range(min(width, 1_000))]
    for row in rows:
        for column, cell in zip(columns, row, strict=False):
            if cell and not says_nothing(cell):
                column.append(cell[:100])
    return columns


def _is_french(header: Sequence[str]) -> bool:
    return not _FRENCH.isdisjoint(word for name in header for word in fold(name).split())


def _doubts_of_text(surveyed: Survey, separator: str, rivals: Sequence[str]) -> list[Doubt]:
    doubts = []
    if surveyed.bad_places:
        doubts.append(
            Doubt("encoding", surveyed.encoding, because(
                "Characters not written in UTF-8, as the rest of the file is: {count}. Their rows are given back.",
                "Caractères non écrits en UTF-8, comme l’est le reste : {count}. Leurs lignes sont rendues.",
                count=surveyed.bad_places), surveyed.others)
        )  # fmt: skip
    elif not surveyed.is_sure:
        doubts.append(
            Doubt("encoding", surveyed.encoding, because(
                "The file is not UTF-8; its accents read best in {encoding}. Look at a name with an accent.",
                "Le fichier n’est pas en UTF-8 ; ses accents se lisent mieux en {encoding}. Regardez un nom accentué.",
                encoding=surveyed.encoding), surveyed.others)
        )  # fmt: skip
    elif len(odd := list(islice(_TWICE.finditer(surveyed.head), TWICE_LEAST))) == TWICE_LEAST:
        doubts.append(
            Doubt("encoding", surveyed.encoding, because(
                "Accents such as “{text}” were spoilt before the file was sent: ask for it as it left the till.",
                "Des accents comme « {text} » étaient abîmés avant l’envoi : demandez le fichier tel qu’il sort de "
                "la caisse.", text=_word_at(odd[0])), ())
        )  # fmt: skip
    if rivals:
        doubts.append(
            Doubt("separator", separator, because(
                "The rows fall apart as evenly by another sign.",
                "Un autre signe découpe les lignes aussi régulièrement."), tuple(rivals))
        )  # fmt: skip
    return doubts


def _word_at(found: re.Match[str]) -> str:
    """Return the word around a spoilt accent, as far as a person needs it."""
    text, place = found.string, found.start()
    before = re.search(r"\w{0,12}$", text[max(place - 12, 0) : place])
    after = re.match(r"\w{0,12}", text[found.end() : found.end() + 12])
    return (before[0] if before else "") + found[0] + (after[0] if after else "")


def _doubts_of_rows(
    header: Header, above: int, numbers: NumberNotation, dates: DateNotation, reading: Reading
) -> list[Doubt]:
    doubts = []
    if not header.is_sure:
        others = tuple(row + above if row else 0 for row in header.others)
        doubts.append(Doubt("header_row", reading.header_row, _header_reason(reading.header_row, others), others))
    if not numbers.is_sure:
        doubts.append(Doubt("decimal", reading.decimal, because(
            "Numbers such as {examples} can be read in two ways.",
            "Des nombres comme {examples} peuvent se lire de deux façons.",
            examples=", ".join(numbers.examples)), ("," if reading.decimal == "." else ".",)))  # fmt: skip
    if not dates.is_sure:
        doubts.append(_doubt_of_dates(dates, reading))
    return doubts


def _header_reason(row: int, others: Sequence[int]) -> LocalizedText:
    if row == 0:
        return because(
            "The first row holds values like those below it: the file seems to have no header.",
            "La première ligne contient des valeurs comme les suivantes : le fichier semble sans en-tête.",
        )
    if others == (0,):
        return because(
            "Nothing tells the first row from the others; it is taken for the header.",
            "Rien ne distingue la première ligne des autres ; elle est prise pour l’en-tête.",
        )
    return because(
        "{count} rows could be the header; row {row} is taken.",
        "{count} lignes pourraient être l’en-tête ; la ligne {row} est prise.",
        count=len(others) + 1,
        row=row,
    )


def _doubt_of_dates(dates: DateNotation, reading: Reading) -> Doubt:
    other = DateOrder.MONTH_FIRST if reading.date_order is DateOrder.DAY_FIRST else DateOrder.DAY_FIRST
    if dates.is_ambiguous:
        reason = because(
            "No date of the sample has a day above 12: day and month cannot be told apart for certain.",
            "Aucune date de l’échantillon n’a de jour au-delà de 12 : jour et mois ne se distinguent pas à coup sûr.",
        )
    else:
        reason = because(
            "{day} dates read only day first, {month} only month first, such as {examples}.",
            "{day} dates ne se lisent que jour en premier, {month} que mois en premier, comme {examples}.",
            day=dates.day_first,
            month=dates.month_first,
            examples=", ".join(dates.conflicts),
        )
    return Doubt("date_order", reading.date_order, reason, (other,))
