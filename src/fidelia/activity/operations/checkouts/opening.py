"""Open a checkout or update it: the whole basket each time, what it comes to, and what it reserves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, RequestRepeated, claim
from fidelia.kernel.ids import new_id

from ...errors import UnknownCheckout
from ...models import Purchase
from ...queries.checkouts import find_checkout
from ..purchases import Caller
from .calls import CheckoutOutcome, caller_of_call, check_reach, check_revision, guesses_counted, settle_call
from .describing import describe_evaluation
from .held import reserve
from .reading import RESOURCE, CheckoutSurroundings, Replay, read_checkout, waiting_in_time
from .requests import CheckoutBasket, CheckoutCall, check_basket
from .settling import Settled
from .writing import checkout_fields, keep_checkout


def update_checkout(*, by: Actor, at: datetime, call: CheckoutCall) -> CheckoutOutcome:
    """Open a checkout by the caller's own id, or give it another basket; say what the basket comes to.

    Coupons, vouchers, gift cards and pieces that it needs are reserved until `reserved_until`; a new update reserves
    anew. Sent again with the same key, it changes nothing. Raises Denied (purchase.record), UnknownProgramme,
    UnknownMember, StoreUnknown, WrongCurrency, MalformedLines, MalformedBasket, BasketTooLarge, OccurredInFuture,
    UnknownCoupon, CouponExpired, CouponUsedUp, CouponNotUsable, UnknownGiftCard, GiftCardNotUsable, InsufficientPoints,
    ExpectedTotalDiffers, CheckoutChanged, WrongCheckoutState, CheckoutBusy, NoTermsInForce, IdempotencyKeyReused,
    RateLimited.
    """
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    assert call.basket is not None, "an update brings the whole basket"
    check_basket(call.basket, at)
    caller = caller_of_call(by, at, call)
    with guesses_counted(call, by=by, at=at):
        try:
            return _update(caller, call)
        except IntegrityError:  # two opened the same one at once: the second finds it now
            return _update(caller, call)


def _update(caller: Caller, call: CheckoutCall) -> CheckoutOutcome:
    try:
        with waiting_in_time(), transaction_of_use_case():
            found = read_checkout(caller.by, call, owner=caller.owner, at=caller.at, locks=True)
            if isinstance(found, CheckoutSurroundings):
                return CheckoutOutcome(open_again(caller, call, found, step="update"))
    except RequestRepeated:
        found = Replay()
    assert isinstance(found, Replay), "an update brings a basket"
    return replayed(caller, call)


def replayed(caller: Caller, call: CheckoutCall) -> CheckoutOutcome:
    """Return the checkout as it is, with the purchase or return that it made, for a call that was made before."""
    kept = find_checkout(source=call.source, number=call.number)
    if kept is None:
        raise UnknownCheckout("There is no such checkout.")
    made = Purchase.objects.filter(idempotency_owner=caller.owner, idempotency_key=caller.key).first()
    return CheckoutOutcome(kept, is_replay=True, made=made)


def open_again(caller: Caller, call: CheckoutCall, found: CheckoutSurroundings, *, step: str) -> dict[str, Any]:
    """Building block, under the lock: settle the basket, reserve, write the checkout as open; return its columns."""
    by, at, kept = caller.by, caller.at, found.kept
    by.require("purchase.record", found.around.scope)
    if kept is not None:
        check_reach(by, "purchase.record", kept)
        kept.after(step)
    check_revision(call, kept)
    settled = settle_call(found, call, at=at)
    checkout = opened(caller, call, found, settled)
    if step == "update":  # else it is claimed already
        once = RequestKey(caller.owner, caller.key, caller.request_hash)
        claim(once, at=at, resource_type=RESOURCE, resource_id=checkout["checkout_id"])
    keep_checkout(checkout, is_new=kept is None)
    reserve(found, settled, checkout, at=at)
    record_audit(
        by=by,
        at=at,
        verb="purchase.record",
        object_type="checkout",
        object_id=checkout["checkout_id"],
        after={"state": "open", "revision": checkout["revision"], "total": str(checkout["total"])},
        scope=found.around.scope,
    )
    return checkout


def opened(caller: Caller, call: CheckoutCall, found: CheckoutSurroundings, settled: Settled) -> dict[str, Any]:
    """Return the columns of the checkout, open."""
    around, member, kept, scope = found.around, found.member, found.kept, found.around.scope
    fields = {
        "state": "open",
        "customer_id": member.customer_id if member is not None else None,
        "account_id": member.account_id if member is not None and settled.is_member else None,
        "partner_id": scope.partner_id,
        "store_id": scope.store_id,
        "channel": found.basket.channel,
        "currency": found.basket.currency,
        "basket": kept_basket(found),
        "evaluation": describe_evaluation(found, settled, at=call.occurred_at or caller.at, explain=call.explain),
        "total": settled.bill.total,
        "points": settled.bill.points.points if settled.is_member else 0,
        "purchase_id": None,
        "reserved_until": caller.at + timedelta(seconds=settings.CHECKOUT_RESERVED_SECONDS),
        "updated_at": caller.at,
        "closed_at": None,
        "cancelled_at": None,
    }
    if kept is not None:
        return checkout_fields(kept, **fields, revision=kept.revision + 1)
    return {
        "checkout_id": new_id(),
        "source": call.source,
        "number": call.number,
        "revision": 1,
        "programme_id": around.programme_id,
        "closures": 0,
        "opened_at": caller.at,
        **fields,
    }


def kept_basket(found: CheckoutSurroundings) -> CheckoutBasket:
    """Return the basket with the member that it named by id alone: cards may be lost, and are personal."""
    if found.member is None:
        return found.basket
    return replace(found.basket, customer_id=found.member.customer_id, identity=None)
