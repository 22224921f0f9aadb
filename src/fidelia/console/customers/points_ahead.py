"""What a member will have on a day to come if nothing more happens, for the page of the points."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _t

from fidelia.kernel.calendar import add_months, last_of_month
from fidelia.programme.queries import Foreseen, TierStanding, list_standings, terms_in_force
from fidelia.programme.queries.words import keep_words
from fidelia.rewards.queries.foresight import foresee_holdings
from fidelia.ui.formats import plain_date

from ..rewards.words import money_words
from .reading import Dossier, Membership

AHEAD_MAX = timedelta(days=3_660)
EVENTS_SHOWN = 8


def ahead_of(dossier: Dossier, membership: Membership, asked: str) -> dict[str, Any] | None:
    """Return the outlook on the day asked for, or the end of next month; None before the programme has begun."""
    enrolment, speech = membership.enrolment, dossier.speech
    if terms_in_force(enrolment, dossier.at) is None:
        return None
    on = _day(asked, speech.today)
    found = foresee_holdings(enrolment, at=dossier.at, on=on)
    standings = {one.tiers.key: one for one in list_standings(enrolment, dossier.at)}
    return {
        "on": plain_date(on, speech.language),
        "on_iso": on.isoformat(),
        "available": speech.points(found.available, membership.scale, unit=True),
        "pending": speech.points(found.pending, membership.scale, unit=True) if found.pending else "",
        "tiers": [(_set_name(dossier, standings[key]), _tier_name(dossier, standings[key], tier))
                  for key, tier in found.tiers.items()],
        "events": [_told(dossier, membership, standings, event) for event in found.events[:EVENTS_SHOWN]],
        "tier_says": [said for one in standings.values() for said in _dates(dossier, membership, one)],
    }  # fmt: skip


def _day(asked: str, today: date) -> date:
    try:
        on = date.fromisoformat(asked)
    except ValueError:
        return last_of_month(add_months(today.replace(day=1), 1))
    return min(max(on, today), today + AHEAD_MAX)


def _set_name(dossier: Dossier, standing: TierStanding) -> str:
    name = standing.tiers.name
    return name.in_language(dossier.speech.language) if name else standing.tiers.key or _t("Tier")


def _tier_name(dossier: Dossier, standing: TierStanding, key: str) -> str:
    level = standing.tiers.level(key)
    return level.name.in_language(dossier.speech.language) if level else _t("no tier")


def _told(
    dossier: Dossier, membership: Membership, standings: dict[str, TierStanding], event: Foreseen
) -> dict[str, str]:
    speech = dossier.speech
    points = speech.points(event.amount, membership.scale, unit=True)
    if event.kind == "tier":
        what = _t("Tier: %(name)s") % {"name": _tier_name(dossier, standings[event.tier_set], event.tier)}
    elif event.kind == "cheque" and event.name is not None:
        money = money_words(event.money, membership.enrolment.programme.currency)
        name = event.name.in_language(speech.language)
        what = _t("%(points)s become %(name)s of %(money)s") % {"points": points, "name": name, "money": money}
    elif event.kind == "activates":
        what = _t("%(points)s come to life") % {"points": points}
    elif event.kind == "cancelled":
        what = _t("%(points)s are given up") % {"points": points}
    else:
        what = _t("%(points)s expire") % {"points": points}
    at = speech.last_day(event.at) if event.kind in ("expires", "cancelled") else event.at
    return {"what": what, "day": speech.plain_date(at)}


def _dates(dossier: Dossier, membership: Membership, standing: TierStanding) -> list[str]:
    """The dates of a tier in sentences: kept until, what is missing to keep it, when one falls and to what."""
    speech, ahead, said = dossier.speech, standing.ahead, []
    programme, language = membership.enrolment.programme, dossier.speech.language
    if ahead.held is not None and ahead.falls_on is not None:
        until = speech.plain_date(speech.last_day(ahead.falls_on))
        name = ahead.held.name.in_language(language)
        said.append(_t("%(tier)s until %(day)s.") % {"tier": name, "day": until})
        if ahead.keep_by is not None and (missing := keep_words(ahead, programme, language)):
            by = speech.plain_date(speech.last_day(ahead.keep_by))
            said.append(_t("%(missing)s more by %(day)s to keep it.") % {"missing": missing, "day": by})
    if ahead.begins_on is not None:
        day = speech.plain_date(ahead.begins_on)
        said.append(_t("A tier reached begins on %(day)s.") % {"day": day})
    return said
