"""Points for past purchases on a page: the trial says what it would give, giving gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import PurchaseClaim
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel import clock
from tests.activity.importing import brought_in, document
from tests.cast import pizarro

from .shop import Shop, shop

__all__ = ["shop"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
URL = "/console/imports/history/"


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def test_a_trial_then_the_points(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    brought_in("T1,2025-03-01,mug,4,14.50,C1", mapping=document(enrol=False))
    for button, claims, told in (("try", 0, "Ce que cela donnerait"), ("reward", 1, "Ce qui a été donné")):
        client.post(URL, {button: "", "enrol": "on", "first_rules": "on"})
        assert "En cours" in client.get(URL).content.decode()
        run_job(job_id=Job.objects.latest("created_at").id, clock=clock.now)
        page = client.get(URL).content.decode()
        assert (PurchaseClaim.objects.count(), told in page, 'name="reward"' in page) == (claims, True, claims == 0)


def test_who_may_not_bring_purchases_in_does_not_see_it(shop: Shop) -> None:
    client = shop.client(pizarro())
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"reward": ""}).status_code == 403
    assert Job.objects.count() == 0
