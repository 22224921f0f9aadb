"""Writing many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from .db import require_transaction


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a table inside the caller's transaction and return how many (about 200,000 a second).

    Rows may be computed as they are asked for, but not with a statement on this connection: that raises RuntimeError.
    """
    require_transaction()
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    # The driver's own COPY: Django turns its errors into its own nowhere but here.
    refusing = connection.execute_wrapper(_no_statement_amid_a_copy)
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy, refusing:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _no_statement_amid_a_copy(*_statement: Any) -> None:
    """Rows that query the connection they are copied on would wait for each other for ever, in silence."""
    raise RuntimeError("A statement was sent on the connection of a COPY still under way: read before writing.")


def stage_rows(table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a temporary table (column → SQL type) that lasts until the transaction ends; return how many.

    Statements then join it: a few for any number of rows, where one statement holding them all as literals would be
    parsed for seconds. A table of that name staged earlier in the transaction is replaced.
    """
    require_transaction()
    definition = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists pg_temp.{table}")
        cursor.execute(f"create temporary table {table} ({definition}) on commit drop")
    count = copy_rows(table, tuple(columns), rows)
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {table}")
    return count
