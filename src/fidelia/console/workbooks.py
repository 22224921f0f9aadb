"""Tables of a page as an Excel workbook: numbers as numbers, with the look that the page gave them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAME_MAX: Final = 31  # of a sheet, by Excel
WIDTH_MAX: Final = 60
NOT_IN_NAMES: Final = re.compile(r"[\\/*?:\[\]]")
# What stands beside the digits: a currency, a sign of per cent, blanks that do not break.
NUMBER: Final = re.compile(r"^([+\u2212-]?)([€$£]?)([\d\s.,\u00a0\u202f]*\d)[\s\u00a0\u202f]*([%€$£]?)$")
Tables = Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]


def workbook_of(tables: Tables, language: str) -> bytes:
    """Return a workbook with a sheet for each (title, columns, rows); texts are as `language` writes them."""
    book = Workbook()
    for empty in book.worksheets:
        book.remove(empty)
    taken: set[str] = set()
    for title, columns, rows in tables:
        sheet = book.create_sheet(_name_of(title, taken))
        sheet.append([_plain(name) for name in columns])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for place, row in enumerate(rows, 2):
            for column, text in enumerate(row, 1):
                value, look = read_cell(text, language)
                cell = sheet.cell(place, column, value)
                if look:
                    cell.number_format = look
        for column in range(1, len(columns) + 1):
            longest = max(len(str(text)) for text in (columns[column - 1], *(row[column - 1] for row in rows)))
            sheet.column_dimensions[get_column_letter(column)].width = min(WIDTH_MAX, longest + 3)
        sheet.freeze_panes = "A2"
    if not tables:
        book.create_sheet("–")
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def read_cell(text: str, language: str) -> tuple[str | float, str]:
    """Return the value of a text and the look of its number: "1 234,5 %" is 12.345 shown as per cent; else the text."""
    found = NUMBER.match(text.strip())
    if not found:
        return _plain(text), ""
    sign, before, digits, after = found.groups()
    point = "," if language.startswith("fr") else "."
    bare = re.sub(r"[\s\u00a0\u202f]", "", digits).replace("." if point == "," else ",", "")
    if bare.count(point) > 1:
        return _plain(text), ""
    whole, _point, decimals = bare.partition(point)
    if not whole.isdigit() or (decimals and not decimals.isdigit()):
        return _plain(text), ""
    value = float(f"{whole}.{decimals or 0}") * (-1 if sign in ("-", "\u2212") else 1)
    places = "." + "0" * len(decimals) if decimals else ""
    if after == "%":
        return value / 100, f"0{places}%"
    money = before or after
    return value, f'#,##0{places}\u00a0"{money}"' if money else f"#,##0{places}"


def _plain(text: str) -> str:
    """A text that Excel must not take for a formula stays a text."""
    return f"'{text}" if text[:1] in ("=", "+", "@", "-") and len(text) > 1 else text


def _name_of(title: str, taken: set[str]) -> str:
    name = NOT_IN_NAMES.sub(" ", title).strip()[:NAME_MAX] or "–"
    place = 2
    while name.lower() in taken:
        name = f"{name[: NAME_MAX - 4]} ({place})"
        place += 1
    taken.add(name.lower())
    return name
