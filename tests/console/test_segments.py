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


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ('customer.country == "JP"', 0),
        ('customer.acquired_on > date("2030-01-01") && customer.acquired_on < date("2029-01-01")', 0),
        ('customer.kind == "person"', 3),
        ("true", 3),
    ],
)
def test_a_segment_of_nobody_or_of_everybody_is_counted_kept_and_shown(shop, condition, count):
    shop.members(3)
    client = shop.client(shop.leonore)
    counted = client.post("/console/segments/preview/", {"condition": condition}, headers=HTMX).content.decode()
    assert f'<p class="f-figure-value">{count}</p>' in counted
    assert client.post("/console/segments/new/", NEW | {"condition": condition}).status_code == 302
    assert Segment.objects.get().member_count == count
    for page in ("/console/segments/", "/console/segments/french/", "/console/customers/?segment=french"):
        assert client.get(page).status_code == 200, page
    if not count:
        assert "Florestan" not in client.get("/console/customers/?segment=french").content.decode()


def test_a_trait_that_never_was_is_said_at_the_condition(shop):
    client = shop.client(shop.leonore)
    answer = client.post("/console/segments/new/", NEW | {"condition": "trait.never_was > 3"})
    assert answer.status_code == 422
    assert 'id="id_condition_error"' in answer.content.decode()
    assert "never_was" in answer.content.decode().partition('id="id_condition_error"')[2][:300]
    assert not Segment.objects.exists()


def test_a_list_filtered_by_a_segment_that_never_was_shows_nobody_and_breaks_nothing(shop):
    shop.members(3)
    shop.segment()
    client = shop.client(shop.leonore)
    page = client.get("/console/customers/?segment=never-was")
    assert page.status_code == 200
    assert "Florestan" not in page.content.decode()
    assert "never-was (n’existe pas)" in page.content.decode()
    assert "Florestan" in client.get("/console/customers/").content.decode()
