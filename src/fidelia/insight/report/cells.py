"""Read the texts of a file of purchases into columns of values; each distinct text is read once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import pyarrow
import pyarrow.compute

from fidelia.intake.mapping import FileMapping
from fidelia.intake.tables import BadRow, Row, Table
from fidelia.intake.values import BadCell, read_decimal, read_moment_of_two, read_money, to_minor
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.money import exponent_of
from fidelia.ui import formats
from fidelia.ui.charts.words import say_count

from .costs_in_file import CostColumn
from .facts import Refusal

AMOUNTS: Final = ("net", "gross", "unit_price", "discount", "coupon")
TEXTS: Final = ("receipt", "customer", "product", "description", "category", "store", "country")
OWN: Final = ("arm", "answer")  # columns that the import knows nothing of
COST: Final = "cost"  # another one
NO_COSTS: Final = CostColumn()
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
UTC_ZONE: Final = zone_of("UTC")
PLAIN_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
THOUSANDTHS: Final = 1_000
AMOUNT_MAX: Final = 10**15
KNOWN_MAX: Final = 200_000
TEXTS_MAX: Final = 10_000  # different values remembered of one reason
LINE_SCHEMA: Final = pyarrow.schema(
    [
        ("row_number", pyarrow.int64()),
        ("sheet", pyarrow.int32()),
        *((name, pyarrow.string()) for name in (*TEXTS, *OWN)),
        ("occurred_at", pyarrow.timestamp("us", tz="UTC")),
        ("quantity", pyarrow.int64()),
        ("net", pyarrow.int64()),
        ("discount", pyarrow.int64()),
        ("cost", pyarrow.int64()),
    ]
)


@dataclass(slots=True)
class LineReader:
    """Reads a table under a mapping, batch by batch; afterwards `rows` and `refusals` say what came of its rows."""

    table: Table
    mapping: FileMapping
    now: datetime
    language: str
    arm_column: str = ""  # the group of the customer of a row, where the file has one
    answer_column: str = ""  # how satisfied the customer of a row is, where the file says it
    cost_column: CostColumn = NO_COSTS
    rows: int = 0
    _refused: dict[tuple[str, ...], _Refused] = field(default_factory=dict)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Why rows were left out, the most frequent reason first; of one reason the first text stands for others."""
        told = [
            Refusal(self._reason(found), found.rows, found.first_row)
            for found in sorted(self._refused.values(), key=lambda found: (-found.rows, found.first_row))
        ]
        return tuple(told)

    def _reason(self, found: _Refused) -> str:
        reason, others = found.cell.reason(self.language), len(found.texts) - 1
        if not others:
            return reason
        return say_count(
            self.language, "{reason}, and {n} other value like it", "{reason}, and {n} other values like it", others,
            reason=reason, n_written=formats.number(others, self.language),
        )  # fmt: skip

    def batches(self, size: int) -> Iterator[pyarrow.Table]:
        """Yield what the rows mean, `size` rows of the file at a time. Raises UnreadableFile."""
        readers = _Readers(self.mapping, self.now, costs_are_of_units=self.cost_column.is_of_unit)
        rows = self.table.sheeted_rows()
        while batch := list(islice(rows, size)):
            yield self._read([sheet for sheet, _row in batch], [row for _sheet, row in batch], readers)

    def _read(self, sheets: Sequence[int], rows: Sequence[Row], readers: _Readers) -> pyarrow.Table:
        texts = self._texts_by_column(rows)
        columns: dict[str, Sequence[Any]] = {
            "row_number": range(self.rows + 1, self.rows + len(rows) + 1),
            "sheet": sheets,
            **{name: texts.get(name, [""] * len(rows)) for name in (*TEXTS, *OWN)},
        }
        bad: dict[int, BadCell] = {}
        for place, row in enumerate(rows):
            if isinstance(row, BadRow):
                bad[place] = BadCell.because(row.code, **row.values)
        read = [*readers.read(texts, len(rows), bad)]
        self._count(bad)
        self.rows += len(rows)
        kept = [place for place in range(len(rows)) if place not in bad]
        whole = [[column[place] for place in kept] for column in (*columns.values(), *read)] if bad else [
            *columns.values(), *read
        ]  # fmt: skip
        return pyarrow.Table.from_arrays(
            [_array(values, part) for values, part in zip(whole, LINE_SCHEMA, strict=True)], schema=LINE_SCHEMA
        )

    def _texts_by_column(self, rows: Sequence[Row]) -> dict[str, list[str]]:
        width = len(self.table.columns)
        whole = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for row in rows]
        places = {known: self.table.columns.index(name) for known, name in self.mapping.columns.items()}
        asked = (self.arm_column, self.answer_column, self.cost_column.name)
        for own, name in zip((*OWN, COST), asked, strict=True):
            if name:
                places[own] = self.table.columns.index(name)
        return {known: [row[place] for row in whole] for known, place in places.items()}

    def _count(self, bad: Mapping[int, BadCell]) -> None:
        for place, cell in sorted(bad.items()):
            values = {name: str(value) for name, value in cell.values.items()}
            text = values.pop("text", "")
            key = (cell.code or str(cell), *(part for pair in sorted(values.items()) for part in pair))
            found = self._refused.setdefault(key, _Refused(cell, self.rows + place + 1))
            found.rows += 1
            if len(found.texts) < TEXTS_MAX:
                found.texts.add(text)


@dataclass(slots=True)
class _Refused:
    """Rows left out for one reason; `cell` is that of the first, `texts` the different values."""

    cell: BadCell
    first_row: int
    rows: int = 0
    texts: set[str] = field(default_factory=set)


def _array(values: Sequence[Any], part: pyarrow.Field) -> pyarrow.Array:
    if part.type == pyarrow.string():
        texts = pyarrow.array(values, type=part.type)
        return pyarrow.compute.if_else(pyarrow.compute.equal(texts, ""), None, texts)
    return pyarrow.array(values, type=part.type)


class _Readers:
    """The readers of one file's cells; each distinct text, or group of texts that belong together, is read once."""

    def __init__(self, mapping: FileMapping, now: datetime, *, costs_are_of_units: bool = False) -> None:
        options = mapping.options
        self._costs_are_of_units = costs_are_of_units
        self._reading = mapping.reading
        self._zone = zone_of(str(options.get("time_zone") or "UTC"))
        self._currency = str(options["currency"])
        self._now = now
        self._scale = exponent_of(self._currency)
        self._default_product = str(options.get("default_product") or "sale")
        self._moments: dict[tuple[str, ...], Any] = {}
        self._amounts: dict[tuple[str, ...], Any] = {}

    def read(self, texts: dict[str, list[str]], rows: int, bad: dict[int, BadCell]) -> tuple[list[Any], ...]:
        """Return moments, quantities, nets, discounts and costs; what cannot be read is None and told in `bad`.

        A cost that cannot be read is None alone: the row counts, and its margin is assumed.
        """
        if "product" not in texts:
            texts["product"] = [self._default_product] * rows
        self._check_currency(texts.get("currency", ()), bad)
        hours = texts.get("time") or [""] * rows
        moments = _each(zip(texts["occurred_at"], hours, strict=True), self._moments, self._occurred_at, bad)
        names = [name for name in ("quantity", *AMOUNTS, COST) if name in texts]
        groups = zip(*(texts[name] for name in names), strict=True)
        amounts = _each(groups, self._amounts, lambda group: self._line(dict(zip(names, group, strict=True))), bad)
        columns = [[line[part] if line else None for line in amounts] for part in range(4)]
        return moments, *columns

    def _check_currency(self, given: Sequence[str], bad: dict[int, BadCell]) -> None:
        for place, text in enumerate(given):
            if text and text.upper() != self._currency:
                bad.setdefault(place, BadCell.because("other_currency", text=text, currency=self._currency))

    def _occurred_at(self, group: tuple[str, ...]) -> datetime:
        day, hour = group
        moment = self._plainly(day) if not hour else None
        if moment is None:
            moment = read_moment_of_two(day, hour, self._zone, None, self._reading)
        if moment > self._now:
            raise BadCell.because("after_today", text=day)
        if moment < EARLIEST:
            raise BadCell.because("impossible_date", text=day)
        return moment

    def _plainly(self, text: str) -> datetime | None:
        """Read 2026-11-22 14:05:33 of a file in UTC at once, as `read_moment` would; None for whatever is written else.

        Nearly every purchase of a large file has a moment of its own, so that little is gained by keeping what was
        read: a file of a million took 26.3 s of processor to read, and 24.1 s so, both on a machine at work.
        """
        if self._zone is not UTC_ZONE or self._reading.date_format is not None or not PLAIN_MOMENT.fullmatch(text):
            return None
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError:  # out of the calendar, which is told in words elsewhere
            return None

    def _line(self, cells: dict[str, str]) -> tuple[int, int, int, int | None]:
        """Return quantity in thousandths, net, discount and cost in minor units. Raises BadCell."""
        quantity = read_decimal(cells["quantity"], self._reading) if "quantity" in cells else Decimal(1)
        if abs(quantity) > AMOUNT_MAX:
            raise BadCell.because("too_large")
        amounts = {name: read_money(cells[name], self._reading, self._currency) for name in AMOUNTS if cells.get(name)}
        net, discount = _net_of(amounts, quantity)
        return (
            int(quantity * THOUSANDTHS),
            to_minor(net, self._scale, AMOUNT_MAX),
            to_minor(discount, self._scale, AMOUNT_MAX),
            self._cost(cells.get(COST, ""), quantity, is_given_back=quantity < 0 or net < 0),
        )

    def _cost(self, text: str, quantity: Decimal, *, is_given_back: bool) -> int | None:
        """Return what the goods cost: below zero where they came back, however the file writes it."""
        try:
            told = abs(read_money(text, self._reading, self._currency)) if text else None
            if told is None:
                return None
            whole = to_minor(told * abs(quantity) if self._costs_are_of_units else told, self._scale, AMOUNT_MAX)
        except BadCell:
            return None
        return -whole if is_given_back else whole


def _each(
    groups: Iterable[tuple[str, ...]],
    known: dict[tuple[str, ...], Any],
    read: Callable[[tuple[str, ...]], Any],
    bad: dict[int, BadCell],
) -> list[Any]:
    if len(known) > KNOWN_MAX:
        known.clear()
    wanted = list(groups)
    values = list(map(known.get, wanted))  # most are known: this runs without a step of ours per row
    for place, value in enumerate(values):
        if value is None or value.__class__ is BadCell:
            read_now = _read_once(wanted[place], known, read)
            if isinstance(read_now, BadCell):
                bad.setdefault(place, read_now)
                read_now = None
            values[place] = read_now
    return values


def _read_once(
    group: tuple[str, ...], known: dict[tuple[str, ...], Any], read: Callable[[tuple[str, ...]], Any]
) -> Any:
    value = known.get(group)
    if value is None:
        try:
            value = read(group)
        except BadCell as cell:
            value = cell
        known[group] = value
    return value


def _net_of(amounts: dict[str, Decimal], quantity: Decimal) -> tuple[Decimal, Decimal]:
    """Return what was paid for the line, and the discount that it carries.

    A discount is taken off a unit price or an amount before discounts; beside the amount paid it is only counted.
    """
    zero = Decimal(0)
    discount = abs(amounts.get("discount", zero)) + abs(amounts.get("coupon", zero))
    if "net" in amounts:
        return amounts["net"], discount
    if "gross" in amounts:
        whole = amounts["gross"]
    elif "unit_price" in amounts:
        whole = amounts["unit_price"] * quantity
    else:
        raise BadCell.because("missing", column="amount")
    return (whole - discount if whole >= 0 else whole + discount), discount
