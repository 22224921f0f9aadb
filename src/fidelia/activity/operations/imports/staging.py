"""Understand each row of a file and stage it; rows that cannot be understood go to the file of rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from django.db import connection

from fidelia.customers.queries import normalise_identity
from fidelia.intake.rejects import RejectFile
from fidelia.intake.tables import Row, Table
from fidelia.intake.values import BadCell, read_decimal, read_moment, to_minor
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Invalid
from fidelia.kernel.money import exponent_of

from ...fields import CHANNELS
from ..requests import NET_MAX, QUANTITY_MAX, QUANTITY_SCALE
from .mapping import ImportMapping, MalformedImportMapping
from .members import country_code

ROWS_PER_TRANSACTION = 100_000
STAGING_COLUMNS = (
    *("import_id", "row_number", "receipt", "occurred_at", "product", "description", "quantity", "net", "customer"),
    *("country", "store", "channel", "category", "unit_price", "unit_price_scale"),
)
NET_PLACE = STAGING_COLUMNS.index("net")
PRICE_SCALE_MAX = 6
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # some tills write the year 1 where they know no date
_TEXT_MAX = {"receipt": 80, "product": 64, "description": 200, "customer": 120, "store": 60, "category": 300}


@dataclass(slots=True)
class StagedTotals:
    """What the file holds: rows read and rejected, the sum of the net amounts understood, receipts with a bad row."""

    rows: int = 0
    rejected: int = 0
    net: int = 0
    incomplete: set[str] = field(default_factory=set)


def check_columns(table: Table, mapping: ImportMapping) -> None:
    """Raise MalformedImportMapping for a column that the file does not have."""
    for known, name in mapping.columns.items():
        if name not in table.columns:
            raise MalformedImportMapping(
                f"The file has no column “{name}”; it has {', '.join(table.columns)}.", pointer=f"/columns/{known}"
            )


def stage(
    table: Table,
    mapping: ImportMapping,
    *,
    import_id: UUID,
    file_hash: str,
    at: datetime,
    rejects: RejectFile,
    step: Callable[[int], None],
) -> StagedTotals:
    """COPY every row that can be understood into the staging table; `step` is told how many rows were read."""
    totals = StagedTotals()
    reader = _RowReader(table, mapping, import_id, file_hash, at)
    understood = _understood(table, reader, totals, rejects)
    copied = ROWS_PER_TRANSACTION
    while copied == ROWS_PER_TRANSACTION:
        with transaction_of_use_case():
            copied = copy_rows("activity_import_row", STAGING_COLUMNS, _first(understood, ROWS_PER_TRANSACTION))
        step(totals.rows)
    with connection.cursor() as cursor:
        cursor.execute("select activity_analyze_import_rows()")
    return totals


def _first(rows: Iterator[tuple[object, ...]], most: int) -> Iterator[tuple[object, ...]]:
    for _count in range(most):
        row = next(rows, None)
        if row is None:
            return
        yield row


def _understood(
    table: Table, reader: _RowReader, totals: StagedTotals, rejects: RejectFile
) -> Iterator[tuple[object, ...]]:
    for row in table.rows():
        totals.rows += 1
        try:
            staged = reader.read(row, totals.rows)
        except BadCell as bad:
            totals.rejected += 1
            totals.incomplete.add(reader.receipt_of(row))
            rejects.add(row, f"{bad}.")
        else:
            totals.net += reader.net_of(staged)
            yield staged


class _RowReader:
    """Reads one row under a mapping."""

    def __init__(self, table: Table, mapping: ImportMapping, import_id: UUID, file_hash: str, at: datetime) -> None:
        self._at = {known: table.columns.index(name) for known, name in mapping.columns.items()}
        self._width = len(table.columns)
        self._mapping = mapping
        self._zone = mapping.zone
        self._import_id = import_id
        self._prefix = file_hash[:16]
        self._now = at
        self._scale = exponent_of(mapping.currency)

    def read(self, row: Row, number: int) -> tuple[object, ...]:
        """Return the staged row. Raises BadCell with the reason."""
        if len(row) != self._width:
            raise BadCell(f"the row has {len(row)} cells, the header {self._width}")
        occurred_at = self._moment(row)
        quantity = self._quantity(row)
        in_thousandths = to_minor(quantity, QUANTITY_SCALE, QUANTITY_MAX)
        if in_thousandths == 0:
            raise BadCell("the quantity is zero")
        return (
            self._import_id,
            number,
            self._receipt(row, number),
            occurred_at,
            self._text(row, "product") or self._mapping.default_product,
            self._text(row, "description"),
            in_thousandths,
            self._net(row, quantity),
            self._customer(row),
            self._text(row, "country"),
            self._text(row, "store"),
            self._channel(row),
            self._text(row, "category"),
            *self._unit_price(row),
        )

    def receipt_of(self, row: Row) -> str:
        """Return the number of the receipt of a row that could not be understood; empty where it has none."""
        place = self._at.get("receipt")
        return row[place].strip() if place is not None and place < len(row) else ""

    @staticmethod
    def net_of(staged: tuple[object, ...]) -> int:
        net = staged[NET_PLACE]
        assert isinstance(net, int)
        return net

    def _cell(self, row: Row, known: str) -> str:
        place = self._at.get(known)
        return "" if place is None else row[place].strip()

    def _text(self, row: Row, known: str) -> str:
        text = self._cell(row, known)
        if "\x00" in text:
            raise BadCell(f"the {known} holds a character that no text has")
        longest = _TEXT_MAX.get(known, 200)
        if len(text) > longest and known != "description":
            raise BadCell(f"the {known} is longer than {longest} characters")
        return text[:longest]

    def _moment(self, row: Row) -> datetime:
        text = self._cell(row, "occurred_at")
        if not text:
            raise BadCell("the date is missing")
        moment = read_moment(text, self._zone, self._mapping.date_format)
        if moment > self._now:
            raise BadCell("the date is in the future")
        if moment < EARLIEST:
            raise BadCell(f"the date is before {EARLIEST.year}")
        return moment

    def _quantity(self, row: Row) -> Decimal:
        if "quantity" not in self._at:  # what was paid back came back
            return Decimal(-1 if self._amount(row, "net") < 0 else 1)
        text = self._cell(row, "quantity")
        if not text:
            raise BadCell("the quantity is missing")
        return read_decimal(text)

    def _net(self, row: Row, quantity: Decimal) -> int:
        if "net" in self._at:
            return to_minor(self._amount(row, "net"), self._scale, NET_MAX)
        return to_minor(quantity * self._amount(row, "unit_price"), self._scale, NET_MAX)

    def _unit_price(self, row: Row) -> tuple[int | None, int | None]:
        if "unit_price" not in self._at:
            return None, None
        price = self._amount(row, "unit_price")
        decimals = -int(price.normalize().as_tuple().exponent)
        scale = min(max(self._scale, decimals), PRICE_SCALE_MAX)
        return to_minor(price, scale, NET_MAX), scale

    def _amount(self, row: Row, known: str) -> Decimal:
        text = self._cell(row, known)
        if not text:
            raise BadCell("the amount is missing")
        return read_decimal(text)

    def _receipt(self, row: Row, number: int) -> str:
        if "receipt" not in self._at:
            return f"{self._prefix}:{number}"
        receipt = self._text(row, "receipt")
        if not receipt:
            raise BadCell("the receipt number is missing")
        return receipt

    def _channel(self, row: Row) -> str:
        channel = self._text(row, "channel") or self._mapping.channel
        if channel not in CHANNELS:
            raise BadCell(f"“{channel[:40]}” is not one of {', '.join(CHANNELS)}")
        return channel

    def _customer(self, row: Row) -> str | None:
        name = self._text(row, "customer")
        if not name:
            return None
        try:
            return _identity(self._mapping.customer_scheme, name, country_code(self._text(row, "country")))
        except Invalid as refusal:
            raise BadCell(str(refusal).removesuffix(".")) from None


@lru_cache(maxsize=200_000)
def _identity(scheme: str, value: str, country: str) -> str:
    """Names are compared as they are kept: two spellings of one card are one customer, from the first check on."""
    return normalise_identity(scheme, value, country=country)
