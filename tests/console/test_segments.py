"""Segments: counted before they are kept, told in words, refreshed, archived."""

from __future__ import annotations

import pytest

from fidelia.customers.models import Segment
from tests.cast import jaquino

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
NEW = {"name_fr": "Français", "name_en": "French", "key": "french", "condition": 'customer.country == "FR"'}


def test_none_yet_says_what_a_segment_is_for(shop):
    assert "Pas encore de segment" in shop.client(shop.leonore).get("/console/segments/").content.decode()


def test_a_segment_is_counted_defined_and_filled(shop):
    shop.members(3)
    client = shop.client(shop.leonore)
    counted = client.post("/console/segments/preview/", {"condition": NEW["condition"]}, headers=HTMX).content.decode()
    assert "clients remplissent la condition" in counted
    assert "Le pays est « FR »" in counted.replace("\u00a0", " ")
    assert "Florestan Numéro 0" in counted
    assert not Segment.objects.exists()
    assert client.post("/console/segments/new/", NEW).url == "/console/segments/french/"
    assert Segment.objects.get(key="french").member_count == 3
    assert "Français" in client.get("/console/segments/").content.decode()


def test_a_condition_that_is_wrong_is_said_at_its_field(shop):
    client = shop.client(shop.leonore)
    answer = client.post("/console/segments/new/", NEW | {"condition": "customer.contry == 1"})
    assert answer.status_code == 422
    assert 'id="id_condition_error"' in answer.content.decode()
    assert "Vouliez-vous dire" in answer.content.decode()
    counted = client.post("/console/segments/preview/", {"condition": "1 +"}, headers=HTMX).content.decode()
    assert "(ligne 1, colonne" in counted


def test_a_key_is_taken_once(shop):
    shop.segment("french")
    client = shop.client(shop.leonore)
    assert "Un autre segment a cette clé." in client.post("/console/segments/new/", NEW).content.decode()
    assert "Une clé est en minuscules" in client.post("/console/segments/new/", NEW | {"key": "Ça"}).content.decode()


def test_a_segment_is_changed_refreshed_archived_and_brought_back(shop):
    shop.segment()
    shop.members(2)
    client = shop.client(shop.leonore, "en")
    assert (
        "2 customers now: 2 came in, 0 left."
        in client.post("/console/segments/everybody/refresh/", follow=True).content.decode()
    )
    changed = {"name_fr": "Tous", "name_en": "All", "condition": 'customer.country == "BE"'}
    assert client.post("/console/segments/everybody/", changed).status_code == 302
    assert Segment.objects.get().condition == changed["condition"]
    client.post("/console/segments/everybody/archive/")
    assert Segment.objects.get().state == "archived"
    client.post("/console/segments/everybody/archive/")
    assert Segment.objects.get().state == "active"


def test_who_may_not_see_segments_is_told_so(shop):
    client = shop.client(jaquino())
    assert client.get("/console/segments/").status_code == 403
    assert client.post("/console/segments/preview/", {"condition": "true"}, headers=HTMX).status_code == 403


def test_the_people_of_a_segment_are_kept_as_a_fixed_list(shop):
    shop.members(3)
    client = shop.client(shop.leonore)
    client.post("/console/segments/new/", NEW)
    page = client.post("/console/segments/french/fixed/").url
    fixed = Segment.objects.get(is_fixed=True)
    assert (page, fixed.member_count) == (f"/console/segments/{fixed.key}/", 3)
    shown = client.get(page).content.decode()
    assert "Liste figée" in shown
    assert "Aussi dans d’autres segments" in shown
    assert "Actualiser le segment" not in shown
    assert (
        "disabled"
        in shown.partition('id="id_condition"')[0].rpartition("<textarea")[2]
        + shown.partition('id="id_condition"')[2].partition(">")[0]
    )
    assert "Liste figée" in client.get("/console/segments/").content.decode()
    assert shop.client(jaquino()).post("/console/segments/french/fixed/").status_code == 403
