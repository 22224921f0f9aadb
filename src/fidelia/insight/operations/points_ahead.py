"""The points ahead: what is spent month by month, and what dies at the end that the terms give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fidelia.kernel.calendar import start_of_day
from fidelia.programme.queries import Terms

from ..backtest.resampling import MONTH, Futures
from .grounds import Ground

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FOR_EVER: Final = 1_000_000  # months
_LOTS = """
with moved as (
    select account_id, lot_id, kind, amount, (occurred_at at time zone $zone)::date as day from entries
    where code = 'member' and currency = $currency and lot_id is not null and occurred_at <= $now
        and account_id in (select account_id from enrolments where programme_id = $programme)
), active as (
    select account_id, max(day) as day from moved where list_contains($renewing, kind) group by account_id
)
select moved.account_id, min(moved.day), max(coalesce(active.day, moved.day)), sum(amount)::bigint
from moved left join active on active.account_id = moved.account_id
group by moved.account_id, moved.lot_id having sum(amount) > 0
"""
RENEWING: Final = ("earn", "redeem", "capture")


@dataclass(frozen=True, slots=True)
class Lot:
    """Points held: by which account, since which local day, and when that account was last active."""

    account_id: str
    born: date
    active: date
    points: int


def lots_held(ground: Ground, at: datetime, terms: Terms) -> list[Lot]:
    """Return what members hold in the programme's main currency, lot by lot."""
    programme = ground.asked.programme
    rows = ground.history.rows(
        _LOTS, now=at, currency=programme.points_currency_id, programme=str(programme.id), zone=str(terms.zone),
        renewing=list(RENEWING),
    )  # fmt: skip
    return [Lot(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is needed to let points live on: what is held, who buys what, and how much of all was spent in a month."""

    at: datetime
    lots: Sequence[Lot]
    accounts: Mapping[str, int]
    futures: Futures
    rates: Floats


def life_of_points(chance: np.random.Generator, ahead: Ahead, terms: Terms, place: int) -> dict[str, Floats]:
    """Let points be spent at the rates of months that were, and die at the end that the terms give them.

    `place` is that of the version among those the futures were drawn for. What is spent is taken from all points alike.
    Returns spent, expiring and balance, each [future, month], in minor units. Where points live on with their owner's
    purchases, only those futures are told of which each customer's purchases are kept; what is spent renews nothing.
    """
    if terms.points.counts_from == "activity" and terms.points.life is not None:
        return _by_activity(chance, ahead, terms, place)
    issued = ahead.futures.issued[:, :, place]
    draws, months = issued.shape
    ends = _Ends(terms, ahead.at)
    held: Floats = np.zeros(months + 1)  # by the month of their end; the last are those of all later ones
    for lot in ahead.lots:
        held[min(months, ends.of_day(lot.born))] += lot.points
    alive: Floats = np.tile(held, (draws, 1))
    rate = _rates(chance, ahead.rates, draws, months)
    spent, expiring, balance = (np.zeros((draws, months)) for _ in range(3))
    for month in range(months):
        alive[:, min(months, ends.of_month(month))] += issued[:, month]
        used = alive[:, month:] * rate[:, month, None]
        alive[:, month:] -= used
        spent[:, month] = used.sum(axis=1)
        expiring[:, month] = alive[:, month]
        alive[:, month] = 0.0
        balance[:, month] = alive[:, month:].sum(axis=1)
    return {"spent": spent, "expiring": expiring, "balance": balance}


def _by_activity(chance: np.random.Generator, ahead: Ahead, terms: Terms, place: int) -> dict[str, Floats]:
    """All points of an account end together, so long after it was last active: account by account."""
    futures, months = ahead.futures, ahead.futures.issued.shape[1]
    draws, ends = len(futures.tiered), _Ends(terms, ahead.at)
    rate = _rates(chance, ahead.rates, draws, months)
    flow: dict[str, Floats] = {name: np.zeros((draws, months)) for name in ("spent", "expiring", "balance")}
    others = {one.account_id for one in ahead.lots} - set(ahead.accounts)  # who holds points and never bought
    numbers = {**ahead.accounts, **{one: -1 - n for n, one in enumerate(sorted(others))}}
    for n, (customer, month, points, _total) in enumerate(futures.tiered):
        size = max(len(ahead.accounts), int(customer.max(initial=-1)) + 1) + len(others)
        held, end = np.zeros(size), np.full(size, -1)
        for lot in ahead.lots:
            held[numbers[lot.account_id]] += lot.points
            end[numbers[lot.account_id]] = ends.of_day(lot.active)
        for now in range(months):
            buys = month == now
            np.add.at(held, customer[buys], points[buys, place])
            end[customer[buys]] = np.maximum(end[customer[buys]], ends.of_month(now))
            flow["spent"][n, now] = held.sum() * rate[n, now]
            held *= 1 - rate[n, now]
            flow["expiring"][n, now] = held[end <= now].sum()
            held[end <= now] = 0.0
            flow["balance"][n, now] = held.sum()
    return flow


def _rates(chance: np.random.Generator, rates: Floats, draws: int, months: int) -> Floats:
    return chance.choice(rates, (draws, months)) if len(rates) else np.zeros((draws, months))


class _Ends:
    """In which month ahead points end, counted from 0: those that came to life on a day, or in a month ahead."""

    def __init__(self, terms: Terms, at: datetime) -> None:
        self._policy, self._zone, self._at = terms.points, terms.zone, at
        self._from: Any = lru_cache(maxsize=None)(self._months_until_end)

    def of_day(self, day: date) -> int:
        return int(self._from(start_of_day(day, self._zone)))

    def of_month(self, month: int) -> int:
        """Points given within a month are taken as given in its middle."""
        return max(month, int(self._from(self._at + timedelta(days=(month + 0.5) * MONTH))))

    def _months_until_end(self, begun: datetime) -> int:
        end = self._policy.expires_at(begun, self._zone)
        # What is due is taken by the next night.
        return FOR_EVER if end is None else max(0, int((end - self._at).total_seconds() / 86_400 / MONTH))
