"""The customers: found by any identity, listed by key, shown with what they bought and why it earned what it earned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fidelia.access.models import Audit, User
from fidelia.customers.models import Consent, Customer
from fidelia.customers.operations import NewCustomer, add_customer, define_segment, refresh_segment
from fidelia.kernel.actor import Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import get_balance
from fidelia.organisation.operations import add_partner
from fidelia.programme.operations.tiers import rederive_tiers
from tests.cast import SYSTEM, fernando, jaquino, leonore, marzelline, person, pizarro, rocco

from .boutique import CARD, MOKA, Shop, buy, join, open_shop

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/console/customers/"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def signed_in(user: User, language: str = "en") -> Client:
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def text_of(answer: Any) -> str:
    return answer.content.decode().replace("\u00a0", " ")


def some_customers(shop: Shop, count: int) -> list[Customer]:
    return [
        add_customer(
            by=SYSTEM, at=shop.today,
            customer=NewCustomer(source="till", given_name="Noël", family_name=f"Abele {number:03}",
                                 partner_id=shop.lyon.partner_id, home_store_id=shop.lyon.id),
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["mull", "LEON mul", "2990 4417 88200", "leonore@example.com", "06 39 98 41 27"])
def test_it_finds_a_customer_by_any_identity_or_a_part_of_the_name(shop: Shop, text: str) -> None:
    some_customers(shop, 2)
    page = text_of(signed_in(leonore()).get(LIST, {"q": text}, headers=PART))
    assert "Léonore Müller" in page
    assert "Abele" not in page
    assert "<html" not in page


def test_it_shows_points_spend_and_last_purchase_in_both_languages(shop: Shop) -> None:
    user = leonore()
    english = text_of(signed_in(user).get(LIST))
    assert "€34.90" in english
    assert "Spend, 12 months" in english
    french = text_of(signed_in(user, "fr").get(LIST))
    assert "34,90 €" in french
    assert "Dépense, 12 mois" in french


def test_it_pages_by_key_forwards_and_back(shop: Shop) -> None:
    some_customers(shop, 30)
    client = signed_in(leonore())
    first = client.get(LIST)
    assert first.context["rows"][0].name == "Noël Abele 000"
    assert (first.context["page"].first, first.context["page"].last) == (1, 25)
    assert first.context["page"].total == "31"
    assert not first.context["page"].previous_url
    second = client.get(LIST + first.context["page"].next_url)
    assert (second.context["page"].first, second.context["page"].last) == (26, 31)
    assert not second.context["page"].next_url
    back = client.get(LIST + second.context["page"].previous_url)
    assert [row.name for row in back.context["rows"]] == [row.name for row in first.context["rows"]]
    assert (back.context["page"].first, back.context["page"].previous_url) == (1, "")


def test_a_cursor_that_nobody_made_begins_at_the_beginning(shop: Shop) -> None:
    for cursor in ("x", "%%%", "WzFd", "a" * 2_000):
        assert signed_in_once(shop).get(LIST, {"after": cursor}).context["page"].first == 1


def signed_in_once(shop: Shop) -> Client:
    user = User.objects.filter(email="leonore@fidelio.example").first() or leonore()
    return signed_in(user)


def test_it_asks_as_many_questions_for_25_customers_as_for_one(shop: Shop) -> None:
    client = signed_in(leonore())
    client.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(LIST)
    for customer in some_customers(shop, 24):
        join(customer.id, shop.today - timedelta(days=9), shop.lyon)
        buy(customer.id, shop.today - timedelta(days=2), shop.lyon, f"N-{customer.id}", MOKA)
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)
    assert len(many) == len(one)
    assert len(many) <= 30


def test_filters_read_as_sentences_and_are_taken_off(shop: Shop) -> None:
    some_customers(shop, 1)
    segment = define_segment(
        by=SYSTEM, at=shop.today, key="companies", name=LocalizedText(en="Companies", fr="Sociétés"),
        condition='customer.kind == "company"',
    )  # fmt: skip
    refresh_segment(by=SYSTEM, at=shop.today, segment_id=segment.id)
    client = signed_in(leonore())
    answer = client.get(LIST, {"segment": "companies", "store": str(shop.lyon.id)})
    assert [(chip.lead, chip.value) for chip in answer.context["chips"]] == [
        ("Segment is", "Companies"),
        ("Store is", "Lyon – Presqu’île"),
    ]
    assert answer.context["rows"] == []
    assert "Without the filters, 2 customers match." in text_of(answer)
    assert client.get(LIST, {"store": str(shop.lille.id)}).context["rows"] == []
    assert client.get(LIST, {"store": "not a store"}).context["rows"] == [], "a store that is gone has nobody"


def test_it_filters_by_the_tier_held_now(shop: Shop) -> None:
    some_customers(shop, 1)
    with transaction_of_use_case():
        rederive_tiers(at=shop.today, enrolment_ids=[shop.member.id])
    client = signed_in(leonore())
    found = client.get(LIST, {"tier": "connaisseur"})
    assert [row.name for row in found.context["rows"]] == ["Léonore Müller"]
    assert client.get(LIST, {"tier": "grand_cru"}).context["rows"] == []


def test_an_empty_file_says_what_it_is_for() -> None:
    page = text_of(signed_in(leonore()).get(LIST))
    assert "No customer yet" in page
    assert "/console/customers/new/" in page


def test_who_may_not_see_customers_is_told_and_has_no_entry(shop: Shop) -> None:
    client = signed_in(pizarro())
    assert client.get(LIST).status_code == 403
    assert "/console/customers/" not in text_of(client.get("/console/search/?q=x"))
    assert signed_in(rocco()).get(f"{LIST}{shop.customer_id}/").status_code == 403


def test_another_partners_customer_is_not_there(shop: Shop) -> None:
    other = add_partner(by=SYSTEM, at=shop.today, code="autre", name="Autre SAS", country="FR", currency="EUR")
    client = signed_in(person("Marcellina", "loyalty_manager", scope=Scope(other.id)))
    assert client.get(LIST).context["rows"] == []
    for part in ("", "points/", "record/", "history/", "purchases/", "messages/", "points/adjustments/"):
        assert client.get(f"{LIST}{shop.customer_id}/{part}").status_code == 404
    assert client.get(f"{LIST}{new_id()}/").status_code == 404
    assert client.get(f"/console/purchases/{shop.sale.purchase_id}/").status_code == 404


def test_the_page_answers_first_and_says_why(shop: Shop) -> None:
    page = text_of(signed_in(leonore()).get(f"{LIST}{shop.customer_id}/"))
    for said in (
        "Card 2990 4417 8820 0", "Purchase of €49.40", "at Lyon – Presqu’île", "Moka Sidamo 250 g × 2",
        "Return of €14.50", "+134 pts", "Why 134 pts", "Welcome: +50 points.",
        "One point per euro: +49 points on €49.40.",
        "Joins", "Agrees to", "Refuses", "more to reach",
    ):  # fmt: skip
        assert said in page, said


def test_the_page_speaks_french_throughout(shop: Shop) -> None:
    page = text_of(signed_in(leonore(), "fr").get(f"{LIST}{shop.customer_id}/"))
    for said in (
        "Achat de 49,40 €",
        "Pourquoi 134 pts",
        "Bienvenue : +50 points.",
        "Ce qu’on peut lui envoyer",
        "Encore",
    ):
        assert said in page, said
    for left in ("Purchase", "Timeline", "never asked", "Coming", "Where to reach"):
        assert left not in page, left


def test_it_asks_as_many_questions_whatever_was_bought(shop: Shop) -> None:
    client, address = signed_in(leonore()), f"{LIST}{shop.customer_id}/"
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(12):
        buy(shop.customer_id, shop.today - timedelta(days=number), shop.lyon, f"M-{number}", MOKA)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
    assert len(many) <= 50


def test_older_items_come_as_a_part_of_the_page(shop: Shop) -> None:
    for number in range(30):
        buy(shop.customer_id, shop.today - timedelta(hours=number), shop.lyon, f"M-{number}", MOKA)
    client, address = signed_in(leonore()), f"{LIST}{shop.customer_id}/"
    first = client.get(address)
    assert sum(len(group.items) for group in first.context["timeline"].groups if not group.coming) == 25
    part = client.get(address + first.context["older_url"], headers=PART)
    assert "<html" not in text_of(part)
    shown = text_of(first) + text_of(part)
    assert shown.count("Purchase of") == 31
    assert "f-btn-wide" in text_of(first)
    assert "f-btn-wide" not in text_of(part)


def test_the_timeline_of_points_alone_tells_every_movement(shop: Shop) -> None:
    page = text_of(signed_in(leonore()).get(f"{LIST}{shop.customer_id}/", {"only": "points"}))
    assert "Points earned" in page
    assert "Points taken back" in page


def test_an_agent_sees_what_the_role_shows(shop: Shop) -> None:
    cashier = text_of(signed_in(marzelline()).get(f"{LIST}{shop.customer_id}/"))
    assert "Your role does not show addresses and telephone numbers." in cashier
    assert "leonore@example.com" not in cashier
    assert "messages/" not in cashier
    assert "Credit points" not in cashier
    assert "leonore@example.com" in text_of(signed_in(jaquino()).get(f"{LIST}{shop.customer_id}/"))


def test_the_points_tell_the_balance_after_each_movement(shop: Shop) -> None:
    answer = signed_in(leonore()).get(f"{LIST}{shop.customer_id}/points/")
    assert [(row["amount"], row["balance_after"]) for row in answer.context["rows"]] == [(-29, 105), (134, 134)]
    assert [lot["amount"] for lot in answer.context["lots"]] == [105]


def test_points_are_credited_after_one_has_seen_what_will_happen(shop: Shop) -> None:
    client, address = signed_in(leonore()), f"{LIST}{shop.customer_id}/points/adjustments/"
    key = client.get(address).context["form"].initial["key"]
    typed = {"points": "200", "reason": "A gesture", "key": str(key)}
    shown = client.post(address, typed)
    assert "the balance goes from 105 to 305" in text_of(shown)
    assert "these points expire on" in text_of(shown)
    assert balance_of(shop) == 105
    for _ in range(2):  # a second click is the same act
        done = client.post(address, {**typed, "confirmed": "1"})
        assert (done.status_code, done.url) == (302, f"{LIST}{shop.customer_id}/points/")
    assert balance_of(shop) == 305
    assert Audit.objects.filter(verb="points.adjust").count() == 1
    assert "A gesture" in text_of(client.get(f"{LIST}{shop.customer_id}/"))


@pytest.mark.parametrize(
    ("points", "said"),
    [("many", "Write an amount of points"), ("0", "Write an amount of points"), ("-500", "There are only 105 pts"),
     ("", "obligatoire"), ("1.5", "Write an amount of points")],
)  # fmt: skip
def test_a_wrong_amount_is_said_at_its_field(shop: Shop, points: str, said: str) -> None:
    address = f"{LIST}{shop.customer_id}/points/adjustments/"
    answer = signed_in(leonore()).post(
        address, {"points": points, "reason": "x", "key": str(new_id()), "confirmed": "1"}
    )
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors["points"]).replace("\u00a0", " ")
    assert balance_of(shop) == 105


def test_who_may_not_adjust_points_is_refused(shop: Shop) -> None:
    address = f"{LIST}{shop.customer_id}/points/adjustments/"
    typed = {"points": "200", "reason": "x", "key": str(new_id()), "confirmed": "1"}
    assert signed_in(jaquino()).post(address, typed).status_code == 403
    assert balance_of(shop) == 105


def balance_of(shop: Shop) -> int:
    return get_balance(account_id=shop.member.account_id, currency="PTS", at=shop.today).available


def test_a_consent_is_noted_with_its_proof(shop: Shop) -> None:
    client = signed_in(jaquino())
    said = {"purpose": "marketing", "channel": "phone", "given": "yes", "place": "phone", "wording": "Yes, call me."}
    assert client.post(f"{LIST}{shop.customer_id}/consents/", said).status_code == 302
    noted = Consent.objects.get(channel="phone")
    assert (noted.given, noted.proof["place"], noted.proof["recorded_by"]) == (True, "phone", "Jaquino")
    assert "said on the telephone · Yes, call me. · noted by Jaquino" in text_of(
        client.get(f"{LIST}{shop.customer_id}/record/")
    )


def test_a_customer_is_added_and_mistakes_are_said_at_their_field(shop: Shop) -> None:
    client, address = signed_in(fernando(), "fr"), f"{LIST}new/"
    typed = {"kind": "person", "language": "fr", "family_name": "Perrin"}
    for wrong, field, said in (
        ({"email": "perrin"}, "email", "Ce n’est pas une adresse e-mail."),
        ({"phone": "12"}, "phone", "Ce n’est pas un numéro de téléphone"),
        ({"card": CARD}, "card", "Cette carte est déjà celle d’un autre client."),
        ({"country": "ZZ"}, "country", "Un pays s’écrit en deux lettres"),
        ({"birth_on": "1700-01-01"}, "birth_on", "Ce n’est pas le jour de naissance"),
    ):
        answer = client.post(address, {**typed, **wrong})
        assert answer.status_code == 422
        assert said in str(answer.context["form"].errors[field]), (wrong, answer.context["form"].errors)
        assert 'value="Perrin"' in text_of(answer)
    nameless = client.post(address, {"kind": "person", "language": "fr"})
    assert "Donnez un nom, une carte" in text_of(nameless)
    assert not Customer.objects.filter(family_name="Perrin").exists()
    added = client.post(address, {**typed, "country": "fr", "store": str(shop.lyon.id)})
    perrin = Customer.objects.get(family_name="Perrin")
    assert added.url == f"{LIST}{perrin.id}/"
    assert (perrin.home_store_id, perrin.country, perrin.source) == (shop.lyon.id, "FR", "console")


def test_it_finds_customers_and_receipts_from_everywhere(shop: Shop) -> None:
    client = signed_in(leonore())
    assert f"{LIST}{shop.customer_id}/" in text_of(client.get("/console/search/?q=mull", headers=PART))
    assert f"/console/purchases/{shop.sale.purchase_id}/" in text_of(client.get("/console/search/?q=R-1", headers=PART))
    assert "Müller" not in text_of(signed_in(pizarro()).get("/console/search/?q=mull", headers=PART))
