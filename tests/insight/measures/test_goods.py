"""What products do: performance, rotation, pairs, types of purchase, promotions; against plain Python and by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import ibis
import pytest

from fidelia.insight.measures.frat import frat
from fidelia.insight.measures.products import bought_together, product_performance, rotation
from fidelia.insight.measures.promotions import promotion_dependence
from tests.insight.measures.history import AS_OF, History, random_history, rows_of


@pytest.mark.parametrize("seed", [1, 2])
def test_performance_counts_amounts_buyers_and_repeats(seed: int) -> None:
    history = random_history(seed)
    kinds = {row["purchase_id"]: row for row in history.purchases}
    amount: dict[str, int] = defaultdict(int)
    times: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in history.lines:
        amount[line["product_code"]] += line["net"]
        purchase = kinds[line["purchase_id"]]
        if purchase["kind"] == "sale" and purchase["customer_id"]:
            times[line["product_code"]][purchase["customer_id"]].add(line["purchase_id"])
    everybody = {row["customer_id"] for row in history.purchases if row["kind"] == "sale"} - {None}
    for row in rows_of(product_performance(*history.tables(), currency="EUR")):
        bought = times[row["product_code"]]
        assert row["amount"] == amount[row["product_code"]]
        assert row["buyers"] == len(bought)
        assert row["penetration"] == pytest.approx(len(bought) / len(everybody))
        assert row["frequency"] == pytest.approx(sum(map(len, bought.values())) / len(bought))
        assert row["repeat_rate"] == pytest.approx(sum(len(own) > 1 for own in bought.values()) / len(bought))


def test_rotation_is_stock_over_pace() -> None:
    history = History()
    for days in (1, 2, 3, 4, 5):
        history.sale(None, days, ("tea-1", 500))
    stock = ibis.memtable({"product_code": ["tea-1", "cup-1"], "units": [20_000, 7_000]})
    found = rotation(history.tables()[1], stock, since=AS_OF - timedelta(days=10), as_of=AS_OF)
    lasts = {row["product_code"]: (row["sold"], row["days_of_stock"]) for row in rows_of(found)}
    assert lasts == {"tea-1": (5_000, 40.0), "cup-1": (0, None)}


def test_pairs_have_the_support_confidence_and_lift_of_their_definition() -> None:
    history = History()
    for _basket in range(3):
        history.sale(None, 1, ("tea-1", 500), ("pot-1", 900))
    history.sale(None, 1, ("tea-1", 500))
    for _basket in range(4):
        history.sale(None, 1, ("cup-1", 300))
    pairs = rows_of(bought_together(history.tables()[1], purchases_min=3))
    assert [(row["first"], row["second"], row["baskets"]) for row in pairs] == [
        ("pot-1", "tea-1", 3),
        ("tea-1", "pot-1", 3),
    ]
    assert pairs[0]["support"] == pytest.approx(3 / 8)
    assert pairs[0]["confidence"] == pytest.approx(1.0)
    assert pairs[1]["confidence"] == pytest.approx(3 / 4)
    assert pairs[0]["lift"] == pairs[1]["lift"] == pytest.approx((3 / 8) / (4 / 8 * 3 / 8))


def test_a_rare_pair_is_not_told() -> None:
    history = History()
    history.sale(None, 1, ("tea-1", 500), ("pot-1", 900))
    assert rows_of(bought_together(history.tables()[1], purchases_min=2)) == []


def test_the_type_is_what_makes_more_than_half() -> None:
    history = History()
    history.sale("leonore", 9, ("tea-1", 600), ("cup-1", 400))
    history.sale("rocco", 9, ("tea-1", 500), ("cup-1", 500))
    found = rows_of(frat(*history.tables(), as_of=AS_OF, currency="EUR", type_column="category"))
    types = {row["customer_id"]: (row["type"], row["type_share"], row["types"]) for row in found}
    assert types == {"leonore": ("tea", 0.6, 2), "rocco": ("varied", 0.5, 2)}
    assert {"recency_score", "frequency_score", "amount_score", "segment"} <= set(found[0])


def test_people_are_told_apart_by_how_much_they_buy_at_a_discount() -> None:
    history = History()
    history.sale("leonore", 9, ("tea-1", 600))
    history.sale("rocco", 9, ("tea-1", 300), discount=100)
    history.sale("marzelline", 9, ("tea-1", 300), discount=100)
    history.sale("marzelline", 8, ("tea-1", 900))
    found = rows_of(promotion_dependence(*history.tables(), currency="EUR"))
    assert {row["band"]: (row["people"], row["amount"], row["discounted"], row["discount"]) for row in found} == {
        "never": (1, 600, 0, 0), "always": (1, 300, 300, 100), "up_to_quarter": (1, 1200, 300, 100),
    }  # fmt: skip
