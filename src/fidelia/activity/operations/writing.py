"""Write a purchase, its lines, its decision, its event and its audit row: by one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Json, Jsonb
from psycopg.types.numeric import Int8

from fidelia.access.operations.audit import RECORD, Deed
from fidelia.kernel.db import prepared_cursor, require_transaction
from fidelia.kernel.outbox import Event
from fidelia.kernel.outbox.announcing import ANNOUNCE, values_of

from ..models import Purchase

PURCHASE_COLUMNS = (
    *("purchase_id", "kind", "source", "receipt_number", "idempotency_owner", "idempotency_key", "request_hash"),
    *("programme_id", "customer_id", "enrolment_id", "account_id", "partner_id", "store_id", "channel", "currency"),
    *("total", "product_total", "points", "balance_after", "rule_version_id", "posting_id", "returns_purchase_id"),
    *("borne_by_store_id", "occurred_at", "recorded_at", "origin"),
)
_LINE_TYPES = (
    ("line_number", "smallint"),
    ("product_id", "uuid"),
    ("product_code", "text"),
    ("description", "text"),
    ("quantity", "bigint"),
    ("net", "bigint"),
    ("unit_price", "bigint"),
    ("unit_price_scale", "smallint"),
    ("is_product", "boolean"),
    ("points", "bigint"),
    ("returns_purchase_id", "uuid"),
    ("returns_line_number", "smallint"),
)
LINE_COLUMNS = tuple(name for name, _type in _LINE_TYPES)
_LINE_NAMES = ", ".join(LINE_COLUMNS)
# A statement of more than fifty values the driver would take apart anew each time: no value is sent twice.
_PURCHASE = f"""purchase as (
    insert into activity_purchase ({", ".join(PURCHASE_COLUMNS)})
    values ({", ".join(["%s"] * len(PURCHASE_COLUMNS))}) returning purchase_id, occurred_at, recorded_at
)"""
_DECISION = """decision as (
    insert into activity_decision (account_id, sequence, purchase_id, rule_version_id, record, previous_hash, hash,
        occurred_at, recorded_at)
    select %s, %s, purchase_id, %s::uuid, %s, %s, %s, occurred_at, recorded_at from purchase
    returning account_id, sequence, hash
), chain as (
    update activity_chain head set sequence = decision.sequence, hash = decision.hash
    from decision where head.account_id = decision.account_id
)"""
_LINES = f"""insert into activity_line (purchase_id, {_LINE_NAMES})
select purchase.purchase_id, line.* from purchase,
    json_to_recordset(%s) as line ({", ".join(f"{name} {type_}" for name, type_ in _LINE_TYPES)})"""
_TOLD = f"announced as ({ANNOUNCE}), audited as ({RECORD})"
_WRITE_UNDECIDED = f"with {_PURCHASE}, {_TOLD} {_LINES}"
_WRITE = f"with {_PURCHASE}, {_DECISION}, {_TOLD} {_LINES}"


@dataclass(frozen=True, slots=True)
class LineRow:
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


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it is kept: its place in the account's chain, the record, and both hashes."""

    account_id: UUID
    sequence: int
    rule_version_id: UUID | None
    record: dict[str, Any]
    previous_hash: bytes
    hash: bytes
    occurred_at: datetime


def write_purchase(
    purchase: Purchase, lines: list[LineRow], decision: DecisionRow | None, *, event: Event, deed: Deed
) -> None:
    """Insert a purchase with its lines and, where it has one, its decision, moving the head of the chain; tell of it.

    The event and the audit row travel along, because each statement of its own costs a twelfth of a purchase.
    """
    require_transaction()
    values: list[Any] = [_value(getattr(purchase, column)) for column in PURCHASE_COLUMNS]
    rows: Any = Json([{name: _json_value(getattr(line, name)) for name in LINE_COLUMNS} for line in lines])
    told = [*values_of(event), *deed.values()]
    with prepared_cursor() as cursor:
        if decision is None:
            cursor.execute(_WRITE_UNDECIDED, [*values, *told, rows])
        else:
            cursor.execute(_WRITE, [*values, *_decision_values(decision), *told, rows])


def _value(value: Any) -> Any:
    # The driver gives a number the narrowest type that holds it, and the server plans anew for each mixture of types.
    return Int8(value) if type(value) is int else value


def _json_value(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _decision_values(decision: DecisionRow) -> list[Any]:
    return [
        *(decision.account_id, Int8(decision.sequence), decision.rule_version_id, Jsonb(decision.record)),
        *(decision.previous_hash, decision.hash),
    ]
