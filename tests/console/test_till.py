"""What the till asks and is answered: who, which product, the bill, one sale under its key, returns, a queue."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from fidelia.activity.models import Purchase
from fidelia.console.till import questions
from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.kernel.clock import now
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM, jaquino, leonore, person

from .till_shop import TillShop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def till() -> TillShop:
    return TillShop()


def test_a_cashier_begins_at_the_till_and_sees_no_menu(till):
    answer = till.client.get("/till/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "f-menu" not in page
    assert "Conclure l’achat" in page
    till.client.logout()
    login = {"email": till.cashier.email, "password": "O namenlose Freude!"}
    assert till.client.post("/console/login/", login).url == "/till/"


def test_who_sells_nothing_has_no_till(till):
    till.client.force_login(jaquino())
    assert till.client.get("/till/").status_code == 403
    assert till.get("state/").status_code == 403
    assert till.post("bill/", till.sale()).status_code == 403


def test_nobody_signed_in_is_told_so_without_a_page(till):
    till.client.logout()
    assert (till.get("scan/", q="x").status_code, till.get("scan/", q="x").json()) == (401, {"code": "signed_out"})


def test_the_state_names_the_stores_where_one_sells_and_the_last_receipt(till):
    state = till.get("state/", store="lyon", till="2").json()
    assert [store["code"] for store in state["stores"]] == ["lyon"]
    assert state["programme"] == {
        "slug": "cercle", "currency": "EUR", "exponent": 2, "points_scale": 0, "point": "point", "points": "points",
    }  # fmt: skip
    assert state["last_number"] == 0
    till.post("sales/", till.sale(receipt="2-00041"))
    assert till.get("state/", store="lyon", till="2").json()["last_number"] == 41
    assert till.get("state/", store="lyon", till="3").json()["last_number"] == 0


def test_a_card_a_name_and_a_product_are_told_apart(till):
    member = till.get("scan/", q=till.card).json()["members"][0]
    assert (member["name"], member["member"], member["points"]) == ("Léonore Müller", True, 105)
    assert till.get("scan/", q="mull").json()["members"][0]["id"] == member["id"]
    assert till.get("scan/", q="moka").json()["products"] == [
        {"code": "moka", "name": "Moka Sidamo 1 kg", "price": 3490}
    ]
    assert [each["code"] for each in till.get("scan/", q="thé").json()["products"]] == ["vrac", "theiere"]
    assert till.get("scan/", q="nobody at all").json() == {"members": [], "products": [], "code": None}


def test_a_member_of_another_store_is_known_by_what_they_show_and_by_no_name(till):
    stranger = marzelline_of_lille(till)
    member = stranger.get("/till/scan/", {"q": till.card}).json()["members"][0]
    assert (member["name"], member["points"]) == ("Léonore Müller", 105)
    assert stranger.get("/till/scan/", {"q": "mull"}).json()["members"] == []
    sale = till.sale(store="lille", customer_id=member["id"])
    assert stranger.post("/till/bill/", json.dumps(sale), content_type="application/json").status_code == 200
    sold = stranger.post("/till/sales/", json.dumps(sale), content_type="application/json").json()
    assert Purchase.objects.get(purchase_id=sold["purchase_id"]).customer_id == till.shop.customer_id
    offline = till.sale(
        store="lille", key="k-2", receipt="2-00002", customer_id=None, named=till.card, occurred_at=now().isoformat()
    )
    stranger.post("/till/queue/", json.dumps({"sales": [offline]}), content_type="application/json")
    assert Purchase.objects.get(receipt_number="2-00002").customer_id == till.shop.customer_id


def test_who_is_no_member_stays_unknown_elsewhere_but_signs_up_as_the_same_person(till):
    stranger = marzelline_of_lille(till)
    phone = "+33 6 12 34 56 78"
    add_customer(
        by=SYSTEM, at=now(),
        customer=NewCustomer(source="till", given_name="Rocco", phone=phone, home_store_id=till.shop.lyon.id),
    )  # fmt: skip
    assert stranger.get("/till/scan/", {"q": phone}).json()["members"] == []
    joined = {"key": "j-9", "phone": phone, "name": "Rocco", "store": "lille"}
    member = stranger.post("/till/members/", json.dumps(joined), content_type="application/json").json()["member"]
    assert (member["name"], Customer.objects.filter(given_name="Rocco").count()) == ("Rocco", 1)


def test_who_looks_far_more_members_up_than_a_counter_is_held_and_told_so(till, monkeypatch):
    monkeypatch.setattr(questions, "LOOK_UPS", 3)
    for _ in range(20):
        assert till.get("scan/", q="moka").status_code == 200, "articles are not counted"
    id = till.get("scan/", q=till.card).json()["members"][0]["id"]
    assert till.get("scan/", q="2990000000007").json()["members"] == [], "a guess counts too"
    assert till.get(f"members/{id}/").status_code == 200
    for path, asked in (("scan/", {"q": till.card}), ("scan/", {"q": "mull"}), (f"members/{id}/", {})):
        held = till.get(path, **asked)
        assert (held.status_code, held.json()["code"]) == (429, "too_many_look_ups")
        assert "Léonore" not in held.content.decode()
    assert "reçu" in held.json()["message"] or "receipt" in held.json()["message"]
    assert till.get("scan/", q="moka").status_code == 200
    assert till.post("sales/", till.sale(customer_id=None)).status_code == 200, "what is sold goes on"
    assert marzelline_of_lille(till).get("/till/scan/", {"q": till.card}).status_code == 200, "each user alone"


def marzelline_of_lille(till: TillShop) -> Client:
    client = Client()
    client.force_login(person("Fidelio", "cashier", scope=till.shop.lille.scope))
    return client


def test_what_to_say_is_the_birthday_before_all_else(till):
    # A till's day is that of its shop, which may have begun before that of UTC.
    born = (now().astimezone(ZoneInfo("Europe/Paris")) + timedelta(days=3)).date().replace(year=1992)
    Customer.objects.filter(id=till.shop.customer_id).update(birth_on=born)
    assert till.get("scan/", q=till.card).json()["members"][0]["say"] == "son anniversaire est dans 3\u00a0jours."


def test_the_bill_says_points_by_line_and_what_each_offer_does(till):
    bill = till.post("bill/", till.sale()).json()
    assert (bill["due"], bill["points"]) == (13290, 167)
    assert [line["points"] for line in bill["lines"]] == [70, 97]
    assert [(offer["number"], offer["rule"], offer["state"]) for offer in bill["offers"]] == [
        (1, "base", "applied"),
        (2, "coffee", "applied"),
        (3, "first", "aside"),
    ]
    assert Purchase.objects.count() == 2
    assert till.post("bill/", till.sale(customer_id=None)).json()["points"] == 0


TEA_DAYS = {
    "key": "tea-days",
    "name": {"en": "Teapots", "fr": "Jours du thé"},
    "lines": 'line.product == "theiere"',
    "percent_off": 10,
}
GIFT = {
    "key": "gift",
    "name": {"en": "Gift from 200", "fr": "Cadeau dès 200"},
    "when": "purchase.total >= 200",
    "gift": {"product": "vrac"},
}
MUG = {
    "key": "mug",
    "name": {"en": "Five off, to take", "fr": "Cinq euros, au choix"},
    "amount_off": 5,
    "claimed": True,
}


def test_discounts_are_shown_by_line_and_closed_as_shown(till):
    till.offer(TEA_DAYS, GIFT)
    bill = till.post("bill/", till.sale()).json()
    assert (bill["listed"], bill["discount"], bill["due"]) == (13290, 980, 12310)
    assert bill["lines"][1]["discounts"] == [{"name": "Jours du thé", "amount": 980}]
    offers = {offer["rule"]: offer for offer in bill["offers"]}
    assert (offers["tea-days"]["state"], offers["tea-days"]["amount"]) == ("applied", "\u22129,80\u00a0€")
    assert offers["gift"]["state"] == "within_reach"
    assert "il manque 76,90" in offers["gift"]["detail"]
    closed = till.post("sales/", till.sale(expected=12310)).json()
    assert (closed["total"], closed["points"]) == (12310, bill["points"])


def test_a_total_that_changed_meanwhile_is_refused_and_nothing_is_recorded(till):
    till.offer(TEA_DAYS)
    answer = till.post("sales/", till.sale(expected=13290))
    assert (answer.status_code, answer.json()["code"]) == (409, "expected_total_differs")
    assert not Purchase.objects.filter(source="till:lyon:2").exists()


def test_an_offer_to_choose_is_taken_where_it_was_chosen(till):
    till.offer(MUG)
    (offer,) = [one for one in till.post("bill/", till.sale()).json()["offers"] if one["rule"] == "mug"]
    assert (offer["state"], offer["toggle"], offer["chosen"]) == ("choosable", "claim:mug", False)
    chosen = till.sale(chosen={"claim:mug": True})
    bill = till.post("bill/", chosen).json()
    assert bill["discount"] == 500
    assert till.post("sales/", chosen | {"expected": bill["total"]}).json()["total"] == 12790


def test_points_pay_where_the_programme_says_so(till):
    till.offer(points={"validity_months": 24, "ends": "month", "pays": {"points": "100", "money": "1.00"}})
    bill = till.post("bill/", till.sale()).json()
    offer = bill["offers"][-1] if bill["offers"][-1]["toggle"] else next(one for one in bill["offers"] if one["toggle"])
    assert (offer["toggle"], offer["state"]) == ("points", "choosable")
    paid = till.post("bill/", till.sale(chosen={"points": True})).json()
    assert paid["paid_by_points"] > 0
    assert paid["due"] == bill["due"] - paid["paid_by_points"]


def test_a_sale_is_closed_once_under_its_key(till):
    sale = till.sale(occurred_at=now().isoformat())
    first, again = till.post("sales/", sale).json(), till.post("sales/", sale).json()
    assert (first["receipt"], first["total"], first["points"], first["is_replay"]) == ("2-00001", 13290, 167, False)
    assert again == first | {"is_replay": True}
    other = till.post("sales/", sale | {"key": "k-2"})
    assert (other.status_code, other.json()["code"]) == (409, "wrong_checkout_state")
    sold = Purchase.objects.get(receipt_number="2-00001")
    assert (sold.source, sold.store_id, sold.customer_id) == ("till:lyon:2", till.shop.lyon.id, till.shop.customer_id)


def test_another_store_than_ones_own_is_refused(till):
    answer = till.post("sales/", till.sale(store="lille"))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_till")


def test_goods_come_back_by_receipt_line_and_quantity(till):
    till.post("sales/", till.sale())
    (found,) = till.get("sales/", receipt="2-00001").json()["sales"]
    assert [(line["name"], line["left"]) for line in found["lines"]] == [("Moka", 1000), ("Théière", 2000)]
    back = {
        "key": "b-1", "receipt": "2-R00002", "store": "lyon", "till": "2", "purchase_id": found["purchase_id"],
        "occurred_at": now().isoformat(),
        "lines": [{"line_number": 2, "quantity": 1000}],
    }  # fmt: skip
    assert till.post("returns/", back).json() == {"receipt": "2-R00002", "total": -4900, "money": 4900, "points": -49}
    assert till.post("returns/", back).json()["total"] == -4900
    (found,) = till.get("sales/", receipt="2-00001").json()["sales"]
    assert [line["left"] for line in found["lines"]] == [1000, 1000]
    more = back | {"key": "b-2", "receipt": "2-R00003", "lines": [{"line_number": 2, "quantity": 2000}]}
    assert till.post("returns/", more).json()["code"] == "more_than_bought"


def test_a_queue_is_recorded_row_by_row_and_once(till):
    at = now() - timedelta(hours=2)
    rows = [
        till.sale(key="q-1", receipt="2-00001", occurred_at=at.isoformat(), customer_id=None, named=till.card),
        till.sale(key="q-2", receipt="2-00002", occurred_at=at.isoformat(), customer_id=None, named="0000"),
        till.sale(key="q-3", receipt="2-00003", occurred_at=at.isoformat(), lines=[]),
    ]
    first = till.post("queue/", {"sales": rows}).json()["rows"]
    assert [row["state"] for row in first] == ["recorded", "recorded", "refused"]
    assert first[0]["points"] == 167
    assert first[1]["warning"] == "«\u00a00000\u00a0» ne désigne aucun adhérent\u00a0: enregistrée sans adhérent."
    assert first[2]["code"] == "malformed_lines"
    again = till.post("queue/", {"sales": rows}).json()["rows"]
    assert [row["state"] for row in again] == ["known", "known", "refused"]
    sold = Purchase.objects.get(receipt_number="2-00001")
    assert (sold.customer_id, sold.occurred_at) == (till.shop.customer_id, at)
    assert Purchase.objects.count() == 4


def test_two_fields_sign_somebody_up_once(till):
    new = {"key": "j-1", "phone": "06 39 98 41 99", "name": "Rocco", "store": "lyon"}
    first, again = till.post("members/", new).json()["member"], till.post("members/", new).json()["member"]
    assert (first["name"], first["member"], first["points"]) == ("Rocco", True, 0)
    assert again["id"] == first["id"]
    assert till.get("scan/", q="0639984199").json()["members"][0]["id"] == first["id"]


def test_a_number_that_is_none_is_refused(till):
    answer = till.post("members/", {"key": "j", "phone": "12", "name": "Rocco", "store": "lyon"})
    assert answer.status_code == 422
    assert "numéro de téléphone" in answer.json()["message"]


def test_what_the_page_sends_is_read_strictly(till):
    assert till.post("bill/", {"store": "lyon"}).json()["code"] == "malformed_question"
    assert till.client.get("/till/worker.js")["Content-Type"].startswith("text/javascript")
    assert "/static/console/till.js" in till.client.get("/till/worker.js").content.decode()


def test_the_page_of_the_purchase_says_how_it_came_to_its_total(till):
    till.offer(TEA_DAYS)
    closed = till.post("sales/", till.sale(expected=12310)).json()
    client = Client()
    client.force_login(leonore())
    page = client.get(f"/console/purchases/{closed['purchase_id']}/").content.decode().replace("\u00a0", " ")
    assert "Avant remises" in page
    assert "132,90 €" in page
    assert "Jours du thé −9,80 €" in page
    assert "Payé autrement" in page


def test_the_builder_says_how_much_of_a_limit_is_taken(till):
    till.offer(TEA_DAYS | {"limits": [{"of": "money", "at_most": 49}]})
    till.post("sales/", till.sale(expected=12310))
    client = Client()
    client.force_login(leonore())
    client.post("/console/programmes/cercle/versions/")
    number = get_programme("cercle").versions.count()
    page = client.get(f"/console/programmes/cercle/versions/{number}/rules/tea-days/").content.decode()
    assert "9,80 € consommés, 20 %" in page.replace("\u00a0", " ")
