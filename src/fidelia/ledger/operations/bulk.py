"""Many postings at once, for imports: set-based, in chunks, each row with its own times, key and outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any, ClassVar, Literal
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin

from ..errors import MalformedPosting
from .correcting import RevokePolicy
from .posting import CLOCK_PREFIX, KEY_LENGTH_MAX, POINTS_MAX, hash_of, refusals

# Above this the rate no longer grows and the balances of a chunk stay locked for longer.
CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEarn:
    """Points to bring, or (kind "pend") to promise until `activates_at` or an event; units as in `EarnPart`, moments as
    in `PostingRequest`. `posting_id` is the identity of its lot too.
    """

    policy: ClassVar[None] = None
    earn_key: ClassVar[None] = None

    account_id: UUID
    amount: int
    key: str
    occurred_at: datetime
    kind: Literal["earn", "pend"] = "earn"
    expires_at: datetime | None = None
    activates_at: datetime | None = None
    cancels_at: datetime | None = None
    lives_until: datetime | None = None
    rule_version_id: UUID | None = None
    funding: str = "operator"
    unit_cost: int = 0
    partner_id: UUID | None = None
    store_id: UUID | None = None
    source_id: UUID | None = None
    posting_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRevoke:
    """Points to take back, as `revoke` does; `earn_key` is the key under which they were earned, when it is known."""

    kind: ClassVar[str] = "revoke"
    expires_at: ClassVar[None] = None
    activates_at: ClassVar[None] = None
    cancels_at: ClassVar[None] = None
    lives_until: ClassVar[None] = None
    rule_version_id: ClassVar[None] = None
    funding: ClassVar[str] = "operator"
    unit_cost: ClassVar[int] = 0

    account_id: UUID
    amount: int
    key: str
    occurred_at: datetime
    policy: RevokePolicy
    earn_key: str | None = None
    partner_id: UUID | None = None
    store_id: UUID | None = None
    source_id: UUID | None = None
    posting_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one row: "posted", "replayed", or the code of the refusal; the rest as in `PostingResult`.

    A row that was refused or replayed has no amounts.
    """

    status: str
    posting_id: UUID | None
    amount: int | None
    balance: int | None
    shortfall: int | None
    already_expired: int | None
    uncollected: int | None


COLUMNS = (
    ("account_id", "uuid"), ("key", "text"), ("hash", "bytea"), ("posting_id", "uuid"), ("kind", "text"),
    ("amount", "bigint"), ("occurred_at", "timestamptz"), ("expires_at", "timestamptz"), ("rule_version_id", "uuid"),
    ("funding", "text"), ("unit_cost", "bigint"), ("partner_id", "uuid"), ("store_id", "uuid"), ("source_id", "uuid"),
    ("earn_key", "text"), ("policy", "text"),
)  # fmt: skip
# What only the single road knows: points that wait, and activity that lets all points live on.
OF_LIFE = (("activates_at", "timestamptz"), ("cancels_at", "timestamptz"), ("lives_until", "timestamptz"))
TOGETHER, ONE_BY_ONE = "ledger_earn_in_bulk", "ledger_post_one_by_one"
FUNCTIONS = {TOGETHER: COLUMNS, ONE_BY_ONE: (*COLUMNS, *OF_LIFE)}


def post_in_bulk(
    *,
    by: Actor,
    at: datetime,
    currency: str,
    postings: Iterable[BulkEarn | BulkRevoke],
    source_type: str,
    origin: Origin = Origin.BACKFILL,
) -> list[BulkResult]:
    """Post many earns and revokes of one currency and return what became of each, in their order.

    Rows of one account count in the order given (sort by `occurred_at`). A row refused leaves the others standing; an
    unknown or closed account refuses all. A key posted before changes nothing. Two calls of the database per 2,000 rows
    at most, inside the caller's transaction; accounts stay locked until it ends, so end it every few chunks beside live
    traffic, and let one import run at a time. Raises UnknownAccount, AccountClosed, MalformedPosting.
    """
    require_transaction()
    results: list[BulkResult] = []
    for chunk in _chunks(postings):
        _check(chunk)
        found: dict[int, BulkResult] = {}
        for function, places in _split(chunk).items():
            rows = [chunk[place] for place in places]
            values = [_column(name, rows, currency, source_type) for name, _kind in FUNCTIONS[function]]
            same = [currency, at, by.kind, by.id, str(origin), source_type]
            found |= zip(places, post_columns(function, values, same), strict=True)
        results += [found[place] for place in range(len(chunk))]
    return results


def post_columns(function: str, columns: Sequence[list[Any] | None], same: Sequence[Any]) -> list[BulkResult]:
    """Building block: call a function of the ledger with its columns (FUNCTIONS) and what is the same for all rows."""
    arguments = ", ".join(f"%s::{kind}[]" for _name, kind in FUNCTIONS[function])
    with refusals(), connection.cursor() as cursor:
        cursor.execute(
            f"select * from public.{function}({arguments}, %s, %s, %s, %s, %s, %s) order by n", [*columns, *same]
        )
        return [BulkResult(*outcome) for _n, *outcome in cursor.fetchall()]


def _chunks(postings: Iterable[BulkEarn | BulkRevoke]) -> Iterator[list[BulkEarn | BulkRevoke]]:
    rows = iter(postings)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _split(chunk: Sequence[BulkEarn | BulkRevoke]) -> dict[str, list[int]]:
    """Return the places in the chunk that each function posts.

    What follows a revoke of the same account goes one by one with it: what it takes depends on what it finds. So does
    what waits, or lets other points live on, with all that comes after it.
    """
    together: list[int] = []
    one_by_one: list[int] = []
    entangled: set[UUID] = set()
    for place, row in enumerate(chunk):
        if row.kind != "earn" or row.lives_until is not None:
            entangled.add(row.account_id)
        (one_by_one if row.account_id in entangled else together).append(place)
    split = {TOGETHER: together, ONE_BY_ONE: one_by_one}
    return {function: places for function, places in split.items() if places}


def _check(chunk: Sequence[BulkEarn | BulkRevoke]) -> None:
    for row in chunk:
        if not 1 <= len(row.key) <= KEY_LENGTH_MAX or row.key.startswith(CLOCK_PREFIX):
            raise MalformedPosting(f"“{row.key}” is not an idempotency key of 1 to {KEY_LENGTH_MAX} characters.")
        if not 0 < row.amount <= POINTS_MAX:
            raise MalformedPosting(f"Row “{row.key}” moves {row.amount}; an amount of points is positive.")


def _column(name: str, chunk: Sequence[BulkEarn | BulkRevoke], currency: str, source_type: str) -> list[Any] | None:
    if name == "hash":
        return [_hash_of(row, currency, source_type) for row in chunk]
    column = list(map(attrgetter(name), chunk))
    return column if any(value is not None for value in column) else None  # unnest fills a missing array with nulls


def _hash_of(row: BulkEarn | BulkRevoke, currency: str, source_type: str) -> bytes:
    """As the single verb's for an earn; a revoke names what it takes back by key instead of by identity."""
    parts = [row.amount] if row.kind != "revoke" else []
    return hash_of(
        row.kind, currency, row.amount, parts, str(row.earn_key), "None", row.policy, source_type, str(row.source_id)
    )
