"""Judge a basket of the till's feed as its closure would be decided: prices, points and all, and nothing taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.activity.operations.checkouts import CheckoutBasket, CheckoutCall
from fidelia.activity.operations.checkouts.reading import CheckoutSurroundings, read_untouched
from fidelia.activity.operations.checkouts.requests import check_basket
from fidelia.activity.operations.checkouts.settling import settle_basket
from fidelia.activity.operations.requests import check_moment
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError, NotFound, Refused
from fidelia.kernel.money import Money
from fidelia.programme.queries import terms_of
from fidelia.rules.decision import record_bill

from ..errors import ClosuresOnly
from ..models import Shadow, ShadowPurchase
from .judging import Judged, has_bought, keep, lock_running, replay, running_shadow

CHECKOUT, TOLD_TOTAL, CODES = "checkout", "told_total", "codes"  # what a judged basket's record tells besides


def judge_basket(*, by: Actor, at: datetime, call: CheckoutCall) -> Judged:
    """Settle the basket of a closure as a till's would be, and keep what it came to: nothing is posted or reserved.

    Coupons, gift cards and points that pay are the vendor's and are left out; the record tells how many there were, and
    the total that the till expects, which is the vendor's price. Sent again it is the same. Raises Denied
    (purchase.shadow), NoShadow, ShadowEnded, ClosuresOnly: it brings no basket; UnknownProgramme, StoreUnknown,
    WrongCurrency, OccurredInFuture, MalformedLines, MalformedBasket, BasketTooLarge, MalformedAmount, ReceiptKnown.
    """
    if not by.may_somewhere("purchase.shadow"):
        by.require("purchase.shadow")
    basket = call.basket
    if basket is None:
        raise ClosuresOnly("In shadow mode the closure brings its basket: nothing is kept before.", pointer="/basket")
    check_basket(basket, at)
    if call.occurred_at is not None:
        check_moment(call.occurred_at, at)
    told = call.hash()
    shadow, number = running_shadow(basket.programme), call.receipt_number or call.number
    known = ShadowPurchase.objects.filter(shadow=shadow, receipt_number=number).first()
    if known is not None:
        return replay(known, told)
    # As a closure: the basket's own moment first.
    moment = basket.occurred_at or call.occurred_at or at
    made = ShadowPurchase(
        shadow=shadow, source=call.source, receipt_number=number, request_hash=told, occurred_at=moment, judged_at=at,
        **{"total": 0, **_judged(by, call, basket, shadow, moment)},
    )  # fmt: skip
    with transaction_of_use_case():
        lock_running(shadow)
        return keep(by, made, told)


def _judged(by: Actor, call: CheckoutCall, basket: CheckoutBasket, shadow: Shadow, moment: datetime) -> dict[str, Any]:
    plain = replace(
        basket, programme=shadow.programme.slug, coupons=(), gift_cards=(), claims=(), pays_with_points=False,
        pay_points=None,
    )  # fmt: skip
    try:
        found = read_untouched(by, plain, at=moment)
    except (NotFound, Refused) as refusal:
        if refusal.pointer != "/member":
            raise
        return {"points": 0, "refusal": refusal.code[:60]}
    by.require("purchase.shadow", found.around.scope)
    who = {"customer_id": found.customer_id, "store_id": found.around.scope.store_id}
    if found.around.version_id is None:
        return {"points": 0, "refusal": "no_version_in_force", **who}
    who["version_id"] = found.around.version_id
    try:
        return {**who, **_settled(found, call, basket, shadow, moment)}
    except FideliaError as refusal:
        if refusal.pointer is not None:
            raise
        return {"points": 0, "refusal": refusal.code[:60], **who}


def _settled(
    found: CheckoutSurroundings, call: CheckoutCall, basket: CheckoutBasket, shadow: Shadow, moment: datetime
) -> dict[str, Any]:
    terms = terms_of(found.version_id)
    known = {"purchase.is_first": False} if _has_bought(found, shadow, moment) else None
    settled = settle_basket(found, terms, at=moment, explain=True, known=known)
    beside = {CHECKOUT: call.number, CODES: len(basket.codes_shown), TOLD_TOTAL: _told_total(call, basket)}
    if not settled.is_member:
        return {"points": 0, "total": settled.bill.total}
    decision = record_bill(
        terms.rule_set, settled.bill, rule_version_id=str(terms.version_id), occurred_at=moment
    )  # fmt: skip
    record = {**decision.as_mapping(), **{name: value for name, value in beside.items() if value}}
    return {"points": settled.bill.points.points, "total": settled.bill.total, "record": record}


def _has_bought(found: CheckoutSurroundings, shadow: Shadow, moment: datetime) -> bool:
    return found.customer_id is not None and has_bought(shadow, UUID(str(found.customer_id)), moment)


def _told_total(call: CheckoutCall, basket: CheckoutBasket) -> int | None:
    if call.expected_total is None:
        return None
    try:
        return Money.parse(call.expected_total, basket.currency).minor
    except FideliaError as refusal:
        refusal.pointer = "/expected_total"
        raise
