"""Rewards: what a member can use now, what she used, what is over."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from .door import MemberRequest, members_only
from .holdings import holdings_of
from .pages import show
from .presents import presents_of

OVER_SHOWN = 12


@require_safe
@members_only
def rewards(request: MemberRequest) -> HttpResponseBase:
    held = holdings_of(request)
    if held.enrolment is None:
        return show(request, "portal/no_membership.html", here="rewards")
    found = presents_of(held)
    soon = held.ends_soonest()
    context = {
        "held": held,
        "points": held.in_points(held.balance.available),
        "worth": held.worth(held.balance.available),
        "soon": {"points": held.points(soon.amount), "day": held.last_short(soon.expires_at)} if soon else None,
        "open_ones": [one for one in found if one.is_open],
        "over": [one for one in found if not one.is_open][:OVER_SHOWN],
    }
    return show(request, "portal/rewards.html", context, here="rewards")
