"""Taking an import back is offered where there is something to take back; where not, the page says why."""

from __future__ import annotations

import pytest
from django.test import Client

from fidelia.intake.models import Import

from .shop import Shop, shop
from .test_imports import PEOPLE, bring_in, folders, page, words

__all__ = ["folders", "shop"]
pytestmark = pytest.mark.django_db(transaction=True)


def told(client: Client, found: Import) -> str:
    return words(page(client, "import-result", found))


def test_where_nothing_was_recorded_the_page_says_so_instead_of_offering_it(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    found = bring_in(client, PEOPLE, "clients.csv")
    assert "Annuler cet import" in told(client, found)
    Import.objects.filter(id=found.id).update(totals={**found.totals, "recorded_rows": 0})
    assert "Annuler cet import" not in told(client, found)
    assert "Il n’y a rien à annuler" in told(client, found)
