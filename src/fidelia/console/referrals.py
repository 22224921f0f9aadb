"""Referral: how far the friends came, the doubted ones to decide about, and each with its reason."""

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
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.queries import list_programmes, terms_of, version_in_force
from fidelia.referral.models import Referral
from fidelia.referral.operations import review_referral
from fidelia.referral.queries import ReferralFilters, funnel_of, list_referrals, sentence_of_terms
from fidelia.referral.queries.sight import reason_in_words
from fidelia.ui.parts import Figure, Tab

from .customers.rows import name_of
from .pages import ConsoleRequest, show, signed_in
from .paging import asked_place, page_of
from .refusals import sentence_of
from .speech import speech_of

PAGE_SIZE = 50
PERIOD = timedelta(days=365)
STATES = ("", "review", "pending", "qualified", "rewarded", "refused", "taken_back")


@signed_in
def index(request: ConsoleRequest) -> HttpResponseBase:
    by, now = request.actor, clock.now()
    state = request.GET.get("state", "")
    filters = ReferralFilters(state=state if state in STATES else "")
    place = asked_place(request)
    rows = list_referrals(
        by=by, filters=filters, after=place.after_as(datetime.fromisoformat, UUID),
        before=place.before_as(datetime.fromisoformat, UUID), limit=PAGE_SIZE + 1,
    )  # fmt: skip
    page = page_of(
        request, place, rows, PAGE_SIZE, key_of=lambda one: (one.changed_at.isoformat(), str(one.id)), total="",
        order=_("the last changed first"),
    )  # fmt: skip
    context: dict[str, Any] = {
        "figures": _figures(by, now),
        "tabs": _tabs(state),
        "rows": _rows(by, page.rows),
        "page": page.pager,
        "promises": _promises(now),
        "nothing_at_all": not page.rows and not state,
    }
    return show(request, "console/referrals.html", context, partial="rows")


@require_POST
@signed_in
def review(request: ConsoleRequest, referral_id: UUID) -> HttpResponseBase:
    """A person's word on one that is doubted."""
    is_accepted = request.POST.get("is_accepted") == "yes"
    try:
        review_referral(by=request.actor, at=clock.now(), referral_id=referral_id, is_accepted=is_accepted)
        told = _("The referral goes on.") if is_accepted else _("The referral does not count.")
        messages.success(request, told)
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:referrals")


def state_words() -> dict[str, str]:
    """Return the states of a referral as pages say them."""
    return {
        "pending": _("Waits for purchases"),
        "review": _("To decide"),
        "qualified": _("In the time for returns"),
        "rewarded": _("Rewarded"),
        "refused": _("Refused"),
        "taken_back": _("Taken back"),
    }


def _rows(by: Actor, found: list[Referral]) -> list[dict[str, Any]]:
    people = {one.referrer.customer_id for one in found} | {one.friend.customer_id for one in found}
    names = {one.id: name_of(one) for one in Customer.objects.filter(id__in=people)}
    words, tongue = state_words(), get_language() or "en"
    sees = by.may_somewhere("customer.see")
    return [
        {
            "referral": one,
            "referrer": names.get(one.referrer.customer_id, "") if sees else _("a member"),
            "friend": names.get(one.friend.customer_id, "") if sees else _("a member"),
            "word": words[one.state],
            "reason": reason_in_words(one.reason, tongue),
            "may_review": one.state == "review" and by.may("referral.review", Scope(one.partner_id)),
        }
        for one in found
    ]


def _figures(by: Actor, now: datetime) -> list[Figure]:
    """The funnel of the last twelve months: each step is a part of the one before."""
    counted, say = funnel_of(by=by, since=now - PERIOD), speech_of(now)
    share = _("of %(n)s")
    return [
        Figure(_("Friends who came"), say.number(counted.came), note=_("in twelve months")),
        Figure(_("Let in"), say.number(counted.let_in), note=share % {"n": say.number(counted.came)}),
        Figure(_("Bought enough"), say.number(counted.qualified), note=share % {"n": say.number(counted.let_in)}),
        Figure(_("Rewarded"), say.number(counted.rewarded), note=share % {"n": say.number(counted.qualified)}),
        Figure(_("To decide"), say.number(counted.review), bad=counted.review > 0),
    ]


def _promises(now: datetime) -> list[str]:
    """What each programme promises today, in words."""
    tongue, said = get_language() or "en", []
    for programme in list_programmes():
        promise = _promise_of(programme, now, tongue)
        if promise:
            said.append(promise)
    return said


def _promise_of(programme: Programme, now: datetime, tongue: str) -> str:
    version = version_in_force(programme, now)
    policy = None if version is None else terms_of(version.id).referral
    return "" if policy is None else sentence_of_terms(policy, programme, tongue)


def _tabs(state: str) -> list[Tab]:
    words = {"": _("All referrals"), **state_words()}
    return [Tab(words[each], f"?state={each}" if each else "?", current=each == state) for each in STATES]
