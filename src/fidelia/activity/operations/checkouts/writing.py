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

from fidelia.access.operations.audit import RECORD, Deed
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import hex_of, prepared_cursor
from fidelia.kernel.outbox import Event
from fidelia.kernel.outbox.announcing import ANNOUNCE, values_of
from fidelia.kernel.together import Kind, ask_together
from fidelia.ledger.operations import PostingRequest
from fidelia.ledger.operations.posting import check_request, refusals, request_json
from fidelia.rewards.operations import refusals as refusals_of_rewards

from ...models import packed
from ..writing import DecisionRow, LineRow, PurchaseRow
from .reading import KeptCheckout, waiting_in_time

_CLOSE = f"""with closed as materialized (
    select * from activity_checkout_close({", ".join(["%s"] * 16)})
), done as (
    select * from closed where purchase_id is not null
), announced as ({ANNOUNCE} from done), audited as ({RECORD} from done)
select purchase_id::text, balance_after::text, rewards::text from done"""
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
    with waiting_in_time(), refusals_of_rewards(), refusals():
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
