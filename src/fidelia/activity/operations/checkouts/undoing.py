"""Return goods of a closed checkout, cancel a checkout, reopen it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, RequestRepeated, claim
from fidelia.programme.queries import terms_of
from fidelia.rules.pricing import everything_left

from ...errors import TooLateToReopen, UnknownCheckout
from ...models import Purchase
from ..purchases import Caller
from ..requests import check_moment
from .calls import CheckoutOutcome, caller_of_call, check_reach, check_revision
from .frozen import Sold, read_sold
from .held import drop_reservations, give_back
from .opening import open_again, replayed
from .reading import (
    RESOURCE,
    CheckoutSurroundings,
    KeptCheckout,
    kept_of,
    read_checkout,
    waiting_in_time,
)
from .requests import CheckoutCall, check_basket
from .reversing import ReturnedItem, Reversed, Reversing, reverse_sale
from .writing import checkout_fields, keep_checkout

_LOCK = """
select to_jsonb(kept) - 'changed_xid' - 'evaluation', kept.evaluation
from activity_checkout kept where source = %s and number = %s for update
"""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What of a closed checkout comes back; see `Reversing`."""

    lines: tuple[ReturnedItem, ...] = ()
    amount: int | None = None


def return_from_checkout(*, by: Actor, at: datetime, call: CheckoutCall, given: GivenBack) -> CheckoutOutcome:
    """Take goods of a closed checkout back, by line and quantity or amount, or by an amount over all of it.

    What was paid goes back as it was paid; points earned are taken back. All by the frozen allocation. Raises Denied
    (purchase.return), UnknownCheckout, WrongCheckoutState, MoreThanBought, MalformedLines, OccurredInFuture,
    ReturnedBeforeBought, CheckoutBusy, IdempotencyKeyReused, ReceiptKnown.
    """

    def act(caller: Caller, kept: KeptCheckout) -> CheckoutOutcome:
        kept.after("return")
        back = _reverse(caller, call, kept, _read_sold(kept), given, is_undone=False)
        checkout = checkout_fields(kept, revision=kept.revision + 1, updated_at=at)
        keep_checkout(checkout, is_new=False)
        return CheckoutOutcome(checkout, made=back.purchase, lines=back.lines)

    return _under_lock(by, at, call, act)


def cancel_checkout(*, by: Actor, at: datetime, call: CheckoutCall) -> CheckoutOutcome:
    """End a checkout as if it had not been: what it reserved is free; closed, all that it gave and took is undone.

    Raises Denied (purchase.record; purchase.return where it was closed), UnknownCheckout, WrongCheckoutState,
    CheckoutChanged, CheckoutBusy, IdempotencyKeyReused.
    """

    def act(caller: Caller, kept: KeptCheckout) -> CheckoutOutcome:
        state = kept.after("cancel")
        back = None
        if kept.state == "closed":
            back = _undo(caller, call, kept)
        else:
            drop_reservations(kept.checkout_id)
        checkout = checkout_fields(
            kept,
            state=state,
            revision=kept.revision + 1,
            reserved_until=None,
            updated_at=at,
            cancelled_at=at,
        )
        keep_checkout(checkout, is_new=False)
        _record(caller, kept, state, call.reason)
        return CheckoutOutcome(checkout, made=back.purchase if back is not None else None)

    return _under_lock(by, at, call, act)


def reopen_checkout(*, by: Actor, at: datetime, call: CheckoutCall) -> CheckoutOutcome:
    """Open a cancelled checkout again, or a closed one within the days that its programme allows, undoing its closure.

    With a basket it takes that one. Nothing may have come back of a closed one. Raises as `update_checkout` and
    `cancel_checkout`, and TooLateToReopen.
    """
    if call.basket is not None:
        check_basket(call.basket, at)

    def act(caller: Caller, kept: KeptCheckout) -> CheckoutOutcome:
        kept.after("reopen")
        back = None
        if kept.state == "closed":
            _check_reopenable(kept, at)
            back = _undo(caller, call, kept)
        found = read_checkout(by, call, owner=None, at=at, locks=True)
        assert isinstance(found, CheckoutSurroundings), "the checkout is locked, and nobody’s key is asked for"
        return CheckoutOutcome(
            open_again(caller, call, found, step="reopen"), made=back.purchase if back is not None else None
        )

    return _under_lock(by, at, call, act)


def _under_lock(
    by: Actor,
    at: datetime,
    call: CheckoutCall,
    act: Callable[[Caller, KeptCheckout], CheckoutOutcome],
) -> CheckoutOutcome:
    right = "purchase.record" if call.step != "return" else "purchase.return"
    if not by.may_somewhere(right):
        by.require(right)
    if call.occurred_at is not None:
        check_moment(call.occurred_at, at)
    caller = caller_of_call(by, at, call)
    try:
        with waiting_in_time(), transaction_of_use_case():
            kept = _lock(call)
            check_reach(by, right, kept)
            once = RequestKey(caller.owner, caller.key, caller.request_hash)
            claim(once, at=at, resource_type=RESOURCE, resource_id=kept.checkout_id)
            check_revision(call, kept)
            return act(caller, kept)
    except RequestRepeated:
        return replayed(caller, call)


def _lock(call: CheckoutCall) -> KeptCheckout:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [f"{settings.CHECKOUT_WAIT_MS}ms"])
        cursor.execute(_LOCK, [call.source, call.number])
        row = cursor.fetchone()
    if row is None:
        raise UnknownCheckout("There is no such checkout.")
    return kept_of(row)


def _undo(caller: Caller, call: CheckoutCall, kept: KeptCheckout) -> Reversed | None:
    """Undo a closure: all that is left of it comes back."""
    caller.by.require("purchase.return", kept.scope)
    sold = _read_sold(kept)
    if not everything_left(sold.bill, sold.returned):
        give_back(sold.purchase.purchase_id, None, occurred_at=caller.at, at=caller.at)
        return None
    own = replace(caller, owner=RESOURCE, key=f"undone:{kept.purchase_id}")  # a sale is undone once
    return _reverse(own, call, kept, sold, GivenBack(), is_undone=True)


def _read_sold(kept: KeptCheckout) -> Sold:
    assert kept.purchase_id is not None, "it is closed"
    return read_sold(Purchase.objects.get(purchase_id=kept.purchase_id))


def _reverse(
    caller: Caller, call: CheckoutCall, kept: KeptCheckout, sold: Sold, given: GivenBack, *, is_undone: bool
) -> Reversed:
    count = Purchase.objects.filter(checkout_id=kept.checkout_id, kind=Purchase.Kind.RETURN).count()
    asked = Reversing(
        occurred_at=call.occurred_at or caller.at,
        receipt_number=call.receipt_number or f"{call.number[:72]}/r{count + 1}",
        lines=given.lines,
        amount=given.amount,
        is_undone=is_undone,
    )
    return reverse_sale(caller, sold, asked)


def _check_reopenable(kept: KeptCheckout, at: datetime) -> None:
    assert kept.purchase_id is not None, "it is closed"
    sale = Purchase.objects.get(purchase_id=kept.purchase_id)
    if sale.returns.exists():
        raise TooLateToReopen("Something of it has come back: it stays closed.")
    assert sale.rule_version_id is not None, "a closure is decided by a version"
    assert kept.closed_at is not None, "it is closed"
    days = terms_of(sale.rule_version_id).purchases.reopen_days
    if at >= kept.closed_at + timedelta(days=days):
        raise TooLateToReopen(f"A checkout is reopened within {days} days of its closure.")


def _record(caller: Caller, kept: KeptCheckout, state: str, reason: str) -> None:
    record_audit(
        by=caller.by,
        at=caller.at,
        verb="purchase.record",
        object_type="checkout",
        object_id=kept.checkout_id,
        before={"state": kept.state},
        after={"state": state} | ({"reason": reason} if reason else {}),
        scope=kept.scope,
    )
