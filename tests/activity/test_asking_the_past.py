"""Rules that ask what a member bought before: the same at a till, in a checkout and for history brought in."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnedLine, ReturnRequest, record_purchase
from fidelia.activity.operations import record_return as _record_return
from fidelia.activity.operations.checkouts import ReturnedItem
from fidelia.activity.operations.imports import import_purchases, parse_mapping
from fidelia.activity.operations.past import Buyer, values_of_past
from fidelia.customers.models import Customer
from fidelia.products.operations import NewProduct, change_products
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.queries import terms_of
from fidelia.rules.history import BoughtRow, value_of
from tests.cast import SYSTEM
from tests.programme.cast import AT, florestan, member, programme

from .checkouts.cast import CARD, MUG, TILL, basket, close, give_back
from .checkouts.rules import BASE, document, said

pytestmark = pytest.mark.django_db
REGULAR = {
    "key": "regular", "name": said("Thirty for the third purchase in a month"),
    "when": "history.purchases(30) >= 2", "points": "30",
}  # fmt: skip
LOVER = {
    "key": "lover", "name": said("A tenth off after 50 euros of coffee"),
    "when": 'history.spent(90, "category", "coffee") >= 50', "percent_off": {"percent": "10", "of": "order"},
}  # fmt: skip
AGAIN = {
    "key": "again", "name": said("Welcome back"),
    "when": "has(history.days_since()) && history.days_since() > 60", "points": "7",
}  # fmt: skip
ALL = [
    f"history.{kind}({', '.join([*days, *of])})"
    for kind in ("purchases", "spent", "units")
    for days in ([], ["30"], ["400"])
    for of in ([], ['"product"', '"moka"'], ['"channel"', '"web"'], ['"store"', '"nowhere"'])
] + ["orElse(history.days_since(), 0)", 'orElse(history.days_since("product", "mug"), 0)']


def asks() -> dict[str, Any]:
    """A document whose rules ask each of ALL."""
    whole = [one for one in ALL if "spent" not in one and "units" not in one]
    rules = [{"key": f"r{n}", "name": said(one), "when": f"{one} >= 1", "points": "1"} for n, one in enumerate(whole)]
    money = [one for one in ALL if one not in whole]
    rules += [{"key": f"m{n}", "name": said(one), "when": f"{one} > 0", "points": "1"} for n, one in enumerate(money)]
    return document(*rules)


def buy(key: str, days_ago: int, *lines: LineRequest, **changes: Any) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=key,
        receipt_number=f"R-{key}",
        occurred_at=AT - timedelta(days=days_ago),
        currency="EUR",
        lines=lines or (LineRequest("moka", 2000, 3490, category="coffee"),),
        identity=CARD,
    )
    recorded = record_purchase(by=TILL, at=AT, request=replace(request, **changes), source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def test_the_third_purchase_in_a_month_is_known_as_such() -> None:
    member(programme(document(REGULAR)))
    assert [buy(str(n), ago).points for n, ago in enumerate((41, 20, 10, 1))] == [34, 34, 34, 64]
    values = DecisionRecord.objects.order_by("-sequence")[0].record["values"]
    assert values["history.purchases(30)"] == 2


def test_what_came_back_no_longer_counts() -> None:
    member(programme(document(REGULAR)))
    first = buy("a", 5)
    buy("b", 4)
    request = ReturnRequest("back", "B-1", AT - timedelta(days=3), first.purchase_id, (ReturnedLine(1, 2000),))
    _record_return(by=TILL, at=AT, request=request, source="till")
    assert buy("c", 2).points == 34
    assert buy("d", 1).points == 64


def test_a_checkout_lowers_prices_by_what_was_spent_and_one_statement_more() -> None:
    member(programme(document(LOVER)))
    close("C-1", basket=basket())
    # The file of products does not know moka: of it no category is known afterwards.
    assert close("C-2", at=AT + timedelta(hours=1), basket=basket()).checkout["total"] == 4940
    change_products(by=SYSTEM, at=AT, rows=[NewProduct(code="moka", name="Moka", category="coffee/beans")])
    with CaptureQueriesContext(connection) as captured:
        third = close("C-3", at=AT + timedelta(hours=2), basket=basket())
    assert third.checkout["total"] == 4446
    texts = [one["sql"] or "a prepared statement" for one in captured]
    assert len([one for one in texts if not one.startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]) <= 7
    give_back(ReturnedItem(1), number="C-1", at=AT + timedelta(hours=3))
    assert close("C-4", at=AT + timedelta(hours=4), basket=basket()).checkout["total"] == 4446
    give_back(ReturnedItem(1), number="C-2", at=AT + timedelta(hours=5))
    give_back(ReturnedItem(1), number="C-3", at=AT + timedelta(hours=5))
    assert close("C-5", at=AT + timedelta(hours=6), basket=basket()).checkout["total"] == 4940


def test_nobody_has_no_past() -> None:
    programme(document(LOVER, AGAIN, REGULAR))
    assert close("C-1", basket=basket(identity=None)).checkout["total"] == 4940


def test_who_comes_back_after_long_is_told_from_who_comes_first() -> None:
    member(programme(document(AGAIN)))
    assert [buy(str(n), ago).points for n, ago in enumerate((200, 139, 78, 1))] == [34, 41, 41, 41]
    assert buy("now", 0).points == 34


def test_the_past_of_a_merged_person_is_one() -> None:
    absorbed = member(programme(document(REGULAR)), card="M1")
    survivor = florestan()
    buy("a", 3, identity=("card", "M1"))
    buy("b", 2, identity=("card", "M1"))
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=survivor)
    assert buy("c", 1).points == 64


def test_the_reading_of_a_till_says_what_the_rows_say() -> None:
    enrolment = member(programme(asks()))
    chance = random.Random(1814)
    for n in range(12):
        lines = [
            LineRequest(chance.choice(["moka", "mug"]), chance.choice([1000, 2000]), chance.choice([0, 990, 5000]))
            for _ in range(chance.choice([1, 2]))
        ]
        sale = buy(str(n), chance.choice([0, 5, 29, 30, 31, 300, 500]), *lines, channel=chance.choice(["web", "store"]))
        if chance.random() < 0.5:
            when = min(AT, sale.occurred_at + timedelta(days=chance.choice([0, 3, 40])))
            part = ReturnedLine(1, chance.choice([1000, lines[0].quantity]))
            request = ReturnRequest(f"back{n}", f"B-{n}", when, sale.purchase_id, (part,))
            _record_return(by=TILL, at=AT, request=request, source="till")
    version = Purchase.objects.exclude(rule_version_id=None)[0].rule_version_id
    assert version is not None
    terms = terms_of(version)
    buyer = Buyer(enrolment.customer_id, enrolment.programme_id, "EUR")
    rows = _rows(enrolment.customer_id, enrolment.programme_id)
    assert len(rows) > 12
    for days_ago in (0, 2, 30, 45, 299):
        at = AT - timedelta(days=days_ago)
        today = at.astimezone(terms.zone).date()
        expected = {each.path: value_of(each, rows, at=at, today=today) for each in terms.rule_set.measures}
        assert values_of_past(terms, buyer, at) == expected
        assert any(expected.values())


def _rows(customer_id: UUID, programme_id: UUID) -> list[BoughtRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select * from activity_bought(array[%s]::uuid[], %s, 'EUR', '-infinity', 'infinity', 'Europe/Paris')",
            [customer_id, programme_id],
        )
        return [
            BoughtRow(str(sale), line, at, known, day, product, "", "", "", channel, quantity, net)
            for _own, sale, line, at, known, day, product, _store, channel, quantity, net in cursor.fetchall()
        ]


@pytest.mark.django_db(transaction=True)
def test_history_brought_in_is_decided_as_a_till_would_have(tmp_path: Path) -> None:
    programme(document(REGULAR, AGAIN))
    rows = [
        "T1,2025-03-01 10:00:00,moka,2,17.45,C1",
        "T2,2025-03-05 10:00:00,moka,1,17.45,C1",
        "T3,2025-03-06 10:00:00,moka,-1,17.45,C1",
        "T4,2025-03-09 10:00:00,mug,1,20.00,C1",
        "T5,2025-03-10 10:00:00,mug,1,20.00,C1",
        "T6,2025-03-10 11:00:00,mug,1,20.00,C2",
        "T7,2025-08-10 11:00:00,mug,1,20.00,C1",
    ]
    path = tmp_path / "past.csv"
    path.write_text("\n".join(["ticket,date,article,quantité,prix,client", *rows]) + "\n", encoding="utf-8")
    columns = {
        "receipt": "ticket", "occurred_at": "date", "product": "article", "quantity": "quantité",
        "unit_price": "prix", "customer": "client",
    }  # fmt: skip
    mapping = parse_mapping({"source": "old", "currency": "EUR", "time_zone": "Europe/Paris", "columns": columns})
    import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=tmp_path / "rejects.csv")
    found = dict(Purchase.objects.filter(kind="sale").values_list("receipt_number", "points"))
    # T4: T1 and nothing of T2, which came back; T5: T1 and T4; T7: five months later.
    assert found == {"T1": 34, "T2": 17, "T4": 20, "T5": 50, "T6": 20, "T7": 27}


def test_what_a_tier_entitles_to_is_asked_by_its_key() -> None:
    levels = [
        {"key": "gold", "name": said("Gold"), "threshold": "40", "entitlements": ["free_delivery", "early_sales"]},
    ]
    early = {
        "key": "early", "name": said("Early sales"), "when": '"early_sales" in customer.entitlements',
        "percent_off": {"percent": "20", "of": "order"},
    }  # fmt: skip
    tiers = {"window_days": 365, "kept_days": 365, "levels": levels}
    made = programme({"rules": [BASE, early], "tiers": tiers})
    enrolment = member(made)
    assert close("C-1", basket=basket(MUG)).checkout["total"] == 1450
    close("C-0", basket=basket())
    with transaction.atomic():
        rederive_tiers(at=AT, enrolment_ids=[enrolment.id])
    assert close("C-2", at=AT + timedelta(minutes=1), basket=basket(MUG)).checkout["total"] == 1160
