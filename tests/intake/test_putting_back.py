"""Taking back files of products, stores, costs, margins, stock: as it was before, unless somebody went on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fidelia.intake.models import Import, RecordedChange
from fidelia.intake.operations import undo_import
from fidelia.jobs.operations import run_job
from fidelia.kernel.errors import Denied
from fidelia.organisation.models import Store
from fidelia.products.models import MarginRate, Product, ProductCost, ProductPrice, StockLevel
from fidelia.products.operations import NewProduct, change_products
from tests.cast import PIZARRO, SYSTEM
from tests.customers.files import brought_in, write
from tests.organisation import test_importing_stores as stores

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEADER = "code,name,category,brand,price,launched_on"
LAMP = "L1,Lampe,Maison,Rocco,29.90,2025-09-01"
MUG = "M1,Mug,Maison,Rocco,14.50,"


def taken_back(found: Import) -> dict[str, int]:
    job = undo_import(by=SYSTEM, at=AT, import_id=found.id)
    run_job(job_id=job.id, clock=lambda: AT + timedelta(hours=1))
    job.refresh_from_db()
    assert job.state == "done", job.error
    found.refresh_from_db()
    assert found.state == "undone"
    counts: dict[str, int] = found.totals["undone"]
    return {name: count for name, count in counts.items() if count}


def test_new_products_go_and_changed_ones_are_as_they_were(tmp_path: Path) -> None:
    brought_in(write(tmp_path, HEADER, LAMP, name="one.csv"), "products", at=AT)
    second = write(tmp_path, HEADER, "L1,Lampe à huile,Jardin,,31.00,", MUG, name="two.csv")
    found = brought_in(second, "products", at=AT)
    assert taken_back(found) == {"put_back": 1, "removed": 1}
    lamp = Product.objects.get()
    assert (lamp.name, lamp.category, lamp.price, lamp.launched_on) == ("Lampe", "Maison", 2990, date(2025, 9, 1))
    assert lamp.updated_at > AT
    assert ProductPrice.objects.exclude(product=lamp).count() == 0


def test_what_somebody_changed_since_or_names_by_now_stays(tmp_path: Path) -> None:
    tea = "T1,Thé,Maison,Rocco,9.90,"
    found = brought_in(write(tmp_path, HEADER, LAMP, MUG, tea, name="one.csv"), "products", at=AT)
    change_products(by=SYSTEM, at=AT, rows=[NewProduct(code="L1", brand="Jaquino")])
    brought_in(write(tmp_path, "code,cost,valid_from", "M1,4,2025-01-01", name="c.csv"), "costs", at=AT)
    assert taken_back(found) == {"removed": 1, "kept_as_changed": 1, "kept_as_used": 1}
    assert set(Product.objects.values_list("code", "brand")) == {("L1", "Jaquino"), ("M1", "Rocco")}


def test_costs_margins_and_stock_are_what_they_were(tmp_path: Path) -> None:
    stores.a_partner()
    brought_in(write(tmp_path, stores.HEADER, stores.LYON, name="stores.csv"), "stores", at=AT)
    brought_in(write(tmp_path, HEADER, LAMP, name="one.csv"), "products", at=AT)
    rows = {
        "costs": ("code,cost,valid_from", "L1,11,2025-01-01", "L1,12,2025-01-01\nL1,13,2026-01-01"),
        "margins": ("category,rate,valid_from", "Maison,40,2025-01-01", "Maison,50,2025-01-01\n,30,2025-01-01"),
        "stock": ("code,store,quantity,counted_at", "L1,001,3,2026-02-01 10:00", "L1,001,5,2026-02-20 10:00:00.123456"),
    }
    for target, (header, before, after) in rows.items():
        brought_in(write(tmp_path, header, before, name=f"{target}1.csv"), target, at=AT)
        found = brought_in(write(tmp_path, header, after, name=f"{target}2.csv"), target, at=AT)
        assert taken_back(found)["put_back"] == 1
    assert list(ProductCost.objects.values_list("amount", "valid_from")) == [(1100, date(2025, 1, 1))]
    assert list(MarginRate.objects.values_list("category", "rate")) == [("Maison", 4000)]
    assert [level.quantity for level in StockLevel.objects.all()] == [3000]


def test_stores_go_unless_somebody_sold_or_counted_there(tmp_path: Path) -> None:
    stores.a_partner()
    found = brought_in(write(tmp_path, stores.HEADER, stores.LYON, stores.WEB, name="stores.csv"), "stores", at=AT)
    brought_in(write(tmp_path, HEADER, LAMP, name="one.csv"), "products", at=AT)
    brought_in(write(tmp_path, "code,store,quantity", "L1,001,3", name="s.csv"), "stock", at=AT)
    assert taken_back(found) == {"removed": 1, "kept_as_used": 1}
    assert list(Store.objects.values_list("code", flat=True)) == ["001"]


def test_who_may_not_is_denied_and_nothing_is_put_back(tmp_path: Path) -> None:
    found = brought_in(write(tmp_path, HEADER, LAMP, name="one.csv"), "products", at=AT)
    with pytest.raises(Denied):
        undo_import(by=PIZARRO, at=AT, import_id=found.id)
    assert (Product.objects.count(), RecordedChange.objects.filter(outcome="").count()) == (1, 1)


def test_two_imports_taken_back_in_the_wrong_order_put_back_only_what_is_theirs(tmp_path: Path) -> None:
    first = brought_in(write(tmp_path, HEADER, LAMP, name="one.csv"), "products", at=AT)
    second = brought_in(write(tmp_path, "code,name", "L1,Lampion", name="two.csv"), "products", at=AT)
    assert taken_back(first) == {"kept_as_changed": 1}
    assert Product.objects.get().name == "Lampion"
    assert taken_back(second) == {"put_back": 1}
    assert Product.objects.get().name == "Lampe"
