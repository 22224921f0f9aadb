"""Costs, assumed margins and stock levels by the API: set as a whole, answered as they are now, seen again."""

from __future__ import annotations

import pytest

from fidelia.products.models import ProductCost, StockLevel
from tests.activity.network import stores

from .caller import Caller

COSTS = {"costs": [{"code": "mug", "cost": "2.1450", "currency": "EUR", "valid_from": "2026-01-01"}]}


@pytest.fixture(autouse=True)
def mug(till: Caller) -> None:
    till.post("/products", {"products": [{"code": "mug"}, {"code": "pot"}]})


def test_costs_hold_from_their_day(till: Caller) -> None:
    first = till.post("/product-costs", COSTS, key="k")
    assert (first.status, first.json()["data"]) == (200, COSTS["costs"])
    later = {"costs": [{**COSTS["costs"][0], "cost": "2.5", "valid_from": "2026-02-01"}]}
    assert till.post("/product-costs", later).json()["data"][0]["cost"] == "2.5"
    again = till.post("/product-costs", COSTS, key="k")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    seen = till.get("/product-costs?code=mug").json()["data"]
    assert [(one["cost"], one["valid_from"]) for one in seen] == [("2.5", "2026-02-01"), ("2.1450", "2026-01-01")]


def test_one_cost_that_cannot_be_leaves_the_others_unset(till: Caller) -> None:
    rows = [COSTS["costs"][0], {**COSTS["costs"][0], "code": "none"}]
    till.post("/product-costs", {"costs": rows}).problem(404, "unknown_product")
    till.post("/product-costs", {"costs": [{**rows[0], "cost": "-1"}]}).problem(422, "invalid_request")
    assert not ProductCost.objects.exists()


def test_margins_are_assumed_of_categories(till: Caller) -> None:
    rate = {"category": "Food/Tea", "rate": "42.50", "valid_from": "2026-01-01"}
    assert till.post("/margin-rates", {"rates": [rate]}).json()["data"] == [rate]
    assert till.get("/margin-rates").json()["data"] == [rate]
    till.post("/margin-rates", {"rates": [{**rate, "rate": "101"}]}).problem(422, "malformed_product")


def test_the_last_count_of_a_store_is_its_stock(till: Caller) -> None:
    seville, _lyon, _wien = stores()
    level = {"code": "mug", "store": "seville", "quantity": "18", "counted_at": "2026-03-02T09:30:00Z"}
    told = till.post("/stock-levels", {"levels": [level]}).json()["data"]
    assert [(one["store_id"], one["quantity"]) for one in told] == [(str(seville.id), "18")]
    earlier = {**level, "quantity": "3.5", "counted_at": "2026-03-01T09:30:00Z"}
    assert till.post("/stock-levels", {"levels": [earlier]}).json()["data"][0]["quantity"] == "18"
    assert till.get("/stock-levels?code=mug").json()["data"][0]["counted_at"] == "2026-03-02T09:30:00Z"
    problem = till.post("/stock-levels", {"levels": [{**level, "store": "nowhere"}]}).problem(404, "store_unknown")
    assert problem["pointer"] == "/levels/0/store"
    assert StockLevel.objects.count() == 1
