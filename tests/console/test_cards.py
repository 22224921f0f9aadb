"""Cards in the console: series, a batch, what is printed, one card and its verbs, the cards of a member."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.cards.models import Card, CardSeries
from fidelia.cards.operations import hand_out
from fidelia.jobs.models import Job
from fidelia.kernel.clock import now
from fidelia.programme.queries import get_programme
from tests.cards.shop import FIRST, SECOND, printed
from tests.cast import SYSTEM, leonore, pizarro

from .boutique import CARD, Shop, open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return open_shop()


@pytest.fixture
def manager(shop: Shop) -> Client:
    client = Client()
    client.force_login(leonore())
    return client


def series() -> CardSeries:
    return printed(get_programme("cercle"))


def test_an_empty_page_says_what_comes_next(manager: Client) -> None:
    page = manager.get("/console/cards/").content.decode()
    assert "Pas encore de série de cartes" in page
    assert "/console/cards/series/new/" in page


def test_a_series_is_created_made_printed_taken_out_and_ended(manager: Client) -> None:
    of = get_programme("cercle")
    form = {"programme": str(of.id), "name_fr": "Cartes", "name_en": "Cards", "key": "shop", "kind": "ean13"}
    refused = manager.post("/console/cards/series/new/", {**form, "beginning": "abc"})
    assert refused.status_code == 422
    manager.post("/console/cards/series/new/", {**form, "beginning": "299"})
    made = CardSeries.objects.get()
    address = f"/console/cards/series/{made.id}/"
    assert "Aucune carte ici" in manager.get(address).content.decode()
    assert manager.get(f"{address}cards.pdf").status_code == 302, "there is nothing to print yet"
    manager.post(f"{address}making/", {"count": "20"})
    assert Job.objects.get(kind="card.make").arguments["count"] == 20
    manager.post(f"{address}end/")
    made.refresh_from_db()
    assert made.ended_at is not None


def test_cards_with_nobody_are_printed_and_taken_out(manager: Client) -> None:
    address = f"/console/cards/series/{series().id}/"
    for layout in ("sheet", "single"):
        pdf = manager.get(f"{address}cards.pdf?layout={layout}")
        assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    taken = b"".join(manager.get(f"{address}numbers.csv"))  # type: ignore[call-overload]
    assert taken.decode().split() == [FIRST, SECOND]


def test_one_card_is_found_registered_lost_and_replaced(manager: Client) -> None:
    series()
    card = hand_out(by=SYSTEM, at=now(), number=FIRST)
    found = manager.get("/console/cards/finding/", {"q": "2 990000 000019"})
    assert found["Location"] == f"/console/cards/{card.id}/"
    page = manager.get(found["Location"]).content.decode()
    assert "Provisoire" in page
    assert page.count("<svg xmlns") >= 2, "the EAN-13 and the QR"
    manager.post(f"/console/cards/{card.id}/registration/", {"given_name": "Leonore"})
    manager.post(f"/console/cards/{card.id}/loss/", {"reason": "dans le tram"})
    manager.post(f"/console/cards/{card.id}/return/")
    replaced = manager.post(f"/console/cards/{card.id}/replacement/", {"number": SECOND})
    assert replaced["Location"] == f"/console/cards/{Card.objects.get(number=SECOND).id}/"
    card.refresh_from_db()
    assert card.state == "replaced"
    refused = manager.post(f"/console/cards/{card.id}/return/", follow=True).content.decode()
    assert "donnez-en une autre" in refused
    assert manager.get(f"/console/cards/{card.id}/card.pdf").content[:5] == b"%PDF-"


def test_a_member_has_cards_on_the_record(manager: Client, shop: Shop) -> None:
    series()
    customer = get_member(shop)
    record = f"/console/customers/{customer}/record/"
    assert "Perdue, remplacée" in manager.get(record).content.decode()
    adopted = manager.post(f"/console/customers/{customer}/cards/adoption/", {"number": CARD})
    assert adopted["Location"] == f"/console/cards/{Card.objects.get(state='active').id}/"
    manager.post(f"/console/customers/{customer}/cards/", {"number": FIRST})
    assert Card.objects.get(number=FIRST).state == "active"
    refused = manager.post(f"/console/customers/{customer}/cards/", {"number": FIRST}, follow=True)
    assert "déjà attribuée" in refused.content.decode()


def test_without_the_right_there_is_no_page(shop: Shop) -> None:
    client = Client()
    client.force_login(pizarro())
    assert client.get("/console/cards/").status_code == 403
    assert client.post(f"/console/cards/series/{series().id}/end/").status_code == 403


def get_member(shop: Shop) -> str:
    from fidelia.customers.queries import find_by_identity

    return str(find_by_identity("card", CARD))
