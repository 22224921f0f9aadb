"""Before a version with other tiers is published, its page counts who would move; and it says its policies."""

from __future__ import annotations

import pytest

from fidelia.programme.operations import draft_version, rederive_tiers
from tests.cast import SYSTEM
from tests.programme.cast import DOCUMENT

from .shop import Shop, shop

__all__ = ["shop"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def test_it_counts_who_would_move_and_writes_nothing(shop: Shop) -> None:
    from django.db import transaction

    from fidelia.programme.models import Enrolment, TierPeriod

    for one, net in zip(shop.members(3), (1000, 6000, 2000), strict=True):
        shop.buy(one, net, 5)
    with transaction.atomic():
        rederive_tiers(at=shop.at, enrolment_ids=Enrolment.objects.values_list("id", flat=True))
    levels = [{**DOCUMENT["tiers"]["levels"][0], "threshold": "60"}, DOCUMENT["tiers"]["levels"][1]]
    document = {**DOCUMENT, "tiers": {**DOCUMENT["tiers"], "levels": levels, "on_return": "keep"}}
    draft_version(by=SYSTEM, at=shop.at, programme=shop.programme, document=document)
    before = TierPeriod.objects.count()
    client, address = shop.client(shop.leonore), "/console/programmes/cercle/versions/2/tiers/"
    page = client.get(address).content.decode()
    assert "Compter qui changerait" in page
    assert "Qui rend ce qui l’avait fait gagner le garde." in page
    counted = client.get(address, {"preview": "1"})
    moves = counted.context["preview"]
    assert (moves.members, moves.moved, moves.rows) == (3, 1, [("sans statut", "Connaisseur", 1)])
    assert "Compté pour les 3 adhérents." in counted.content.decode()
    assert TierPeriod.objects.count() == before


def test_a_version_says_how_it_treats_what_goes_another_way(shop: Shop) -> None:
    page = shop.client(shop.leonore).get("/console/programmes/cercle/versions/1/points/").content.decode()
    assert "Un achat anonyme peut être rattaché à un adhérent pendant 30 jours." in page
    assert "Un achat rapporte à partir du jour de l’adhésion." in page
    assert "Qui rend" not in page
