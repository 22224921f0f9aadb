"""/subscriptions: paid memberships bought, renewed, changed, stopped and ended; and what each of it would come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.customers.queries import ids_of
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.kernel.money import Money
from fidelia.programme.queries import see_enrolment
from fidelia.subscriptions.models import Subscription
from fidelia.subscriptions.operations import (
    change_plan,
    end_subscription,
    open_subscription,
    quote_change,
    quote_refund,
    renew_subscription,
    stop_at_end,
)
from fidelia.subscriptions.operations.periods import Paid
from fidelia.subscriptions.queries import (
    SubscriptionFilters,
    get_subscription,
    list_subscriptions,
    periods_of,
)

from .answers import answer
from .cursors import page_of, read_cursor
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.subscriptions import (
    ChangeIn,
    ChangeQuery,
    ChangeQuoteOut,
    EndIn,
    RefundQuoteOut,
    RenewalIn,
    StopIn,
    SubscriptionDetail,
    SubscriptionIn,
    SubscriptionPage,
    SubscriptionQuery,
    change_quote_out,
    refund_quote_out,
    subscription_detail,
    subscription_out,
)

subscriptions = Router(tags=["subscriptions"])
of_enrolments = Router(tags=["subscriptions"])


@subscriptions.post(
    "", response={201: SubscriptionDetail}, summary="A member takes a plan", operation_id="open_subscription"
)
def open_(request: HttpRequest, body: SubscriptionIn) -> HttpResponse:
    """From now on; on trial, or paid. Money is told here, never taken. Needs subscription.open."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=body.enrolment_id, right="subscription.open")
    paid = _paid(body.amount, body.reference, enrolment.programme.currency)
    return _served(
        request,
        lambda once: open_subscription(
            by=exchange.by, at=exchange.at, enrolment=enrolment, plan=body.plan, paid=paid, is_trial=body.is_trial,
            once=once,
        ),
    )  # fmt: skip


@subscriptions.get("", response=SubscriptionPage, summary="Paid memberships", operation_id="list_subscriptions")
def list_(request: HttpRequest, asked: Query[SubscriptionQuery]) -> HttpResponse:
    """The last opened first. Needs subscription.see."""
    exchange = exchange_of(request)
    after = read_cursor("subscriptions", asked.after, datetime.fromisoformat, UUID)
    rows = list_subscriptions(
        by=exchange.by, filters=SubscriptionFilters(state=asked.state or "", plan=asked.plan or ""), at=exchange.at,
        after=(after[0], after[1]) if after else None, limit=asked.limit + 1,
    )  # fmt: skip
    page, next_ = page_of("subscriptions", rows, asked.limit, lambda one: (one.opened_at.isoformat(), str(one.id)))
    return answer(SubscriptionPage(data=[subscription_out(one, exchange.at) for one in page], next=next_))


@subscriptions.get(
    "/{uuid:subscription_id}", response=SubscriptionDetail, summary="One with its periods",
    operation_id="get_subscription",
)  # fmt: skip
def get(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Needs subscription.see."""
    return _answered(request, subscription_id, 200)


@subscriptions.post(
    "/{uuid:subscription_id}/renewals", response={201: SubscriptionDetail}, summary="The next period is paid",
    operation_id="renew_subscription",
)  # fmt: skip
def renew(request: HttpRequest, subscription_id: UUID, body: RenewalIn) -> HttpResponse:
    """From the end of the one before: ahead, or within the grace. Needs subscription.renew."""
    exchange = exchange_of(request)
    held = get_subscription(by=exchange.by, subscription_id=subscription_id, right="subscription.renew")
    paid = _paid(body.amount, body.reference, held.programme.currency)
    return _served(
        request,
        lambda once: renew_subscription(
            by=exchange.by, at=exchange.at, subscription_id=subscription_id, paid=paid, once=once
        ),
    )


@subscriptions.get(
    "/{uuid:subscription_id}/changes", response=ChangeQuoteOut, summary="What another plan would cost now",
    operation_id="quote_plan_change",
)  # fmt: skip
def quote(request: HttpRequest, subscription_id: UUID, asked: Query[ChangeQuery]) -> HttpResponse:
    """What is left of the old plan stands against the new one. Needs subscription.see."""
    exchange = exchange_of(request)
    found = quote_change(by=exchange.by, at=exchange.at, subscription_id=subscription_id, plan=asked.plan)
    held = get_subscription(by=exchange.by, subscription_id=subscription_id)
    return answer(change_quote_out(found, held.programme.currency))


@subscriptions.post(
    "/{uuid:subscription_id}/changes", response={201: SubscriptionDetail}, summary="Change the plan",
    operation_id="change_plan",
)  # fmt: skip
def change(request: HttpRequest, subscription_id: UUID, body: ChangeIn) -> HttpResponse:
    """With exactly what the quote said is due; a quote that is no longer true is refused. Needs subscription.change."""
    exchange = exchange_of(request)
    held = get_subscription(by=exchange.by, subscription_id=subscription_id, right="subscription.change")
    paid = Paid(Money.parse(body.amount, held.programme.currency).minor, body.reference)
    return _served(
        request,
        lambda once: change_plan(
            by=exchange.by, at=exchange.at, subscription_id=subscription_id, plan=body.plan, paid=paid, once=once
        ),
    )


@subscriptions.post(
    "/{uuid:subscription_id}/stops", response={201: SubscriptionDetail}, summary="Let it stop at its end, or go on",
    operation_id="stop_subscription",
)  # fmt: skip
def stop(request: HttpRequest, subscription_id: UUID, body: StopIn) -> HttpResponse:
    """What is paid for stays until then; no grace follows. Needs subscription.end."""
    exchange = exchange_of(request)
    return _served(
        request,
        lambda once: stop_at_end(
            by=exchange.by, at=exchange.at, subscription_id=subscription_id, is_stopped=body.is_stopped, once=once
        ),
    )


@subscriptions.get(
    "/{uuid:subscription_id}/ends", response=RefundQuoteOut, summary="What ending it now would give back",
    operation_id="quote_refund",
)  # fmt: skip
def quote_end(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """By the policy with which it was bought. Needs subscription.see."""
    exchange = exchange_of(request)
    found = quote_refund(by=exchange.by, at=exchange.at, subscription_id=subscription_id)
    held = get_subscription(by=exchange.by, subscription_id=subscription_id)
    return answer(refund_quote_out(found, held.programme.currency))


@subscriptions.post(
    "/{uuid:subscription_id}/ends", response={201: SubscriptionDetail}, summary="End it now",
    operation_id="end_subscription",
)  # fmt: skip
def end(request: HttpRequest, subscription_id: UUID, body: EndIn) -> HttpResponse:
    """What comes back stands on its periods; points go as the policy says. Needs subscription.end."""
    exchange = exchange_of(request)
    return _served(
        request,
        lambda once: end_subscription(
            by=exchange.by, at=exchange.at, subscription_id=subscription_id, reason=body.reason, once=once
        ),
    )


@of_enrolments.get(
    "/{uuid:enrolment_id}/subscriptions", response=SubscriptionPage, summary="A member's paid memberships",
    operation_id="list_subscriptions_of_member",
)  # fmt: skip
def of_member(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Ended ones too, the last opened first, of the whole person. Needs subscription.see."""
    exchange = exchange_of(request)
    enrolment = see_enrolment(by=exchange.by, enrolment_id=enrolment_id, right="subscription.see")
    filters = SubscriptionFilters(customer_ids=tuple(ids_of(enrolment.customer_id)))
    rows = list_subscriptions(by=exchange.by, filters=filters, at=exchange.at, limit=200)
    mine = [subscription_out(one, exchange.at) for one in rows if one.programme_id == enrolment.programme_id]
    return answer(SubscriptionPage(data=mine, next=None))


def _paid(amount: str | None, reference: str, currency: str) -> Paid | None:
    return None if amount is None else Paid(Money.parse(amount, currency).minor, reference)


def _served(request: HttpRequest, act: Callable[[Any], Subscription]) -> HttpResponse:
    """Do it once for a key, and answer with the subscription as it is now."""
    try:
        held = act(request_key(request))
    except RequestRepeated as known:
        return _answered(request, UUID(known.resource_id), 201, replayed=True)
    return _answered(request, held.id, 201)


def _answered(request: HttpRequest, subscription_id: UUID, status: int, *, replayed: bool = False) -> HttpResponse:
    exchange = exchange_of(request)
    by = exchange.by if status == 200 else exchange.by.lent("subscription.see")
    held = get_subscription(by=by, subscription_id=subscription_id)
    return answer(subscription_detail(held, periods_of(held), exchange.at), status, replayed=replayed)
