"""Parts: a table of facts, month by month of when its rows came to be known, each with a fingerprint of what it holds.

Two exports in whose snapshots a month has one fingerprint have the same rows in it: the later takes the file of the
earlier. A late fact, an erasure, a claim, a correction changes the fingerprint of its month, and the month is written
again; no cursor says what was exported before, so nothing can be skipped. The fingerprint counts the rows and adds up a
hash of each: of the versions of the rows it is made of (`xmin`, the transaction that wrote them) where the table names
them, otherwise of its contents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fidelia.kernel.facts import FactTable

NOTHING: Final = "none"  # the part of a table without rows, and of rows whose instant is not known


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one month (“2026-11”) of a table, how many, and the name of the file that holds just these."""

    month: str
    rows: int
    file: str


def parts_of(cursor: Any, table: FactTable, schema_hash: str) -> list[Part]:
    """Ask the snapshot of `cursor` for the parts of a table, in order; one without rows for an empty table."""
    cursor.execute(_question(table))
    found = cursor.fetchall() or [(NOTHING, 0, "0")]
    return sorted(
        (Part(month, rows, _file_of(month, rows, total, schema_hash)) for month, rows, total in found),
        key=lambda part: part.month,
    )


def rows_of(table: FactTable, parts: Sequence[Part], *, whole: bool) -> str:
    """Return the SQL of the rows of some parts, their month last as `part_`; `whole` when these are all."""
    month = _month_of(f"fact.{table.recorded_at_column}")
    inside = "" if whole else f" where {_within(table, parts)}"
    return f"select fact.*, {month} as part_ from ({table.sql}) fact{inside}"


def _within(table: FactTable, parts: Sequence[Part]) -> str:
    """By ranges of instants, so that PostgreSQL may use an index on them."""
    at, ranges = f"fact.{table.recorded_at_column}", []
    for part in parts:
        if part.month == NOTHING:
            ranges.append(f"{at} is null")
        else:
            begins = f"timestamptz '{part.month}-01 00:00:00Z'"
            ends = f"(({begins} at time zone 'UTC') + interval '1 month') at time zone 'UTC'"
            ranges.append(f"({at} >= {begins} and {at} < {ends})")
    return " or ".join(ranges) or "false"


def _question(table: FactTable) -> str:
    if not table.versions:
        month = _month_of(f"fact.{table.recorded_at_column}")
        hashed = "sum(hashtextextended(fact::text, 0))::text"
        return f"select {month}, count(*), {hashed} from ({table.sql}) fact group by 1"
    source = table.sql[table.sql.index("\nfrom ") :]
    month = _month_of(f"{table.versions[0]}.{table.recorded_at_column}")
    hashed = " + ".join(
        f"coalesce(hashint8extended({alias}.xmin::text::bigint, {place}), 0)::numeric"
        for place, alias in enumerate(table.versions)
    )
    return f"select {month}, count(*), sum({hashed})::text{source} group by 1"


def _month_of(instant: str) -> str:
    return f"coalesce(to_char({instant} at time zone 'UTC', 'YYYY-MM'), '{NOTHING}')"


def _file_of(month: str, rows: int, total: str, schema_hash: str) -> str:
    fingerprint = hashlib.sha256(f"{schema_hash} {rows} {total}".encode()).hexdigest()[:24]
    return f"{month}-{fingerprint}.parquet"
