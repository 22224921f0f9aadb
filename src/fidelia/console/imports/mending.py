"""Rows to mend: grouped by reason, each refused value with a suggestion beside it, mended in place or row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import PurePath
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fidelia.intake.models import Import
from fidelia.intake.operations import mend_row, recheck, write_rejects
from fidelia.intake.queries import RejectedRow, count_rejections, get_import, get_rejected_row, list_rejected_rows
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of
from ..speech import Speech, speech_of
from .states import url_of_import
from .suggestions import suggest

PAGE_SIZE = 25
SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class BadValue:
    """A refused cell: its place in the row, its column in the file, what stands there and what may be meant."""

    name: str
    column: str
    text: str
    suggestion: str

    @property
    def value(self) -> str:
        return self.suggestion or self.text


@dataclass(frozen=True, slots=True)
class RowToMend:
    """`handle` is the cell by which a person finds the row again, such as its receipt number."""

    row: RejectedRow
    bad: tuple[BadValue, ...]
    handle: str
    url: str


@require_POST
@signed_in
def mend(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """Take the values that were changed, then check the whole file again."""
    speech = speech_of(clock.now())
    found = get_import(by=request.actor, import_id=import_id)
    after, code = _asked(request.POST)
    rows = list_rejected_rows(
        by=request.actor, import_id=import_id, language=speech.language, after=after, limit=PAGE_SIZE, code=code
    )  # fmt: skip
    changed = [(row, cells) for row in rows if (cells := _cells_of(request.POST, row)) != list(row.cells)]
    if not changed:
        messages.info(request, _("No value was changed, so there is nothing to send again."))
        return redirect(url_of_import(found))
    return _send(request, found, [(row.row_number, cells) for row, cells in changed])


@require_http_methods(["GET", "POST"])
@signed_in
def row(request: ConsoleRequest, import_id: UUID, row_number: int) -> HttpResponseBase:
    """One row with all its cells; POST takes them and checks the file again."""
    speech = speech_of(clock.now())
    found = get_import(by=request.actor, import_id=import_id)
    refused = get_rejected_row(by=request.actor, import_id=import_id, language=speech.language, row_number=row_number)
    if request.method == "POST":
        return _send(request, found, [(row_number, _cells_of(request.POST, refused))])
    bad = {each.name: each for each in bad_values(found, refused)}
    fields = [
        {"name": name, "column": column, "value": bad[name].value if name in bad else text, "bad": bad.get(name)}
        for place, (column, text) in enumerate(_named_cells(found, refused))
        for name in [_name_of(row_number, place)]
    ]
    context = {"found": found, "row": refused, "fields": fields, "back": url_of_import(found)}
    return show(request, "console/imports/row.html", context)


@require_GET
@signed_in
def rejects(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """The rejected rows as a file: the columns as they came, the reason last. It can be mended and sent again."""
    found = get_import(by=request.actor, import_id=import_id)
    language = speech_of(clock.now()).language
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    stream = TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    write_rejects(by=request.actor, import_id=import_id, stream=stream, language=language)
    stream.detach()
    file.seek(0)
    stem = PurePath(found.file_name).stem.removesuffix(".csv")
    response = FileResponse(
        cast(Any, file), as_attachment=True, filename=f"{stem}-{_('to-mend')}.csv", content_type="text/csv"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def mending_of(request: ConsoleRequest, found: Import, speech: Speech) -> dict[str, Any]:
    """Return the rows to mend of the page that the address asks for, and their reasons with their counts."""
    after, code = _asked(request.GET)
    reasons = count_rejections(by=request.actor, import_id=found.id, language=speech.language)
    listed = list_rejected_rows(
        by=request.actor, import_id=found.id, language=speech.language, after=after, limit=PAGE_SIZE + 1, code=code
    )  # fmt: skip
    rows = [_row_of(found, each) for each in listed[:PAGE_SIZE]]
    suggested = sum(any(bad.suggestion for bad in each.bad) for each in rows)
    more = {"after": str(listed[PAGE_SIZE - 1].row_number), "reason": code} if len(listed) > PAGE_SIZE else None
    return {
        "rows": rows,
        "count": sum(each.rows for each in reasons),
        "reasons": [_reason_of(each.code, each.reason, each.rows, code, speech) for each in reasons],
        "all_url": url_of_import(found),
        "code": code,
        "after": after,
        "suggested": suggested,
        "next_url": f"?{urlencode(more)}" if more else "",
        "first_url": url_of_import(found) if after else "",
    }


def bad_values(found: Import, row: RejectedRow) -> tuple[BadValue, ...]:
    """Return the cells that the reason speaks of: those that hold its text, or the one of the column it names."""
    mapping = found.file_mapping
    mapped = set(mapping.columns.values())
    named = mapping.columns.get(row.values.get("column", ""), row.values.get("column", ""))
    text = row.values.get("text", "").strip()
    bad = [
        BadValue(_name_of(row.row_number, place), column, cell, suggest(row.code, cell, mapping.reading))
        for place, (column, cell) in enumerate(_named_cells(found, row))
        if (column == named or (text and column in mapped and cell.strip()[: len(text)] == text))
    ]
    return tuple(each for each in bad if each.column == named) or tuple(bad[:3])


def _row_of(found: Import, row: RejectedRow) -> RowToMend:
    url = reverse("console:import-row", args=[found.id, row.row_number])
    return RowToMend(row, bad_values(found, row), _handle_of(found, row), url)


def _handle_of(found: Import, row: RejectedRow) -> str:
    """The first mapped identifier that is filled: people look a row up by its receipt, card or code."""
    columns = found.file_mapping.columns
    for known in ("receipt", "receipt_number", "card", "customer", "identity", "email", "product", "code", "name"):
        if known in columns and columns[known] in found.columns:
            place = found.columns.index(columns[known])
            if place < len(row.cells) and row.cells[place].strip():
                return f"{columns[known]} {row.cells[place].strip()[:SHOWN_LENGTH]}"
    return ""


def _reason_of(code: str, reason: str, rows: int, chosen: str, speech: Speech) -> dict[str, Any]:
    return {
        "text": reason,
        "count": speech.number(rows),
        "url": f"?{urlencode({'reason': code})}",
        "current": code == chosen,
    }


def _named_cells(found: Import, row: RejectedRow) -> list[tuple[str, str]]:
    """Each cell with its column; cells beyond the header have a number for a name."""
    width = max(len(row.cells), len(found.columns))
    columns = [*found.columns, *(f"+{n}" for n in range(1, width - len(found.columns) + 1))]
    cells = [*row.cells, *([""] * (width - len(row.cells)))]
    return list(zip(columns, cells, strict=True))


def _name_of(row_number: int, place: int) -> str:
    return f"cell-{row_number}-{place}"


def _cells_of(given: Mapping[str, str], row: RejectedRow) -> list[str]:
    """Return the row with the cells that the form has put right; cells that it does not show stay."""
    cells = list(row.cells)
    for name, value in given.items():
        part, _dash, place = name.rpartition("-")
        if part == f"cell-{row.row_number}" and place.isdigit() and int(place) < 10_000:
            cells.extend([""] * (int(place) + 1 - len(cells)) if value else [])
            if int(place) < len(cells):
                cells[int(place)] = value
    return cells


def _asked(query: Mapping[str, str]) -> tuple[int, str]:
    after = query.get("after", "")
    return int(after) if after.isdigit() and len(after) < 19 else 0, query.get("reason", "")[:80]


def _send(request: ConsoleRequest, found: Import, mended: Sequence[tuple[int, Sequence[str]]]) -> HttpResponseBase:
    """Keep what was mended and check again. The rows that were recorded are known then, and are not written twice."""
    at = clock.now()
    try:
        for row_number, cells in mended:
            mend_row(by=request.actor, at=at, import_id=found.id, row_number=row_number, cells=cells)
        recheck(by=request.actor, at=at, import_id=found.id)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        told = ngettext(
            "%(n)s row was mended, and the file is checked again.",
            "%(n)s rows were mended, and the file is checked again.",
            len(mended),
        )
        messages.success(request, told % {"n": len(mended)})
    return redirect(url_of_import(get_import(by=request.actor, import_id=found.id)))
