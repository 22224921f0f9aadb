"""Insight: nothing before the first refresh, then the map, its cells and their people."""

from __future__ import annotations

import pytest

from fidelia.insight.operations import refresh
from fidelia.jobs.models import Job
from tests.cast import SYSTEM, marzelline, person

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
RFM = "/console/insight/rfm/"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def scored(shop):
    for number, customer in enumerate(shop.members(5)):
        for purchase in range(number + 1):
            shop.buy(customer, 2_000, 60 - 10 * number - purchase)
    refresh(by=SYSTEM, at=shop.at)
    return shop


def test_it_says_that_nothing_is_learnt_yet(shop):
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
    assert client.post("/console/insight/refreshes/").url == RFM
    job = Job.objects.get(kind="insight.refresh")
    watched = f"/console/insight/refreshes/{job.id}/"
    assert watched in client.get(RFM).content.decode()
    assert "attend son tour" in client.get(watched, headers=HTMX).content.decode()
    assert "n’a pas abouti" in client.post(watched, headers=HTMX).content.decode()


def test_who_may_not_see_insight_gets_none(shop):
    client = shop.client(marzelline())
    for page in ("/console/insight/", RFM, f"{RFM}5-5/"):
        assert client.get(page).status_code in (403, 404)
    assert client.post("/console/insight/refreshes/").status_code == 403
