"""Giving an anonymous purchase to a member: searched, given once, refused in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.activity.models import Purchase, PurchaseClaim

from .shop import Shop, shop

__all__ = ["shop"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def anonymous(shop: Shop, *, days_ago: float = 2) -> Purchase:
    shop.buy(None, 5000, days_ago)
    return Purchase.objects.get(customer_id=None)


def test_a_member_is_searched_and_the_purchase_becomes_theirs(shop: Shop) -> None:
    people, sale = shop.members(3), anonymous(shop)
    client = shop.client(shop.leonore)
    page = client.get(f"/console/purchases/{sale.purchase_id}/")
    assert f"/console/purchases/{sale.purchase_id}/claim/" in page.content.decode()
    address = f"/console/purchases/{sale.purchase_id}/claim/"
    assert client.get(address).context["rows"] == []
    found = client.get(address, {"q": "numéro 1"})
    assert [row.customer.id for row in found.context["rows"]] == [people[1].id]
    answer = client.post(f"{address}?q=numéro+1", {"customer": str(people[1].id)}, follow=True)
    assert answer.redirect_chain == [(f"/console/purchases/{sale.purchase_id}/", 302)]
    said = answer.content.decode()
    assert "Cet achat est désormais celui de Florestan Numéro 1." in said
    assert "rattaché le" in said
    claim = PurchaseClaim.objects.get()
    assert (claim.customer_id, claim.points) == (people[1].id, 100)
    assert "/claim/" not in said


def test_a_refusal_is_said_in_words_and_the_search_stays(shop: Shop) -> None:
    people, sale = shop.members(2), anonymous(shop)
    client = shop.client(shop.leonore, "en")
    address = f"/console/purchases/{sale.purchase_id}/claim/"
    client.post(address, {"customer": str(people[0].id)})
    second = client.post(f"{address}?q=numéro", {"customer": str(people[1].id)})
    assert "This purchase is a member’s already." in second.content.decode() or (
        "This purchase was given to a member already." in second.content.decode()
    )
    assert "Choose a member." in client.post(address, {"customer": "nobody"}).content.decode()
    assert PurchaseClaim.objects.count() == 1


def test_what_is_too_old_offers_no_search(shop: Shop) -> None:
    sale = anonymous(shop, days_ago=40)
    client = shop.client(shop.leonore, "en")
    assert "/claim/" not in client.get(f"/console/purchases/{sale.purchase_id}/").content.decode()
    page = client.get(f"/console/purchases/{sale.purchase_id}/claim/").content.decode()
    assert "It can no longer be given to a member" in page


def test_a_purchase_before_the_enrolment_says_why_it_gave_nothing(shop: Shop) -> None:
    (one,) = shop.members(1)
    shop.buy(one, 5000, 250)
    sale = Purchase.objects.get()
    page = shop.client(shop.leonore).get(f"/console/purchases/{sale.purchase_id}/").content.decode()
    assert "Acheté avant l’adhésion : il ne rapporte pas de points." in page
    assert sale.occurred_at < shop.at - timedelta(days=199)


def test_who_may_not_is_refused(shop: Shop) -> None:
    from tests.cast import person

    sale = anonymous(shop)
    client = shop.client(person("Minister", "finance"))
    assert "/claim/" not in client.get(f"/console/purchases/{sale.purchase_id}/").content.decode()
    assert client.get(f"/console/purchases/{sale.purchase_id}/claim/").status_code == 403
