"""Changes in the order of commits: a mark says how far a copy has come, so that the next one skips nothing.

A list of a table with `changed_xid` gives, beside its rows, the mark below which they lie. Asked again from that mark
it gives every row committed since, and none twice but those changed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import ExpressionWrapper, Q, QuerySet
from django.db.models.expressions import RawSQL

from .errors import Invalid

Row = TypeVar("Row", bound=models.Model)


class StaleChangeMark(Invalid):
    """The mark was given before the database was restored from a backup; begin again from an instant."""

    default_code = "stale_change_mark"


@dataclass(frozen=True, slots=True)
class ChangeMark:
    """A horizon: every transaction below `xid` had ended when it was read. `epoch` counts restores."""

    epoch: int
    xid: int


def read_mark() -> ChangeMark:
    """Return the mark of now; read it before the rows."""
    with connection.cursor() as cursor:
        cursor.execute("select (select count(*) from kernel_restore), kernel_horizon()::text")
        epoch, xid = cursor.fetchone()
    return ChangeMark(epoch, int(xid))


def changed(
    rows: QuerySet[Row, Row], *, since: datetime | ChangeMark, until: ChangeMark, instant: str
) -> QuerySet[Row, Row]:
    """Keep what changed since a mark, or since an instant by the field `instant`, and lies below `until`.

    Raises StaleChangeMark.
    """
    below = rows.filter(_compared(rows, "<", until.xid))
    if isinstance(since, datetime):
        return below.filter(**{f"{instant}__gte": since})
    if since.epoch != until.epoch:
        raise StaleChangeMark("The database was restored since; begin again from an instant.", pointer="/updated_since")
    return below.filter(_compared(rows, ">=", since.xid))


def _compared(rows: QuerySet[Any, Any], sign: str, xid: int) -> Q:
    column = f'"{rows.model._meta.db_table}"."changed_xid"'
    compared = RawSQL(f"{column} {sign} %s::xid8", [str(xid)])  # noqa: S611 - nobody else’s names are in it
    return Q(ExpressionWrapper(compared, models.BooleanField()))
