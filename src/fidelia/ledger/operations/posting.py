"""The one road of every posting: one statement, one call of `ledger_post_entry` (sql/posting.sql)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict
from uuid import UUID

import msgspec
from django.db import DatabaseError

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import hex_of, prepared_cursor, require_transaction
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin

from ..errors import MalformedPosting, refusal_of

Kind = Literal[
    "earn", "pend", "activate", "cancel", "extend", "reinstate", "redeem", "give_back", "hold", "capture", "release",
    "revoke", "adjust", "transfer", "reverse",
]  # fmt: skip
POINTS_MAX = 10**15  # of one posting; a balance of a thousand such still fits 64 bits
PARTS_MAX = 100
KEY_LENGTH_MAX = 200
LIFE = ("activates_at", "cancels_at", "lives_until", "since", "target_account_id")
CLOCK_PREFIX = "clock:"  # keys of what time does by itself: nobody may take them beforehand


class Provenance(TypedDict, total=False):
    """Where a posting comes from; each verb takes these as keywords.

    `occurred_at` is the moment in the world (the verb's `at` by default): lots and holds are judged at that moment.
    `origin` says how it came to be known (live by default). `source_type` and `source_id` name what caused it
    ("purchase", its id); the ledger does not read them. `note` is for people.
    """

    occurred_at: datetime
    origin: Origin
    partner_id: UUID | None
    store_id: UUID | None
    source_type: str
    source_id: UUID | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnPart:
    """One part of what is earned, with its own lot.

    `amount` in minor units of the points currency; `expires_at` the instant it dies (None: never), computed by the
    programme; `funding` a short name of who pays for it; `unit_cost` what one minor unit of the currency costs them, in
    millionths of a minor unit of the accounting money.
    """

    amount: int
    expires_at: datetime | None = None
    rule_version_id: UUID | None = None
    partner_id: UUID | None = None
    funding: str = "operator"
    unit_cost: int = 0
    lot_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRequest:
    """What one posting shall do to one account; `amount` None is all there is (transfer) or was (release, reverse).

    `lives_until` is until when the posting lets lots live on (None: it does not); `activates_at` and `cancels_at` when
    what it promises comes to life, or is given up; `target_account_id` where the target was posted, if elsewhere.
    """

    account_id: UUID
    currency: str
    key: str
    kind: Kind
    amount: int | None
    provenance: Provenance = field(default_factory=Provenance)
    parts: tuple[EarnPart, ...] = ()
    target_id: UUID | None = None
    link_id: UUID | None = None
    policy: str | None = None
    hold_expires_at: datetime | None = None
    activates_at: datetime | None = None
    cancels_at: datetime | None = None
    lives_until: datetime | None = None
    since: datetime | None = None
    target_account_id: UUID | None = None
    posting_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class PostingResult:
    """What a posting did; the same when it is repeated, but for `replayed`.

    `amount` is signed, what came to the member or left; `balance` the points that are not held, after it (below zero by
    what is owed; it still counts lots that are due and not yet swept, see `queries.get_balance`). Of a revoke,
    `shortfall` is what went below zero, `already_expired` what had died before, `uncollected` what was given up.
    """

    posting_id: UUID
    replayed: bool
    amount: int
    balance: int
    shortfall: int
    already_expired: int
    uncollected: int


# One value instead of thirty: the driver and the server spend more on each value than on reading this text.
REQUEST = "json_populate_record(null::public.ledger_request, %s)"
# For those who write the whole of several use cases by one statement, one for each account: see sql/earning.sql.
EARN_TOGETHER = "public.ledger_earn_together({accounts}, %s::json)"
POST_ENTRY = f"select * from public.ledger_post_entry(%s, {REQUEST})"


def post_entry(*, by: Actor, at: datetime, request: PostingRequest) -> PostingResult:
    """Post one request: check it, call the database once, return what it did.

    A building block: what causes a posting has asked for the right to it (purchase.record, points.adjust). Raises
    MalformedPosting and every refusal of `errors`; the transaction is then aborted, and with it the use case.
    """
    require_transaction()
    check_request(request)
    with refusals(), prepared_cursor() as cursor:
        cursor.execute(POST_ENTRY, [request.account_id, request_json(request, by=by, at=at)])
        return PostingResult(*cursor.fetchone())


def check_request(request: PostingRequest) -> None:
    """Raise MalformedPosting for what no ledger could post."""
    if not 1 <= len(request.key) <= KEY_LENGTH_MAX or request.key.startswith(CLOCK_PREFIX):
        raise MalformedPosting(f"An idempotency key has 1 to {KEY_LENGTH_MAX} characters.", pointer="/key")
    if request.amount is not None and (request.amount == 0 or abs(request.amount) > POINTS_MAX):
        raise MalformedPosting("A posting moves at least one unit of points.", pointer="/amount")
    if request.amount is not None and request.amount < 0 and request.kind != "adjust":
        raise MalformedPosting("An amount of points is positive.", pointer="/amount")
    if len(request.parts) > PARTS_MAX:
        raise MalformedPosting(f"A posting has at most {PARTS_MAX} parts.", pointer="/parts")
    if any(not 0 < part.amount <= POINTS_MAX for part in request.parts):
        raise MalformedPosting("Each part brings at least one unit of points.", pointer="/parts")


def request_json(request: PostingRequest, *, by: Actor, at: datetime) -> str:
    """Return the value of REQUEST: the fields of a ledger_request, as JSON."""
    given = request.provenance
    occurred_at, partner_id = given.get("occurred_at", at), given.get("partner_id")
    fields = {
        "idem_key": request.key, "request_hash": hex_of(request_hash_of(request)), "posting_id": request.posting_id,
        "kind": request.kind, "currency": request.currency, "amount": request.amount, "occurred_at": occurred_at,
        "recorded_at": at, "partner_id": partner_id, "store_id": given.get("store_id"), "actor_kind": by.kind,
        "actor_id": by.id, "origin": given.get("origin", Origin.LIVE), "source_type": given.get("source_type", ""),
        "source_id": given.get("source_id"), "note": given.get("note", ""), "target_id": request.target_id,
        "link_id": request.link_id, "policy": request.policy, "hold_expires_at": request.hold_expires_at,
        "parts": [_part_fields(part, occurred_at, partner_id) for part in request.parts] or None,
    }  # fmt: skip
    for name in LIFE:  # absent is null: a plain posting carries no more than before
        value = getattr(request, name)
        if value is not None:
            fields[name] = value
    return msgspec.json.encode(fields).decode()


def earning_json(request: PostingRequest, *, by: Actor, at: datetime) -> str:
    """Return an element of the value of EARN_TOGETHER."""
    return f'{{"account_id":"{request.account_id}",{request_json(request, by=by, at=at)[1:]}'


def _part_fields(part: EarnPart, occurred_at: datetime, partner_id: UUID | None) -> dict[str, Any]:
    return {
        "lot_id": part.lot_id, "amount": part.amount, "earned_at": occurred_at, "expires_at": part.expires_at,
        "partner_id": part.partner_id or partner_id, "rule_version_id": part.rule_version_id, "funding": part.funding,
        "unit_cost": part.unit_cost,
    }  # fmt: skip


def request_hash_of(request: PostingRequest) -> bytes:
    """Return what makes two requests under one key the same: what is asked, not when nor by which version of a rule."""
    given = request.provenance
    link_id = request.link_id if request.kind == "reverse" else None  # a transfer's own link is made anew each time
    return hash_of(
        request.kind, request.currency, request.amount, [part.amount for part in request.parts],
        str(request.target_id), str(link_id), request.policy, given.get("source_type", ""),
        str(given.get("source_id")),
    )  # fmt: skip


def hash_of(*asked: object) -> bytes:
    """Return the hash of what is asked."""
    return hashlib.sha256(json.dumps(asked).encode()).digest()


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what a ledger function refuses into the refusal of that name."""
    try:
        yield
    except DatabaseError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
