"""Read the texts of staged rows by the functions of `intake.values`, each distinct text once.

A file of half a million rows has some ten thousand distinct dates and some hundred quantities. What a text means is so
defined in one place, for a preview of ten rows and for the check of millions; statements join the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from fidelia.kernel.db import require_transaction

from ..rejections import keep_reason
from ..values import BadCell

DISTINCT_FETCHED = 20_000

Reader = Callable[..., Sequence[Any]]


def stage_values(*, table: str, rows: str, texts: Sequence[str], values: Mapping[str, str], read: Reader) -> None:
    """Make a temporary table of the distinct `texts` of a temporary table of rows, with what they mean.

    It lasts as long as the session, unless it is dropped: whoever checks a file does so in many short transactions.

    Its columns are the texts, then `values` (name → SQL type), then `reason`: `read` is given the texts and returns
    the values, or raises BadCell, and the values are null and the reason is kept. Join it by all its texts.
    """
    require_transaction()
    named = [*texts, *values]
    columns = ", ".join([*(f"{name} text" for name in texts), *(f"{name} {kind}" for name, kind in values.items())])
    nothing = (None,) * len(values)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.execute(f"drop table if exists pg_temp.{table}")
        cursor.execute(f"create temporary table {table} ({columns}, reason text)")
        for found in _distinct(table, rows, texts):
            with cursor.copy(f"copy {table} ({', '.join(named)}, reason) from stdin") as copy:
                for cells in found:
                    try:
                        copy.write_row((*cells, *read(*cells), None))
                    except BadCell as bad:
                        copy.write_row((*cells, *nothing, _kept(bad)))
        cursor.execute(f"analyze {table}")


def _distinct(table: str, rows: str, texts: Sequence[str]) -> Iterator[list[tuple[str, ...]]]:
    with connection.connection.cursor(name=f"distinct_{table}") as cursor:
        cursor.execute(f"select distinct {', '.join(texts)} from {rows}")
        while found := cursor.fetchmany(DISTINCT_FETCHED):
            yield found


def _kept(bad: BadCell) -> str:
    return keep_reason(bad.code, **bad.values) if bad.code else str(bad)
