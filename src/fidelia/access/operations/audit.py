"""Record who did what, in the transaction of what was done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import EVERYWHERE, Actor, Scope
from fidelia.kernel.db import prepared_cursor, require_transaction
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money

RECORD = """
insert into access_audit (by_kind, by_id, by_label, verb, object_type, partner_id, at, object_id, before, after)
select %s, %s, %s, %s, %s, %s, %s, %s, %s, %s"""
# For those who write the whole of several use cases by one statement: they read `Deed.fields()` of each as these
# columns, and add the `from`.
DEED_COLUMNS = """by_kind text, by_id uuid, by_label text, verb text, object_type text, audited_partner_id uuid,
at timestamptz, object_id text, before jsonb, after jsonb"""
RECORD_READ = """
insert into access_audit (by_kind, by_id, by_label, verb, object_type, partner_id, at, object_id, before, after)
select by_kind, by_id, by_label, verb, object_type, audited_partner_id, at, object_id, before, after"""
_RECORD_ALL = """
insert into access_audit (by_kind, by_id, by_label, verb, object_type, partner_id, at, object_id, before, after)
select %s, %s::uuid, %s, %s, %s, %s::uuid, %s::timestamptz, * from unnest(%s::text[], %s::jsonb[], %s::jsonb[])
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One object a verb touched: its state before (None: it is new) and after (None: it is gone)."""

    object_id: UUID | str | int
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One row of the audit: who did what when, to which object, and how it changed."""

    by: Actor
    at: datetime
    verb: str
    object_type: str
    change: Change
    scope: Scope = EVERYWHERE

    def fields(self) -> dict[str, Any]:
        """Return the DEED_COLUMNS, as JSON has them; before and after hold plain texts and numbers."""
        by, change = self.by, self.change
        return {
            "by_kind": by.kind,
            "by_id": by.id,
            "by_label": by.label,
            "verb": self.verb,
            "object_type": self.object_type,
            "audited_partner_id": self.scope.partner_id,
            "at": self.at,
            "object_id": str(change.object_id),
            "before": change.before,
            "after": change.after,
        }

    def values(self) -> list[Any]:
        """Return the values of RECORD."""
        by, change = self.by, self.change
        return [
            *(by.kind, by.id, by.label, self.verb, self.object_type, self.scope.partner_id, self.at),
            *(str(change.object_id), _json_of(change.before), _json_of(change.after)),
        ]


def record_audit(
    *,
    by: Actor,
    at: datetime,
    verb: str,
    object_type: str,
    object_id: UUID | str | int,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    scope: Scope = EVERYWHERE,
) -> None:
    """Append one audit row, with one statement, in the caller's transaction.

    `verb` is the right that was asked for ("store.close"); `before` and `after` hold what changed: JSON values, UUID,
    dates, Money and LocalizedText. Never put a customer's name or address there: the audit outlives an erasure.
    """
    require_transaction()
    change = Change(object_id, before, after)
    deed = Deed(by=by, at=at, verb=verb, object_type=object_type, change=change, scope=scope)
    with prepared_cursor() as cursor:
        cursor.execute(RECORD, deed.values())


def forget_reasons(*, object_ids: Sequence[UUID]) -> int:
    """Building block of an erasure: leave out of the audit what people wrote about these objects; return of how many
    rows. What was done, when and by whom stays.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("select public.access_forget_reasons(%s)", [[str(one) for one in object_ids]])
        return int(cursor.fetchone()[0])


def record_audits(
    *, by: Actor, at: datetime, verb: str, object_type: str, changes: Sequence[Change], scope: Scope = EVERYWHERE
) -> None:
    """Append one audit row per change of one verb, with one statement, in the caller's transaction."""
    require_transaction()
    if not changes:
        return
    with prepared_cursor() as cursor:
        cursor.execute(
            _RECORD_ALL,
            [
                *(by.kind, by.id, by.label, verb, object_type, scope.partner_id, at),
                [str(change.object_id) for change in changes],
                [_json_of(change.before) for change in changes],
                [_json_of(change.after) for change in changes],
            ],
        )


def _json_of(state: Mapping[str, Any] | None) -> str | None:
    return None if state is None else _encode(dict(state))


def _json_value(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, Money):
        return {"amount": value.text(), "currency": value.currency}
    if isinstance(value, LocalizedText):
        return value.as_mapping()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in an audit row")


_encode = json.JSONEncoder(default=_json_value).encode
