"""What becomes of points: when they come to life, when they die, what they pay, and what a return may take back.

    {"validity_months": 24, "ends": "month", "counts_from": "earning", "renewed_by": ["earn", "redeem"],
     "pending": {"days": 14}, "notice_days": [30, 7], "reinstatement_days": 10, "transfers": "keep",
     "pays": {"points": "100", "money": "1", "minimum": "500", "step": "100", "share": 50}, "approval_above": "1000",
     "confirmed_above": "500"}

Everything may be left out; points of an empty policy are there at once and never expire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import end_of_day, local_day, start_of_day

from .paying import PAID_PER, PayPolicy
from .reading import (
    DAYS_MAX,
    MONTHS_MAX,
    MalformedTerms,
    read_amount,
    read_choice,
    read_dates,
    read_ends,
    read_object,
    read_whole,
)
from .spans import ENDS, Span, next_of
from .transfer_terms import KEEPS_ITS_END, TransferPolicy, parse_transfers

NOTICES_MAX = 5
KEPT_WITH_MAX = 12
ACTIVITIES = ("earn", "redeem")
PARTS = {
    *("validity_months", "validity_days", "ends", "counts_from", "renewed_by", "pending", "notice_days"),
    *("reinstatement_days", "transfers", "pays", "approval_above", "kept_with", "confirmed_above"),
}


@dataclass(frozen=True, slots=True)
class PendingPolicy:
    """Points wait: `months`, then `days` after they were earned, then until the period that `ends` names is over; until
    the day `until`; until the next of the `dates` of a year; or for the event `event` ("delivered").

    An event that has not come by the end of the local day `cancelled_after_days` later cancels them.
    """

    days: int | None = None
    until: date | None = None
    event: str = ""
    cancelled_after_days: int | None = None
    months: int = 0
    ends: str = "day"
    dates: tuple[tuple[int, int], ...] = ()

    def activates_at(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when they come to life by time alone: as a local day begins; None when an event does it."""
        if self.event:
            return None
        elif self.until is not None:
            return max(start_of_day(self.until, zone), earned_at)
        day = local_day(earned_at, zone)
        if self.dates:
            return start_of_day(next_of(self.dates, day + timedelta(days=1)), zone)
        last = Span(self.months, self.days or 0, self.ends).last_day(day)
        return start_of_day(last, zone) if self.ends == "day" else end_of_day(last, zone)

    def cancelled_at(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when they are given up, if the event has not come."""
        if self.cancelled_after_days is None:
            return None
        return end_of_day(local_day(earned_at, zone) + timedelta(days=self.cancelled_after_days), zone)


@dataclass(frozen=True, slots=True)
class PointsPolicy:
    """The life of points in one currency: `validity_months`, then `validity_days` after they were earned (both None:
    for ever), to the end that `ends` names.

    counts_from         "earning": each lot has its own life; "activity": all live on with each of `renewed_by`
    notice_days         how many days before the end the member is told
    reinstatement_days  for how many days what expired can be given back
    transfers           what becomes of points given to another member, and in which amounts
    pays                what they pay at the till; None: they do not pay
    approval_above      from which amount on a correction by hand needs a second person
    confirmed_above     what spends more points at once is confirmed by a code that the member is sent; None: nothing is
    kept_with           keys of tiers: while one of them is held, no point ends
    """

    validity_months: int | None = None
    ends: str | tuple[tuple[int, int], ...] = "month"
    validity_days: int | None = None
    counts_from: str = "earning"
    renewed_by: tuple[str, ...] = ACTIVITIES
    pending: PendingPolicy | None = None
    notice_days: tuple[int, ...] = ()
    reinstatement_days: int = 0
    transfers: TransferPolicy = KEEPS_ITS_END
    pays: PayPolicy | None = None
    approval_above: int | None = None
    confirmed_above: int | None = None
    kept_with: tuple[str, ...] = ()

    @property
    def life(self) -> Span | None:
        """How long points live; None for ever."""
        if self.validity_months is None and self.validity_days is None:
            return None
        return Span(self.validity_months or 0, self.validity_days or 0, self.ends)

    def expires_at(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first instant at which points that came to life then are no longer there; None: never."""
        life = self.life
        return None if life is None else life.end(earned_at, zone)

    def renewed_until(self, activity: str, occurred_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return until when an activity lets all points live on; None when it renews nothing."""
        if self.counts_from != "activity" or activity not in self.renewed_by:
            return None
        return self.expires_at(occurred_at, zone)

    def activates_at(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when pending points come to life by time alone; None of those that are there at once, or wait for
        an event.
        """
        return None if self.pending is None else self.pending.activates_at(earned_at, zone)


def parse_points_policy(document: Any, scale: int = 0, money_scale: int = 2) -> PointsPolicy:
    """Read the policy of a points currency with `scale` decimals beside a money with `money_scale`.

    Raises MalformedTerms.
    """
    if document is None:
        return PointsPolicy()
    known = read_object(document, "/points", PARTS)
    months, days = known.get("validity_months"), known.get("validity_days")
    if months is not None:
        read_whole(months, "/points/validity_months", least=0, most=MONTHS_MAX)
    if days is not None:
        read_whole(days, "/points/validity_days", least=0, most=DAYS_MAX)
    counts_from = read_choice(known.get("counts_from", "earning"), "/points/counts_from", ("earning", "activity"))
    if counts_from == "activity" and months is None and days is None:
        raise MalformedTerms("Points that live on with activity need a validity.", pointer="/points/counts_from")
    return PointsPolicy(
        validity_months=months,
        ends=read_ends(known.get("ends", "month"), "/points/ends"),
        validity_days=days,
        counts_from=counts_from,
        renewed_by=_activities(known.get("renewed_by", list(ACTIVITIES))),
        pending=_pending(known.get("pending")),
        notice_days=_notices(known.get("notice_days", [])),
        reinstatement_days=read_whole(
            known.get("reinstatement_days", 0), "/points/reinstatement_days", least=0, most=366
        ),
        transfers=parse_transfers(known.get("transfers", "keep"), scale),
        pays=_pays(known.get("pays"), scale, money_scale),
        approval_above=_bound(known, "approval_above", scale),
        confirmed_above=_bound(known, "confirmed_above", scale),
        kept_with=_kept_with(known.get("kept_with", [])),
    )


def _activities(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise MalformedTerms("Name what lets points live on: earn, redeem.", pointer="/points/renewed_by")
    return tuple(read_choice(each, f"/points/renewed_by/{n}", ACTIVITIES) for n, each in enumerate(value))


def _kept_with(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > KEPT_WITH_MAX or not all(isinstance(each, str) for each in value):
        raise MalformedTerms("Name the keys of the tiers that keep points alive.", pointer="/points/kept_with")
    return tuple(value)


def _pending(document: Any) -> PendingPolicy | None:
    if document is None:
        return None
    pointer = "/points/pending"
    spans = {"days", "months", "ends"}
    known = read_object(document, pointer, {*spans, "until", "dates", "event", "cancelled_after_days"})
    if len({"until", "dates", "event"} & set(known)) + bool(spans & set(known)) != 1:
        message = "Points wait for “days” and “months”, “until” a day, for “dates”, or for an “event”: one of them."
        raise MalformedTerms(message, pointer=pointer)
    if "cancelled_after_days" in known and "event" not in known:
        raise MalformedTerms("Only what waits for an event can be cancelled for its want.", pointer=pointer)
    event = known.get("event", "")
    if not isinstance(event, str) or len(event) > 40 or ("event" in known and not event.isidentifier()):
        raise MalformedTerms("An event is a word such as “delivered”.", pointer=f"{pointer}/event")
    return PendingPolicy(
        days=_optional(known, "days", pointer, 0, 366),
        until=_day(known["until"], f"{pointer}/until") if "until" in known else None,
        event=event,
        cancelled_after_days=_optional(known, "cancelled_after_days", pointer, 1, 366),
        months=_optional(known, "months", pointer, 0, 24) or 0,
        ends=read_choice(known.get("ends", "day"), f"{pointer}/ends", ENDS),
        dates=read_dates(known["dates"], f"{pointer}/dates") if "dates" in known else (),
    )


def _optional(known: dict[str, Any], name: str, pointer: str, least: int, most: int) -> int | None:
    return read_whole(known[name], f"{pointer}/{name}", least=least, most=most) if name in known else None


def _day(value: Any, pointer: str) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise MalformedTerms("A day is written 2026-12-24.", pointer=pointer) from None


def _notices(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > NOTICES_MAX:
        message = f"Name up to {NOTICES_MAX} numbers of days before the end."
        raise MalformedTerms(message, pointer="/points/notice_days")
    read = {read_whole(each, f"/points/notice_days/{n}", least=1, most=366) for n, each in enumerate(value)}
    return tuple(sorted(read, reverse=True))


def _bound(known: dict[str, Any], name: str, scale: int) -> int | None:
    return read_amount(known[name], f"/points/{name}", scale) if name in known else None


def _pays(document: Any, scale: int, money_scale: int) -> PayPolicy | None:
    if document is None:
        return None
    pointer = "/points/pays"
    known = read_object(document, pointer, {"points", "money", "minimum", "step", "share", "at_most", "per"})
    if ("at_most" in known) != ("per" in known):
        raise MalformedTerms("Say how many points at most, and per which period.", pointer=f"{pointer}/per")
    policy = PayPolicy(
        points=read_amount(known.get("points"), f"{pointer}/points", scale),
        money=read_amount(known.get("money"), f"{pointer}/money", money_scale),
        minimum=read_amount(known["minimum"], f"{pointer}/minimum", scale) if "minimum" in known else 0,
        step=read_amount(known["step"], f"{pointer}/step", scale) if "step" in known else 0,
        share=read_whole(known.get("share", 100), f"{pointer}/share", least=1, most=100),
        at_most=read_amount(known["at_most"], f"{pointer}/at_most", scale) if "at_most" in known else None,
        per=read_choice(known.get("per", "day"), f"{pointer}/per", PAID_PER),
    )
    if policy.step and policy.step * policy.money % policy.points:
        raise MalformedTerms("A step pays a whole amount of money.", pointer=f"{pointer}/step")
    return policy
