"""Which tables name a thing by its id: asked of the database itself, so that no module can be forgotten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection
from psycopg import sql

# What says that something happened is no reason for anything to stay.
RECORDS = ("kernel_outbox", "kernel_parked_event", "access_audit", "kernel_change_mark")
_TABLES = """
select c.table_name from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name = %s and c.udt_name = 'uuid'
    and c.table_name <> all(%s) and not starts_with(c.table_name, %s)
order by c.table_name
"""


def find_naming(
    column: str, ids: Sequence[UUID], *, besides: Collection[str] = (), besides_all_of: str = "no module"
) -> dict[str, set[UUID]]:
    """Return which of these ids each table has in a column of that name; tables that name none are left out.

    `besides` are tables that do not count, `besides_all_of` the beginning of the names of a module's own.
    """
    if not ids:
        return {}
    found = {}
    with connection.cursor() as cursor:
        for table in list_naming(column, besides=besides, besides_all_of=besides_all_of):
            question = sql.SQL("select distinct {column} from {table} where {column} = any(%s)")
            cursor.execute(question.format(column=sql.Identifier(column), table=sql.Identifier(table)), [list(ids)])
            named = {one for (one,) in cursor.fetchall()}
            if named:
                found[table] = named
    return found


def list_naming(column: str, *, besides: Collection[str] = (), besides_all_of: str = "no module") -> list[str]:
    """Return the tables that have a column of that name."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [column, [*RECORDS, *besides], besides_all_of])
        return [table for (table,) in cursor.fetchall()]
