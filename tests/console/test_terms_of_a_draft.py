"""The points and the tiers of a draft in forms, the points of a member in words, and what is ahead of him."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from fidelia.console.programme_terms import PointsForm
from fidelia.kernel import clock
from fidelia.ledger.operations import PostingResult
from fidelia.programme.models import AskedAdjustment, ProgrammeVersion
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.operations.adjusting import correct_points
from fidelia.programme.operations.points import grant_points
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import DOCUMENT, member

from .test_tier_previews import Shop, shop  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db
AT = "/console/programmes/cercle/versions/2"
BEGINS = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ROCCO = actor_with("points.adjust", label="Rocco", number=7)


@pytest.fixture
def draft(shop: Shop) -> ProgrammeVersion:  # noqa: F811
    return draft_version(by=SYSTEM, at=shop.at, programme=shop.programme, document=DOCUMENT)


def page_of(client: Client, address: str) -> str:
    return client.get(address).content.decode().replace("\u00a0", " ")


def test_the_life_of_points_is_set_by_a_form_and_said_in_words(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    empty = page_of(client, f"{AT}/points/form/")
    assert [name for name in PointsForm.base_fields if f'name="{name}"' not in empty] == []
    sent = {
        "validity_months": "36", "ends": "quarter", "counts_from": "activity", "transfers": "restart",
        "pending": "event", "pending_event": "delivered", "cancelled_after_days": "60", "notice_days": "30, 7",
        "reinstatement_days": "10", "approval_above": "500", "pays_points": "100", "pays_money": "1",
        "pays_minimum": "500", "pays_share": "50", "given_minimum": "200", "given_fee": "50",
    }  # fmt: skip
    assert client.post(f"{AT}/points/form/", sent).status_code == 302
    draft.refresh_from_db()
    assert draft.document["points"]["transfers"] == {"life": "restart", "minimum": "200", "fee": "50"}
    assert draft.document["points"]["pending"] == {"event": "delivered", "cancelled_after_days": 60}
    said = page_of(client, f"{AT}/points/")
    assert "Les points vivent 36 mois après la dernière activité, jusqu’à la fin de ce trimestre" in said
    assert "L’adhérent est prévenu 30 ou 7 jours avant." in said
    assert "100 points paient 1,00 €, dès 500 points, jusqu’à 50 % du montant dû." in said
    assert "On donne au moins 200 points." in said
    assert "50 points sont retenus sur chaque don." in said
    shown = page_of(client, f"{AT}/points/form/")
    assert 'name="given_minimum" value="200"' in shown
    refused = client.post(f"{AT}/points/form/", sent | {"given_maximum": "100"})
    assert refused.status_code == 422
    assert client.post(f"{AT}/points/form/", {**sent, "transfers": "refused", "given_minimum": "", "given_fee": ""})
    assert "Les points ne se donnent pas." in page_of(client, f"{AT}/points/")


def test_a_mistake_is_said_and_nothing_is_saved(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    sent = {"ends": "month", "counts_from": "activity", "transfers": "keep", "notice_days": "soon"}
    assert client.post(f"{AT}/points/form/", sent).status_code == 422
    draft.refresh_from_db()
    assert draft.document == DOCUMENT


def test_tiers_are_set_by_a_form(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    assert client.get(f"{AT}/tiers/form/").status_code == 200
    sent: dict[str, Any] = {
        "metric": "spent", "window": "year", "begins": "at_once", "kept_months": "12", "kept_ends": "year",
        "falls": "one_step", "on_return": "lower", "notice_days": "60", "grace_days": "15",
        "key_1": "gold", "en_1": "Gold", "fr_1": "Or", "threshold_1": "300.00",
    }  # fmt: skip
    assert client.post(f"{AT}/tiers/form/", sent).status_code == 302
    said = page_of(client, f"{AT}/tiers/")
    assert "Les montants dépensés de l’année civile comptent." in said
    assert "Il est gardé 12 mois, jusqu’à la fin de cette année." in said
    assert "300,00 €" in said


def test_the_dates_on_which_a_status_year_begins_are_set_by_a_form(shop: Shop, draft: ProgrammeVersion) -> None:  # noqa: F811
    client = shop.client(shop.leonore)
    draft.document = {**DOCUMENT, "tiers": {**DOCUMENT["tiers"], "runs_on": {"months": 1, "ends": "month"}}}
    draft.save()
    sent = {
        "metric": "spent", "window": "dates", "window_dates": "04-01", "begins": "at_once", "falls": "to_earned",
        "on_return": "lower", "kept_periods": "1", "kept_ends": "day", "key_1": "silver", "en_1": "Silver",
        "fr_1": "Argent", "threshold_1": "300",
    }  # fmt: skip
    assert client.post(f"{AT}/tiers/form/", sent).status_code == 302
    draft.refresh_from_db()
    tiers = draft.document["tiers"]
    assert (tiers["window"], tiers["runs_on"]) == (["04-01"], {"months": 1, "ends": "month"})
    said = page_of(client, f"{AT}/tiers/")
    assert "Les montants dépensés de la période commencée le 1ᵉʳ avril comptent." in said
    assert 'value="04-01"' in page_of(client, f"{AT}/tiers/form/")
    assert client.post(f"{AT}/tiers/form/", {**sent, "window_dates": "04-31"}).status_code == 422


def test_a_member_is_told_what_happened_and_what_is_ahead(shop: Shop) -> None:  # noqa: F811
    enrolment = member(shop.programme)
    done = correct_points(by=ROCCO, at=shop.at, enrolment=enrolment, amount=20, reason="Oubli", key="k")
    assert isinstance(done, PostingResult)
    said = page_of(shop.client(shop.leonore), f"/console/customers/{enrolment.customer_id}/points/?on=2030-01-01")
    assert "Nous avons ajouté 20 points." in said
    assert "Si rien d’autre n’arrive" in said
    assert "2030" in said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ["Le 31 mars 2026", "50 pts deviennent disponibles", "6 mars 2026", "50 pts expirent", "26 mars 2026",
                "200 pts deviennent disponibles", "16 mars 2026"]),
        ("en", ["On 31 March 2026", "50 pts come to life", "6 March 2026", "50 pts expire", "26 March 2026",
                "200 pts come to life", "16 March 2026"]),
    ],
)  # fmt: skip
def test_what_a_member_will_have_on_31_march_is_said_with_what_happens_till_then(
    monkeypatch: pytest.MonkeyPatch, language: str, said: list[str]
) -> None:
    monkeypatch.setattr(clock, "now", lambda: BEGINS)
    here = Shop()
    life = {"validity_days": 20, "ends": "day", "pending": {"days": 14}}
    before = BEGINS - timedelta(days=30)
    version = draft_version(by=SYSTEM, at=before, programme=here.programme, document={**DOCUMENT, "points": life})
    publish_version(by=SYSTEM, at=before, version=version)
    enrolment = member(here.programme)
    for amount, days_ago in ((50, 10), (200, 0)):
        grant_points(
            by=SYSTEM, at=BEGINS, enrolment=enrolment, amount=amount, reason="Oubli", key=str(amount),
            occurred_at=BEGINS - timedelta(days=days_ago),
        )  # fmt: skip
    client = here.client(here.leonore, language)
    address = f"/console/customers/{enrolment.customer_id}/points/?on="
    answer = client.get(f"{address}2026-03-31")
    ahead = answer.context["ahead"]
    assert [ahead["available"].replace("\u00a0", " "), ahead["pending"]] == ["200 pts", ""]
    page = answer.content.decode().replace("\u00a0", " ")
    for each in said:
        assert each in page
    after = client.get(f"{address}2026-04-30").context["ahead"]  # all is gone by then
    assert after["available"].replace("\u00a0", " ").startswith("0 pt")


def test_a_large_correction_is_decided_on_the_page_by_another(shop: Shop) -> None:  # noqa: F811
    document = {**DOCUMENT, "points": {"approval_above": "100"}}
    version = draft_version(
        by=ROCCO_AUTHOR, at=shop.at - timedelta(days=1), programme=shop.programme, document=document
    )
    publish_version(by=SYSTEM, at=shop.at - timedelta(days=1), version=version)
    enrolment = member(shop.programme)
    asked = correct_points(by=ROCCO, at=shop.at, enrolment=enrolment, amount=101, reason="Erreur", key="k")
    assert isinstance(asked, AskedAdjustment)
    client, address = shop.client(shop.leonore), f"/console/customers/{enrolment.customer_id}/points/"
    assert "Attend une seconde personne" in page_of(client, address)
    assert client.post(f"{address}adjustments/{asked.id}/").status_code == 302
    assert "Nous avons ajouté 101 points." in page_of(client, address)


ROCCO_AUTHOR = actor_with("programme.draft", label="Rocco", number=9)
