"""A segment is given coupons by a button; a customer's offers are seen and activated on her page."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.jobs.models import Job
from fidelia.rewards.models import OfferActivation
from fidelia.rewards.operations import end_series
from tests.cast import SYSTEM, leonore, marzelline
from tests.portal.test_offers import offer, put_out
from tests.programme.cast import AT
from tests.rewards.test_coupons_for_a_segment import Shop

from .boutique import open_shop

pytestmark = pytest.mark.django_db


def as_manager() -> Client:
    client = Client()
    client.force_login(leonore())
    return client


def test_a_segment_is_given_codes_by_a_job_that_can_be_stopped() -> None:
    shop, client = Shop(), as_manager()
    page = f"/console/coupons/{shop.series.id}/"
    assert "Attribuer à un segment" in client.get(page).content.decode()
    for wrong in ({}, {"segment": "nobody"}):
        assert "Choisissez un segment" in client.post(f"{page}segment/", wrong, follow=True).content.decode()
    assert Job.objects.count() == 0
    answer = client.post(f"{page}segment/", {"segment": "all_of_them", "told": "on"}, follow=True).content.decode()
    assert "un par adhérent" in answer
    job = Job.objects.get()
    assert (job.kind, job.arguments["told"]) == ("coupon.give_segment", True)
    assert f"/console/settings/jobs/{job.id}/stop/" in answer
    cashier = Client()
    cashier.force_login(marzelline())
    assert cashier.post(f"{page}segment/", {"segment": "all_of_them"}).status_code == 403
    end_series(by=SYSTEM, at=AT, series_id=shop.series.id)
    assert "Attribuer à un segment" not in client.get(page).content.decode()
    assert Job.objects.count() == 1


def test_a_customers_offers_are_seen_and_activated_on_her_page() -> None:
    shop = open_shop()
    put_out(offer("tea", lasts_days=3), offer("gone", valid_until="2020-02-01T00:00:00+01:00"))
    client, page = as_manager(), f"/console/customers/{shop.customer_id}/rewards/"
    before = client.get(page).content.decode()
    assert "Le tea" in before
    assert "Le gone" not in before
    offers = f"/console/customers/{shop.customer_id}/offers"
    after = client.post(f"{offers}/tea/", follow=True).content.decode()
    assert "compte pour Léonore Müller" in after
    assert "activée" in after
    for key in ("tea", "gone", "made-up"):
        client.post(f"{offers}/{key}/")
    assert OfferActivation.objects.count() == 1
