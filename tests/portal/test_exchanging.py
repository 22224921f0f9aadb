"""Points exchanged in the portal: what it gives is said before, it is done once, and a mistake takes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from fidelia.kernel.clock import now
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, PointsCurrency
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.operations.points import add_points_currency, grant_points
from fidelia.programme.queries import get_programme
from tests.cast import SYSTEM
from tests.programme.cast import AUTHOR, DOCUMENT

from .members_shop import by_link, inside, open_doors

pytestmark = pytest.mark.django_db


def with_a_cagnotte(
    points: int = 1_000, *, policy: dict[str, Any] | None = None, **way: Any
) -> tuple[Client, Enrolment]:
    """Léonore with points, in a programme that exchanges a hundred of them for a euro."""
    shop = open_doors()
    programme = get_programme("cercle")
    euros = PointsCurrency.objects.create(
        code="EURC", name=LocalizedText(en="euros", fr="euros"), scale=2, look="money"
    )
    add_points_currency(by=SYSTEM, at=now(), programme=programme, currency=euros, role="cagnotte")
    ways = [{"from": "", "to": "EURC", "points": "100", "gives": "1", "minimum": "200", "step": "100", **way}]
    document = {**DOCUMENT, "currencies": {"EURC": {}}, "conversions": ways, **({"points": policy} if policy else {})}
    draft = draft_version(by=AUTHOR, at=now(), programme=programme, document=document)
    publish_version(by=SYSTEM, at=now(), version=draft)
    of = Enrolment.objects.get(customer_id=shop.customer_id)
    grant_points(by=SYSTEM, at=now(), enrolment=of, amount=points, reason="x", key="g")
    return inside(shop.customer_id), of


def has(of: Enrolment, code: str) -> int:
    assert find_broken_invariants() == []
    return get_balance(account_id=of.account_id, currency=code, at=now()).available


def test_what_it_gives_is_shown_before_and_done_once() -> None:
    client, of = with_a_cagnotte()
    before = has(of, "PTS")
    assert "/points/exchange/" in client.get("/points/").content.decode()
    page = client.get("/points/exchange/?way=0&amount=500").content.decode()
    assert "5,00\u00a0euros" in page
    assert has(of, "PTS") == before, "to look takes nothing"
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    said = {"way": "0", "amount": "500", "key": key[1]}
    for _click in range(2):
        assert client.post("/points/exchange/", said)["Location"] == "/points/"
    assert (has(of, "PTS"), has(of, "EURC")) == (before - 500, 5_00)
    assert "Vous avez échangé" in client.get("/points/").content.decode()


def test_another_amount_is_refused_in_words_and_takes_nothing() -> None:
    client, of = with_a_cagnotte()
    before = has(of, "PTS")
    for amount, sentence in (
        ("100", "On échange au moins"),
        ("250", "Par tranches entières de"),
        ("-500", "On échange au moins"),
        ("0", "On échange au moins"),
        ("many", "en chiffres"),
        ("99999999999999999999999", ""),
        ("100000", "Vous avez"),
        ("2.5", "en chiffres"),
    ):
        for ask in (client.get, client.post):
            answer = ask("/points/exchange/", {"way": "0", "amount": amount, "key": "k"})
            assert answer.status_code == 409, amount
            assert sentence in answer.content.decode(), amount
    assert has(of, "PTS") == before


def test_who_has_too_few_is_told_and_a_programme_without_exchanges_has_no_page() -> None:
    client, _of = with_a_cagnotte(points=1, minimum="900")
    assert "pas encore assez" in client.get("/points/exchange/").content.decode()
    assert client.get("/points/exchange/?way=7&amount=500").status_code == 200
    draft = draft_version(by=AUTHOR, at=now(), programme=get_programme("cercle"), document=DOCUMENT)
    publish_version(by=SYSTEM, at=now(), version=draft)
    assert client.get("/points/exchange/").status_code == 404
    assert "/points/exchange/" not in client.get("/points/").content.decode()
    assert Client().get("/points/exchange/")["Location"].startswith("/login/")


def test_many_points_are_exchanged_by_who_came_by_a_code_and_never_by_the_link_of_a_letter() -> None:
    _client, of = with_a_cagnotte(policy={"confirmed_above": "400"})
    before = has(of, "PTS")
    many = {"way": "0", "amount": "500", "key": "k"}
    forwarded = by_link(of.customer_id)
    by_code = inside(of.customer_id)
    answer = forwarded.post("/points/exchange/", many)
    assert answer["Location"] == "/login/?next=%2Fpoints%2Fexchange%2F%3Fway%3D0%26amount%3D500&why=spending"
    assert has(of, "PTS") == before
    assert forwarded.post("/points/exchange/", {**many, "amount": "400", "key": "few"})["Location"] == "/points/"
    assert by_code.post("/points/exchange/", many)["Location"] == "/points/"
    assert has(of, "PTS") == before - 900
