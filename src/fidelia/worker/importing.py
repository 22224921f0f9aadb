"""What `fidelia import` says of a file: how it is mapped, what was understood, what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fidelia.activity.operations.imports import PURCHASES, parse_mapping
from fidelia.customers.operations import declare_field_of_column
from fidelia.intake.errors import SavedMappingUnknown
from fidelia.intake.kinds import Total, get_import_kind
from fidelia.intake.models import Import, SavedMapping
from fidelia.intake.new_fields import types_of
from fidelia.intake.notes import count_sensitive
from fidelia.intake.operations import write_rejects
from fidelia.intake.preview import preview
from fidelia.intake.proposing import Proposal, guess_target, propose
from fidelia.intake.queries import asks_for_day_order, count_rejections, list_targets
from fidelia.intake.reading import parse_reading, with_told_order
from fidelia.intake.sniff import is_order_unclear, sniff
from fidelia.intake.tables import Table
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money
from fidelia.kernel.points import format_points
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.queries import get_operator
from fidelia.programme.queries import get_programme_by_id, list_programmes

ROWS_SHOWN = 5
CELL_SHOWN = 24
Mapped = tuple[str, dict[str, Any]]


def mapping_as_told(path: Path, document: Any, target: str | None) -> Mapped:
    """Return the target and document of a mapping written by hand: as saved ones are, or flat, of purchases.

    How the file is read is found out unless the document says so. Raises UnreadableFile, MalformedMapping…
    """
    if isinstance(document, dict) and "target" in document:
        reading = parse_reading(document["reading"]) if "reading" in document else None
        told = {"columns": {}, "options": {}, **document, "reading": Table(path, reading).reading.as_document()}
        return target or str(document["target"]), told
    mapping = parse_mapping(document)
    return PURCHASES.name, mapping.as_document(Table(path).reading)


def mapping_as_saved(path: Path, name: str, target: str | None) -> Mapped:
    """Return the target and document of a mapping saved by name. Raises SavedMappingUnknown, UnreadableFile."""
    found = SavedMapping.objects.filter(name=name)
    saved = (found.filter(target=target) if target else found).order_by("target").first()
    if saved is None:
        raise SavedMappingUnknown(f"No mapping is saved as “{name}”.", pointer="/saved")
    sniffed = sniff(path)
    is_unclear = is_order_unclear(sniffed.doubts)
    reading = with_told_order(sniffed.reading, saved.document.get("reading")) if is_unclear else sniffed.reading
    return saved.target, {**saved.document, "reading": reading.as_document()}


def mapping_as_proposed(path: Path, target: str | None) -> Mapped:
    """Return what the file looks like. Raises UnreadableFile, UnknownTarget."""
    table = Table(path)
    names = [target] if target else list_targets(by=Actor.system("fidelia import"))
    found = guess_target(table, [get_import_kind(name).target for name in names])[0][0]
    return found.name, _proposed(path, found.name).mapping.as_document()


def _proposed(path: Path, target: str) -> Proposal:
    return _proposed_once(path, target, tuple(column.name for column in get_import_kind(target).target.columns))


@lru_cache(maxsize=1)
def _proposed_once(path: Path, target: str, columns: tuple[str, ...]) -> Proposal:
    """Propose once: a large file is looked through for it. A custom field declared since is one column more."""
    return propose(Table(path), get_import_kind(target).target, defaults=_usual())


def with_own_fields(path: Path, target: str, document: dict[str, Any], by: Actor, at: datetime) -> dict[str, Any]:
    """Declare a custom field for each column that a mapping leaves out and a field can hold; return the mapping with
    them. Of kinds that have none, and columns that speak of health or faith, nothing is kept."""
    if get_import_kind(target).own_columns is None:
        return document
    table = Table(path, parse_reading(document["reading"]))
    rows, columns = table.sample(), dict(document["columns"])
    for place, name in enumerate(table.columns):
        cells = [row[place] for row in rows if place < len(row)]
        types = types_of(cells, table.reading) if name not in columns.values() else []
        if types and not count_sensitive(cells):
            columns[declare_field_of_column(by=by, at=at, name=name, type=types[0], cells=cells).name] = name
    return {**document, "columns": columns}


def how_understood(opened: Import, path: Path) -> Iterator[str]:
    """Say which column is what, and how the first rows are understood."""
    kind, mapping = get_import_kind(opened.target), opened.file_mapping
    table = Table(path, mapping.reading)
    yield f"{opened.file_name} is read as {kind.target.label.en.lower()} ({_how_read(mapping.reading)}):"
    for column in kind.target.columns:
        if column.name in mapping.columns:
            yield f"    {column.label.en:36} {mapping.columns[column.name]}"
    for option in kind.target.options:
        if mapping.options.get(option.name) not in (None, "", [], ()):
            yield f"    {option.label.en:36} = {mapping.options[option.name]}"
    for doubt in _doubts(path, opened.target):
        yield f"    ? {doubt}"
    if opened.target == PURCHASES.name and not mapping.options.get("programme") and not list_programmes():
        yield "    ! There is no programme yet: these purchases come in as history, and nobody earns points by them."
    left = [name for name in table.columns if name not in mapping.columns.values()]
    if left:
        yield f"    left out: {', '.join(left)}"
    yield "The first rows, as they are understood:"
    for row in preview(table, mapping, kind.target, ROWS_SHOWN, today=clock.now().date()).rows:
        yield "    " + " | ".join(_cell(f"!! {cell.reason}" if cell.reason else cell.shown) for cell in row.cells)


def _doubts(path: Path, target: str) -> Iterator[str]:
    """Say what was guessed and may be wrong."""
    found = [*sniff(path).doubts, *_proposed(path, target).doubts]
    yield from dict.fromkeys(f"{doubt.about}: {doubt.reason.en}" for doubt in found)


def report_of_check(by: Actor, checked: Import) -> Iterator[str]:
    """Say what the whole file holds, and why some rows cannot be taken."""
    report = checked.check_report
    yield f"{report['rows']:>12,} rows in the file"
    if report.get("same_as"):
        yield f"{'':>12} recorded whole on {report['same_as_at'][:10]} from {report['same_as_name']}: nothing is new"
    for name, words in (("ready", "understood and new"), ("known", "known before"), ("double", "double")):
        if report[f"{name}_rows"] or name == "ready":
            yield f"{report[f'{name}_rows']:>12,} {words}"
    for total in get_import_kind(checked.target).totals:
        if total.place == "file" and isinstance(report.get(total.name), int):
            yield f"{_shown(total, report, checked):>16} {total.label.en}"
    if asks_for_day_order(checked):
        yield f"{report['days_either']:>12,} days such as {report['day_either']} read both ways, and none tells which:"
        yield f"{'':>12} “date_order: dmy” or “mdy” in the reading of a mapping says it"
    if report.get("duplicate_rows"):
        yield f"{report['duplicate_rows']:>12,} repeat another row exactly, and all count"
    if report["rejected_rows"]:
        yield f"{report['rejected_rows']:>12,} cannot be taken:"
        for rejection in count_rejections(by=by, import_id=checked.id, language="en"):
            is_one_of_many = rejection.rows > 1 and rejection.example != rejection.reason
            yield f"    {rejection.rows:>12,} {'such as: ' if is_one_of_many else ''}{rejection.example}"


def report_of_recording(done: Import) -> Iterator[str]:
    """Return the control totals: recorded + known before + doubles + rejected = the file."""
    totals = {**done.check_report, **done.totals}
    yield (
        f"{totals['rows']:>12,} rows = {totals['recorded_rows']:,} recorded + {totals['known_rows']:,} known before"
        f" + {totals['double_rows']:,} doubles + {totals['rejected_rows']:,} rejected"
    )
    for total in get_import_kind(done.target).totals:
        if isinstance(totals.get(total.name), int) and totals[total.name]:
            yield f"{_shown(total, totals, done):>16} {total.label.en}"
    yield from _further_currencies(done)


def _further_currencies(done: Import) -> Iterator[str]:
    """Say, of each further points currency of an opening, what of the file was posted."""
    told: dict[str, dict[str, int]] = done.check_report.get("by_currency") or {}
    if told and done.programme_id is not None:
        more = get_programme_by_id(done.programme_id).more_currencies.select_related("currency")
        for one in [one.currency for one in more if one.currency_id in told]:
            posted = (done.totals.get("by_currency") or {}).get(one.code, {}).get("posted_points", 0)
            words = f"{one.name.en} posted, of {format_points(told[one.code]['file_points'], one.scale)} in the file"
            yield f"{format_points(posted, one.scale):>16} {words}"


def write_rejects_to(by: Actor, found: Import, path: Path) -> int:
    """Write the rejected rows beside the reason; the file exists only where there are some. Return how many."""
    if not found.check_report["rejected_rows"]:
        return 0
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        written = write_rejects(by=by, import_id=found.id, stream=stream)
    part.replace(path)
    return written


def _usual() -> dict[str, Any]:
    """What holds for the operator holds for a file that does not say otherwise."""
    try:
        operator = get_operator()
    except OperatorNotSetUp:
        return {"currency": programmes[0].currency} if (programmes := list_programmes()) else {}
    return {"currency": operator.currency, "country": operator.country, "time_zone": operator.time_zone}


def _how_read(reading: Any) -> str:
    parts = [str(reading.format)]
    if reading.format == "csv":
        parts += [reading.encoding, f"separator {reading.separator!r}"]
    parts += [f"decimal {reading.decimal!r}", f"dates {reading.date_format or reading.date_order}"]
    return ", ".join([*parts, *reading.sheets])


def _cell(text: str) -> str:
    return text if len(text) <= CELL_SHOWN else f"{text[: CELL_SHOWN - 1]}…"


def _shown(total: Total, totals: dict[str, Any], done: Import) -> str:
    value = totals[total.name]
    if total.unit == "money" and totals.get("currency"):
        return f"{Money(value, totals['currency']).text()} {totals['currency']}"
    if total.unit == "points" and done.programme_id is not None:
        return format_points(value, get_programme_by_id(done.programme_id).points_currency.scale)
    return f"{value:,}"
