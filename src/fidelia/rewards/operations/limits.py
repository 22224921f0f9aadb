"""From the limits of a rule document to counters and back. Pure: no database, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import add_months, local_day
from fidelia.rules.spans import anniversary_before

from .executing import LimitItem

ALERTS = (80, 100)


class Limit(Protocol):
    """A limit as a rule document says it (`fidelia.rules.rule_terms.Limit`).

    `period`: ever, day, week, month, quarter, year; rolling, which has `rolling_days`; of a member: anniversary, or
    plan, which has `plan`. `alerts`, where it has them,
    are the shares in hundredths of which is told.
    """

    @property
    def key(self) -> str: ...
    @property
    def at_most(self) -> int: ...
    @property
    def per(self) -> str: ...
    @property
    def period(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Period:
    """The days over which a limit counts at a moment; None: without begin or end."""

    starts_on: date | None
    ends_on: date | None
    rolling_from: date | None = None


@dataclass(frozen=True, slots=True)
class MemberPeriods:
    """What periods of a member are reckoned from: when they joined, and when the period of each plan that they have
    began.
    """

    joined_at: datetime
    plans: Mapping[str, datetime]


def member_periods(joined_at: datetime, facts: Mapping[str, Any]) -> MemberPeriods:
    """Return the periods of a member, whose plans are among the facts that rules read."""
    plans = {each["plan"]: datetime.fromisoformat(each["begins_at"]) for each in facts.get("plans") or ()}
    return MemberPeriods(joined_at, plans)


def period_of(limit: Limit, at: datetime, zone: ZoneInfo, of: MemberPeriods | None = None) -> Period | None:
    """Return the period of a limit in which a moment lies; weeks begin on Monday, in the programme's zone.

    Over the last 30 days means the day of the moment and the 29 before it. None: the period of a plan that the member
    does not have. Without a member a year since joining is one of the calendar.
    """
    day = local_day(at, zone)
    if limit.period == "plan":
        # Without an end: in the days of grace it is still the period that is over, until it is paid anew.
        begins_at = None if of is None else of.plans.get(getattr(limit, "plan", ""))
        return None if begins_at is None else Period(local_day(begins_at, zone), None)
    if limit.period == "anniversary" and of is not None:
        joined = local_day(of.joined_at, zone)
        begun = anniversary_before(joined, day)
        return Period(begun, add_months(joined, 12 * (begun.year - joined.year + 1)))
    if limit.period == "rolling":
        days = timedelta(days=getattr(limit, "rolling_days", 30))
        return Period(day, day + days, day - days + timedelta(days=1))
    starts_on, ends_on = _calendar_period(limit.period, day)
    return Period(starts_on, ends_on)


def _calendar_period(period: str, day: date) -> tuple[date, date] | tuple[None, None]:
    month = day.replace(day=1)
    match period:
        case "day":
            found = (day, day + timedelta(days=1))
        case "week":
            monday = day - timedelta(days=day.weekday())
            found = (monday, monday + timedelta(days=7))
        case "month":
            found = (month, add_months(month, 1))
        case "quarter":
            first = month.replace(month=day.month - (day.month - 1) % 3)
            found = (first, add_months(first, 3))
        case "year" | "anniversary":
            found = (date(day.year, 1, 1), date(day.year + 1, 1, 1))
        case _:
            return (None, None)
    return found


def limit_items(
    limits: Iterable[Limit],
    consumed: Mapping[str, int],
    *,
    customer_id: UUID | None,
    store_id: UUID | None,
    at: datetime,
    zone: ZoneInfo,
    of: MemberPeriods | None = None,
) -> tuple[LimitItem, ...]:
    """Return what a checkout counts at close: of each limit by key the uses, minor units or points it consumed.

    Only what is above zero counts. A limit per member counts nothing where nobody is known, one per store nothing where
    no store is named: the engine gave nothing there.
    """
    items = []
    for limit in limits:
        amount = consumed.get(limit.key, 0)
        scope_id = scope_of(limit, customer_id, store_id)
        if amount <= 0 or (limit.per != "all" and scope_id is None):
            continue
        period = period_of(limit, at, zone, of)
        if period is None:
            continue
        items.append(
            LimitItem(
                subject=limit.key,
                amount=amount,
                capacity=limit.at_most,
                scope_id=scope_id,
                starts_on=period.starts_on,
                ends_on=period.ends_on,
                rolling_from=period.rolling_from,
                spreads=limit.per != "member",
                alerts=getattr(limit, "alerts", ALERTS) if limit.per != "member" else (),
            )
        )
    return tuple(items)


def left_of_limits(
    limits: Iterable[Limit],
    counted: Sequence[Mapping[str, Any]],
    *,
    customer_id: UUID | None,
    store_id: UUID | None,
    at: datetime,
    zone: ZoneInfo,
    of: MemberPeriods | None = None,
) -> dict[str, int]:
    """Return what is left of each limit, by key, from what `rewards_for_rules` tells was counted (its "limits").

    Nothing is left of the period of a plan that the member does not have.
    """
    by_subject: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in counted:
        by_subject[one["subject"]].append(one)
    left = {}
    for limit in limits:
        scope_id = scope_of(limit, customer_id, store_id)
        period = period_of(limit, at, zone, of)
        if period is None:
            left[limit.key] = 0
            continue
        taken = sum(
            one["taken"]
            for one in by_subject[limit.key]
            if one["scope_id"] == (None if scope_id is None else str(scope_id)) and _counts(one["starts_on"], period)
        )
        left[limit.key] = max(0, limit.at_most - taken)
    return left


def scope_of(limit: Limit, customer_id: UUID | None, store_id: UUID | None) -> UUID | None:
    """Return whose counter it is: the member's, the store's, or nobody's own."""
    return {"member": customer_id, "store": store_id}.get(limit.per)


def _counts(starts_on: str, period: Period) -> bool:
    day = date.fromisoformat(starts_on)
    if period.rolling_from is not None and period.starts_on is not None:
        return period.rolling_from <= day <= period.starts_on
    return day == (period.starts_on or date.min)
