"""Paid memberships: what the programmes sell, who has which plan until when, and one with its periods and its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.customers.models import Customer
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import last_day, zone_of
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.money import Money
from fidelia.programme.queries import list_programmes, terms_of, version_in_force
from fidelia.programme.queries.plans_in_words import plan_in_words
from fidelia.subscriptions.models import Subscription
from fidelia.subscriptions.operations import end_subscription, quote_refund, stop_at_end
from fidelia.subscriptions.queries import (
    SubscriptionFilters,
    figures_of,
    get_subscription,
    list_subscriptions,
    periods_of,
    state_of,
)
from fidelia.subscriptions.queries.wording import name_of_plan, reason_in_words
from fidelia.ui.formats import money
from fidelia.ui.parts import Figure, Tab

from .customers.rows import name_of
from .pages import ConsoleRequest, show, signed_in
from .paging import asked_place, page_of
from .refusals import sentence_of
from .speech import speech_of

PAGE_SIZE = 50
FIGURES_MAX = 5
PERIOD = timedelta(days=365)
STATES = ("", "active", "trial", "grace", "ended")


@signed_in
def index(request: ConsoleRequest) -> HttpResponseBase:
    by, now = request.actor, clock.now()
    state = request.GET.get("state", "")
    filters = SubscriptionFilters(state=state if state in STATES else "")
    place = asked_place(request)
    rows = list_subscriptions(
        by=by, filters=filters, at=now, after=place.after_as(datetime.fromisoformat, UUID), limit=PAGE_SIZE + 1
    )
    page = page_of(
        request, place, rows, PAGE_SIZE, key_of=lambda one: (one.opened_at.isoformat(), str(one.id)), total="",
        order=_("the last begun first"),
    )  # fmt: skip
    context: dict[str, Any] = {
        "figures": _figures(by, now),
        "tabs": _tabs(state),
        "rows": [_row(by, one, names, now) for names in [_names(page.rows)] for one in page.rows],
        "page": page.pager,
        "plans": _plans(now),
        "nothing_at_all": not page.rows and not state,
    }
    return show(request, "console/subscriptions/index.html", context, partial="rows")


@signed_in
def one(request: ConsoleRequest, subscription_id: UUID) -> HttpResponseBase:
    by, now = request.actor, clock.now()
    held = get_subscription(by=by, subscription_id=subscription_id)
    may_end = by.may("subscription.end", Scope(held.partner_id, held.enrolment.store_id))
    is_over = state_of(held, now) == "ended"
    quote = None if is_over or not may_end else quote_refund(by=by, at=now, subscription_id=held.id)
    context = {
        "row": _row(by, held, _names([held]), now),
        "periods": [_period(held, each) for each in periods_of(held)],
        "reason": reason_in_words(held.end_reason, get_language() or "en"),
        "may_end": may_end and not is_over,
        "gives_back": None if quote is None else _money(held, quote.amount),
        "takes_points": 0 if quote is None else quote.points,
        "may_stop": may_end and not is_over and held.ends_at is not None,
    }
    return show(request, "console/subscriptions/one.html", context)


@require_POST
@signed_in
def stop(request: ConsoleRequest, subscription_id: UUID) -> HttpResponseBase:
    """Let it stop at the end of what is paid, or go on after all."""
    is_stopped = request.POST.get("is_stopped") == "yes"
    try:
        stop_at_end(by=request.actor, at=clock.now(), subscription_id=subscription_id, is_stopped=is_stopped)
        messages.success(request, _("It stops at its end.") if is_stopped else _("It goes on."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:subscription", subscription_id)


@require_POST
@signed_in
def end(request: ConsoleRequest, subscription_id: UUID) -> HttpResponseBase:
    """End it now, with what its policy gives back."""
    try:
        end_subscription(by=request.actor, at=clock.now(), subscription_id=subscription_id)
        messages.success(request, _("It has ended. What is given back stands on its periods."))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:subscription", subscription_id)


def state_words() -> dict[str, str]:
    """Return the states of a paid membership as pages say them."""
    return {"active": _("Paid"), "trial": _("On trial"), "grace": _("To be paid"), "ended": _("Has ended")}


def _names(found: list[Subscription]) -> dict[UUID, str]:
    return {one.id: name_of(one) for one in Customer.objects.filter(id__in={each.customer_id for each in found})}


def _row(by: Actor, held: Subscription, names: dict[UUID, str], now: datetime) -> dict[str, Any]:
    state = state_of(held, now)
    zone = zone_of(held.programme.time_zone)
    until = held.ended_at or held.ends_at
    return {
        "held": held,
        "who": names.get(held.customer_id, "") if by.may_somewhere("customer.see") else _("a member"),
        "plan": name_of_plan(held, get_language() or "en"),
        "programme": held.programme.name,
        "state": state,
        "word": state_words()[state],
        "until": None if until is None else last_day(until, zone),
        "renews": held.renewal == "auto" and not held.stops_at_end and state != "ended",
    }


def _period(held: Subscription, period: Any) -> dict[str, Any]:
    zone = zone_of(held.programme.time_zone)
    return {
        "period": period,
        "last": None if period.ends_at is None else last_day(period.ends_at, zone),
        "amount": _money(held, period.amount),
        "refunded": _money(held, period.refunded) if period.refunded else "",
    }


def _money(held: Subscription, amount: int) -> str:
    currency = held.programme.currency
    return money(Money(amount, currency).text(), currency, get_language() or "en")


def _figures(by: Actor, now: datetime) -> list[Figure]:
    """Of the whole network, for who sees all of it."""
    if not by.may("subscription.see"):
        return []
    say, tongue = speech_of(now), get_language() or "en"
    found: list[Figure] = []
    for programme in list_programmes():
        version = version_in_force(programme, now)
        plans = () if version is None else terms_of(version.id).plans
        names = {plan.key: plan.name.in_language(tongue) for plan in plans}
        for each in figures_of(programme, at=now, since=now - PERIOD):
            paid = money(Money(each.money, programme.currency).text(), programme.currency, tongue)
            note = _("%(money)s in twelve months, %(trial)s on trial, %(grace)s to be paid") % {
                "money": paid, "trial": say.number(each.trial), "grace": say.number(each.grace),
            }  # fmt: skip
            name = names.get(each.plan, each.plan)
            found.append(Figure(name, say.number(each.active + each.trial + each.grace), note=note))
    return found[:FIGURES_MAX]


def _plans(now: datetime) -> list[list[str]]:
    """What each programme sells today, in sentences."""
    told = []
    for programme in list_programmes():
        version = version_in_force(programme, now)
        for plan in () if version is None else terms_of(version.id).plans:
            told.append(plan_in_words(plan, programme, get_language() or "en"))
    return told


def _tabs(state: str) -> list[Tab]:
    words = {"": _("All paid memberships"), **state_words()}
    return [Tab(words[each], f"?state={each}" if each else "?", current=each == state) for each in STATES]
