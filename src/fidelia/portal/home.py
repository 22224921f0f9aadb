"""Home: what I have, what I can get, one thing for today; and the card, full screen, also without a network."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from fidelia.kernel.errors import NotFound
from fidelia.ui.codes import TooLong, ean13_svg, is_ean13, qr_svg
from fidelia.ui.formats import clock_time

from .catalog import next_cheque
from .door import PROGRAMME_COOKIE, SESSION_COOKIE_AGE, MemberRequest, members_only
from .holdings import Holdings, holdings_of, tier_ahead
from .offers import offers_shown
from .pages import show
from .presents import presents_of

PRESENTS_SHOWN = 3
OFFERS_SHOWN = 3


@require_safe
@members_only
def home(request: MemberRequest) -> HttpResponseBase:
    held = holdings_of(request)
    if held.enrolment is None:
        return show(request, "portal/no_membership.html", here="home")
    open_ones = [one for one in presents_of(held) if one.is_open]
    offers = [one for one in offers_shown(held) if one.state in ("active", "open")]
    context = {
        "held": held,
        "others": [
            {"slug": one.programme.slug, "name": held.said(one.programme.name)}
            for one in held.memberships
            if one.id != held.enrolment.id
        ],
        "programme": held.said(held.enrolment.programme.name),
        "points": held.points(held.balance.available),
        "worth": held.worth(held.balance.available),
        "pending": held.in_points(held.balance.pending) if held.balance.pending else "",
        "card": grouped(held.card),
        "ahead": tier_ahead(held, tier_words()),
        "today": today_of(held),
        "cheque": next_cheque(held),
        "offers": offers[:OFFERS_SHOWN],
        "presents": open_ones[:PRESENTS_SHOWN],
        "more": len(open_ones) > PRESENTS_SHOWN or len(offers) > OFFERS_SHOWN,
    }
    return show(request, "portal/home.html", context, here="home")


@members_only
@require_POST
def choose(request: MemberRequest, slug: str) -> HttpResponseBase:
    """Show another of the member's programmes on this device from now on; one that is not theirs is not there."""
    if slug not in [one.programme.slug for one in holdings_of(request).memberships]:
        raise NotFound("There is no such programme.")
    response = redirect("portal:home")
    response.set_cookie(
        PROGRAMME_COOKIE, slug, max_age=SESSION_COOKIE_AGE, secure=settings.BEHIND_TLS, httponly=True, samesite="Lax"
    )
    return response


@require_safe
@members_only
def card(request: MemberRequest) -> HttpResponseBase:
    """The card full screen. The service worker keeps this page, and shows it where there is no network."""
    held = holdings_of(request)
    number = held.card
    context: dict[str, Any] = {
        "held": held, "number": grouped(number),
        "name": request.person.customer.display_name,
        "kept_at": clock_time(timezone.localtime(request.at), held.language),
        **codes_of(number),
    }  # fmt: skip
    if held.enrolment is not None:
        context |= {
            "points": held.in_points(held.balance.available),
            "worth": held.worth(held.balance.available),
            "tier": held.tier,
        }
    return show(request, "portal/card.html", context, here="card")


def codes_of(number: str) -> dict[str, str]:
    """Return the drawings of a card number: QR for any, EAN-13 where it is one; nothing for what no code can hold."""
    try:
        return {
            "qr": mark_safe(qr_svg(number, label=_t("QR code of the card"))) if number else "",  # noqa: S308 - our drawing
            "ean": mark_safe(ean13_svg(number, label=_t("Bar code of the card"))) if is_ean13(number) else "",  # noqa: S308
        }
    except TooLong:
        return {"qr": "", "ean": ""}


def grouped(number: str) -> str:
    """Return a card number in groups of four, as people read it aloud."""
    return "\u00a0".join(number[place : place + 4] for place in range(0, len(number), 4))


def today_of(held: Holdings) -> dict[str, str] | None:
    """Return the one thing for today: what dies soonest, else what is on its way; nothing is a fine day too."""
    soon = held.ends_soonest()
    if soon is not None:
        return {
            "icon": "hourglass",
            "title": _t("%(points)s to use") % {"points": held.in_points(soon.amount)},
            "says": _t("They end after %(day)s. Your oldest points are used first.")
            % {"day": held.day_before(soon.expires_at)},
        }
    if held.balance.pending:
        return {
            "icon": "clock",
            "title": _t("%(points)s on their way") % {"points": held.in_points(held.balance.pending)},
            "says": _t("They come with your last purchases, once these can no longer be given back."),
        }
    return None


def tier_words() -> dict[str, str]:
    """Return what is said of the way to a tier."""
    return {
        "missing": _t("{amount} more and you are {name}."),
        "soon": _t("You have reached {name}."),
    }
