"""Balances that members bring along from another programme: posted in bulk, and taken back in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin

from ..errors import MalformedPosting
from .bulk import CHUNK, FUNCTIONS, ONE_BY_ONE, BulkResult, post_columns
from .posting import CLOCK_PREFIX, KEY_LENGTH_MAX, POINTS_MAX, hash_of, refusals

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOpening:
    """Points that a member had on the day `occurred_at`, all dying at `expires_at` (None: never); below zero: owed.

    `earned_at` is when they were earned elsewhere, where that is known: of two lots that die together, the older is
    spent first. `posting_id` is the identity of the lot too.
    """

    account_id: UUID
    amount: int
    key: str
    occurred_at: datetime
    earned_at: datetime | None = None
    expires_at: datetime | None = None
    funding: str = "operator"
    unit_cost: int = 0
    partner_id: UUID | None = None
    posting_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReversal:
    """A posting to undo, named by the key under which it was made; date and source where it has its own."""

    account_id: UUID
    target_key: str
    key: str
    occurred_at: datetime | None = None
    source_id: UUID | None = None
    posting_id: UUID = field(default_factory=new_id)


_OPEN = """
select * from public.ledger_open_in_bulk(%s::uuid[], %s::text[], %s::bytea[], %s::uuid[], %s::bigint[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[], %s::uuid[],
    %s, %s, %s, %s, %s, %s, %s) order by n
"""


def open_in_bulk(
    *,
    by: Actor,
    at: datetime,
    currency: str,
    openings: Sequence[BulkOpening],
    source_id: UUID,
    source_type: str = "opening",
    origin: Origin = Origin.BACKFILL,
) -> list[BulkResult]:
    """Post opening balances of one currency in the caller's transaction; return what became of each, in their order.

    Those below zero are posted after the others: they take what there is, and owe the rest where the account may
    ("negative_not_allowed" otherwise). A key posted before changes nothing. Accounts stay locked until the transaction
    ends. Raises UnknownAccount, AccountClosed, MalformedPosting.
    """
    require_transaction()
    _check(openings)
    same = [currency, at, by.kind, by.id, str(origin), source_type]
    found: dict[int, BulkResult] = {}
    places = [place for place, one in enumerate(openings) if one.amount > 0]
    for chunk in _chunks(places):
        rows = [openings[place] for place in chunk]
        found |= zip(chunk, _open(rows, [*same, source_id]), strict=True)
    below = [place for place, one in enumerate(openings) if one.amount < 0]
    for chunk in _chunks(below):
        columns = [_column_of_debt(name, [openings[place] for place in chunk], source_id) for name in _NAMES]
        found |= zip(chunk, post_columns(ONE_BY_ONE, columns, same), strict=True)
    return [found[place] for place in range(len(openings))]


def reverse_in_bulk(
    *,
    by: Actor,
    at: datetime,
    currency: str,
    reversals: Sequence[BulkReversal],
    source_id: UUID | None = None,
    source_type: str = "opening",
    origin: Origin = Origin.BACKFILL,
) -> list[BulkResult]:
    """Undo many postings, each as `reverse` does, in the caller's transaction; return what became of each.

    A row refused ("points_spent", "already_reversed", …) leaves the others standing. Raises UnknownAccount,
    AccountClosed.
    """
    require_transaction()
    same = [currency, at, by.kind, by.id, str(origin), source_type]
    found: list[BulkResult] = []
    for chunk in _chunks(reversals):
        columns = [_column_of_reversal(name, chunk, at, source_id) for name in _NAMES]
        found += post_columns(ONE_BY_ONE, columns, same)
    return found


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rows = iter(items)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _check(openings: Sequence[BulkOpening]) -> None:
    for one in openings:
        if not 1 <= len(one.key) <= KEY_LENGTH_MAX or one.key.startswith(CLOCK_PREFIX):
            raise MalformedPosting(f"“{one.key}” is not an idempotency key of 1 to {KEY_LENGTH_MAX} characters.")
        if not 0 < abs(one.amount) <= POINTS_MAX:
            raise MalformedPosting(f"Row “{one.key}” opens with {one.amount}; nothing is no balance.")


def _open(rows: Sequence[BulkOpening], same: Sequence[Any]) -> list[BulkResult]:
    with refusals(), connection.cursor() as cursor:
        cursor.execute(
            _OPEN,
            [
                [row.account_id for row in rows],
                [row.key for row in rows],
                [_hash_of(row) for row in rows],
                [row.posting_id for row in rows],
                [row.amount for row in rows],
                [row.occurred_at for row in rows],
                [row.earned_at or row.occurred_at for row in rows],
                [row.expires_at for row in rows],
                [row.funding for row in rows],
                [row.unit_cost for row in rows],
                [row.partner_id for row in rows],
                *same,
            ],
        )
        return [BulkResult(*outcome) for _n, *outcome in cursor.fetchall()]


_NAMES = tuple(name for name, _kind in FUNCTIONS[ONE_BY_ONE])


def _column_of_debt(name: str, rows: Sequence[BulkOpening], source_id: UUID) -> list[object] | None:
    same: dict[str, object] = {"kind": "open", "policy": "allow_negative", "source_id": source_id}
    if name in same:
        return [same[name]] * len(rows)
    elif name == "hash":
        return [_hash_of(row) for row in rows]
    elif name in ("account_id", "key", "posting_id", "amount", "occurred_at", "funding", "unit_cost", "partner_id"):
        return [getattr(row, name) for row in rows]
    return None


def _column_of_reversal(
    name: str, rows: Sequence[BulkReversal], at: datetime, source_id: UUID | None
) -> list[object] | None:
    same: dict[str, object] = {"occurred_at": at, "source_id": source_id}
    if name == "kind":
        return ["reverse"] * len(rows)
    elif name in same:
        return [getattr(row, name) or same[name] for row in rows]
    elif name == "hash":
        return [hash_of("reverse", row.target_key) for row in rows]
    elif name == "earn_key":
        return [row.target_key for row in rows]
    elif name in ("account_id", "key", "posting_id"):
        return [getattr(row, name) for row in rows]
    return None


def _hash_of(row: BulkOpening) -> bytes:
    return hash_of("open", row.amount, str(row.expires_at), str(row.earned_at))
