"""Coupons, gift cards and gifts in stock, as the console shows and changes them."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.access.models import Audit
from fidelia.jobs.models import Job
from fidelia.programme.models import Programme
from fidelia.rewards.models import CouponSeries, GiftCard, Stock
from fidelia.rewards.operations import bring_codes
from tests.cast import AT, SYSTEM, jaquino, leonore, pizarro
from tests.programme.cast import follow, programme
from tests.rewards.scarce import close, everybodys, pieces, series

from .test_customers import signed_in, text_of

pytestmark = pytest.mark.django_db(transaction=True)
SERIES = {
    "name_fr": "Dix euros pour Noël", "name_en": "Ten euros for Christmas", "kind": "unique", "pattern": "noel-######",
    "key": "noel", "valid_from": "2026-12-01", "valid_until": "2026-12-24", "uses": "", "uses_per_code": "1",
    "uses_per_member": "",
}  # fmt: skip


@pytest.fixture
def circle() -> Programme:
    return programme()


@pytest.fixture
def client(circle: Programme) -> Client:
    return signed_in(leonore())


def test_a_series_is_created_changed_and_ended(client: Client, circle: Programme) -> None:
    made = client.post("/console/coupons/new/", {**SERIES, "programme": str(circle.id)})
    noel = CouponSeries.objects.get()
    assert made.url == f"/console/coupons/{noel.id}/"
    page = text_of(client.get(made.url))
    assert "NOEL-######" in page
    assert "Ten euros for Christmas" in page or "Dix euros pour Noël" in page
    initial = client.get(f"{made.url}terms/").context["form"].initial
    assert (str(initial["valid_from"]), str(initial["valid_until"])) == ("2026-12-01", "2026-12-24")
    client.post(f"{made.url}terms/", {**SERIES, "uses": "500"})
    noel.refresh_from_db()
    assert (noel.uses, noel.pattern) == (500, "NOEL-######")
    client.post(f"{made.url}end/")
    noel.refresh_from_db()
    assert noel.ended_at is not None


def test_what_cannot_be_stands_at_its_field(client: Client, circle: Programme) -> None:
    refused = client.post("/console/coupons/new/", {**SERIES, "pattern": "NOEL", "programme": str(circle.id)})
    assert refused.status_code == 422
    assert not CouponSeries.objects.exists()
    twice = {**SERIES, "programme": str(circle.id)}
    client.post("/console/coupons/new/", twice)
    assert client.post("/console/coupons/new/", twice).context["form"].errors["key"]


def test_codes_are_drawn_listed_taken_out_and_revoked(client: Client, circle: Programme) -> None:
    made = series(circle)
    bring_codes(by=SYSTEM, at=AT, series_id=made.id, codes=["NOEL-234567", "NOEL-345678"])
    address = f"/console/coupons/{made.id}/"
    client.post(f"{address}drawing/", {"count": "200"})
    assert Job.objects.get(kind="coupon.generate").arguments == {"series_id": str(made.id), "count": 200}
    first, second = made.codes.order_by("id")
    close(circle, coupons=(first.id,))
    assert "NOEL-234567" in text_of(client.get(f"{address}?state=used"))
    assert "NOEL-234567" not in text_of(client.get(f"{address}?state=free"))
    client.post(f"/console/coupons/codes/{second.id}/revocation/")
    out = b"".join(client.get(f"{address}codes.csv").streaming_content)
    assert out == b"NOEL-234567\r\n"
    assert Audit.objects.filter(verb="coupon.export").count() == 1


def test_a_gift_card_is_sold_blocked_and_paid_out(client: Client, circle: Programme) -> None:
    sold = client.post("/console/gift-cards/new/", {"programme": str(circle.id), "amount": "50,00", "valid_until": ""})
    card = GiftCard.objects.get()
    assert sold.url == f"/console/gift-cards/{card.id}/"
    listed = text_of(client.get("/console/gift-cards/"))
    assert f"…{card.code[-4:]}" in listed
    assert card.code not in listed
    client.post(f"{sold.url}block/", {"is_blocked": "yes"})
    client.post(f"{sold.url}refund/", {"note": "Rendue"})
    card.refresh_from_db()
    assert (card.balance, card.blocked_at is not None) == (5_000, True)
    client.post(f"{sold.url}block/", {"is_blocked": "no"})
    client.post(f"{sold.url}refund/", {"note": "Rendue"})
    card.refresh_from_db()
    assert (card.balance, card.history.latest("number").note) == (0, "Rendue")
    assert client.post("/console/gift-cards/new/", {"programme": str(circle.id), "amount": "x"}).status_code == 422


def test_a_gift_card_is_charged_again_and_the_charge_taken_back(client: Client, circle: Programme) -> None:
    again = {"most_held": "130"}
    of = follow(circle, {"rules": [], "gift_cards": {"most": "100", "validity": {"months": 12}, "top_up": again}})
    given = {"programme": str(of.id), "amount": "200", "valid_until": ""}
    assert "A gift card is sold with at most €100.00 on it." in text_of(client.get("/console/gift-cards/new/"))
    assert "A gift card takes at most" in text_of(client.post("/console/gift-cards/new/", given))
    sold = client.post("/console/gift-cards/new/", {**given, "amount": "50"})
    assert "It can be charged again with at most €100.00" in text_of(client.get(sold.url))
    page = text_of(client.get(sold.url))
    assert "€50.00 are on it." in page
    assert "Up to €80.00 can come onto it now." in page
    assert "Charged today, it is valid to " in page
    client.post(f"{sold.url}top-up/", {"top_up-amount": "80,00", "top_up-note": ""})
    assert 'data-opens="f-top-up"' not in text_of(client.get(sold.url))  # it is full
    client.post(f"{sold.url}top-ups/2/back/", {"note": "Erreur de caisse"})
    client.post(f"{sold.url}top-up/", {"top_up-amount": "20,00", "top_up-note": ""})
    assert GiftCard.objects.get().balance == 7_000
    client.post(f"{sold.url}top-up/", {"top_up-amount": "x"})
    assert "Take the charge back" in text_of(client.get(sold.url))
    client.post(f"{sold.url}top-ups/4/back/", {"note": "Erreur de caisse"})
    assert GiftCard.objects.get().balance == 5_000
    assert "Take the charge back" not in text_of(client.get(sold.url))


def test_gifts_are_counted_and_never_lowered_below_what_was_given(client: Client, circle: Programme) -> None:
    mug = pieces(circle, 10)
    close(circle, stock=((mug.id, 4),))
    page = text_of(client.get("/console/gifts/"))
    assert mug.key in page
    client.post(f"/console/gifts/{mug.id}/pieces/", {"pieces": "3"})
    assert Stock.objects.get().pieces == 10
    client.post(f"/console/gifts/{mug.id}/pieces/", {"pieces": "4"})
    assert Stock.objects.get().pieces == 4
    given = {"programme": str(circle.id), "name_fr": "Sac", "name_en": "Bag", "key": "bag", "pieces": "5"}
    assert client.post("/console/gifts/new/", given).status_code == 302
    assert client.post("/console/gifts/new/", given).status_code == 422


def test_who_may_not_is_refused(circle: Programme) -> None:
    code = everybodys(circle)
    client = signed_in(pizarro())
    pages = ("coupons/", "coupons/new/", "gift-cards/", "gift-cards/new/", "gifts/", "gifts/new/")
    assert {client.get(f"/console/{page}").status_code for page in pages} == {403}
    agent = signed_in(jaquino())
    assert agent.get(f"/console/coupons/{code.series_id}/").status_code == 200
    assert agent.get(f"/console/coupons/{code.series_id}/codes.csv").status_code == 403
    assert agent.post(f"/console/coupons/{code.series_id}/end/").status_code == 403
