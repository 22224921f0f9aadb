"""Cards at the till: handed out, registered in two fields, refused with their reason."""

from __future__ import annotations

import pytest

from fidelia.cards.models import Card
from fidelia.cards.operations import block_card
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import get_programme
from tests.cards.shop import FIRST, SECOND, printed
from tests.cast import SYSTEM

from .till_shop import TillShop

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> TillShop:
    shop = TillShop()
    printed(get_programme("cercle"))
    return shop


def hand_out(till: TillShop, key: str = "k1") -> dict:  # type: ignore[type-arg]
    answer = till.post("cards/", {"key": key, "number": FIRST, "store": "lyon"})
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["member"])


def test_a_card_out_of_the_drawer_is_handed_out_once_and_waits_for_its_member(till: TillShop) -> None:
    scanned = till.get("scan/", q="2 990000 000019").json()
    assert (scanned["members"], scanned["card"]["state"], scanned["card"]["may_give"]) == ([], "issued", True)
    member = hand_out(till)
    assert (member["member"], member["waiting_card"]) == (True, FIRST)
    assert hand_out(till)["id"] == member["id"]
    assert Card.objects.get(number=FIRST).store_id == till.shop.lyon.id
    (found,) = till.get("scan/", q=FIRST).json()["members"]
    assert found["waiting_card"] == FIRST


def test_it_is_registered_in_two_fields_once(till: TillShop) -> None:
    hand_out(till)
    body = {"key": "j1", "phone": "06 12 34 56 78", "name": "Leonore", "store": "lyon", "card": FIRST}
    first, again = (till.post("members/", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200), first.content
    assert first.json()["member"]["name"] == again.json()["member"]["name"] == "Leonore"
    assert "waiting_card" not in first.json()["member"]
    refused = till.post("members/", {**body, "key": "j2", "name": "Marzelline"})
    assert (refused.status_code, refused.json()["code"]) == (409, "card_registered")


def test_a_number_of_the_file_takes_the_card_in(till: TillShop) -> None:
    hand_out(till)
    till.post("members/", {"key": "a", "phone": "06 12 34 56 78", "name": "Rocco", "store": "lyon"})
    members = Enrolment.objects.filter(ended_at__isnull=True).count()
    body = {"key": "j1", "phone": "06 12 34 56 78", "name": "R", "store": "lyon", "card": FIRST}
    assert till.post("members/", body).json()["member"]["name"] == "Rocco"
    assert Enrolment.objects.filter(ended_at__isnull=True).count() == members - 1


def test_a_card_that_works_no_more_says_why(till: TillShop) -> None:
    block_card(by=SYSTEM, at=Card.objects.get(number=SECOND).made_at, card=SECOND, reason="a box was stolen")
    said = till.get("scan/", q=SECOND).json()["card"]
    assert said["state"] == "blocked"
    assert said["may_give"] is False
    assert "a box was stolen" in said["message"]
    refused = till.post("cards/", {"key": "k", "number": SECOND, "store": "lyon"})
    assert (refused.status_code, refused.json()["code"]) == (409, "card_blocked")
    assert till.get("scan/", q="2990000000033").json().get("card") is None


def test_a_till_elsewhere_hands_nothing_out(till: TillShop) -> None:
    refused = till.post("cards/", {"key": "k", "number": FIRST, "store": "paris"})
    assert refused.status_code >= 400
    assert Card.objects.get(number=FIRST).state == "issued"
