"""Campaigns: drafted by one, approved by another, launched, stopped, measured; the result opens with a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.campaigns.models import Campaign, CampaignResult
from fidelia.insight.operations import refresh
from fidelia.kernel import clock
from tests.cast import SYSTEM, jaquino

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/campaigns/tea/"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def plan(shop, **changes):
    return {
        "name_fr": "Thés d’hiver", "name_en": "Winter teas", "key": "tea", "programme": "cercle",
        "segment": "everybody",
        "offer": "points: 50\nwhen: purchase.total >= 30", "template": "", "control": "20", "base": "20",
        "starts_at": shop.at.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (shop.at + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"),
    } | changes  # fmt: skip


@pytest.fixture
def campaigns(shop):
    shop.members(10)
    shop.segment()
    return shop


def test_a_campaign_goes_from_draft_to_launch_by_two_people(campaigns):
    author, other = campaigns.client(campaigns.leonore), campaigns.client(campaigns.fernando)
    assert author.post("/console/campaigns/new/", plan(campaigns)).url == PAGE
    draft = author.get(PAGE).content.decode()
    assert "Si le total de l’achat est d’au moins 30,00" in draft
    assert "Lancer la campagne" not in draft
    author.post(f"{PAGE}approval-request/", {"note": "Avant Noël"})
    assert "une autre personne décide" in author.get(PAGE).content.decode()
    assert "attend votre accord" in other.get("/console/").content.decode()
    other.post(f"{PAGE}approval/")
    assert "Lancer la campagne" in other.get(PAGE).content.decode()
    other.post(f"{PAGE}launch/")
    launched = Campaign.objects.get()
    assert launched.state == "running"
    assert launched.audience == {
        "in_segment": 10, "not_members": 0, "in_other_campaign": 0, "in_global_control": 0, "control": 2, "treated": 8,
    }  # fmt: skip
    other.post(f"{PAGE}stop/", {"reason": "Rupture"})
    assert Campaign.objects.get().state == "stopped"


def test_its_author_neither_approves_nor_launches_it(campaigns):
    client = campaigns.client(campaigns.leonore)
    client.post("/console/campaigns/new/", plan(campaigns))
    client.post(f"{PAGE}approval-request/")
    assert "qui demande ne donne pas l’accord" in client.post(f"{PAGE}approval/", follow=True).content.decode()
    assert "doit d’abord donner son accord" in client.post(f"{PAGE}launch/", follow=True).content.decode()
    assert Campaign.objects.get().state == "awaiting_approval"


def test_a_refusal_makes_it_a_draft_again_with_its_reason(campaigns):
    author, other = campaigns.client(campaigns.leonore), campaigns.client(campaigns.fernando)
    author.post("/console/campaigns/new/", plan(campaigns))
    author.post(f"{PAGE}approval-request/")
    other.post(f"{PAGE}refusal/", {"note": "Trop cher"})
    assert "Trop cher" in author.get(PAGE).content.decode()
    author.post(f"{PAGE}draft/", plan(campaigns, offer="points: 20"))
    assert Campaign.objects.get().offer == {"points": 20}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"offer": "points: 5\nwhen: purchase.totl > 3"}, "offer", "Vouliez-vous dire"),
        ({"offer": "points: [", "key": "tea"}, "offer", "pas du YAML"),
        ({"offer": "price: 5"}, "offer", "une partie qu’une offre n’a pas"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at", "non dans le passé"),
        ({"key": "Thé"}, "key", "Une clé est faite de"),
    ],
)
def test_a_mistake_stands_at_its_field_and_what_was_typed_is_kept(campaigns, changes, field, said):
    answer = campaigns.client(campaigns.leonore).post("/console/campaigns/new/", plan(campaigns, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert said in page
    assert "Thés d’hiver" in page
    assert not Campaign.objects.exists()


def test_the_offer_is_told_while_one_types(campaigns):
    client = campaigns.client(campaigns.leonore, "en")
    beside = client.post("/console/campaigns/preview/", plan(campaigns, control="50"), headers=HTMX).content.decode()
    assert "If the total of the purchase is at least €30.00, the purchase earns 50" in beside
    assert "5 get the offer, 5 are left alone." in beside


def test_the_result_opens_with_one_sentence(campaigns):
    author, other = campaigns.client(campaigns.leonore, "en"), campaigns.client(campaigns.fernando)
    author.post("/console/campaigns/new/", plan(campaigns))
    author.post(f"{PAGE}approval-request/")
    other.post(f"{PAGE}approval/")
    other.post(f"{PAGE}launch/")
    refresh(by=SYSTEM, at=clock.now())
    author.post(f"{PAGE}measurement/")
    assert CampaignResult.objects.count() == 1
    page = author.get(PAGE).content.decode()
    assert "No effect found: the difference in buyers is 0.0" in page
    assert "repeat it with more people" in page or "repeat the campaign with more people" in page


def test_who_may_not_see_campaigns_gets_none(campaigns):
    client = campaigns.client(jaquino())
    assert client.get("/console/campaigns/").status_code == 403
    assert client.get("/console/campaigns/new/").status_code == 403
