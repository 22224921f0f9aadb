"""The page of the global control group: empty, begun, changed, and only looked at."""

from __future__ import annotations

import pytest

from fidelia.campaigns.models import GlobalControl
from tests.cast import jaquino

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/campaigns/global-control/"


def test_it_is_empty_begun_changed_and_ended(shop):
    shop.members(12)
    client = shop.client(shop.leonore)
    assert "Personne n’est tenu à l’écart" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"percent": "2,5"}).status_code == 302
    assert GlobalControl.objects.get().permille == 25
    page = client.get(PAGE).content.decode()
    assert "Pas encore mesuré" in page
    assert "2,5" in page
    assert client.post(PAGE, {"percent": "35"}).status_code == 422
    client.post(PAGE, {"percent": "0"})
    assert not GlobalControl.objects.filter(ended_at=None).exists()


def test_who_may_not_changes_nothing(shop):
    client = shop.client(jaquino())
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"percent": "5"}).status_code == 403
    assert not GlobalControl.objects.exists()
