"""Referral in the console: the funnel, the doubted ones, a person's word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from fidelia.kernel.clock import now
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.queries import get_programme
from fidelia.referral.models import Referral
from fidelia.referral.operations import code_of_member, record_referral
from tests.cast import SYSTEM, leonore, pizarro
from tests.programme.cast import DOCUMENT
from tests.referral.cast import PROMISE, newcomer

from .boutique import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    open_shop()
    client = Client()
    client.force_login(leonore())
    return client


def promise() -> None:
    of, at = get_programme("cercle"), now()
    draft = draft_version(by=SYSTEM, at=at, programme=of, document={**DOCUMENT, "referral": {**PROMISE, "velocity": 1}})
    publish_version(by=SYSTEM, at=at, version=draft)


def brought(times: int = 2) -> list[Referral]:
    of, at = get_programme("cercle"), now()
    member = newcomer(of, at - timedelta(days=100), given_name="Fidelio")
    code = code_of_member(by=SYSTEM, at=at, enrolment=member)
    return [
        record_referral(by=SYSTEM, at=at, code=code, enrolment=newcomer(of, at, given_name="Marzelline"))
        for _ in range(times)
    ]


def test_an_empty_page_says_what_this_is_for(manager: Client) -> None:
    page = manager.get("/console/referrals/").content.decode()
    assert "Aucun filleul pour l’instant" in page
    assert "Aucun programme ne promet rien" in page


def test_the_doubted_ones_are_decided_about(manager: Client) -> None:
    promise()
    _fine, doubted = brought()
    page = manager.get("/console/referrals/?state=review").content.decode()
    assert "beaucoup de filleuls en quelques jours" in page
    assert "Marzelline" in page
    assert "vous recevez 500" in page
    manager.post(f"/console/referrals/{doubted.id}/review/", {"is_accepted": "yes"})
    doubted.refresh_from_db()
    assert doubted.state == "pending"
    again = manager.post(f"/console/referrals/{doubted.id}/review/", {"is_accepted": "yes"}, follow=True)
    assert "est terminé, ou n’attend" in again.content.decode()


def test_without_the_right_there_is_no_page(manager: Client) -> None:
    promise()
    (one,) = brought(1)
    stranger = Client()
    stranger.force_login(pizarro())
    assert stranger.get("/console/referrals/").status_code == 403
    assert stranger.post(f"/console/referrals/{one.id}/review/", {"is_accepted": "no"}).status_code == 403
    one.refresh_from_db()
    assert one.state == "pending"
