"""What a member will have on a day to come if nothing more happens: what comes to life, what dies, which tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from fidelia.kernel.calendar import end_of_day
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.models import Pending
from fidelia.ledger.queries import get_balance, list_lots

from ..models import Enrolment, TierPeriod
from .standing import TierStanding, list_standings, terms_in_force

FOREVER = datetime.max.replace(tzinfo=UTC)
Kind = Literal["activates", "cancelled", "expires", "tier", "cheque"]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Something that will happen by itself: points (minor units) that come to life, are given up or die, or a tier; or
    points that become a chèque of `money` (minor units) by its `name`.
    """

    at: datetime
    kind: Kind
    amount: int = 0
    tier_set: str = ""
    tier: str = ""
    money: int = 0
    name: LocalizedText | None = None


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a member has at the end of a local day if nothing more is earned or spent, and what happens until then."""

    on: date
    available: int
    pending: int
    tiers: dict[str, str]
    events: tuple[Foreseen, ...]


def foresee(enrolment: Enrolment, *, at: datetime, on: date) -> Foresight:
    """Return what a member will have at the end of a local day to come, by the terms in force now."""
    terms = terms_in_force(enrolment, at)
    assert terms is not None, "a member is enrolled in a programme that has begun"
    until = end_of_day(on, terms.zone)
    currency = enrolment.programme.points_currency_id
    balance = get_balance(account_id=enrolment.account_id, currency=currency, at=at)
    standings = list_standings(enrolment, at)
    kept = _keeping(enrolment, terms.points.kept_with, standings, at)
    events = [*_of_lots(enrolment, currency, at), *_of_pending(enrolment, currency, at)]
    events = [one for each in events if (one := _kept(each, kept, at)) is not None]
    events += [event for standing in standings for event in _of_tiers(standing, at)]
    coming = tuple(sorted((each for each in events if at < each.at < until), key=lambda each: (each.at, each.kind)))
    ended = {"activates": 1, "expires": -1}
    waiting = sum(each.amount for each in coming if each.kind in ("activates", "cancelled"))
    return Foresight(
        on=on,
        available=balance.available + sum(ended.get(each.kind, 0) * each.amount for each in coming),
        pending=balance.pending - waiting,
        tiers={one.tiers.key: _tier_then(one, coming) for one in standings},
        events=coming,
    )


def _keeping(
    enrolment: Enrolment, keys: Sequence[str], standings: Sequence[TierStanding], at: datetime
) -> list[tuple[datetime, datetime]]:
    """Return from when to when tiers keep the points of the account, in order; FOREVER while nothing ends one.

    A member's own are foreseen (`standings`), those of who else counts at the account are held until their end.
    """
    if not keys:
        return []
    held = [
        (period.valid_from, period.valid_until or FOREVER)
        for standing in standings
        for period in standing.ahead.periods
        if period.tier in keys
    ]
    others = TierPeriod.objects.filter(
        enrolment__account_id=enrolment.account_id, enrolment__ended_at__isnull=True, tier__in=keys,
        superseded_at__isnull=True,
    ).exclude(enrolment=enrolment)  # fmt: skip
    held += [(begins, end or FOREVER) for begins, end in others.values_list("valid_from", "valid_until")]
    return sorted(each for each in held if each[1] > at)


def _kept(event: Foreseen, held: Sequence[tuple[datetime, datetime]], at: datetime) -> Foreseen | None:
    """Return an event with its end moved to where the tiers that keep the points end; None: it never comes.

    A tier held now keeps all points, one to come those that live when it begins.
    """
    if event.kind != "expires":
        return event
    ends = event.at
    for begins, until in held:
        if begins <= max(at, ends):
            ends = max(ends, until)
    return None if ends == FOREVER else replace(event, at=ends)


def _of_lots(enrolment: Enrolment, currency: str, at: datetime) -> list[Foreseen]:
    sums: dict[datetime, int] = {}
    for lot in list_lots(account_id=enrolment.account_id, currency=currency):
        if lot.expires_at is not None and lot.expires_at > at:
            sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.remaining
    return [Foreseen(when, "expires", amount) for when, amount in sums.items()]


def _of_pending(enrolment: Enrolment, currency: str, at: datetime) -> list[Foreseen]:
    found: list[Foreseen] = []
    for each in Pending.objects.filter(account_id=enrolment.account_id, currency=currency, is_open=True):
        if each.activates_at is not None:
            if each.activates_at > at:
                found.append(Foreseen(each.activates_at, "activates", each.remaining))
            if each.expires_at is not None and each.expires_at > at:
                found.append(Foreseen(each.expires_at, "expires", each.remaining))
        elif each.cancels_at is not None and each.cancels_at > at:
            found.append(Foreseen(each.cancels_at, "cancelled", each.remaining))
    return found


def _of_tiers(standing: TierStanding, at: datetime) -> list[Foreseen]:
    return [
        Foreseen(period.valid_from, "tier", tier_set=standing.tiers.key, tier=period.tier)
        for period in standing.ahead.periods
        if period.valid_from > at
    ]


def _tier_then(standing: TierStanding, coming: tuple[Foreseen, ...]) -> str:
    changes = [each.tier for each in coming if each.kind == "tier" and each.tier_set == standing.tiers.key]
    held = standing.ahead.held
    return changes[-1] if changes else held.key if held is not None else ""
