"""Bring a friend: the promise in words, a code to pass on, how far each friend has come."""

from __future__ import annotations

import re

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from fidelia.kernel.errors import NotFound
from fidelia.referral.operations import code_of_member
from fidelia.referral.queries import MyReferral, ReferredFriend, referral_of

from .door import MemberRequest, members_only
from .holdings import Holdings, holdings_of
from .pages import show

CODE_PATTERN = re.compile(r"[A-Za-z0-9-]{4,20}")
TONES = {"rewarded": "good", "refused": "plain", "taken_back": "plain"}


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def friends(request: MemberRequest) -> HttpResponseBase:
    """Show the code; it is made when it is first asked for, by a POST."""
    held = holdings_of(request)
    mine = referral_for(held)
    if mine is None or held.enrolment is None:
        raise NotFound("This programme has no referral.")
    if request.method == "POST":
        code_of_member(by=request.person.by, at=request.at, enrolment=held.enrolment)
        return redirect("portal:friends")
    context = {
        "promise": mine.sentence(held.language),
        "code": mine.code or "",
        "address": f"{settings.BASE_URL}{mine.path}" if mine.path else "",
        "friends": [_shown(held, one) for one in mine.friends],
        "as_friend": _shown(held, mine.as_friend) if mine.as_friend is not None else None,
    }
    return show(request, "portal/friends.html", context, here="me")


def referral_for(held: Holdings) -> MyReferral | None:
    """Return what the member sees of referral; None where the programme runs none."""
    if held.enrolment is None:
        return None
    return referral_of(customer_ids=held.person.ids, programme_id=held.enrolment.programme_id, at=held.at)


def _shown(held: Holdings, one: ReferredFriend) -> dict[str, str]:
    return {
        "initial": f"{one.initial}." if one.initial else "—",
        "says": one.sentence(held.language),
        "day": held.short(one.since),
        "tone": TONES.get(one.state, "warm"),
    }
