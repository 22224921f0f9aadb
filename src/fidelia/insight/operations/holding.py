"""What a document meets that is held today: what nobody who reads the document alone would see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fidelia.kernel.actor import Actor
from fidelia.programme.models import Programme
from fidelia.programme.queries import Terms, count_members_by_tier, sum_held
from fidelia.rewards.queries.offers import count_activated, count_taken
from fidelia.subscriptions.queries import figures_of

from .holding_limits import used_up_today

TIER, PLAN, POINTS, OFFER, TAKEN = "tier", "plan", "points", "offer", "taken"


def held_today(*, by: Actor, at: datetime, programme: Programme, was: Terms, now: Terms) -> list[dict[str, Any]]:
    """Return what is held at an instant of what a document no longer has, or has less of than was used, as JSON holds
    it: kind, name by language, and

    tier    members who hold a tier that the document does not have
    plan    members who have a plan that it does not have
    points  members who hold further points of which it has no terms, and how many points, in minor units of `scale`
    offer   members for whom an activation counts of an offer that it does not have
    taken   an offer that is not over and that as many `members` have activated as it allows (`at_most`), or more
    budget  a limit over all of which at least as much was used in its period as the document allows: of (uses, money,
            points), taken, at_most; until (the day on which it counts anew, None where that is no day for all: see
            `period` and, where that is rolling, the `days` that it looks back)
    limit   a limit for each member or store (`per`) by which `users` have nothing left, `before` by what is in force;
            of, at_most, until, period, days as of a budget
    """
    return [
        *_tiers(programme, at, was, now),
        *_plans(programme, at, was, now),
        *_points(programme, was, now),
        *_offers(programme, at, was, now),
        *(used_up_today(by, programme, at, was, now) if by.may("programme.see") else ()),
    ]


def _tiers(programme: Programme, at: datetime, was: Terms, now: Terms) -> Iterator[dict[str, Any]]:
    kept = {level.key for tier_set in now.tier_sets for level in tier_set.levels}
    gone = [level for tier_set in was.tier_sets for level in tier_set.levels if level.key not in kept]
    counts = count_members_by_tier(programme, at) if gone else {}
    for level in gone:
        if counts.get(level.key):
            yield {"kind": TIER, "name": level.name.as_mapping(), "members": counts[level.key]}


def _plans(programme: Programme, at: datetime, was: Terms, now: Terms) -> Iterator[dict[str, Any]]:
    gone = [plan for plan in was.plans if now.plan(plan.key) is None]
    figures = {each.plan: each for each in figures_of(programme, at=at, since=at)} if gone else {}
    for plan in gone:
        found = figures.get(plan.key)
        members = found.active + found.trial + found.grace if found is not None else 0
        if members:
            yield {"kind": PLAN, "name": plan.name.as_mapping(), "members": members}


def _points(programme: Programme, was: Terms, now: Terms) -> Iterator[dict[str, Any]]:
    for one in programme.more_currencies.select_related("currency"):
        if one.currency_id in was.currencies and one.currency_id not in now.currencies:
            members, points = sum_held(programme, one.currency_id)
            if members:
                yield {
                    "kind": POINTS, "name": one.currency.name.as_mapping(), "members": members, "points": points,
                    "scale": one.currency.scale,
                }  # fmt: skip


def _offers(programme: Programme, at: datetime, was: Terms, now: Terms) -> Iterator[dict[str, Any]]:
    gone = [offer for offer in was.offers if now.offer(offer.key) is None]
    active = count_activated(programme, at) if gone else {}
    for offer in gone:
        if active.get(offer.key):
            yield {"kind": OFFER, "name": offer.name.as_mapping(), "members": active[offer.key]}
    fewer = [offer for offer in now.offers if offer.at_most is not None and offer != was.offer(offer.key)]
    taken = count_taken(programme) if fewer else {}
    for offer in fewer:
        is_over = offer.valid_until is not None and offer.valid_until <= at
        if offer.at_most is not None and taken.get(offer.key, 0) >= offer.at_most and not is_over:
            yield {
                "kind": TAKEN, "name": offer.name.as_mapping(), "members": taken[offer.key], "at_most": offer.at_most,
            }  # fmt: skip
