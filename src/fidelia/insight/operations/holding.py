"""What a document meets that is held today: what nobody who reads the document alone would see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from fidelia.kernel.actor import Actor
from fidelia.programme.models import Programme
from fidelia.programme.queries import Terms, count_members_by_tier, sum_held
from fidelia.rewards.operations.limits import Period, period_of
from fidelia.rewards.queries import list_limits
from fidelia.rewards.queries.limits import LimitState
from fidelia.rules.rule_terms import Limit
from fidelia.subscriptions.queries import figures_of

TIER, PLAN, POINTS, BUDGET = "tier", "plan", "points", "budget"


def held_today(*, by: Actor, at: datetime, programme: Programme, was: Terms, now: Terms) -> list[dict[str, Any]]:
    """Return what is held at an instant of what a document no longer has, or has less of than was used, as JSON holds
    it: kind, name by language, and

    tier    members who hold a tier that the document does not have
    plan    members who have a plan that it does not have
    points  members who hold further points of which it has no terms, and how many points, in minor units of `scale`
    budget  a limit over all of which at least as much was used in its period as the document allows: of (uses, money,
            points), taken, at_most, until (the day on which it counts anew; None: never)
    """
    return [
        *_tiers(programme, at, was, now),
        *_plans(programme, at, was, now),
        *_points(programme, was, now),
        *(_budgets(by, programme, at, was, now) if by.may("programme.see") else ()),
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


def _budgets(by: Actor, programme: Programme, at: datetime, was: Terms, now: Terms) -> Iterator[dict[str, Any]]:
    before = {limit.key: limit for limit in was.rule_set.limits}
    changed = [one for one in now.rule_set.limits if one.per == "all" and one != before.get(one.key)]
    states: dict[str, list[LimitState]] = {}
    for state in list_limits(by=by, programme_id=programme.id) if changed else ():
        states.setdefault(state.limit, []).append(state)
    for limit in changed:
        period = period_of(limit, at, now.zone)
        if period is None:
            continue
        taken = sum(each.taken for each in states.get(limit.key, ()) if _is_now(each.starts_on, period))
        if taken >= limit.at_most:
            yield {
                "kind": BUDGET, "name": _owner(limit, now), "of": limit.of, "taken": taken, "at_most": limit.at_most,
                "until": None if period.ends_on is None or period.rolling_from else period.ends_on.isoformat(),
            }  # fmt: skip


def _is_now(day: date | None, period: Period) -> bool:
    if period.rolling_from is not None:
        return day is not None and day >= period.rolling_from
    return day == period.starts_on


def _owner(limit: Limit, terms: Terms) -> Mapping[str, str]:
    """Return the name of the rule that a limit bounds, the key of a campaign."""
    if limit.is_campaign:
        return {"en": limit.owner, "fr": limit.owner}
    return terms.rule_set.rule_at[limit.owner].name.as_mapping()
