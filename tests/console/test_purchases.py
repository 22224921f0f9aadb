"""Purchases: listed, filtered, and each with its lines and the decision behind its points."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

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
