"""Two years of the invented shop: `simulate_shop` draws them; nothing here writes, asks the time or knows Django.

The same number of customers, seed and last day give the same shop. Each subject draws from its own stream of chance, so
that a change to baskets leaves everybody's lifetimes as they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np

from .clock import ShopClock, midnight_of
from .lifetimes import Buyers, Floats, Integers, draw_births, draw_buyers, draw_repeats, draw_spend, join_buyers
from .parameters import COMPANIES, PERSONS, SHOP
from .people import Person, draw_people
from .receipts import Receipt, Sale, number_receipts, receipts_of, returns_of

NOBODY = -1
PURCHASES_TODAY = 12


@dataclass(frozen=True, slots=True)
class Shop:
    """What was drawn: the people, who they truly are (`buyers`, same order), and their receipts in the order of time.

    `history` are the receipts before the running campaign's launch, `after_launch` those that come anyway, `lifted`
    those that come only from people whom the campaign treats. A campaign that is over ran from `past_launch_at` to
    `past_end_at`; `past_lifted` come only from those whom it treated. `repeats` counts each one's purchases after the
    first, unlifted.
    """

    seed: int
    clock: ShopClock
    launch_at: datetime
    people: list[Person]
    buyers: Buyers
    repeats: Integers
    history: list[Receipt]
    after_launch: list[Receipt]
    lifted: list[Receipt]
    past_lifted: list[Receipt]
    today: list[Receipt]

    @property
    def past_launch_at(self) -> datetime:
        """The instant at which the campaign that is over began."""
        return midnight_of(past_campaign_of(self.clock)[0]) + timedelta(hours=6)

    @property
    def past_end_at(self) -> datetime:
        """The instant at which it ended."""
        return midnight_of(past_campaign_of(self.clock)[1]) + timedelta(hours=6)

    @property
    def joined_late(self) -> dict[UUID, datetime]:
        """When each member joined who was asked at a later visit only; the others joined with their first purchase."""
        first, last = (self.ends_at - timedelta(days=days) for days in SHOP.joins_late_days_ago)
        found: dict[UUID, datetime] = {}
        for receipt in self.history:
            if receipt.customer < 0 or receipt.customer % SHOP.every_joins_late or receipt.net <= 0:
                continue
            person = self.people[receipt.customer]
            if first <= receipt.at < last and person.is_member and person.acquired_at < first:
                found.setdefault(person.id, receipt.at)
        return found

    @property
    def ends_at(self) -> datetime:
        """The instant at which the simulated history ends: the midnight before today."""
        return midnight_of(self.clock.ends_on)


def simulate_shop(*, customers: int, seed: int, ends_on: date) -> Shop:
    """Draw a shop with so many customers, whose two years of history end with the eve of `ends_on`."""
    *parts, past_times, past_spend = np.random.SeedSequence(seed).spawn(12)
    streams = (np.random.default_rng(part) for part in parts)
    clock = ShopClock(ends_on, SHOP.days)
    companies = round(customers * SHOP.share_companies)
    buyers = _draw_everybody(next(streams), customers - companies, companies, clock)
    launch_on = ends_on - timedelta(days=SHOP.campaign_days_ago)
    launch = np.full(customers, clock.shop_time_of(launch_on))
    end = np.full(customers, clock.length)
    repeats, repeated_at = draw_repeats(next(streams), buyers, buyers.born, end)
    lifted_buyers = replace(buyers, rate=buyers.rate * SHOP.campaign_lift)
    lifted, lifted_at = draw_repeats(next(streams), lifted_buyers, launch, end)
    past, past_at = _lifted_by_past(np.random.default_rng(past_times), buyers, clock)

    people = draw_people(next(streams), clock.moments_of(buyers.born), companies, midnight_of(ends_on))
    everybody = np.arange(customers)
    sales = [
        *_sales(next(streams), clock, buyers, np.concatenate([everybody, repeats]),
                np.concatenate([buyers.born, repeated_at])),
        *_sales(next(streams), clock, buyers, lifted, lifted_at, is_lifted=True),
        *_anonymous_sales(next(streams), clock, len(repeats) + customers),
        *_sales(np.random.default_rng(past_spend), clock, buyers, past, past_at, is_lifted=True),
    ]  # fmt: skip
    receipts = receipts_of(next(streams), sales, people, clock)
    receipts += returns_of(next(streams), receipts, clock)
    number_receipts(receipts)
    launch_at = midnight_of(launch_on) + timedelta(hours=6)
    return Shop(
        seed=seed,
        clock=clock,
        launch_at=launch_at,
        people=people,
        buyers=buyers,
        repeats=np.bincount(repeats, minlength=customers),
        history=[one for one in receipts if one.at < launch_at and not one.is_lifted],
        after_launch=[one for one in receipts if one.at >= launch_at and not one.is_lifted],
        lifted=[one for one in receipts if one.at >= launch_at and one.is_lifted],
        past_lifted=[one for one in receipts if one.at < launch_at and one.is_lifted],
        today=_receipts_of_today(next(streams), clock, people, buyers),
    )


def past_campaign_of(clock: ShopClock) -> tuple[date, date]:
    """Return the first day of the campaign that is over, and the day after its last."""
    first = clock.ends_on - timedelta(days=SHOP.past_campaign_days_ago)
    return first, first + timedelta(days=SHOP.past_campaign_days)


def _lifted_by_past(rng: np.random.Generator, buyers: Buyers, clock: ShopClock) -> tuple[Integers, Floats]:
    """Draw what the campaign that is over brings: much from those who were new, little from the others.

    Only from those who had bought before it: nobody else could be drawn for it.
    """
    begins, ends = (clock.shop_time_of(day) for day in past_campaign_of(clock))
    known = buyers.born < begins
    is_new = known & (buyers.born >= begins - SHOP.newcomer_days)
    lift = np.where(is_new, SHOP.past_lift_of_newcomers, SHOP.past_lift_of_others) * known
    n = len(buyers.born)
    return draw_repeats(rng, replace(buyers, rate=buyers.rate * lift), np.full(n, begins), np.full(n, ends))


def _draw_everybody(rng: np.random.Generator, persons: int, companies: int, clock: ShopClock) -> Buyers:
    return join_buyers(
        draw_buyers(rng, PERSONS, np.sort(draw_births(rng, persons, clock.length))),
        draw_buyers(rng, COMPANIES, np.sort(draw_births(rng, companies, clock.length))),
    )


def _sales(
    rng: np.random.Generator,
    clock: ShopClock,
    buyers: Buyers,
    who: Integers,
    when: np.ndarray[tuple[int], np.dtype[np.float64]],
    *,
    is_lifted: bool = False,
) -> list[Sale]:
    amounts = draw_spend(rng, buyers, who).tolist()
    moments = clock.moments_of(when)
    return [
        Sale(customer, at, amount, is_lifted)
        for customer, at, amount in zip(who.tolist(), moments, amounts, strict=True)
    ]


def _anonymous_sales(rng: np.random.Generator, clock: ShopClock, named: int) -> list[Sale]:
    n = round(named * SHOP.anonymous_per_named)
    strangers = draw_buyers(rng, PERSONS, np.zeros(n))
    amounts = np.maximum(draw_spend(rng, strangers, np.arange(n)) * SHOP.anonymous_spend, 150).astype(int).tolist()
    moments = clock.moments_of(np.sort(rng.random(n)) * clock.length)
    return [Sale(NOBODY, at, amount, False) for at, amount in zip(moments, amounts, strict=True)]


def _receipts_of_today(
    rng: np.random.Generator, clock: ShopClock, people: list[Person], buyers: Buyers
) -> list[Receipt]:
    """A few members who have not left come in this morning."""
    coming = [place for place, person in enumerate(people) if person.is_member and buyers.dies[place] > clock.length]
    who = rng.choice(coming, min(PURCHASES_TODAY, len(coming)), replace=False)
    morning = midnight_of(clock.ends_on) + timedelta(hours=9)
    amounts = draw_spend(rng, buyers, who).tolist()
    sales = [Sale(customer, morning, amount, False) for customer, amount in zip(who.tolist(), amounts, strict=True)]
    receipts = receipts_of(rng, sales, people, clock)
    number_receipts(receipts)
    return receipts
