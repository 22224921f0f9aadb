"""The way of a draft into force on its pages: put forward, told on Home, approved or refused, then published."""

from __future__ import annotations

import pytest

from fidelia.kernel import clock
from fidelia.programme.queries import version_in_force
from tests.cast import jaquino

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/programmes/cercle/"
VERSION = f"{PAGE}versions/2/"
TEXT = 'rules:\n  - {key: base, name: {en: Two, fr: Deux}, points_per: {amount: "1.00", points: "2"}}\n'


def test_a_draft_is_put_forward_approved_by_another_and_published_by_its_author(shop):
    own, other = shop.client(shop.leonore), shop.client(shop.fernando)
    own.post(f"{PAGE}versions/")
    assert "Proposez le brouillon quand il est prêt" in own.get(VERSION).content.decode()
    assert "attend votre accord" not in other.get("/console/").content.decode()
    own.post(f"{VERSION}approval-request/", {"note": "Pour l’hiver"})
    assert "attend votre accord" in other.get("/console/").content.decode()
    page = other.get(VERSION).content.decode()
    assert "Pour l’hiver" in page
    assert "Approuver le brouillon" in page
    mine = own.get(VERSION).content.decode()
    assert "Approuver le brouillon" not in mine
    assert "Publier la version 2" not in mine
    other.post(f"{VERSION}approval/")
    assert "Publier la version 2" in own.get(VERSION).content.decode()
    own.post(f"{VERSION}publication/", {"in_force_from": ""})
    assert version_in_force(shop.programme, clock.now()).number == 2


def test_a_refusal_tells_why_and_a_change_opens_the_way_again(shop):
    own, other = shop.client(shop.leonore), shop.client(shop.fernando)
    own.post(f"{PAGE}versions/")
    own.post(f"{VERSION}approval-request/")
    other.post(f"{VERSION}refusal/", {"note": "Trop cher"})
    page = own.get(VERSION).content.decode()
    assert "Trop cher" in page
    assert "l’a refusée telle quelle" in page
    said = other.post(f"{VERSION}publication/", {"in_force_from": ""}, follow=True).content.decode()
    assert "Une autre personne a refusé cette version telle quelle" in said
    own.post(f"{VERSION}document/", {"document": TEXT, "note": ""})
    other.post(f"{VERSION}publication/", {"in_force_from": ""})
    assert version_in_force(shop.programme, clock.now()).number == 2


def test_who_may_only_look_puts_nothing_forward(shop):
    shop.client(shop.leonore).post(f"{PAGE}versions/")
    client = shop.client(jaquino())
    assert "Proposer" not in client.get(VERSION).content.decode()
    for act in ("approval-request", "approval", "refusal"):
        client.post(f"{VERSION}{act}/")
    assert "Proposez le brouillon quand il est prêt" in client.get(VERSION).content.decode()
