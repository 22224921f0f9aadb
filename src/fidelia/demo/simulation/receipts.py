"""Receipts: where a sale was made, what was in it, what came back, and its number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import numpy as np

from .baskets import POSTAGE_FREE_FROM, Baskets, Line, postage_line
from .catalog import POSTAGE, TASTES, articles
from .clock import ShopClock, midnight_of
from .parameters import SHOP
from .people import Person
from .stores import PLACE_OF, PLACES, WEB, open_place

_TASTE_SHARES = (0.46, 0.30, 0.24)
_AT_HOME, _ON_THE_WEB = 0.76, 0.18
RETURN_DAYS_MAX = 20


@dataclass(frozen=True, slots=True)
class Sale:
    """A purchase before it is filled: who (-1: nobody known), when, and how many cents."""

    customer: int
    at: datetime
    amount: int
    is_lifted: bool


@dataclass(slots=True)
class Receipt:
    """A receipt of a sale, or of a return, whose lines are negative."""

    customer: int
    at: datetime
    store: str
    lines: list[Line]
    is_lifted: bool = False
    number: str = ""

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)


def receipts_of(
    rng: np.random.Generator, sales: Sequence[Sale], people: Sequence[Person], clock: ShopClock
) -> list[Receipt]:
    """Return a receipt for each sale."""
    baskets = Baskets(rng, len(sales))
    tastes = rng.choice(TASTES, len(people), p=_TASTE_SHARES).tolist()
    strangers = rng.choice(TASTES, len(sales), p=_TASTE_SHARES).tolist()
    shops = [place for place in PLACES if place.code != WEB]
    weights = np.array([place.weight for place in shops])
    passing = rng.choice([place.code for place in shops], len(sales), p=weights / weights.sum()).tolist()
    chances = rng.random(len(sales)).tolist()
    made = []
    for place, sale in enumerate(sales):
        person = people[sale.customer] if sale.customer >= 0 else None
        day = clock.day_of(sale.at)
        store = open_place(_store_of(person, passing[place], chances[place]), day, clock.begins_on)
        taste = tastes[sale.customer] if person is not None else strangers[place]
        lines = baskets.fill(place, sale.amount, taste, day)
        if store == WEB and sale.amount < POSTAGE_FREE_FROM:
            lines.append(postage_line())
        made.append(Receipt(sale.customer, sale.at, store, lines, sale.is_lifted))
    return made


def _store_of(person: Person | None, passing: str, chance: float) -> str:
    if person is None:
        return passing if chance > 0.12 else WEB
    if person.home_store == WEB or not person.is_member:
        return WEB if chance < 0.93 else passing
    if chance < _AT_HOME:
        return person.home_store
    return WEB if chance < _AT_HOME + _ON_THE_WEB else passing


def returns_of(rng: np.random.Generator, receipts: Sequence[Receipt], clock: ShopClock) -> list[Receipt]:
    """Return the receipts of what came back within three weeks: one packed article each, at what was paid for it.

    Without its receipt an article is taken back at a tenth less: no line of a purchase fits such a return.
    """
    weighed = {one.code for one in articles() if one.is_weighed}
    chances = rng.random((len(receipts), 4)).tolist()
    made = []
    for receipt, (happens, later, hour, kept) in zip(receipts, chances, strict=True):
        packed = [line for line in receipt.lines if line.code not in weighed and line.code != POSTAGE]
        day = clock.day_of(receipt.at) + timedelta(days=1 + int(later * RETURN_DAYS_MAX))
        if happens < SHOP.share_returned and packed and not receipt.is_lifted and day < clock.ends_on:
            line = packed[0]
            net = line.net if kept > SHOP.share_returned_without_receipt else line.net * 9 // 10
            back = replace(line, quantity=-line.quantity, net=-net)
            at = midnight_of(day) + timedelta(seconds=int((10 + 9 * hour) * 3600))
            made.append(Receipt(receipt.customer, at, receipt.store, [back]))
    return made


def number_receipts(receipts: list[Receipt]) -> None:
    """Put the receipts in the order of time and give each the next number of its store and day."""
    receipts.sort(key=lambda receipt: (receipt.at, receipt.customer, receipt.store, receipt.net))
    numbers: dict[tuple[str, str], count[int]] = defaultdict(lambda: count(1))
    for receipt in receipts:
        place, day = PLACE_OF[receipt.store].short, f"{receipt.at:%y%m%d}"
        receipt.number = f"{place}-{day}-{next(numbers[place, day]):04}"
