"""Paid memberships in the console: who has which plan until when, and the end of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from fidelia.kernel.clock import now
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.queries import get_programme
from fidelia.subscriptions.models import Subscription
from tests.cast import SYSTEM, leonore, pizarro
from tests.programme.cast import DOCUMENT
from tests.referral.cast import newcomer
from tests.subscriptions.shop import MONTHLY, PLUS, have

from .boutique import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    open_shop()
    client = Client()
    client.force_login(leonore())
    return client


def sold() -> Subscription:
    of, at = get_programme("cercle"), now()
    plans = [{**PLUS, "refund": {"within_days": 14, "then": "day"}}, {**MONTHLY, "trial_days": 14, "renewal": "auto"}]
    draft = draft_version(by=SYSTEM, at=at - timedelta(days=50), programme=of, document={**DOCUMENT, "plans": plans})
    publish_version(by=SYSTEM, at=at - timedelta(days=50), version=draft)
    for name in ("Jaquino", "Rocco"):
        other = newcomer(of, at - timedelta(days=100), given_name=name)
        have(other, "monthly", at - timedelta(days=3), is_trial=name == "Rocco")
    member = newcomer(of, at - timedelta(days=100), given_name="Fidelio")
    return have(member, "plus", at - timedelta(days=5))


def test_an_empty_page_says_what_this_is_for(manager: Client) -> None:
    page = manager.get("/console/subscriptions/").content.decode()
    assert "Personne n’a encore d’abonnement" in page
    assert "Aucun programme ne vend d’abonnement" in page


def test_who_has_which_plan_is_listed_by_state(manager: Client) -> None:
    sold()
    page = manager.get("/console/subscriptions/").content.decode()
    for text in ("Fidelio", "Plus", "Sous 14\u00a0jours", "Payé", "À l’essai"):
        assert text in page or text.replace("\u00a0", " ") in page
    page = manager.get("/console/subscriptions/?state=trial").content.decode()
    assert "Rocco" in page
    assert "Fidelio" not in page
    assert "Aucun abonnement dans cet état" in manager.get("/console/subscriptions/?state=grace").content.decode()


def test_it_is_stopped_let_go_on_and_ended_with_what_comes_back(manager: Client) -> None:
    held = sold()
    address = f"/console/subscriptions/{held.id}/"
    assert "36,00" in manager.get(address).content.decode()
    for said, kept in (("yes", True), ("no", False)):
        manager.post(f"{address}stop/", {"is_stopped": said})
        held.refresh_from_db()
        assert held.stops_at_end is kept
    page = manager.post(f"{address}end/", follow=True).content.decode()
    assert "Ce qui est rendu figure sur ses périodes" in page
    assert held.periods.get().refunded == 3600
    assert "Cet abonnement a pris fin" in manager.post(f"{address}end/", follow=True).content.decode()


def test_who_may_not_end_it_is_shown_no_button_and_refused(manager: Client) -> None:
    held = sold()
    cashier = Client()
    cashier.force_login(pizarro())
    assert cashier.get("/console/subscriptions/").status_code == 403
    assert cashier.post(f"/console/subscriptions/{held.id}/end/").status_code == 403
    held.refresh_from_db()
    assert held.ended_at is None
