"""Cursors: where the next page of a list begins, opaque to callers and signed, so that none is made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.core.signing import BadSignature, Signer

from fidelia.kernel.changes import ChangeMark

from .errors import MalformedCursor

T = TypeVar("T")
LENGTH_MAX = 2_000
CHANGES = "changes"


def write_cursor(list_name: str, *position: object) -> str:
    """Return the cursor of a list after a position: texts, whole numbers, instants and ids."""
    return Signer(salt=f"cursor {list_name}").sign_object([_plain(part) for part in position])


def read_cursor(list_name: str, cursor: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """Return the position, each part read by its kind (`UUID`, `datetime.fromisoformat`…); None without a cursor.

    Raises MalformedCursor for a cursor of another list, another installation, or made up.
    """
    if cursor is None:
        return None
    try:
        if len(cursor) > LENGTH_MAX:
            raise BadSignature
        parts = Signer(salt=f"cursor {list_name}").unsign_object(cursor)
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (BadSignature, ValueError, TypeError):
        raise MalformedCursor("This is not a cursor that this list gave out; begin again without it.") from None


def write_mark(mark: ChangeMark) -> str:
    """Return a mark of changes as callers keep it."""
    return write_cursor(CHANGES, mark.epoch, mark.xid)


def read_since(since: datetime | str | None) -> datetime | ChangeMark | None:
    """Return what `updated_since` says: an instant, or the mark that an answer gave. Raises MalformedCursor."""
    if not isinstance(since, str):
        return since
    position = read_cursor(CHANGES, since, int, int)
    assert position is not None, "a text is a cursor or refused"
    return ChangeMark(*position)


def page_of(
    list_name: str, rows: Sequence[T], limit: int, position: Callable[[T], tuple[object, ...]]
) -> tuple[Sequence[T], str | None]:
    """Split rows, of which one more than `limit` was asked for, into the page and the cursor of the next one."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], write_cursor(list_name, *position(rows[limit - 1]))


def _plain(part: object) -> object:
    if isinstance(part, datetime):
        return part.isoformat()
    return str(part) if isinstance(part, UUID) else part
