"""Write a purchase, its posting, lines, decision, event and audit row: by one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from fidelia.access.operations.audit import RECORD, Deed
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import hex_of, require_transaction
from fidelia.kernel.outbox import Event
from fidelia.kernel.outbox.announcing import ANNOUNCE, values_of
from fidelia.kernel.together import Kind, ask_together
from fidelia.ledger.operations import PostingRequest
from fidelia.ledger.operations.posting import REQUEST, check_request, refusals, request_json

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
# The parts of the statement. Each follows from the one before, so nothing is written where the first does nothing: the
# head of the chain moves by one, unless it is no longer the head that the decision was made after.
_MOVED = """moved as (
    insert into activity_chain (account_id, sequence, hash) values (%s, %s, %s)
    on conflict (account_id) do update set sequence = excluded.sequence, hash = excluded.hash
        where activity_chain.sequence = excluded.sequence - 1
    returning account_id, sequence, hash
)"""
_POSTED = f"""posted as (
    select outcome.balance from moved, public.ledger_post_entry(moved.account_id, {REQUEST}) outcome
)"""
_PURCHASE = f"""purchase as (
    insert into activity_purchase ({", ".join(PURCHASE_COLUMNS)})
    select {", ".join(f"asked.{name}" for name in PURCHASE_COLUMNS)}
    from {{after}}json_populate_record(null::activity_purchase, %s) asked
    returning purchase_id, occurred_at, recorded_at, balance_after
)"""
_DECISION = """decision as (
    insert into activity_decision (account_id, sequence, purchase_id, rule_version_id, record, previous_hash, hash,
        occurred_at, recorded_at)
    select moved.account_id, moved.sequence, purchase_id, %s, %s, %s, moved.hash, occurred_at, recorded_at
    from purchase, moved
)"""
_TOLD = f"announced as ({ANNOUNCE} from purchase), audited as ({RECORD} from purchase)"
_LINES = f"""lines as (
    insert into activity_line (purchase_id, {", ".join(LINE_COLUMNS)})
    select purchase.purchase_id, {", ".join(f"line.{name}" for name in LINE_COLUMNS)}
    from purchase, json_populate_recordset(null::activity_line, %s) line
)"""
_DONE = "select balance_after::text from purchase"
_WRITE_UNDECIDED = f"with {_PURCHASE.format(after='')}, {_TOLD}, {_LINES} {_DONE}"
_WRITE = f"with {_MOVED}, {_PURCHASE.format(after='moved, ')}, {_DECISION}, {_TOLD}, {_LINES} {_DONE}"
_POST_AND_WRITE = (
    f"with {_MOVED}, {_POSTED}, {_PURCHASE.format(after='posted, ').replace('asked.balance_after', 'posted.balance')}, "
    f"{_DECISION}, {_TOLD}, {_LINES} {_DONE}"
)


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
    statement = _WRITE_UNDECIDED
    values: list[Any] = []
    if decision is not None:
        statement, values = _WRITE, [decision.account_id, decision.sequence, decision.hash]
        if posting is not None:
            check_request(posting.request)
            statement = _POST_AND_WRITE
            values.append(request_json(posting.request, by=posting.by, at=posting.at))
    values.append(_purchase_json(purchase))
    if decision is not None:
        values += [decision.rule_version_id, decision.text, decision.previous_hash]
    values += [*values_of(event), *deed.values(), msgspec.json.encode(lines).decode()]
    with refusals():
        written = ask_together(statement, values, kind=Kind.WRITING, lock=str(purchase.account_id))
    if written is not None:
        (balance,) = written
        purchase.balance_after = None if balance is None else int(balance)
    return written is not None


def _purchase_json(purchase: Purchase | PurchaseRow) -> str:
    fields = {name: getattr(purchase, name) for name in PURCHASE_COLUMNS}
    fields["request_hash"] = hex_of(bytes(purchase.request_hash))
    return msgspec.json.encode(fields).decode()
