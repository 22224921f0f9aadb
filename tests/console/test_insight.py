"""Insight: nothing before the first refresh, then the map, its cells and their people."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from django.utils import translation

from fidelia.access.queries import actor_of
from fidelia.console.chapters import _rows_with_people
from fidelia.customers.models import Customer
from fidelia.customers.operations import set_traits
from fidelia.insight.operations import refresh, write_chapters
from fidelia.insight.queries import get_last_refresh
from fidelia.insight.report.blocks import Grid
from fidelia.insight.report.sections import advice
from fidelia.jobs.models import Job
from tests.cast import SYSTEM, actor_with, marzelline, person

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
OVERVIEW = "/console/insight/"
RFM = "/console/insight/rfm/"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def scored(shop):
    for number, customer in enumerate(shop.members(5)):
        for purchase in range(number + 1):
            shop.buy(customer, 2_000, 60 - 10 * number - purchase)
    refresh(by=SYSTEM, at=shop.at)
    return shop


def test_without_a_purchase_it_asks_for_purchases(shop):
    client = shop.client(shop.leonore)
    for page in (OVERVIEW, RFM, f"{OVERVIEW}lifecycle/"):
        said = client.get(page).content.decode()
        assert "Aucun achat n’est encore connu" in said
        assert 'href="/console/imports/new/"' in said
    assert "<h1>Étapes du cycle de vie</h1>" in re.sub(r"<h1[^>]*>\s*(.*?)\s*</h1>", r"<h1>\1</h1>", said)
    seeing = person("Jaquino")
    assert client.get(f"{OVERVIEW}effects/").content.decode().count("/console/campaigns/new/") == 1
    assert shop.client(seeing).get(RFM).status_code == 403


def test_it_says_that_nothing_is_learnt_yet(shop):
    shop.buy(shop.members(1)[0], 2_000, 3)
    page = shop.client(shop.leonore).get(RFM).content.decode()
    assert "Rien n’est encore appris" in page
    assert "Actualiser maintenant" in page


def test_a_cell_opens_its_people_who_can_be_saved_as_a_segment(scored):
    client = scored.client(scored.leonore)
    page = client.get(RFM).content.decode()
    assert "5 clients, achats jusqu’au" in page
    assert f"{RFM}5-5/" in page
    cell = client.get(f"{RFM}5-5/").content.decode()
    assert "Florestan Numéro 4" in cell
    assert "condition=has%28trait.rfm_recency%29" in cell
    assert "Personne dans cette case" in client.get(f"{RFM}1-5/").content.decode()
    assert client.get(f"{RFM}6-1/").status_code == 404


def test_names_stay_closed_to_who_may_not_see_customers(scored):
    analyst = person("Don")
    from fidelia.access.operations import create_role, grant_role
    from fidelia.kernel.localized import LocalizedText

    name = LocalizedText(en="Reader", fr="Lecteur")
    create_role(by=SYSTEM, at=scored.at, code="reader", name=name, rights=["insight.see"])
    grant_role(by=SYSTEM, at=scored.at, user_id=analyst.id, role_code="reader")
    cell = scored.client(analyst).get(f"{RFM}5-5/").content.decode()
    assert "Florestan" not in cell
    assert "Un client que vous ne pouvez pas voir" in cell


def test_a_refresh_is_a_job_that_can_be_watched_and_stopped(shop):
    client = shop.client(shop.leonore)
    assert client.post("/console/insight/refreshes/").url == OVERVIEW
    job = Job.objects.get(kind="insight.refresh")
    watched = f"/console/insight/refreshes/{job.id}/"
    for page in (OVERVIEW, RFM):
        assert watched in client.get(page).content.decode()
    assert "attend son tour" in client.get(watched, headers=HTMX).content.decode()
    assert "n’a pas abouti" in client.post(watched, headers=HTMX).content.decode()


@pytest.fixture
def told(scored, monkeypatch):
    monkeypatch.setattr(advice, "CUSTOMERS_MIN", 1)  # five people are enough to read what is advised
    write_chapters(by=SYSTEM, at=scored.at, refresh=get_last_refresh())
    return scored


def test_before_the_first_refresh_each_chapter_says_so(shop):
    shop.buy(shop.members(1)[0], 2_000, 3)
    client = shop.client(shop.leonore)
    for page in (OVERVIEW, f"{OVERVIEW}lifecycle/"):
        assert "Rien n’est encore appris" in client.get(page).content.decode()
    assert client.get(f"{OVERVIEW}report.pdf").status_code == 404
    assert client.get(f"{OVERVIEW}nonsense/").status_code == 404


def test_the_overview_says_what_to_do_and_opens_each_chapter(told):
    client = told.client(told.leonore)
    overview = client.get(OVERVIEW).content.decode()
    assert "Que faire à présent" in overview
    chapters = re.findall(r'class="f-go" href="(/console/insight/[a-z]+/)"', overview)
    assert {f"{OVERVIEW}lifecycle/", f"{OVERVIEW}churn/", RFM} <= set(chapters)
    for chapter in set(chapters):
        assert client.get(chapter).status_code == 200, chapter
    assert client.get(f"{OVERVIEW}cover/").status_code == 404


def test_a_chapter_offers_its_people_as_a_segment(told, django_assert_max_num_queries):
    client = told.client(told.leonore)
    with django_assert_max_num_queries(12):
        page = client.get(f"{OVERVIEW}lifecycle/").content.decode()
    assert "trait.lifecycle_stage+%3D%3D+%22customer%22" in page
    assert "Cela ne peut pas encore se dire" in page, "two months are too short a history for stages"


def test_a_row_about_a_customer_names_whom_one_may_see(told):
    someone = told.members(1)[0]
    grid = Grid("Whom to call", ["Customer", "Days"], [[str(someone.id), "40"], ["Total", "40"]])
    row, total = _rows_with_people(actor_of(told.leonore), grid)
    assert row == [(someone.display_name, f"/console/customers/{someone.id}/"), ("40", "")]
    assert total == [("Total", ""), ("40", "")]
    with translation.override("fr"):
        hidden, _total = _rows_with_people(actor_with("insight.see"), grid)
    assert hidden[0] == ("Un client que vous ne pouvez pas voir", "")


def test_who_has_no_name_is_linked_by_words_all_the_same(scored):
    someone = scored.members(5)[4]
    Customer.objects.filter(id=someone.id).update(given_name="", family_name="")
    grid = Grid("Whom to call", ["Customer"], [[str(someone.id)]])
    with translation.override("fr"):
        (row,) = _rows_with_people(actor_of(scored.leonore), grid)
    assert row == [("Client sans nom", f"/console/customers/{someone.id}/")]
    cell = scored.client(scored.leonore).get(f"{RFM}5-5/").content.decode()
    assert f'<a href="/console/customers/{someone.id}/">Client sans nom</a>' in cell


def test_a_customers_page_says_what_was_learnt_and_why(told):
    someone = told.members(1)[0]
    page = f"/console/customers/{someone.id}/"
    rows = [(someone.id, "lifecycle_stage", "supporter"), (someone.id, "probability_active", 83),
            (someone.id, "usual_days", 12), (someone.id, "is_silent", True)]  # fmt: skip
    with transaction.atomic():
        set_traits(by=SYSTEM, at=told.at, rows=rows, source="insight")
    card = told.client(told.leonore).get(page).content.decode().partition("Ce que disent les analyses")[2]
    assert "Supporter" in card
    assert "83\xa0%" in card or "83\u202f%" in card
    assert "Achète d’habitude tous les 12 jours" in card
    assert "C’est plus long que ce rythme ne l’explique" in card
    assert "Ce que disent les analyses" not in told.client(marzelline()).get(page).content.decode()


def test_all_chapters_come_as_a_pdf(told):
    answer = told.client(told.leonore).get(f"{OVERVIEW}report.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_who_may_not_see_insight_gets_none(shop):
    client = shop.client(marzelline())
    for page in (OVERVIEW, f"{OVERVIEW}lifecycle/", f"{OVERVIEW}report.pdf", RFM, f"{RFM}5-5/"):
        assert client.get(page).status_code in (403, 404)
    assert client.post("/console/insight/refreshes/").status_code == 403


def test_the_page_of_a_customer_says_who_is_like_them_and_links_there(scored):
    client, members = scored.client(scored.leonore), scored.members(5)
    page = client.get(f"/console/customers/{members[4].id}/insight/").content.decode()
    assert "Clients semblables" in page
    assert f"/console/customers/{members[3].id}/insight/" in page
    assert "Prochains achats probables" in page
    newcomer = client.get(f"/console/customers/{person('Don').id}/insight/")
    assert newcomer.status_code == 404


def test_the_page_of_a_customer_asks_so_often_whatever_they_bought(scored, django_assert_max_num_queries):
    client, members = scored.client(scored.leonore), scored.members(5)
    page = f"/console/customers/{members[4].id}/insight/"
    client.get(page)
    with django_assert_max_num_queries(27):
        assert client.get(page).status_code == 200
