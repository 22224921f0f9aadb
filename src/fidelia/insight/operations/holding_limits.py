"""Which limits of a document are used up already: over all, and by how many members or stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from fidelia.customers.queries import ids_of_each, survivors_of_all_merged
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day
from fidelia.programme.models import Programme
from fidelia.programme.queries import Terms, joined_at_of
from fidelia.rewards.operations.limits import MemberPeriods, Period, period_of
from fidelia.rewards.queries import list_limits
from fidelia.rewards.queries.limits import Counted, LimitState, count_used_up, list_used_up
from fidelia.rules.rule_terms import OF_A_MEMBER, Limit
from fidelia.subscriptions.queries import plans_for_rules_of_each

BUDGET, LIMIT = "budget", "limit"


def used_up_today(by: Actor, programme: Programme, at: datetime, was: Terms, now: Terms) -> Iterator[dict[str, Any]]:
    """Yield the limits that a document changes, or has anew, of which at least as much was taken as it allows."""
    before = {limit.key: limit for limit in was.rule_set.limits}
    used = _Used(by, programme, at, now)
    for limit in now.rule_set.limits:
        former = before.get(limit.key)
        if limit != former:
            yield from _over_all(limit, used) if limit.per == "all" else _by_each(limit, former, used)


class _Used:
    """What was taken of limits until an instant; each thing is read once, and only where a limit asks for it."""

    def __init__(self, by: Actor, programme: Programme, at: datetime, terms: Terms) -> None:
        self.by, self.programme, self.at, self.terms = by, programme, at, terms

    @cached_property
    def states(self) -> dict[str, list[LimitState]]:
        found: dict[str, list[LimitState]] = {}
        for state in list_limits(by=self.by, programme_id=self.programme.id):
            found.setdefault(state.limit, []).append(state)
        return found

    @cached_property
    def merged(self) -> Mapping[UUID, UUID]:
        return survivors_of_all_merged()

    def period(self, limit: Limit, of: MemberPeriods | None = None) -> Period | None:
        return period_of(limit, self.at, self.terms.zone, of)

    def counted(self, limit: Limit, **days: date) -> Counted:
        return Counted(self.programme.id, limit.key, merged=self.merged, **days)


def _over_all(limit: Limit, used: _Used) -> Iterator[dict[str, Any]]:
    period = used.period(limit)
    assert period is not None, "only a member has a plan"
    taken = sum(each.taken for each in used.states.get(limit.key, ()) if _is_now(each.starts_on, period))
    if taken >= limit.at_most:
        yield {**_named(BUDGET, limit, used.terms), "taken": taken, **_ends(limit, period)}


def _by_each(limit: Limit, former: Limit | None, used: _Used) -> Iterator[dict[str, Any]]:
    """Yield a limit per member or store by which more of them have nothing left than by what is in force."""
    if former is not None and former.per != limit.per:
        return  # nothing was counted in its way yet
    is_alike = former is not None and (former.of, *_span(former)) == (limit.of, *_span(limit))
    amounts = [limit.at_most, former.at_most if former is not None and is_alike else 0]
    if limit.period in OF_A_MEMBER:
        users, before = _in_their_periods(limit, amounts, used)
    else:
        period = used.period(limit)
        assert period is not None, "it is no plan's"
        last = period.starts_on or date.min
        counted = used.counted(limit, first=period.rolling_from or last, last=last)
        users, before = count_used_up(by=used.by, counted=counted, amounts=amounts)
    before = before if is_alike else 0
    if users > before:
        # Of a year since joining and of a plan everybody's period ends on a day of their own.
        ends = {"until": None} if limit.period in OF_A_MEMBER else _ends(limit, used.period(limit))
        named = _named(LIMIT, limit, used.terms)
        yield {**named, **_ends(limit, None), **ends, "per": limit.per, "users": users, "before": before}


def _in_their_periods(limit: Limit, amounts: list[int], used: _Used) -> tuple[int, int]:
    """Count whose period it is that is used up: each member's begins on a day of its own."""
    found = list_used_up(by=used.by, counted=used.counted(limit), least=min(filter(None, amounts)))
    people = {whose for whose, _day, _taken in found}
    begun = _begun_on(limit, people, used)
    today = [taken for whose, day, taken in found if day in begun.get(whose, ())]
    return sum(taken >= amounts[0] for taken in today), sum(taken >= amounts[1] for taken in today)


def _begun_on(limit: Limit, people: set[UUID], used: _Used) -> dict[UUID, set[date]]:
    """Return on which days the period began that each person is in now; several where they are members twice."""
    zone = used.terms.zone
    if limit.period == "plan":
        plans = plans_for_rules_of_each(used.programme.id, [(whose, used.at) for whose in people])
        return {
            whose: {
                local_day(datetime.fromisoformat(each["begins_at"]), zone) for each in has if each["plan"] == limit.plan
            }
            for (whose, _at), has in plans.items()
        }
    ids = ids_of_each(list(people))
    joined = joined_at_of(used.programme, {one for own in ids.values() for one in own})
    begun: dict[UUID, set[date]] = {}
    for whose, own in ids.items():
        periods = [used.period(limit, MemberPeriods(joined[one], {})) for one in own if one in joined]
        begun[whose] = {period.starts_on for period in periods if period is not None and period.starts_on is not None}
    return begun


def _span(limit: Limit) -> tuple[Any, ...]:
    return limit.period, limit.rolling_days, limit.plan


def _named(kind: str, limit: Limit, terms: Terms) -> dict[str, Any]:
    return {"kind": kind, "name": _owner(limit, terms), "of": limit.of, "at_most": limit.at_most}


def _ends(limit: Limit, period: Period | None) -> dict[str, Any]:
    """Return the day on which it counts anew, for all alike, None where there is no such day; and why there is none."""
    day = None if period is None or period.rolling_from is not None else period.ends_on
    return {"until": None if day is None else day.isoformat(), "period": limit.period, "days": limit.rolling_days}


def _is_now(day: date | None, period: Period) -> bool:
    if period.rolling_from is not None:
        return day is not None and day >= period.rolling_from
    return day == period.starts_on


def _owner(limit: Limit, terms: Terms) -> Mapping[str, str]:
    """Return the name of the rule that a limit bounds, the key of a campaign."""
    if limit.is_campaign:
        return {"en": limit.owner, "fr": limit.owner}
    return terms.rule_set.rule_at[limit.owner].name.as_mapping()
