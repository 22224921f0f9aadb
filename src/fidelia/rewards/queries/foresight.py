"""What a member will have on a day to come, with the chèques that points will have become: lot by lot, night by night.

`programme.queries.foresee` tells what time alone does with points and tiers. Where the terms issue chèques by
themselves, points leave before they expire, the first to die first: those of later nights are told as the night will
find them, by the terms in force now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from fidelia.kernel.calendar import end_of_day, local_day, start_of_day, zone_of
from fidelia.ledger.models import Pending
from fidelia.ledger.queries import get_balance, list_lots
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import Foreseen, Foresight, Terms, foresee, terms_in_force
from fidelia.rules.cheque_terms import ChequePolicy

from ..models import Cheque, ChequeDebt


@dataclass(slots=True)
class _Lot:
    remaining: int
    earned_at: datetime
    expires_at: datetime | None


@dataclass(slots=True)
class _Account:
    """The points of a member as the days go by. `away` are held or owed, and come back by nothing foreseen here."""

    lots: list[_Lot]
    away: int
    debts: int
    turned: set[tuple[str, date]]
    joined: date
    events: list[Foreseen] = field(default_factory=list)

    def free(self, since: datetime | None) -> int:
        """What may be turned: all, or what was there when a period began."""
        counted = [lot.remaining for lot in self.lots if since is None or lot.earned_at < since]
        return sum(counted) - self.away - self.debts

    def take(self, points: int) -> None:
        """Take points as the ledger does: what dies first, first."""
        self.lots.sort(key=lambda lot: (lot.expires_at is None, lot.expires_at, lot.earned_at))
        for lot in self.lots:
            taken = min(lot.remaining, points)
            lot.remaining, points = lot.remaining - taken, points - taken

    def renew(self, until: datetime) -> None:
        """Let all live on, where using points counts as an activity that keeps them alive."""
        for lot in self.lots:
            if lot.expires_at is not None and lot.expires_at < until:
                lot.expires_at = until


def foresee_holdings(enrolment: Enrolment, *, at: datetime, on: date) -> Foresight:
    """Return what a member will have at the end of a local day to come, chèques included, if nothing more happens."""
    plain = foresee(enrolment, at=at, on=on)
    terms = terms_in_force(enrolment, at)
    currency = enrolment.programme.points_currency_id
    policies = [one for one in (terms.cheques if terms is not None else ()) if one.currency in ("", currency)]
    if terms is None or not policies:
        return plain
    account = _account_of(enrolment, currency, at)
    _live(account, _coming(enrolment, currency, at), policies, terms, at, end_of_day(on, terms.zone))
    told = [event for event in plain.events if event.kind in ("tier", "cancelled")]
    events = sorted([*account.events, *told], key=lambda event: (event.at, event.kind))
    available = sum(lot.remaining for lot in account.lots) - account.away
    return replace(plain, available=available, events=tuple(events))


def _account_of(enrolment: Enrolment, currency: str, at: datetime) -> _Account:
    lots = [
        _Lot(lot.remaining, lot.earned_at, lot.expires_at)
        for lot in list_lots(account_id=enrolment.account_id, currency=currency)
        if lot.remaining and (lot.expires_at is None or lot.expires_at > at)
    ]
    available = get_balance(account_id=enrolment.account_id, currency=currency, at=at).available
    owed = ChequeDebt.objects.filter(account_id=enrolment.account_id, points_currency=currency)
    known = Cheque.objects.filter(account_id=enrolment.account_id, starts_on__isnull=False)
    return _Account(
        lots=lots,
        away=sum(lot.remaining for lot in lots) - available,
        debts=sum(owed.values_list("points", flat=True)),
        turned={(key, starts_on) for key, starts_on in known.values_list("cheque", "starts_on") if starts_on},
        joined=local_day(enrolment.enrolled_at, zone_of(enrolment.programme.time_zone)),
    )


def _coming(enrolment: Enrolment, currency: str, at: datetime) -> list[tuple[datetime, _Lot]]:
    found = Pending.objects.filter(account_id=enrolment.account_id, currency=currency, is_open=True)
    return [
        (one.activates_at, _Lot(one.remaining, one.activates_at, one.expires_at))
        for one in found
        if one.activates_at is not None and one.activates_at > at and one.remaining
    ]


def _live(  # noqa: PLR0917
    account: _Account,
    coming: Sequence[tuple[datetime, _Lot]],
    policies: Sequence[ChequePolicy],
    terms: Terms,
    at: datetime,
    until: datetime,
) -> None:
    """Go from day to day: what dies goes, what comes is there, and the night turns what is enough."""
    waiting = sorted(coming, key=lambda one: one[0])
    day = local_day(at, terms.zone)
    nights = _nights(day, until, terms)
    for night in nights:
        while waiting and waiting[0][0] <= night:
            when, lot = waiting.pop(0)
            _expire(account, at, when)
            account.lots.append(lot)
            account.events.append(Foreseen(when, "activates", lot.remaining))
        _expire(account, at, night)
        if night < until:
            for policy in policies:
                _turn(account, policy, terms, night)


def _nights(day: date, until: datetime, terms: Terms) -> Iterator[datetime]:
    """Yield the beginning of each day to come, and the end that was asked for."""
    night = start_of_day(day + timedelta(days=1), terms.zone)
    while night < until:
        yield night
        day += timedelta(days=1)
        night = start_of_day(day + timedelta(days=1), terms.zone)
    yield until


def _expire(account: _Account, at: datetime, now: datetime) -> None:
    dying: dict[datetime, int] = {}
    for lot in account.lots:
        if lot.expires_at is not None and lot.expires_at <= now and lot.remaining:
            dying[lot.expires_at] = dying.get(lot.expires_at, 0) + lot.remaining
            lot.remaining = 0
    account.events += [Foreseen(max(when, at), "expires", amount) for when, amount in sorted(dying.items())]


def _turn(account: _Account, policy: ChequePolicy, terms: Terms, night: datetime) -> None:
    """Do as sql/cheques.sql does: whole steps of what is free, once a period, what is owed with the first."""
    begun = policy.period_begun(night, terms.zone, account.joined)
    if begun is not None and (policy.key, begun) in account.turned:
        return
    free = account.free(start_of_day(begun, terms.zone) if begun is not None else None)
    taken, money = policy.worth(free)
    if not money:
        return
    lost = free - taken if policy.remainder == "lost" else 0
    points = taken + account.debts + lost
    account.take(points)
    account.debts = 0
    if begun is not None:
        account.turned.add((policy.key, begun))
    renewed = terms.points_of(policy.currency).renewed_until("redeem", night, terms.zone)
    if renewed is not None:
        account.renew(renewed)
    account.events.append(
        Foreseen(night, "cheque", points, money=money, name=policy.name)
    )  # fmt: skip
