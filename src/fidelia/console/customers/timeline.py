"""The timeline of a customer: what is coming, then what happened, newest first, from every module that knows something.

Each source gives its newest items before a moment; they are merged, and the page ends where all of them are complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from fidelia.programme.queries.terms_in_words import describe_tiers
from fidelia.ui.parts import TimelineGroup, TimelineItem

from .reading import Dossier
from .timeline_bought import bought_between
from .timeline_said import consents_said, messages_sent
from .timeline_standing import point_movements, tiers_held

PAGE_SIZE = 25
COMING_MAX = 4
BIRTHDAY_AHEAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Happened:
    """One item and when it was in the world."""

    at: datetime
    item: TimelineItem


@dataclass(frozen=True, slots=True)
class Timeline:
    """The groups of one page, and the moment before which the next page begins (None at the end)."""

    groups: list[TimelineGroup]
    older_before: datetime | None


KINDS = ("purchases", "points", "messages", "tiers", "consents")


def kinds_open_to(dossier: Dossier) -> list[str]:
    """Return the kinds of items that the actor may see of this customer."""
    rights = {
        "purchases": dossier.by.may_somewhere("purchase.see"),
        "points": dossier.membership is not None,
        "messages": dossier.by.may("message.see"),
        "tiers": dossier.membership is not None,
        "consents": True,
    }
    return [kind for kind in KINDS if rights[kind]]


def timeline_of(dossier: Dossier, *, kinds: Sequence[str], before: datetime | None) -> Timeline:
    """Return the timeline of these kinds; with `before`, the older part of it."""
    edge = before or dossier.at + timedelta(days=1)
    sources = {
        "purchases": lambda: bought_between(dossier, edge, PAGE_SIZE + 1),
        "points": lambda: point_movements(dossier, edge, PAGE_SIZE + 1, with_bought="purchases" not in kinds),
        "messages": lambda: messages_sent(dossier, edge, PAGE_SIZE + 1),
        "tiers": lambda: tiers_held(dossier),
        "consents": lambda: consents_said(dossier),
    }
    known = [Happened(at, item) for kind in kinds for at, item in sources[kind]() if at < edge]
    known.sort(key=lambda each: each.at, reverse=True)
    shown = known[:PAGE_SIZE]
    # What happened in the same instant stays together, since the next page begins before that instant.
    shown += [each for each in known[PAGE_SIZE:] if each.at == shown[-1].at]
    groups = [] if before else _coming_group(dossier, kinds)
    groups += _by_day(dossier, shown)
    return Timeline(groups, shown[-1].at if len(known) > len(shown) else None)


def _by_day(dossier: Dossier, happened: Sequence[Happened]) -> list[TimelineGroup]:
    headed = groupby(happened, key=lambda each: dossier.speech.heading(each.at))
    return [TimelineGroup(heading, [each.item for each in group]) for heading, group in headed]


def _coming_group(dossier: Dossier, kinds: Sequence[str]) -> list[TimelineGroup]:
    items = sorted(_coming(dossier, kinds), key=lambda pair: pair[0])[:COMING_MAX]
    return [TimelineGroup(_("Coming"), [item for _at, item in items], coming=True)] if items else []


def _coming(dossier: Dossier, kinds: Iterable[str]) -> list[tuple[datetime, TimelineItem]]:
    coming: list[tuple[datetime, TimelineItem]] = []
    if "points" in kinds:
        coming += _expiries(dossier)
    if "tiers" in kinds:
        coming += _end_of_tier(dossier)
    if dossier.customer.birth_on:
        coming += _birthday(dossier, dossier.customer.birth_on)
    return coming


def _expiries(dossier: Dossier) -> list[tuple[datetime, TimelineItem]]:
    membership, speech = dossier.membership, dossier.speech
    if membership is None:
        return []
    return [
        (
            each.expires_at,
            TimelineItem(
                "hourglass",
                speech.points(each.amount, membership.scale, unit=True),
                rest=_("expire"),
                detail=_("unless they are used before"),
                when=speech.day(speech.last_day(each.expires_at), weekday=True),
            ),
        )
        for each in membership.expiring[:3]
    ]


def _end_of_tier(dossier: Dossier) -> list[tuple[datetime, TimelineItem]]:
    standing = dossier.membership.standing if dossier.membership else None
    if standing is None or standing.held is None or standing.held_until is None:
        return []
    # The window that will decide ends on that day, not today: what is earned and what falls out until then is unknown.
    detail = describe_tiers(standing.tiers, dossier.speech.language)[0]
    name = standing.held.name.in_language(dossier.speech.language)
    item = TimelineItem(
        "award",
        _("End of %(tier)s") % {"tier": name},
        detail=detail,
        when=dossier.speech.day(dossier.speech.last_day(standing.held_until), weekday=True),
    )
    return [(standing.held_until, item)]


def _birthday(dossier: Dossier, born: date) -> list[tuple[datetime, TimelineItem]]:
    ahead = days_to_birthday(born, dossier.speech.today)
    if ahead > BIRTHDAY_AHEAD_DAYS:
        return []
    at = dossier.at + timedelta(days=ahead)
    return [(at, TimelineItem("cake", _("Birthday"), when=dossier.speech.day(at, weekday=True)))]


def days_to_birthday(born: date, today: date) -> int:
    """Return in how many days the next birthday is; 29 February is kept on 1 March in other years."""
    for year in (today.year, today.year + 1):
        try:
            birthday = born.replace(year=year)
        except ValueError:
            birthday = date(year, 3, 1)
        if birthday >= today:
            return (birthday - today).days
    raise AssertionError("a birthday comes each year")
