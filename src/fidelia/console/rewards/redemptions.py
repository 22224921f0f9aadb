"""What members chose: to hand over, many at once; handed over; cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from fidelia.customers.queries import list_customers_by_id
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.rewards.models import Redemption
from fidelia.rewards.operations import cancel_redemption, fulfil_redemptions
from fidelia.rewards.queries import see_redemptions
from fidelia.ui.parts import Tab

from ..customers.rows import name_of
from ..pages import ConsoleRequest, show, signed_in
from ..paging import Asked, asked_place, page_of
from ..refusals import sentence_of
from .words import STATES, price_words, state_of, tongue

PAGE_SIZE = 50


@signed_in
def redemptions(request: ConsoleRequest) -> HttpResponseBase:
    """One state at a time; what waits comes with the oldest first, so that nobody is forgotten."""
    by = request.actor
    state = request.GET.get("state", "reserved")
    state = state if state in STATES else "reserved"
    found = see_redemptions(by=by).filter(state=state)
    asked = asked_place(request)
    rows = _page(found, asked, oldest_first=state == "reserved")
    page = page_of(
        request, asked, rows, PAGE_SIZE, key_of=lambda one: (one.redeemed_at.isoformat(), str(one.id)), total="",
        order=_("the longest waiting first") if state == "reserved" else _("newest first"),
    )  # fmt: skip
    context = {
        "rows": _rows(page.rows),
        "page": page.pager,
        "tabs": _tabs(state),
        "state": state,
        "may_fulfil": state == "reserved" and by.may_somewhere("reward.fulfil"),
        "may_cancel": state == "reserved" and by.may_somewhere("reward.cancel"),
        "ticked": (_("1 chosen"), _("{n} chosen")),
    }
    return show(request, "console/rewards/redemptions.html", context)


@require_POST
@signed_in
def fulfil(request: ConsoleRequest) -> HttpResponseBase:
    """Note all that were ticked as handed over, or none of them."""
    ids = []
    for text in request.POST.getlist("id")[:500]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    if not ids:
        messages.error(request, _("Tick what was handed over."))
        return redirect("console:redemptions")
    try:
        done = fulfil_redemptions(by=request.actor, at=clock.now(), redemption_ids=ids)
        messages.success(request, ngettext("{n} reward handed over.", "{n} rewards handed over.", done).format(n=done))
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:redemptions")


@require_POST
@signed_in
def cancel(request: ConsoleRequest, redemption_id: UUID) -> HttpResponseBase:
    """Take a choice back, with its reason."""
    try:
        done = cancel_redemption(
            by=request.actor, at=clock.now(), redemption_id=redemption_id, reason=request.POST.get("reason", "")[:300]
        )
        messages.success(request, _("The choice is cancelled; its points are back where they were."))
        if request.POST.get("next") == "customer":
            return redirect("console:customer-rewards", customer_id=done.customer_id)
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:redemptions")


def _page(found: QuerySet[Redemption], asked: Asked, *, oldest_first: bool) -> list[Redemption]:
    """Return the rows of the page and one more, in the order shown; backwards they are read from the other end."""
    after, before = (read(datetime.fromisoformat, UUID) for read in (asked.after_as, asked.before_as))
    place, forwards = after or before, (before is None) == oldest_first
    if place is not None:
        side = "gt" if forwards else "lt"
        beyond = found.filter(**{f"redeemed_at__{side}": place[0]})
        found = beyond | found.filter(redeemed_at=place[0], **{f"id__{side}": place[1]})
    order = ("redeemed_at", "id") if forwards else ("-redeemed_at", "-id")
    rows = list(found.order_by(*order)[: PAGE_SIZE + 1])
    return rows[::-1] if before is not None else rows


def _rows(found: list[Redemption]) -> list[dict[str, Any]]:
    people = list_customers_by_id(list({one.customer_id for one in found}))
    return [
        {
            "one": one,
            "who": name_of(people[one.customer_id]) if one.customer_id in people else "—",
            "reward": one.reward.name.in_language(tongue()),
            "price": price_words(one.reward, one.points, one.money),
            "state": state_of(one),
            "dialog": f"f-cancel-{one.id}",
        }
        for one in found
    ]


def _tabs(current: str) -> list[Tab]:
    address = reverse("console:redemptions")
    return [Tab(str(word), f"{address}?state={state}", "", state == current) for state, (word, _tone) in STATES.items()]
