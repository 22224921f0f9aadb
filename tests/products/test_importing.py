"""Files of products, of their costs, of assumed margins and of stock: what each brings, and what stays known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from fidelia.kernel.errors import Denied
from fidelia.kernel.money import Money
from fidelia.products.models import MarginRate, Product, ProductCost, StockLevel, UnitCost
from fidelia.products.queries import (
    Margin,
    SoldLine,
    cost_on,
    costs_on,
    list_brands,
    list_stock,
    margins_of,
    unit_cost_on,
)
from tests.cast import PIZARRO, SYSTEM
from tests.customers.files import brought_in, checked, counts, reasons, write
from tests.organisation.test_stores import a_banner, a_partner, a_store

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEADER = "code,name,category,category_2,brand,price,launched_on,is_product,earns"
LAMP = "L1,Lampe à huile,Maison,Lampes,Rocco,29.90,2025-09-01,,"
POST = "POST,Frais de port,,,,,,non,non"


def with_products(folder: Path) -> dict[str, UUID]:
    brought_in(write(folder, HEADER, LAMP, POST, name="products.csv"), "products", at=AT)
    return dict(Product.objects.values_list("code", "id"))


def test_products_come_with_path_brand_price_and_first_day(tmp_path: Path) -> None:
    done = brought_in(write(tmp_path, HEADER, LAMP, POST, LAMP), "products", at=AT)
    assert counts(done) == {"recorded": 2, "known": 0, "double": 1, "rejected": 0}
    assert (done.totals["added_products"], done.totals["changed_products"]) == (2, 0)
    lamp = Product.objects.get(code="L1")
    assert (lamp.name, lamp.category, lamp.brand) == ("Lampe à huile", "Maison/Lampes", "Rocco")
    assert (lamp.price, lamp.price_currency, lamp.launched_on) == (2990, "EUR", date(2025, 9, 1))
    assert (lamp.is_product, lamp.earns) == (True, True)
    post = Product.objects.get(code="POST")
    assert (post.is_product, post.earns, post.price) == (False, False, None)
    assert list_brands(by=SYSTEM) == ["Rocco"]


def test_the_same_file_twice_changes_nothing_and_a_shorter_one_leaves_what_it_does_not_say(tmp_path: Path) -> None:
    with_products(tmp_path)
    again = brought_in(write(tmp_path, HEADER, LAMP, POST), "products", at=AT + timedelta(1))
    assert counts(again) == {"recorded": 0, "known": 2, "double": 0, "rejected": 0}
    done = brought_in(write(tmp_path, "code,name", "L1,Lampe"), "products", at=AT + timedelta(2))
    assert (done.totals["changed_products"], Product.objects.get(code="L1").brand) == (1, "Rocco")


def test_costs_hold_from_their_day_until_a_later_one_finer_than_a_cent(tmp_path: Path) -> None:
    lamp = with_products(tmp_path)["L1"]
    rows = ["L1,11.2345,2025-01-01,", "L1,12,2026-01-01,", "L1,9.5,2025-01-01,GBP", "L9,1,2025-01-01,", "L1,-1,,"]
    found = checked(write(tmp_path, "code,cost,valid_from,currency", *rows), "costs", at=AT)
    assert reasons(found) == {4: "there is no product “L9”.", 5: "“-1” is below zero."}
    done = brought_in(write(tmp_path, "code,cost,valid_from,currency", *rows), "costs", at=AT)
    assert (counts(done)["recorded"], done.totals["set_costs"]) == (3, 3)
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [unit_cost_on(lamp, "EUR", day) for day in days] == [
        None,
        UnitCost(112345, 4, "EUR"),
        UnitCost(112345, 4, "EUR"),
        UnitCost(1200, 2, "EUR"),
    ]
    assert cost_on(lamp, "EUR", days[1]) == Money(1123, "EUR")
    assert costs_on([lamp], "GBP", days[3]) == {lamp: UnitCost(950, 2, "GBP")}
    assert ProductCost.objects.filter(source=f"import:{done.id.hex}").count() == 3
    again = brought_in(write(tmp_path, "code,cost,valid_from,currency", *rows), "costs", at=AT)
    assert counts(again) == {"recorded": 0, "known": 3, "double": 0, "rejected": 2}


@pytest.mark.parametrize(
    ("cost", "quantity", "expected"),
    [
        (UnitCost(112345, 4, "EUR"), 3_000, 3370),  # 33.7035
        (UnitCost(112350, 4, "EUR"), 1_000, 1124),  # 11.235: half a cent up
        (UnitCost(112350, 4, "EUR"), -1_000, -1124),
        (UnitCost(1200, 2, "EUR"), 250, 300),
        (UnitCost(150, 0, "JPY"), 2_000, 300),
        (UnitCost(1, 0, "EUR"), 1_000, 100),
    ],
)
def test_what_a_quantity_costs_is_rounded_once(cost: UnitCost, quantity: int, expected: int) -> None:
    assert cost.of_quantity(quantity) == Money(expected, cost.currency)


def test_a_margin_is_known_by_cost_or_assumed_by_the_nearest_category(tmp_path: Path) -> None:
    products = with_products(tmp_path)
    rates = ["Maison,45 %,2020-01-01", "Maison/Lampes,52.5,2026-02-01", ",30,2020-01-01", "Tabac,130,"]
    done = brought_in(write(tmp_path, "category,rate,valid_from", *rates), "margins", at=AT)
    assert (counts(done)["recorded"], counts(done)["rejected"]) == (3, 1)
    assert dict(MarginRate.objects.values_list("category", "rate")) == {"": 3000, "Maison": 4500, "Maison/Lampes": 5250}
    brought_in(write(tmp_path, "code,cost,valid_from", "L1,20,2026-03-01"), "costs", at=AT)

    def sold(category: str, day: date, code: str = "L1", net: int = 5000) -> SoldLine:
        return SoldLine(products[code], category, 2_000 if net > 0 else -2_000, Money(net, "EUR"), day)

    lines = [
        sold("Maison/Lampes", date(2026, 3, 2)),
        sold("Maison/Lampes", date(2026, 2, 2)),
        sold("Maison/Lampes", date(2026, 1, 2)),
        sold("Jardin", date(2026, 1, 2), "POST"),
        sold("Jardin", date(2019, 1, 2), "POST"),
        sold("Maison/Lampes", date(2026, 3, 2), net=-5000),
    ]
    assert margins_of(lines) == [
        Margin(Money(1000, "EUR"), is_assumed=False),
        Margin(Money(2625, "EUR"), is_assumed=True),
        Margin(Money(2250, "EUR"), is_assumed=True),
        Margin(Money(1500, "EUR"), is_assumed=True),
        None,
        Margin(Money(-1000, "EUR"), is_assumed=False),
    ]


def test_stock_is_what_was_counted_last(tmp_path: Path) -> None:
    with_products(tmp_path)
    store = a_store(a_banner(a_partner("seville"), "prison"), "01")
    header = "code,store,quantity,counted_at"
    rows = [f"L1,{store.code},12.5,2026-03-01", f"L1,{store.code},7,2026-02-01", "L1,NOWHERE,1,", f"L9,{store.code},1,"]
    done = brought_in(write(tmp_path, header, *rows), "stock", at=AT)
    assert counts(done)["rejected"] == 2
    (level,) = list_stock(by=SYSTEM, code="L1")
    assert (level.store_id, level.quantity, level.counted_at) == (
        store.id, 12_500, datetime(2026, 2, 28, 23, tzinfo=UTC)
    )  # fmt: skip
    older = checked(write(tmp_path, header, f"L1,{store.code},3,2026-01-01"), "stock", at=AT)
    assert reasons(older) == {1: "a later count is known."}
    assert StockLevel.objects.count() == 1


def test_who_may_not_change_products_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Denied):
        checked(write(tmp_path, HEADER, LAMP), "products", at=AT, by=PIZARRO)
