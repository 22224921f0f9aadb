"""What is foretold, and how it is judged: by hand on a tiny shop."""

from __future__ import annotations

from math import log2

import pytest

from fidelia.insight.measures.next_products import Counts, foretell, product_counts, rank_products
from tests.insight.measures.history import History, rows_of


def counts(**customers: dict[str, int]) -> Counts:
    rows = [(customer, product, times) for customer, bought in customers.items() for product, times in bought.items()]
    return Counts.from_columns(*zip(*rows, strict=True))


SHOP = counts(
    leonore={"tea": 5, "cup": 1}, florestan={"tea": 1, "pot": 1}, rocco={"pot": 1, "sugar": 1}, fidelio={"tea": 1}
)


def told(method: str, customer: str, k: int = 4) -> list[str]:
    ranking = rank_products(SHOP, k=k, method=method)  # type: ignore[arg-type]
    return [str(name) for name in SHOP.products[ranking[list(SHOP.customers).index(customer)]]]


def test_the_popular_ones_are_those_most_customers_buy() -> None:
    assert told("popular", "rocco", 2) == ["tea", "pot"]


def test_ones_own_come_first_and_then_the_popular_ones() -> None:
    assert told("personal", "leonore") == ["tea", "cup", "pot", "sugar"]


def test_what_goes_with_ones_own_comes_before_what_is_only_popular() -> None:
    assert told("personal", "fidelio")[1] == "pot"
    assert told("collaborative", "fidelio")[:2] == ["tea", "cup"]  # cos(tea, cup) = 1/√3, cos(tea, pot) = 1/√6


def test_recall_and_ndcg_are_those_of_their_formulas() -> None:
    after = counts(leonore={"cup": 1, "spoon": 1}, florestan={"pot": 2}, marzelline={"tea": 1})
    (result,) = foretell(SHOP, after, k=2, methods=["personal"])
    assert result.customers == 2
    assert result.recall == pytest.approx((1 / 2 + 1) / 2)
    second, both = 1 / log2(3), 1 + 1 / log2(3)
    # Florestan bought tea and pot once each; tea is the more popular, so pot is second.
    assert result.ndcg == pytest.approx((second / both + second / 1) / 2)


def test_without_customers_in_both_parts_nothing_is_judged() -> None:
    (result,) = foretell(SHOP, counts(marzelline={"tea": 1}), k=2, methods=["popular"])
    assert (result.customers, result.recall, result.ndcg) == (0, 0.0, 0.0)


def test_of_many_customers_some_are_judged_and_all_are_learnt_from() -> None:
    many = {f"c{number:03}": {"tea": 1 + number % 3, "cup" if number % 2 else "pot": 1} for number in range(300)}
    before, after = counts(**many), counts(**{name: {"tea": 1} for name in many})
    (whole,) = foretell(before, after, k=2, methods=["collaborative"])
    (part,) = foretell(before, after, k=2, methods=["collaborative"], customers_max=40)
    assert (whole.customers, part.customers) == (300, 40)
    assert part == foretell(before, after, k=2, methods=["collaborative"], customers_max=40)[0]
    assert part.recall == whole.recall == 1.0


def test_counts_are_of_purchases_of_known_customers() -> None:
    history = History()
    history.sale("leonore", 5, ("tea-1", 500), ("tea-1", 500))
    sale = history.sale("leonore", 4, ("tea-1", 500))
    history.back(sale, 3, ("tea-1", 500))
    history.sale(None, 3, ("tea-1", 500))
    assert rows_of(product_counts(*history.tables())) == [
        {"customer_id": "leonore", "product_code": "tea-1", "purchases": 2}
    ]
