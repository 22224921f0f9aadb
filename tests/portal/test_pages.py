"""The pages of a member: what stands on them, for a full one and an empty one, in both languages, by few questions."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fidelia.customers.models import Consent, ContactPoint, Customer, FactChange
from fidelia.customers.queries import consent_at
from fidelia.kernel.clock import now
from fidelia.ledger.queries import compute_balance_from_entries
from fidelia.members.models import Code
from fidelia.members.queries import digits_of
from fidelia.persons.models import RightsRequest
from fidelia.persons.operations import answer_request
from fidelia.portal.data import PARTS
from fidelia.programme.operations.points import grant_points
from fidelia.ui import formats
from tests.cast import SYSTEM

from .members_shop import inside, newcomer, open_doors

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
# The most statements that a page of a full member may need.
QUERIES = {"/": 32, "/card/": 24, "/points/": 22, "/tiers/": 20, "/rewards/": 18, "/me/": 18, "/me/consents/": 10,
           "/me/devices/": 10, "/me/details/": 9, "/me/erasure/": 9}  # fmt: skip


def test_a_page_asks_the_database_few_times() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    for page, most in QUERIES.items():
        client.get(page)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        assert len(asked) <= most, (page, [query["sql"][:120] for query in asked.captured_queries])


def test_home_says_what_she_has() -> None:
    shop = open_doors()
    page = inside(shop.customer_id).get("/").content.decode()
    points = compute_balance_from_entries(account_id=shop.member.account_id, currency="PTS").posted
    for said in (
        "Bonjour Léonore",
        f">{points}<small>points</small>",
        "Léonore Müller",
        "2990\u00a04417\u00a08820\u00a00",
        "Vers ",
        "Chèque fidélité",
    ):
        assert said in page, said
    assert 'lang="fr"' in page


def test_the_card_has_both_codes_and_the_number() -> None:
    page = inside(open_doors().customer_id).get("/card/").content.decode()
    assert page.count("<svg xmlns=") == 2
    assert "2990\u00a04417\u00a08820\u00a00" in page
    assert "Fonctionne sans réseau" in page


def test_points_are_told_in_words_and_can_be_narrowed() -> None:
    client = inside(open_doors().customer_id)
    page = client.get("/points/").content.decode()
    assert "Achat de 49,40\u00a0€, Lyon – Presqu’île" in page
    assert "Retour de 14,50\u00a0€" in page
    used = client.get("/points/?kind=ended").content.decode()
    assert "Achat de" not in used
    assert "Retour de" in used
    assert "Rien de ce genre" in client.get("/points/?kind=used").content.decode()
    assert client.get("/points/?kind=nonsense&before=made-up").status_code == 200


@pytest.mark.parametrize(("days_ago", "is_said"), [(60, True), (20, False)])
def test_whatever_moved_has_its_day_above_or_in_its_row(days_ago: int, is_said: bool) -> None:
    shop = open_doors()
    then = now() - timedelta(days=days_ago)
    grant_points(
        by=SYSTEM, at=now(), enrolment=shop.member, amount=77, reason="Oubli", key="old", occurred_at=then
    )  # fmt: skip
    page = inside(shop.customer_id).get("/points/")
    groups = page.context["groups"]
    (row,) = [row for group in groups for row in group["rows"] if row["amount"].endswith("77")]
    day = formats.short_date(then.astimezone(PARIS).date(), "fr", today=now().astimezone(PARIS).date())
    assert (row["says"][:1] == [day]) == is_said
    assert "77\u00a0points vous ont été offerts." in page.content.decode()


def test_a_purchase_says_its_lines_and_why() -> None:
    shop = open_doors()
    page = inside(shop.customer_id).get(f"/purchases/{shop.sale.purchase_id}/").content.decode()
    for said in ("2 × Moka Sidamo 250 g", "Tasse en grès", "34,90\u00a0€", "Pourquoi", "Double points café"):
        assert said in page, said


def test_who_has_just_joined_finds_every_page_in_her_language() -> None:
    shop = open_doors()
    client = inside(newcomer(shop, language="en"), "new@example.com")
    said = {
        "/": "Hello Zoé", "/card/": "No card yet", "/points/": "Nothing yet", "/rewards/": "Nothing to use now",
        "/tiers/": "from 100", "/me/": "Log out on this device", "/me/consents/": "Offers by e-mail",
        "/me/data/": "Who you are", "/me/erasure/": "Ask to be erased",
    }  # fmt: skip
    for page, words in said.items():
        text = client.get(page).content.decode()
        assert words in text, page
        assert 'lang="en"' in text


def test_who_left_the_programme_cannot_come_in_and_who_is_in_is_told() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    type(shop.member).objects.filter(id=shop.member.id).update(ended_at=now())
    for page in ("/", "/points/", "/rewards/", "/tiers/"):
        assert "pas adhérent" in client.get(page).content.decode()
    assert client.get("/card/").status_code == 200
    assert client.get(f"/purchases/{shop.sale.purchase_id}/").status_code == 404


def test_long_names_and_accents_are_kept_as_they_are() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    long = "Ægidius-Maximilian Ñandú " * 5
    answer = client.post("/me/details/", {"given_name": long, "family_name": "O’Łąçé", "language": "en"})
    assert answer.status_code == 302
    assert f"{long.strip()} O’Łąçé" in client.get("/me/").content.decode()
    assert client.post("/me/details/", {"given_name": "x" * 151, "language": "en"}).status_code == 422


def test_details_change_with_their_former_value_and_a_wrong_number_is_said() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    details = {
        "given_name": "Léonie",
        "family_name": "Müller",
        "postal_code": "69002",
        "town": "Lyon",
        "language": "fr",
    }
    wrong = client.post("/me/details/", {**details, "phone": "zero six"})
    assert wrong.status_code == 422
    assert Customer.objects.get(id=shop.customer_id).given_name == "Léonore"
    client.post("/me/details/", {**details, "phone": "06 39 98 41 00"})
    change = FactChange.objects.get(fact="given_name")
    assert (change.former, change.value, change.source) == ("Léonore", "Léonie", "portal")
    phones = ContactPoint.objects.filter(channel="phone").values_list("value", "status")
    assert dict(phones) == {"+33639984127": "retired", "+33639984100": "active"}


def test_a_new_address_counts_once_its_code_is_entered() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    assert client.post("/me/email/", {"address": "nouvelle"}).status_code == 422
    client.post("/me/email/", {"address": "nouvelle@example.com"})
    assert ContactPoint.objects.filter(value="nouvelle@example.com").count() == 0
    code = Code.objects.latest("asked_at")
    assert client.post("/me/email/code/", {"digits": "1"}).status_code == 422
    assert client.post("/me/email/code/", {"digits": digits_of(code)}).status_code == 302
    emails = ContactPoint.objects.filter(channel="email").values_list("value", "status")
    assert dict(emails) == {"leonore@example.com": "retired", "nouvelle@example.com": "active"}


def test_a_word_on_consent_is_kept_with_what_was_read() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    before = Consent.objects.count()
    client.post("/me/consents/marketing-email/", {"given": "yes"})
    assert Consent.objects.count() == before  # she had said so already
    client.post("/me/consents/marketing-post/", {"given": "yes"})
    word = Consent.objects.latest("id")
    assert (word.purpose, word.channel, word.given) == ("marketing", "post", True)
    assert word.proof["source"] == "portal"
    assert word.proof["wording"] == "Je souhaite recevoir par courrier les nouveautés et les offres."
    assert word.proof["wording_version"] == "portal-2026-11"


def test_one_gesture_ends_all_offers_and_leaves_the_letters_about_points() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    client.post("/me/consents/none/")
    assert not any(
        consent_at(shop.customer_id, "marketing", channel, now()) for channel in ("email", "sms", "post", "phone")
    )
    page = client.get("/me/consents/").content.decode()
    assert "Plus aucune offre</button>" not in page
    assert "Oui" in page
    client.post("/me/consents/marketing-email/", {"given": "yes"})
    assert consent_at(shop.customer_id, "marketing", "email", now() + timedelta(seconds=1))


def test_all_own_data_is_a_file() -> None:
    shop = open_doors()
    answer = inside(shop.customer_id).get("/me/data/file/")
    assert answer["Content-Disposition"].startswith('attachment; filename="')
    whole = json.loads(answer.content)
    assert whole["format"] == "fidelia-own-data-1"
    assert whole["data"]["facts"][0]["family_name"] == "Müller"
    assert len(whole["data"]["purchases"]) == 2
    assert whole["data"]["vouchers"][0]["amount"] == 1_000
    assert set(whole["data"]) - set(PARTS) == set(), "each part has a name that people read"


def test_the_wish_to_be_erased_has_its_day_and_can_be_taken_back() -> None:
    shop = open_doors()
    client = inside(shop.customer_id)
    client.post("/me/erasure/", {"note": "adieu"})
    client.post("/me/erasure/", {"note": "encore"})
    asked = RightsRequest.objects.get()
    assert "au plus tard" in client.get("/me/erasure/").content.decode()
    assert "Vous nous avez demandé" in client.get("/me/").content.decode()
    client.post("/me/erasure/withdrawal/")
    assert client.post("/me/erasure/withdrawal/").status_code == 404
    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    client.post("/me/erasure/")
    answer_request(
        by=SYSTEM, at=now(), request_id=RightsRequest.objects.get(state="open").id, is_done=False, answer="Facture due"
    )
    assert "Facture due" in client.get("/me/erasure/").content.decode()
