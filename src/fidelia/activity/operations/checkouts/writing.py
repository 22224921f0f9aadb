"""Write a closure by one statement: checkout, postings, what rewards takes, purchase, decision, event and audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection

from fidelia.access.operations.audit import RECORD, RECORD_READ, Deed
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import hex_of, prepared_cursor
from fidelia.kernel.outbox import Event
from fidelia.kernel.outbox.announcing import ANNOUNCE, ANNOUNCE_READ, fields_of, values_of
from fidelia.kernel.together import Kind, ask_in_set, ask_together
from fidelia.ledger.operations import PostingRequest
from fidelia.ledger.operations.posting import EARN_TOGETHER, check_request, earning_json, refusals, request_json
from fidelia.rewards.operations import refusals as refusals_of_rewards

from ...models import packed
from ..writing import (
    LINE_COLUMNS,
    LINES,
    PURCHASE_COLUMNS,
    TOLD,
    DecisionRow,
    LineRow,
    PurchaseRow,
    fields_of_decision,
    fields_of_purchase,
    lines_json,
)
from .reading import KeptCheckout, waiting_in_time

# What a checkout adds to the columns of a purchase and of its lines.
_MORE_COLUMNS = ("checkout_id", "gross", "discount", "tax", "paid_by_points", "points_spent", "paid_by_gift_cards")
_MORE_LINE_COLUMNS = ("gross", "discount", "tax", "paid_by_points", "paid_by_gift_cards")
_PURCHASE_COLUMNS = ", ".join([*PURCHASE_COLUMNS, *_MORE_COLUMNS])
_LINE_COLUMNS = ", ".join(["purchase_id", *LINE_COLUMNS, *_MORE_LINE_COLUMNS])
_MORE_LINES = "gross bigint, discount bigint, tax bigint, paid_by_points bigint, paid_by_gift_cards bigint"
_MORE_TOLD = (
    f"""checkout_id uuid, points_spent bigint, {_MORE_LINES}, read_revision integer, wait_ms integer, taking json"""
)
_CLOSE = f"""with closed as materialized (
    select * from activity_checkout_close({", ".join(["%s"] * 16)})
), done as (
    select * from closed where purchase_id is not null
), announced as ({ANNOUNCE} from done), audited as ({RECORD} from done)
select purchase_id::text, balance_after::text, rewards::text from done"""
# Several closures at once, as `..writing` writes several purchases: each with its checkout, limits, posting, lines,
# decision, event and audit row, in the order of locks of all that writes. Nothing is written of one whose checkout or
# head of the chain is no longer the one that was read.
_CLOSE_TOGETHER = f"""
with told as materialized (
    select * from rows from (json_to_recordset(%s::json) as ({TOLD}, {_MORE_TOLD})) with ordinality
), held as materialized (
    select told.*
    from told cross join (
        select array_agg(checkout_id order by ordinality) as ids,
            activity_lock_checkouts(array_agg(checkout_id order by ordinality),
                array_agg(read_revision order by ordinality), max(wait_ms)) as places
        from told
    ) locked
    where told.read_revision = 0 or told.ordinality = any (locked.places)
), moved as (
    insert into activity_chain (account_id, sequence, hash)
    select account_id, sequence, hash from held where account_id is not null order by account_id
    on conflict (account_id) do update set sequence = excluded.sequence, hash = excluded.hash
        where activity_chain.sequence = excluded.sequence - 1
    returning account_id
), posted as (
    select posting.id, posting.balance from {EARN_TOGETHER.format(accounts="array(select account_id from moved)")} done,
        unnest(done.postings, done.balances) posting (id, balance)
), first as materialized (
    select held.*, posted.balance from held left join posted on posted.id = held.posting_id
    where held.account_id is null or held.account_id in (select account_id from moved)
), taken as materialized (
    select rewards_consume_together((select json_agg(taking order by ordinality) from first where taking is not null))
), purchases as (
    insert into activity_purchase ({_PURCHASE_COLUMNS})
    select {_PURCHASE_COLUMNS.replace("balance_after", "coalesce(balance, balance_after)")} from first, taken
), decisions as (
    insert into activity_decision (account_id, sequence, purchase_id, rule_version_id, record, previous_hash, hash,
        occurred_at, recorded_at)
    select coalesce(account_id, purchase_id), sequence, purchase_id, decided_version_id, record, previous_hash, hash,
        occurred_at, recorded_at
    from first, taken
), announced as ({ANNOUNCE_READ} from first, taken order by ordinality), audited as ({RECORD_READ} from first, taken),
lines as (
    insert into activity_line ({_LINE_COLUMNS})
    select {_LINE_COLUMNS} from json_to_recordset(%s::json) line ({LINES}, {_MORE_LINES})
    where line.purchase_id in (select purchase_id from first, taken)
), written as materialized (
    select activity_write_checkouts(%s::json, array(select checkout_id from first, taken))
)
select ordinality::text, coalesce(balance, balance_after)::text from first, taken, written
"""
# What a closure takes of which there is little, and which it locks.
_SHARED: Final = frozenset({"coupons", "vouchers", "gift_cards", "stock"})
_KEEP = "select activity_write_checkout(json_populate_record(null::activity_checkout, %s::json), %s, %s, %s)"
_WRITE_PURCHASE = "select activity_write_purchase(json_populate_record(null::activity_purchase, %s::json), %s::json)"
_CHAIN = """
insert into activity_chain (account_id, sequence, hash) values (%s, %s, %s)
on conflict (account_id) do update set sequence = excluded.sequence, hash = excluded.hash
    where activity_chain.sequence = excluded.sequence - 1
"""
_DECISION = """
insert into activity_decision (account_id, sequence, purchase_id, rule_version_id, record, previous_hash, hash,
    occurred_at, recorded_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(slots=True, kw_only=True)
class CheckoutPurchaseRow(PurchaseRow):
    """A purchase of a checkout as it is kept."""

    checkout_id: UUID
    gross: int
    discount: int
    tax: int
    paid_by_points: int
    points_spent: int
    paid_by_gift_cards: int


class CheckoutLineRow(LineRow, frozen=True, kw_only=True):
    """A line of it as it is kept."""

    gross: int
    discount: int
    tax: int
    paid_by_points: int
    paid_by_gift_cards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """All that a closure writes. `revision` is the one that was read: 0 where there was no checkout."""

    by: Actor
    at: datetime
    checkout: dict[str, Any]
    revision: int | None
    account_id: UUID | None
    is_chained: bool
    spend: PostingRequest | None
    earn: PostingRequest | None
    rewards: dict[str, Any] | None
    purchase: CheckoutPurchaseRow
    lines: Sequence[CheckoutLineRow]
    decision: DecisionRow
    event: Event
    deed: Deed


@dataclass(frozen=True, slots=True)
class Closed:
    """What the closure learnt by writing: the balance, and what rewards answered."""

    balance_after: int | None
    rewards: dict[str, Any]


def write_closure(closing: Closing) -> Closed | None:
    """Write all of a closure, or nothing: None where another call came first.

    Raises CheckoutBusy, what the ledger refuses and what rewards refuses.
    """
    with waiting_in_time(), refusals_of_rewards(), refusals():
        return _write_together(closing) if _is_plain(closing) else _write_alone(closing)


def _is_plain(closing: Closing) -> bool:
    """Whether it can be written in a set: it spends and issues nothing, and takes nothing that others wait for."""
    return closing.spend is None and _kind_of(closing.rewards) is Kind.WRITING


def _write_together(closing: Closing) -> Closed | None:
    purchase, earn = closing.purchase, closing.earn
    told = fields_of_purchase(purchase) | {name: getattr(purchase, name) for name in _MORE_COLUMNS}
    told |= fields_of(closing.event) | closing.deed.fields() | fields_of_decision(closing.decision)
    told |= {"read_revision": closing.revision, "wait_ms": settings.CHECKOUT_WAIT_MS}
    if closing.rewards is not None:
        told["taking"] = closing.rewards["take"]
    posted = ""
    if earn is not None:
        check_request(earn)
        posted = earning_json(earn, by=closing.by, at=closing.at)
    lines = lines_json(purchase.purchase_id, closing.lines)
    parts = [_json(told), posted, lines, _checkout_json(closing.checkout)]
    written = ask_in_set(_CLOSE_TOGETHER, parts, kind=Kind.WRITING, lock=str(_first_locked(closing)))
    if written is None:
        return None
    (balance,) = written
    return Closed(None if balance is None else int(balance), {})


def _checkout_json(checkout: Mapping[str, Any]) -> str:
    """Return all columns of a checkout as an element of a JSON array; what was answered stands there as it is kept."""
    return _json({**checkout, "evaluation": msgspec.Raw(packed(checkout["evaluation"]).encode())})


def _write_alone(closing: Closing) -> Closed | None:
    row = closing.decision
    purchase = _row_json(closing.purchase)
    values = [
        *(*_checkout_texts(closing.checkout), closing.revision, settings.CHECKOUT_WAIT_MS),
        *(closing.account_id, row.sequence if closing.is_chained else None, row.hash),
        *(_posting(closing, closing.spend), _posting(closing, closing.earn)),
        None if closing.rewards is None else _json(closing.rewards),
        *(purchase, _json(closing.lines), row.rule_version_id, row.text, row.previous_hash),
        *(*values_of(closing.event), *closing.deed.values()),
    ]
    written = ask_together(_CLOSE, values, kind=_kind_of(closing.rewards), lock=str(_first_locked(closing)))
    if written is None:
        return None
    _purchase_id, balance, rewards = written
    return Closed(None if balance is None else int(balance), {} if rewards is None else msgspec.json.decode(rewards))


def _kind_of(rewards: Mapping[str, Any] | None) -> Kind:
    """Return how a closure travels: what it takes that others may want is not held for those who travel with it.

    Budgets are no hindrance: while there is much left, each connection counts in a slot of its own. Near their end two
    trips may want the slots of one another; the wait is short, and who fails by it asks again by itself.
    """
    if rewards is None:
        return Kind.WRITING
    taken = rewards.get("take", {})
    is_shared = "issue" in rewards or not _SHARED.isdisjoint(taken)
    is_shared = is_shared or any("rolling_from" in limit and limit["rolling_from"] for limit in taken.get("limits", ()))
    return Kind.WRITING_APART if is_shared else Kind.WRITING


def _first_locked(closing: Closing) -> UUID:
    return closing.checkout["checkout_id"] if closing.account_id is None else closing.account_id


def _posting(closing: Closing, request: PostingRequest | None) -> str | None:
    if request is None:
        return None
    check_request(request)
    return request_json(request, by=closing.by, at=closing.at)


def keep_checkout(checkout: dict[str, Any], *, is_new: bool) -> None:
    """Write the row of a checkout. A building block, under its lock."""
    with prepared_cursor() as cursor:
        cursor.execute(_KEEP, [*_checkout_texts(checkout), is_new])


def _checkout_texts(checkout: dict[str, Any]) -> list[str | None]:
    """Return the columns of a checkout without the two long ones, then these: as the database reads them."""
    short = {name: value for name, value in checkout.items() if name not in ("basket", "evaluation")}
    basket, evaluation = checkout["basket"], checkout["evaluation"]
    return [
        _json(short),
        None if basket is None else _json(basket),
        None if evaluation is None else packed(evaluation),
    ]


def write_reversal(
    purchase: CheckoutPurchaseRow, lines: Sequence[CheckoutLineRow], row: DecisionRow, *, is_chained: bool
) -> None:
    """Write a return of a checkout with its lines and its decision. A building block, under the locks."""
    with connection.cursor() as cursor:
        if is_chained:
            cursor.execute(_CHAIN, [row.account_id, row.sequence, row.hash])
            assert cursor.rowcount == 1, "the chain of decisions is locked, and moved"
        cursor.execute(_WRITE_PURCHASE, [_row_json(purchase), _json(lines)])
        cursor.execute(
            _DECISION,
            [
                *(row.account_id, row.sequence, purchase.purchase_id, row.rule_version_id, row.text),
                *(row.previous_hash, row.hash, row.occurred_at, purchase.recorded_at),
            ],
        )


def checkout_fields(kept: KeptCheckout, **changes: Any) -> dict[str, Any]:
    """Return the columns of a checkout as it is now, with changes."""
    fields = {name: getattr(kept, name) for name in kept.__struct_fields__}
    return {**fields, **changes}


def _row_json(purchase: CheckoutPurchaseRow) -> str:
    fields = msgspec.to_builtins(purchase)
    fields["request_hash"] = hex_of(bytes(purchase.request_hash))
    return _json(fields)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
