"""What is in a basket: packed articles first, then coffee or tea weighed out until the drawn amount is reached.

So the amount of a purchase is a gamma-gamma draw, to within what a scale rounds. A basket of kitchenware alone ends at
the article whose price lies nearest, and is off by a few per cent.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from .catalog import POSTAGE, POSTAGE_NAME, Article, articles, price_of, shelf_for
from .clock import promotion_on

PACKED_MAX = 5
WEIGHED_GRAMS_MAX = 1_500
LEAST_WEIGHED = 200  # cents left for the scale
KITCHEN_ALONE = 0.13
POSTAGE_CENTS = 490
POSTAGE_FREE_FROM = 4_500


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `quantity` in thousandths (a gram of what is weighed), `net` in cents; negative on a return."""

    code: str
    name: str
    quantity: int
    net: int


class Baskets:
    """Fills baskets; each draws from its own part of what chance has laid out beforehand."""

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        self._packed = rng.choice(PACKED_MAX + 1, n, p=[0.30, 0.30, 0.20, 0.12, 0.05, 0.03]).tolist()
        self._chances = rng.random((n, 2 * PACKED_MAX + 4)).tolist()

    def fill(self, place: int, amount: int, taste: str, day: date) -> list[Line]:
        """Return the lines of basket number `place`, which comes to `amount` cents."""
        chances = self._chances[place]
        if chances[0] < KITCHEN_ALONE and amount >= 490:
            return list(_kitchen_alone(amount, chances[1:]))
        lines = list(self._packed_lines(place, amount, taste, day))
        left = amount - sum(line.net for line in lines)
        packed = shelf_for(taste, day.month, weighed=False).articles
        weighed = shelf_for(taste, day.month, weighed=True).pick(chances[1])
        while left * 1000 > weighed.price * WEIGHED_GRAMS_MAX and len(lines) < 12:
            dear = _dearest_below(packed, left - LEAST_WEIGHED)
            lines.append(_line(dear, 1000, dear.price))
            left -= dear.price
        grams = max(5, round(left * 1000 / weighed.price))
        lines.append(_line(weighed, grams, (2 * weighed.price * grams + 1000) // 2000))
        return lines

    def _packed_lines(self, place: int, amount: int, taste: str, day: date) -> Iterator[Line]:
        discount = promotion_on(day)
        shelf = shelf_for(taste, day.month, weighed=False)
        chances = self._chances[place]
        left = amount - LEAST_WEIGHED
        taken = set()
        for number in range(self._packed[place]):
            article = shelf.pick(chances[4 + 2 * number])
            price = price_of(article, discount)
            pieces = 2 if chances[5 + 2 * number] < 0.15 and price < 1500 else 1
            if price * pieces <= left and article.code not in taken:
                taken.add(article.code)
                left -= price * pieces
                yield _line(article, 1000 * pieces, price * pieces)


def postage_line() -> Line:
    """Return the line that a small order on the web carries."""
    return Line(POSTAGE, POSTAGE_NAME, 1000, POSTAGE_CENTS)


def _kitchen_alone(amount: int, chances: list[float]) -> Iterator[Line]:
    prices, kitchen = _kitchen()
    left = amount
    for chance in chances[:2]:
        article = kitchen[int(chance * bisect_left(prices, left))] if left > prices[0] else kitchen[0]
        if article.price * 2 < left:
            left -= article.price
            yield _line(article, 1000, article.price)
    while left > prices[-1]:
        left -= prices[-1]
        yield _line(kitchen[-1], 1000, prices[-1])
    place = min(bisect_left(prices, left), len(prices) - 1)
    if place and left - prices[place - 1] < prices[place] - left:
        place -= 1
    yield _line(kitchen[place], 1000, prices[place])


@cache
def _kitchen() -> tuple[list[int], list[Article]]:
    kitchen = sorted((one for one in articles() if one.category.startswith("Cuisine/")), key=lambda one: one.price)
    return [one.price for one in kitchen], kitchen


def _dearest_below(shelf: tuple[Article, ...], most: int) -> Article:
    return max((one for one in shelf if one.price <= most), key=lambda one: (one.price, one.code))


def _line(article: Article, quantity: int, net: int) -> Line:
    return Line(article.code, article.name, quantity, net)
