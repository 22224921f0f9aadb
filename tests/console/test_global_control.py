"""The page of the global control group: empty, begun, changed, and only looked at."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from fidelia.campaigns.models import GlobalControl, GlobalControlResult
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


@pytest.mark.parametrize(
    ("spent", "finding", "difference"),
    [
        (4_000, "Les adhérents dépensent plus que ceux tenus à l’écart.", "+40,0\u00a0pt"),
        (1_000, "Aucun effet constaté", "+40,0\u00a0pt"),
        (250, "Les adhérents dépensent moins que ceux tenus à l’écart.", "+40,0\u00a0pt"),
    ],
)
def test_what_was_found_stands_in_a_sentence(shop, spent, finding, difference):
    client = shop.client(shop.leonore)
    client.post(PAGE, {"percent": "10"})

    def of(people: int, buyers: int, each: int) -> dict[str, int]:
        squares = people * each * each + people * 10_000  # people differ by a euro
        return {"people": people, "buyers": buyers, "spend": people * each, "spend_squares": squares,
                "points": 0, "points_squares": 0}  # fmt: skip

    GlobalControlResult.objects.create(
        control=GlobalControl.objects.get(), programme_id=shop.programme.id, export_id=uuid4(), currency="EUR",
        counted_from=shop.at - timedelta(days=365), counted_until=shop.at, measured_at=shop.at,
        tallies={"treated": of(9_000, 6_300, spent), "control": of(1_000, 300, 1_000)},
    )  # fmt: skip
    page = client.get(PAGE).content.decode()
    assert finding in page
    assert difference in page


def test_who_may_not_changes_nothing(shop):
    client = shop.client(jaquino())
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"percent": "5"}).status_code == 403
    assert not GlobalControl.objects.exists()
