"""Parked events: what a reaction could not serve, why, who waits behind it; retry and dismiss. And how far each is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.customers.queries import list_customers_by_id
from fidelia.flow import REACTIONS
from fidelia.jobs.errors import ReactionUnknown
from fidelia.jobs.operations import dismiss_parked, retry_parked
from fidelia.jobs.queries import count_parked, count_waiting_behind, list_lag, list_parked, list_parked_events
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.models import ParkedEvent
from fidelia.kernel.outbox import Reaction

from .customers.rows import name_of
from .pages import ConsoleRequest, show, signed_in
from .paging import asked_place, page_of
from .refusals import sentence_of
from .words import REACTION_NAMES, word

PAGE_SIZE = 25


@signed_in
def events(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    asked = asked_place(request)
    last = asked.after_as(int)
    only = request.GET.get("reaction", "")
    reaction = only if only in {each.name for each in REACTIONS} else None
    found = list_parked(
        by=by, reaction=reaction, after_id=last[0] if last else 0, limit=PAGE_SIZE + 1, failed_only=True
    )
    page = page_of(
        request, asked, found, PAGE_SIZE, key_of=lambda row: (row.pk,), total="",
        order=_("oldest first"),
    )  # fmt: skip
    context = {
        "count": count_parked(by=by),
        "rows": _rows(request, page.rows),
        "page": page.pager,
        "lags": [
            {"lag": lag, "name": word(REACTION_NAMES, lag.reaction)} for lag in list_lag(by=by, reactions=REACTIONS)
        ],
        "may_retry": by.may("event.retry"),
        "may_dismiss": by.may("event.dismiss"),
        "reaction": reaction or "",
    }
    return show(request, "console/events/list.html", context)


@require_POST
@signed_in
def retry(request: ConsoleRequest, reaction: str, event_id: int) -> HttpResponseBase:
    return _act(request, retry_parked, reaction, event_id, _("Served: %(n)s events."))


@require_POST
@signed_in
def dismiss(request: ConsoleRequest, reaction: str, event_id: int) -> HttpResponseBase:
    return _act(request, dismiss_parked, reaction, event_id, _("Given up. Served behind it: %(n)s events."))


def _act(
    request: ConsoleRequest, verb: Callable[..., Any], reaction: str, event_id: int, said: str
) -> HttpResponseBase:
    try:
        done = verb(by=request.actor, at=clock.now(), reaction=_reaction(reaction), event_id=event_id)
    except Denied:
        raise
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("console:events")
    messages.success(request, said % {"n": len(done.served)})
    if done.reason is not None:
        messages.error(request, _("It failed again: %(reason)s") % {"reason": done.reason})
    return redirect("console:events")


def _reaction(name: str) -> Reaction:
    for reaction in REACTIONS:
        if reaction.name == name:
            return reaction
    raise ReactionUnknown("There is no such reaction.")


def _rows(request: ConsoleRequest, parked: Sequence[ParkedEvent]) -> list[dict[str, Any]]:
    """Return what is parked with what it was and whom it is about; three statements more."""
    by = request.actor
    told = list_parked_events(by=by, event_ids=[row.event_id for row in parked])
    ids = [row.customer_id for row in parked if row.customer_id is not None]
    people = list_customers_by_id(ids) if by.may("customer.see") else {}
    behind = count_waiting_behind(by=by, parked=parked)
    return [
        {
            "parked": row,
            "dialog": f"f-dismiss-{row.pk}",
            "behind": behind.get(row.pk, 0),
            "event": told.get(row.event_id),
            "name": word(REACTION_NAMES, row.reaction),
            "customer": name_of(people[row.customer_id]) if row.customer_id in people else "",
        }
        for row in parked
    ]
