"""Write a purchase, its posting, lines, decision, event and audit row: by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from fidelia.access.operations.audit import DEED_COLUMNS, RECORD_READ, Deed
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import hex_of, require_transaction
from fidelia.kernel.outbox import Event
from fidelia.kernel.outbox.announcing import ANNOUNCE_READ, EVENT_COLUMNS, fields_of
from fidelia.kernel.together import Kind, ask_in_set
from fidelia.ledger.operations import PostingRequest
from fidelia.ledger.operations.posting import EARN_TOGETHER, check_request, earning_json, refusals

from ..models import Purchase

PURCHASE_COLUMNS = (
    *("purchase_id", "kind", "source", "receipt_number", "idempotency_owner", "idempotency_key", "request_hash"),
    *("programme_id", "customer_id", "enrolment_id", "account_id", "partner_id", "store_id", "channel", "currency"),
    *("total", "product_total", "points", "balance_after", "rule_version_id", "posting_id", "returns_purchase_id"),
    *("borne_by_store_id", "occurred_at", "recorded_at", "origin"),
)
LINE_COLUMNS = (
    *("line_number", "product_id", "product_code", "description", "quantity", "net", "unit_price", "unit_price_scale"),
    *("is_product", "points", "returns_purchase_id", "returns_line_number", "category", "brand"),
)
# What is told of a purchase: its own columns, then those of its decision, of its event and of the audit.
TOLD = f"""
    purchase_id uuid, kind text, source text, receipt_number text, idempotency_owner text, idempotency_key text,
    request_hash bytea, programme_id uuid, customer_id uuid, enrolment_id uuid, account_id uuid, partner_id uuid,
    store_id uuid, channel text, currency text, total bigint, product_total bigint, points bigint, balance_after bigint,
    rule_version_id uuid, posting_id uuid, returns_purchase_id uuid, borne_by_store_id uuid, occurred_at timestamptz,
    recorded_at timestamptz, origin text,
    sequence bigint, hash bytea, previous_hash bytea, decided_version_id uuid, record jsonb,
    {EVENT_COLUMNS}, {DEED_COLUMNS}"""
LINES = """purchase_id uuid, line_number smallint, product_id uuid, product_code text, description text,
    quantity bigint, net bigint, unit_price bigint, unit_price_scale smallint, is_product boolean, points bigint,
    returns_purchase_id uuid, returns_line_number smallint, category text, brand text"""
# Several purchases at once, each with its posting, lines, decision, event and audit row. Nothing is written of one of
# which the head of the chain is no longer that which it was decided after: the head moves by one or not at all.
_WRITE = f"""
with told as materialized (
    select * from rows from (json_to_recordset(%s::json) as ({TOLD})) with ordinality
), moved as (
    insert into activity_chain (account_id, sequence, hash)
    select account_id, sequence, hash from told where sequence is not null order by account_id
    on conflict (account_id) do update set sequence = excluded.sequence, hash = excluded.hash
        where activity_chain.sequence = excluded.sequence - 1
    returning account_id
), posted as (
    select posting.id, posting.balance from {EARN_TOGETHER.format(accounts="array(select account_id from moved)")} done,
        unnest(done.postings, done.balances) posting (id, balance)
), first as materialized (
    select told.*, posted.balance from told left join posted on posted.id = told.posting_id
    where told.sequence is null or told.account_id in (select account_id from moved)
), purchases as (
    insert into activity_purchase ({", ".join(PURCHASE_COLUMNS)})
    select {", ".join(PURCHASE_COLUMNS).replace("balance_after", "coalesce(balance, balance_after)")} from first
), decisions as (
    insert into activity_decision (account_id, sequence, purchase_id, rule_version_id, record, previous_hash, hash,
        occurred_at, recorded_at)
    select account_id, sequence, purchase_id, decided_version_id, record, previous_hash, hash, occurred_at, recorded_at
    from first where sequence is not null
), announced as ({ANNOUNCE_READ} from first order by ordinality), audited as ({RECORD_READ} from first),
lines as (
    insert into activity_line (purchase_id, {", ".join(LINE_COLUMNS)})
    select line.* from json_to_recordset(%s::json) line ({LINES})
    where line.purchase_id in (select purchase_id from first)
)
select ordinality::text, coalesce(balance, balance_after)::text from first
"""


@dataclass(slots=True, kw_only=True)
class PurchaseRow:
    """A purchase as it is kept; see `models.Purchase`, which costs forty times as much to make."""

    purchase_id: UUID
    kind: str
    source: str
    receipt_number: str
    idempotency_owner: str
    idempotency_key: str
    request_hash: bytes
    programme_id: UUID | None
    customer_id: UUID | None
    enrolment_id: UUID | None
    account_id: UUID | None
    partner_id: UUID | None
    store_id: UUID | None
    channel: str
    currency: str
    total: int
    product_total: int
    occurred_at: datetime
    recorded_at: datetime
    origin: str
    points: int = 0
    balance_after: int | None = None
    rule_version_id: UUID | None = None
    posting_id: UUID | None = None
    returns_purchase_id: UUID | None = None
    borne_by_store_id: UUID | None = None


class LineRow(msgspec.Struct, frozen=True):
    """A line as it is kept."""

    line_number: int
    product_id: UUID | None
    product_code: str
    description: str
    quantity: int
    net: int
    is_product: bool
    points: int
    returns_purchase_id: UUID | None = None
    returns_line_number: int | None = None
    unit_price: int | None = None
    unit_price_scale: int | None = None
    category: str | None = None
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it is kept: its place in the account's chain, the record, its canonical text, and both hashes."""

    account_id: UUID
    sequence: int
    rule_version_id: UUID | None
    record: dict[str, Any]
    text: str
    previous_hash: bytes
    hash: bytes
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """What the ledger is asked for with a purchase."""

    by: Actor
    at: datetime
    request: PostingRequest


def write_purchase(
    purchase: Purchase, lines: list[LineRow], decision: DecisionRow | None, *, event: Event, deed: Deed
) -> None:
    """Insert a purchase with its lines and, where it has one, its decision, moving the head of the chain; tell of it.

    For a use case that holds the lock of the chain. The event and the audit row travel along, because each statement of
    its own costs a twelfth of a purchase.
    """
    require_transaction()
    is_written = write_if_first(purchase, lines, decision, None, event=event, deed=deed)
    assert is_written, "the chain of decisions is locked, and moved"


def write_if_first(
    purchase: Purchase | PurchaseRow,
    lines: list[LineRow],
    decision: DecisionRow | None,
    posting: Posting | None,
    *,
    event: Event,
    deed: Deed,
) -> bool:
    """Post and write all of a purchase, by one statement that is all of the use case's writing; tell whether it did.

    False: another decision about the member came first; nothing is written. Sets the purchase's balance_after where
    something is posted. Raises what the ledger refuses.
    """
    told = fields_of_purchase(purchase) | fields_of(event) | deed.fields()
    if decision is not None:
        told |= fields_of_decision(decision)
    posted = ""
    if posting is not None:
        check_request(posting.request)
        posted = earning_json(posting.request, by=posting.by, at=posting.at)
    parts = [_encode(told).decode(), posted, lines_json(purchase.purchase_id, lines)]
    with refusals():
        written = ask_in_set(_WRITE, parts, kind=Kind.WRITING, lock=str(decision.account_id) if decision else "")
    if written is not None:
        (balance,) = written
        purchase.balance_after = None if balance is None else int(balance)
    return written is not None


def fields_of_purchase(purchase: Purchase | PurchaseRow) -> dict[str, Any]:
    fields = {name: getattr(purchase, name) for name in PURCHASE_COLUMNS}
    fields["request_hash"] = hex_of(bytes(purchase.request_hash))
    return fields


def fields_of_decision(decision: DecisionRow) -> dict[str, Any]:
    return {
        "sequence": decision.sequence,
        "hash": hex_of(decision.hash),
        "previous_hash": hex_of(decision.previous_hash),
        "decided_version_id": decision.rule_version_id,
        "record": msgspec.Raw(decision.text.encode()),
    }


def lines_json(purchase_id: UUID, lines: Sequence[LineRow]) -> str:
    first = f'{{"purchase_id":"{purchase_id}",'
    return ",".join([first + _encode(line).decode()[1:] for line in lines])


_encode = msgspec.json.Encoder().encode
