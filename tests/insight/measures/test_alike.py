"""What goes together by its buyers, and what one customer is likely to buy next, with the reason."""

from __future__ import annotations

from fidelia.insight.measures.alike import Neighbour, NextProduct, ProductLinks, link_products, suggest_products
from fidelia.insight.measures.next_products import Counts


def counts_of(baskets: dict[str, dict[str, int]]) -> Counts:
    rows = [(who, what, times) for who, own in baskets.items() for what, times in own.items()]
    return Counts.from_columns(*zip(*rows, strict=True))


def test_links_are_the_cosines_of_the_buyers() -> None:
    both = {f"b{n}": {"bread": 1, "butter": 2} for n in range(6)}
    alone = {f"a{n}": {"bread": 3} for n in range(3)}
    rare = {"r": {"bread": 1, "saffron": 1}}
    links = {one.code: one for one in link_products(counts_of(both | alone | rare))}
    assert links["bread"].buyers == 10
    assert links["bread"].neighbours == (Neighbour("butter", 6, round(6 / (10 * 6) ** 0.5, 4)),)
    assert links["butter"].neighbours == (Neighbour("bread", 6, 0.7746),)
    assert links["saffron"].neighbours == ()  # one buyer of both is an accident


def test_nothing_sold_links_nothing() -> None:
    assert link_products(Counts.from_columns([], [], [])) == []


LINKS = {
    "bread": ProductLinks("bread", 90, (Neighbour("butter", 60, 0.8), Neighbour("jam", 20, 0.3))),
    "tea": ProductLinks("tea", 50, (Neighbour("jam", 30, 0.5), Neighbour("bread", 20, 0.1))),
    "milk": ProductLinks("milk", 120),
}


def test_own_habits_come_first_then_what_goes_with_them_then_people_alike_then_everybody() -> None:
    found = suggest_products({"bread": 6, "tea": 2}, LINKS, {"honey": 4, "bread": 9, "salt": 2})
    assert found == [
        NextProduct("bread", "again", times=6),
        NextProduct("butter", "together", because="bread", people=60),
        NextProduct("tea", "again", times=2),
        NextProduct("jam", "together", because="bread", people=20),
        NextProduct("honey", "alike", people=4),
        NextProduct("milk", "popular", people=120),
    ]


def test_bought_once_is_not_a_habit() -> None:
    found = suggest_products({"tea": 1}, LINKS, {})
    assert [one.code for one in found] == ["jam", "bread", "milk"]
    assert "tea" not in {one.code for one in found}


def test_one_of_whom_nothing_is_known_gets_what_most_people_buy() -> None:
    assert [(one.code, one.reason) for one in suggest_products({}, LINKS, {}, k=2)] == [
        ("milk", "popular"),
        ("bread", "popular"),
    ]
