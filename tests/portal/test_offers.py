"""Offers in the portal: seen on home and among the rewards, activated once by one gesture, refused in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from fidelia.kernel.clock import now
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.queries import get_programme, version_in_force
from fidelia.rewards.models import OfferActivation
from tests.cast import SYSTEM

from .members_shop import inside, newcomer, open_doors

pytestmark = pytest.mark.django_db


def put_out(*offers: dict[str, Any]) -> None:
    """Publish the boutique's programme with offers that can be activated now."""
    circle, at = get_programme("cercle"), now()
    current = version_in_force(circle, at)
    assert current is not None
    version = draft_version(by=SYSTEM, at=at, programme=circle, document=current.document | {"offers": list(offers)})
    publish_version(by=SYSTEM, at=at, version=version, in_force_from=at)


def offer(key: str, **changes: Any) -> dict[str, Any]:
    return {"key": key, "name": {"en": f"The {key}", "fr": f"Le {key}"}, **changes}


def activate(client: Client, key: str, place: str = "rewards") -> str:
    """What is read after the gesture."""
    return client.post(f"/offers/{key}/activation/", {"from": place}, follow=True).content.decode()


def test_what_is_open_is_activated_once_and_shown_with_its_end() -> None:
    shop = open_doors()
    ends = now() + timedelta(days=40)
    put_out(
        offer("tea", description={"en": "All teas.", "fr": "Tous les thés."}, lasts_days=3),
        offer("last", at_most=1, valid_until=ends.isoformat()),
        offer("next", valid_from=(now() + timedelta(days=9)).isoformat()),
        offer("gone", valid_from="2020-01-01T00:00:00+01:00", valid_until="2020-02-01T00:00:00+01:00"),
    )
    client = inside(shop.customer_id)
    home, rewards = (client.get(page).content.decode() for page in ("/", "/rewards/"))
    for said in ("Le tea", "Tous les thés.", "Pendant 3 jours", "plus que 1", "Activer"):
        assert said in home, said
        assert said in rewards, said
    assert "Le next" not in home
    assert "Le next" in rewards
    assert "Le gone" not in rewards
    done = activate(client, "tea", "home")
    assert "«\u00a0Le tea\u00a0» compte dès maintenant" in done
    assert "Compte jusqu’au" in done
    assert "Activée" in done
    assert "compte dès maintenant" in activate(client, "tea"), "a second click is the same gesture"
    assert OfferActivation.objects.count() == 1


def test_what_cannot_be_activated_is_said_and_changes_nothing() -> None:
    shop = open_doors()
    put_out(offer("last", at_most=1), offer("next", valid_from=(now() + timedelta(days=9)).isoformat()))
    first, second = inside(shop.customer_id), inside(newcomer(shop), "new@example.com")
    activate(first, "last")
    assert "ont déjà pris cette offre" in activate(second, "last")
    assert "Épuisé" in second.get("/rewards/").content.decode()
    assert "aujourd’hui" in activate(second, "next")
    assert second.post("/offers/made-up/activation/").status_code == 404
    assert second.get("/offers/last/activation/").status_code == 405
    assert Client().post("/offers/last/activation/").status_code == 302
    assert owners() == [shop.customer_id]


def test_who_left_the_programme_activates_nothing() -> None:
    shop = open_doors()
    put_out(offer("tea"))
    client = inside(shop.customer_id)
    type(shop.member).objects.filter(id=shop.member.id).update(ended_at=now())
    assert client.post("/offers/tea/activation/").status_code == 404
    assert owners() == []


def owners() -> list[UUID]:
    return list(OfferActivation.objects.values_list("customer_id", flat=True))
