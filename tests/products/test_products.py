"""Products: added or changed by code in bulk, with dated costs; what a row leaves unsaid stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from fidelia.kernel.errors import Denied
from fidelia.kernel.facts import FactTable
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.products import facts
from fidelia.products.errors import MalformedProduct, UnknownProduct
from fidelia.products.models import Product
from fidelia.products.operations import BulkResult, NewCost, NewProduct, add_products_in_bulk, set_costs_in_bulk
from fidelia.products.queries import cost_on, get_products_by_code, list_products
from tests.cast import PIZARRO, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def put(*rows: NewProduct, at: datetime = DAY) -> BulkResult:
    with transaction.atomic():
        return add_products_in_bulk(by=SYSTEM, at=at, rows=rows)


def lamp(**facts: Any) -> NewProduct:
    return NewProduct(
        **({"code": "L1", "name": "Lampe à huile", "category": "Maison / Lampes", "brand": "Rocco"} | facts)
    )


def test_it_adds_then_changes_then_leaves_alone() -> None:
    assert put(lamp(), lamp(code="POST", is_product=False)) == BulkResult(2, 0, 0)
    assert put(lamp(), lamp(code="POST", name="Port")) == BulkResult(0, 1, 1)
    products = get_products_by_code(["L1", "POST", "nothing"])
    assert set(products) == {"L1", "POST"}
    assert (products["L1"].category, products["L1"].is_product, products["L1"].earns) == ("Maison/Lampes", True, True)
    assert (products["POST"].name, products["POST"].is_product) == ("Port", False)


def test_what_a_row_leaves_unsaid_stays() -> None:
    put(lamp(launched_on=date(2026, 1, 1), earns=False))
    assert put(NewProduct(code="L1")) == BulkResult(0, 0, 1)
    assert put(NewProduct(code="L1", name="Lampe"), at=DAY + timedelta(1)) == BulkResult(0, 1, 0)
    row = Product.objects.get()
    assert (row.name, row.brand, row.launched_on, row.earns) == ("Lampe", "Rocco", date(2026, 1, 1), False)
    assert (row.recorded_at, row.updated_at) == (DAY, DAY + timedelta(1))


def test_a_code_that_comes_twice_counts_as_its_last_row() -> None:
    assert put(lamp(name="A"), lamp(name="B")) == BulkResult(1, 0, 0)
    assert Product.objects.get().name == "B"


def test_it_announces_one_event() -> None:
    put(*(lamp(code=str(number)) for number in range(30)))
    put(*(lamp(code=str(number)) for number in range(30)))
    assert OutboxEvent.objects.get().payload == {"added": 30, "changed": 0}


def test_it_refuses_clearly() -> None:
    with pytest.raises(MalformedProduct) as refusal:
        put(lamp(), lamp(code=" "))
    assert refusal.value.pointer == "/1/code"
    with pytest.raises(MalformedProduct) as refusal:
        put(lamp(brand="x" * 121))
    assert refusal.value.pointer == "/0/brand"
    with transaction.atomic(), pytest.raises(Denied):
        add_products_in_bulk(by=PIZARRO, at=DAY, rows=[lamp()])
    assert Product.objects.count() == 0


def test_a_cost_holds_from_its_day_to_the_next() -> None:
    put(lamp())
    costs = [
        NewCost(code="L1", cost=Money(500, "EUR"), valid_from=date(2026, 1, 1)),
        NewCost(code="L1", cost=Money(600, "EUR"), valid_from=date(2026, 2, 1)),
    ]
    with transaction.atomic():
        assert set_costs_in_bulk(by=SYSTEM, at=DAY, rows=costs) == 2
        assert set_costs_in_bulk(by=SYSTEM, at=DAY, rows=costs) == 0
    id = Product.objects.get().id
    days = (date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 1))
    assert [cost_on(id, "EUR", day) for day in days] == [None, Money(500, "EUR"), Money(600, "EUR")]
    assert cost_on(id, "GBP", days[2]) is None


def test_a_cost_needs_its_product() -> None:
    with transaction.atomic(), pytest.raises(UnknownProduct, match="L9"):
        set_costs_in_bulk(
            by=SYSTEM, at=DAY, rows=[NewCost(code="L9", cost=Money(1, "EUR"), valid_from=date(2026, 1, 1))]
        )


def test_it_lists_by_code() -> None:
    put(lamp(code="A"), lamp(code="B", name="Chaîne"), lamp(code="C"))
    assert [product.code for product in list_products(by=SYSTEM, after="A")] == ["B", "C"]
    assert [product.code for product in list_products(by=SYSTEM, text="chaîne")] == ["B"]
    with pytest.raises(Denied):
        list_products(by=PIZARRO)


@pytest.mark.parametrize("table", facts.FACTS, ids=lambda table: str(table.name))
def test_its_facts_are_as_declared(table: FactTable) -> None:
    put(lamp())
    with connection.cursor() as cursor:
        cursor.execute(table.sql)
        assert [column.name for column in cursor.description] == list(table.columns)
