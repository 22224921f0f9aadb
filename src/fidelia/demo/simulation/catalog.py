"""The articles of the shop, and how likely each is in a basket: by taste and season."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from .lists import read_list

POSTAGE = "PORT"
POSTAGE_NAME = "Frais de port"
TASTES = ("coffee", "tea", "both")
MONTHS_OF = {"hiver": (11, 12, 1, 2), "été": (6, 7, 8), "noël": (11, 12), "mères": (5, 6)}
_FAVORITES = {
    "coffee": {"Café/": 4.0, "Thé/": 0.35, "Infusions/": 0.3},
    "tea": {"Café/": 0.3, "Thé/": 4.0, "Infusions/": 2.5},
    "both": {"Café/": 2.0, "Thé/": 2.0, "Infusions/": 1.2},
}
_OUT_OF_SEASON = {"hiver": 0.35, "été": 0.25, "noël": 0.0, "mères": 0.0}
_IN_SEASON = {"hiver": 2.0, "été": 2.6, "noël": 2.2, "mères": 4.0}


@dataclass(frozen=True, slots=True)
class Article:
    """An article: `price` in cents of a piece, or of a kilogram where it is weighed; `cost` of the same."""

    code: str
    name: str
    category: str
    brand: str
    price: int
    is_weighed: bool
    cost: int
    season: str
    weight: float


@cache
def articles() -> tuple[Article, ...]:
    """Return the articles in the order of the list."""
    return tuple(_article(row) for row in read_list("products"))


def _article(row: dict[str, str]) -> Article:
    price = round(float(row["price"]) * 100)
    return Article(
        row["code"], row["name"], row["category"], row["brand"], price, row["unit"] == "kg",
        round(price * int(row["cost_percent"]) / 100), row["season"], float(row["weight"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelf:
    """The articles of one kind; `limits` are the running sums of their chances."""

    articles: tuple[Article, ...]
    limits: list[float]

    def pick(self, chance: float) -> Article:
        """Return the article that a chance from 0 to 1 falls on."""
        return self.articles[bisect_left(self.limits, chance)]


@cache
def shelf_for(taste: str, month: int, *, weighed: bool) -> Shelf:
    """Return what somebody of this taste reaches for in a month: weighed coffee and tea, or packed articles."""
    found = [one for one in articles() if one.is_weighed == weighed]
    kept = [(one, weight) for one in found if (weight := _weight_of(one, taste, month)) > 0]
    total = sum(weight for _one, weight in kept)
    limits = list(accumulate(weight / total for _one, weight in kept))
    limits[-1] = 1.0  # a sum of shares may end a hair below
    return Shelf(tuple(one for one, _weight in kept), limits)


def _weight_of(article: Article, taste: str, month: int) -> float:
    weight = article.weight
    for beginning, factor in _FAVORITES[taste].items():
        if article.category.startswith(beginning):
            weight *= factor
    if article.season:
        in_season = month in MONTHS_OF[article.season]
        weight *= (_IN_SEASON if in_season else _OUT_OF_SEASON)[article.season]
    return weight


def price_of(article: Article, discount: tuple[str, int] | None) -> int:
    """Return the price in cents under the promotion that runs, if one does."""
    if discount is not None and article.category.startswith(discount[0]):
        return article.price * (100 - discount[1]) // 100
    return article.price
