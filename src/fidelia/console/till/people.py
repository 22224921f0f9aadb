"""A member as the till shows one: who, tier, points, and one sentence to say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from fidelia.cards.queries import cards_of
from fidelia.customers.models import Customer
from fidelia.customers.queries import find_presented, ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.money import exponent_of
from fidelia.ledger.queries import get_balance, points_expiring
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import TierStanding, find_enrolment, tier_standing
from fidelia.programme.queries.differences import points_name_of
from fidelia.programme.queries.words import next_words
from fidelia.ui import formats

from ..customers.rows import name_of

FOUND_MAX = 6
SOON = timedelta(days=30)
BIRTHDAY_WITHIN = 7


def members_presented(by: Actor, text: str, programme: Programme) -> list[Customer]:
    """Return the member of whatever store who shows a card, or tells a whole address or number; at most two."""
    presented = find_presented(by=by, text=text)
    return [one for one in presented if find_enrolment(programme, ids_of(one.id)) is not None]


def facts_of(by: Actor, customer: Customer, programme: Programme, at: datetime) -> dict[str, Any]:
    """Return what the till shows of a customer; of who is no member only the name.

    `points` and `expiring` are minor units of the points currency; `worth` minor units of money where points are money.
    """
    facts: dict[str, Any] = {"id": str(customer.id), "name": name_of(customer), "town": customer.town, "member": False}
    enrolment = find_enrolment(programme, ids_of(customer.id))
    if enrolment is None or not by.may_somewhere("points.see"):
        return facts | {"member": enrolment is not None, "say": _("Not a member yet: offer to join.")}
    standing = tier_standing(enrolment, at)
    balance = get_balance(account_id=enrolment.account_id, currency=programme.points_currency_id, at=at).available
    expiring = _expiring(enrolment, programme, at)
    return (
        facts
        | {
            "member": True,
            "since": enrolment.enrolled_at.year,
            "tier": standing.held.name.in_language(_tongue()) if standing and standing.held else "",
            "rank": standing.rank if standing else None,
            "points": balance,
            "worth": balance if _is_money(programme) else None,
            "expiring": expiring,
            "say": _say(customer, programme, standing, expiring, at),
        }
        | _waiting(customer, enrolment, at)
    )


def programme_facts(programme: Programme) -> dict[str, Any]:
    """Return how the till writes money and points."""
    name = points_name_of(programme)
    return {
        "slug": programme.slug,
        "currency": programme.currency,
        "exponent": exponent_of(programme.currency),
        "points_scale": programme.points_currency.scale,
        "point": name.one.in_language(_tongue()),
        "points": name.many.in_language(_tongue()),
    }


def _waiting(customer: Customer, enrolment: Enrolment, at: datetime) -> dict[str, Any]:
    """Of a card with nobody yet: that its points wait, and that one asks for the name."""
    if not enrolment.is_provisional:
        return {}
    held = cards_of(ids_of(customer.id), at=at)
    return {
        "name": _("Provisional card"),
        "waiting_card": next((one.number for one in held if one.state == "provisional"), ""),
        "say": _("Your points wait for you: a first name and a telephone number are enough to use them (F6)."),
    }


def _is_money(programme: Programme) -> bool:
    return programme.points_currency.scale == exponent_of(programme.currency) > 0


def _expiring(enrolment: Enrolment, programme: Programme, at: datetime) -> dict[str, Any] | None:
    dying = points_expiring(
        account_id=enrolment.account_id, currency=programme.points_currency_id, at=at, until=at + SOON
    )
    if not dying:
        return None
    last_day = local_day(dying[0].expires_at - timedelta(seconds=1), zone_of(programme.time_zone))
    return {"amount": dying[0].amount, "days": (last_day - timezone.localdate(at)).days}


def _say(
    customer: Customer,
    programme: Programme,
    standing: TierStanding | None,
    expiring: dict[str, Any] | None,
    at: datetime,
) -> str:
    """Return the one sentence that matters most today."""
    days = _days_to_birthday(customer.birth_on, local_day(at, zone_of(programme.time_zone)))
    scale = programme.points_currency.scale
    if days == 0:
        return _("It is their birthday today.")
    if days is not None and days <= BIRTHDAY_WITHIN:
        return ngettext("Their birthday is tomorrow.", "Their birthday is in %(days)s days.", days) % {"days": days}
    if expiring is not None:
        shown = formats.minor_points(expiring["amount"], scale, _tongue(), unit=scale == 0)
        text = ngettext(
            "%(points)s expire within %(days)s day.", "%(points)s expire within %(days)s days.", expiring["days"]
        )
        return text % {"points": shown, "days": expiring["days"]}
    if standing is None or standing.next is None:
        return ""
    if standing.ahead.besides:
        missing = next_words(standing.ahead, programme, _tongue())
    else:
        left = max(standing.next.threshold - standing.earned, 0)
        missing = formats.minor_points(left, scale, _tongue(), unit=scale == 0) if left else ""
    if missing:
        return _("%(points)s more, and they are %(tier)s.") % {
            "points": missing,
            "tier": standing.next.name.in_language(_tongue()),
        }
    return ""


def _days_to_birthday(born: date | None, today: date) -> int | None:
    if born is None:
        return None
    for year in (today.year, today.year + 1):
        day = date(year, 3, 1) if (born.month, born.day) == (2, 29) and not _is_leap(year) else born.replace(year=year)
        if day >= today:
            return (day - today).days
    return None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _tongue() -> str:
    return get_language() or "en"
