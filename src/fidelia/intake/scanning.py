"""What only a pass over the rows of a file shows: codes, customers, how receipts follow. Knows no Django."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from .dates import NotInCalendar
from .rows import BadRow, Row
from .states import word_of
from .tables import Table
from .values import BadCell, read_day, read_money

ROWS_MAX = 1_000_000
ROWS_OF_RECEIPTS_MAX = 50_000
CUSTOMERS_MAX = 200_000
WORDS_MAX = 50  # more different ones are no vocabulary

SPEAKING = ("kind", "status")

Piece = tuple[str, str, str, str]  # a receipt's number with its day, store and till


@dataclass(slots=True)
class Scan:
    """`described` are the products with a description, `customers` how many rows name each; `pieces` the runs of rows
    of one receipt, as they follow in the file; `gaps` the rows without a receipt number that name a product or amount,
    of which `gaps_undated` have no day either; `receipts` and `amounts` stand beside each other, row by
    row, those that repeat another left out (`contents` are their hashes);
    `visits` are hashes of the customers and moments of `rows_of_visits` rows, of a file without receipt numbers;
    `words` are what the columns that speak of rows (kind, status) say, folded."""

    described: dict[str, str] = field(default_factory=dict)
    customers: Counter[str] = field(default_factory=Counter)
    pieces: list[Piece] = field(default_factory=list)
    rows: int = 0
    rows_of_receipts: int = 0
    gaps: int = 0
    gaps_undated: int = 0
    receipts: list[str] = field(default_factory=list)
    amounts: list[Decimal | None] = field(default_factory=list)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    contents: set[int] = field(default_factory=set)
    visits: set[int] = field(default_factory=set)
    rows_of_visits: int = 0


def scan(table: Table, columns: Mapping[str, str]) -> Scan:
    """Look through a file of lines. Raises UnreadableFile."""
    found = Scan()
    place = {name: table.columns.index(header) for name, header in columns.items()}
    if not {"product", "customer", "receipt", *SPEAKING} & set(place):
        return found
    for number, row in enumerate(islice(table.rows(), ROWS_MAX)):
        if isinstance(row, BadRow) or len(row) > len(table.columns):
            continue
        found.rows += 1
        _describe(found, row, place)
        _hear(found, row, place)
        _visit(found, row, place)
        if number < ROWS_OF_RECEIPTS_MAX and "receipt" in place:
            _follow(found, row, place, table)
    return found


def _describe(found: Scan, row: Row, place: Mapping[str, int]) -> None:
    if "product" in place:
        code = row[place["product"]]
        if not found.described.get(code):
            found.described[code] = row[place["description"]] if "description" in place else ""
    customer = row[place["customer"]].strip() if "customer" in place else ""
    if customer and (customer in found.customers or len(found.customers) < CUSTOMERS_MAX):
        found.customers[customer] += 1


def _visit(found: Scan, row: Row, place: Mapping[str, int]) -> None:
    """Where no column is the receipt: how many rows name a customer, and how many of them at moments of their own."""
    if "receipt" in place or not {"customer", "occurred_at"} <= set(place):
        return
    told = tuple(row[place[name]].strip() for name in ("customer", "occurred_at", "time", "store") if name in place)
    if told[0] and told[1]:
        found.rows_of_visits += 1
        found.visits.add(hash(told))


def _hear(found: Scan, row: Row, place: Mapping[str, int]) -> None:
    for name in SPEAKING:
        if name in place and (text := row[place[name]]):
            said = found.words.setdefault(name, Counter())
            if len(said) < WORDS_MAX or word_of(text) in said:
                said[word_of(text)] += 1


def _follow(found: Scan, row: Row, place: Mapping[str, int], table: Table) -> None:
    number = row[place["receipt"]].strip()
    day = row[place["occurred_at"]].strip() if "occurred_at" in place else ""
    found.rows_of_receipts += 1
    # The same row once more tells nothing of what an amount is: an export that was pasted twice has all its rows so.
    content = hash(tuple(row))
    is_again = content in found.contents
    found.contents.add(content)
    if "net" in place and not is_again:
        found.receipts.append(number)
        found.amounts.append(_amount(row[place["net"]], table))
    if not number:
        if any(name in place and row[place[name]].strip() for name in ("product", "description")):
            found.gaps += 1
            found.gaps_undated += not day
        return
    store, till = (row[place[name]].strip() if name in place else "" for name in ("store", "till"))
    last = found.pieces[-1] if found.pieces else None
    if last is None or last[0] != number or (last[2], last[3]) != (store, till) or last[1] != _day(day, table):
        found.pieces.append((number, _day(day, table), store, till))


def _amount(text: str, table: Table) -> Decimal | None:
    try:
        return read_money(text, table.reading) if text.strip() else None
    except BadCell:
        return None


def _day(text: str, table: Table) -> str:
    try:
        return read_day(text, table.reading).isoformat()
    except (BadCell, NotInCalendar):
        return ""
