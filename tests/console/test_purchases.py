"""Purchases: listed, filtered, and each with its lines and the decision behind its points."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection

from fidelia.activity.models import PurchaseImport
from fidelia.kernel.ids import new_id
from tests.cast import jaquino, leonore, marzelline, person, pizarro
from tests.conftest import address_of

from .boutique import Shop, open_shop
from .test_customers import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/console/purchases/"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def test_it_lists_purchases_and_returns_newest_first(shop: Shop) -> None:
    answer = signed_in(leonore()).get(LIST)
    assert [row.purchase.receipt_number for row in answer.context["rows"]] == ["R-1-B", "R-1"]
    assert "Léonore Müller" in text_of(answer)


@pytest.mark.parametrize(("query", "count"), [({"kind": "return"}, 1), ({"receipt": "R-1"}, 1), ({"receipt": "R"}, 0)])
def test_it_is_narrowed_by_kind_and_receipt(shop: Shop, query: dict[str, str], count: int) -> None:
    assert len(signed_in(leonore()).get(LIST, query).context["rows"]) == count


def test_finance_sees_purchases_without_names(shop: Shop) -> None:
    page = text_of(signed_in(person("Minister", "finance")).get(LIST))
    assert "R-1" in page
    assert "Müller" not in page


def test_one_purchase_says_what_each_rule_came_to(shop: Shop) -> None:
    answer = signed_in(jaquino()).get(f"{LIST}{shop.sale.purchase_id}/")
    assert [(each["name"], each["points"]) for each in answer.context["outcomes"]] == [
        ("One point per euro", "+49\u00a0pts"),
        ("Double points on coffee", "+35\u00a0pts"),
        ("Welcome", "+50\u00a0pts"),
    ]
    assert "The record is whole" in text_of(answer)
    assert [each["line"].points for each in answer.context["lines"]] == [105, 29]


def test_a_return_leads_to_its_purchase(shop: Shop) -> None:
    page = text_of(signed_in(leonore()).get(f"{LIST}{shop.back.purchase_id}/"))
    assert f"{LIST}{shop.sale.purchase_id}/" in page
    assert "A return takes back the points" in page


def test_a_record_that_was_changed_is_told(shop: Shop) -> None:
    with psycopg.connect(address_of(str(connection.settings_dict["NAME"])), autocommit=True) as owner:
        owner.execute("update activity_decision set record = jsonb_set(record, '{points}', '9999')")
    page = text_of(signed_in(leonore()).get(f"{LIST}{shop.sale.purchase_id}/"))
    assert "The record was changed" in page


def test_who_may_not_see_why_sees_the_purchase_alone(shop: Shop) -> None:
    page = text_of(signed_in(marzelline()).get(f"{LIST}{shop.sale.purchase_id}/"))
    assert "Your role does not show why a purchase gave its points." in page
    assert "Double points" not in page


def test_who_may_see_none_is_refused(shop: Shop) -> None:
    client = signed_in(pizarro())
    for path in ("", f"{shop.sale.purchase_id}/"):
        assert client.get(LIST + path).status_code == 403
    assert client.get("/console/imports/").status_code == 403


def an_import(shop: Shop, **totals: Any) -> PurchaseImport:
    return PurchaseImport.objects.create(
        id=new_id(), source="web", programme_id=shop.member.programme_id, file_name="orders.csv", file_hash="x",
        mapping={}, state="done" if totals else "running", totals=totals, by_label="Rocco", started_at=shop.today,
        ended_at=shop.today if totals else None,
    )  # fmt: skip


def test_an_import_ends_with_totals_that_add_up(shop: Shop) -> None:
    done = an_import(
        shop, rows=100, recorded_rows=90, known_rows=4, rejected_rows=6, duplicate_rows=1, sales=80, returns=10,
        matched_lines=9, net=214_386_40, file_net=216_118_15, points=2_319,
    )  # fmt: skip
    page = text_of(signed_in(leonore()).get(f"/console/imports/{done.id}/"))
    for said in ("€214,386.40", "€216,118.15", "€1,731.75", "file and database agree"):
        assert said in page, said
    assert "orders.csv" in text_of(signed_in(leonore_again()).get("/console/imports/"))


def leonore_again() -> Any:
    from fidelia.access.models import User

    return User.objects.get(email="leonore@fidelio.example")


def test_an_import_that_runs_has_no_totals_yet(shop: Shop) -> None:
    running = an_import(shop)
    page = text_of(signed_in(leonore()).get(f"/console/imports/{running.id}/"))
    assert "There are no totals before the file is read to its end." in page
    assert signed_in(leonore_again()).get(f"/console/imports/{new_id()}/").status_code == 404
