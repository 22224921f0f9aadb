"""The page of a backtest: empty, run as a job, and full, in both languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fidelia.insight.backtest.parts import Part
from fidelia.insight.models import Backtest
from fidelia.insight.operations.backtesting import backtest_version
from fidelia.jobs.models import Job
from fidelia.programme.operations import draft_version
from tests.cast import actor_with, leonore, pizarro
from tests.insight.backtest.history import FIRST, Shop
from tests.insight.shop import open_shop
from tests.programme.cast import AT

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
PAGE = "/console/programmes/cercle/versions/2/backtest/"


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Shop:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    made = Shop()
    made.live(6)
    document = {**FIRST, "rules": FIRST["rules"][:2]}
    draft_version(by=ANALYST, at=AT + timedelta(days=50), programme=made.programme, document=document)
    return made


def test_it_is_empty_until_it_is_run_and_runs_as_a_job(shop: Shop, client: Client) -> None:
    client.force_login(leonore())
    assert "Cette version n’a pas encore été rejouée" in client.get(PAGE).content.decode()
    assert client.post(PAGE).status_code == 302
    job = Job.objects.get(kind="insight.backtest")
    assert job.label.fr == "Rejeu de la version 2"
    assert "Lancer le rejeu" not in client.get(PAGE).content.decode()


@pytest.mark.parametrize(("language", "words"), [
    ("fr", ("Preuve", "Ce qui fait l’écart", "Statut à la fin", "Tel que vécu", "mars 2026", "Mars 2026", "→ Grand")),
    ("en", ("Proof", "What makes the difference", "Tier at the end", "As it happened", "Feb 2026", "March 2026")),
])  # fmt: skip
def test_it_shows_proof_charts_tiers_and_baskets(
    shop: Shop, client: Client, language: str, words: tuple[str, ...]
) -> None:
    version = shop.programme.versions.select_related("programme__points_currency").get(number=2)
    backtest_version(by=ANALYST, at=AT + timedelta(days=60), version=version)
    user = leonore()
    user.language = language
    user.save()
    client.force_login(user)
    page = client.get(PAGE).content.decode()
    assert [word for word in words if word not in page] == []


def test_who_may_not_sees_and_starts_nothing(shop: Shop, client: Client) -> None:
    client.force_login(pizarro())
    assert client.get(PAGE).status_code in (403, 404)
    assert client.post(PAGE).status_code in (403, 404)
    assert not Job.objects.filter(kind="insight.backtest").exists()


def test_a_part_is_chosen_run_and_shown(shop: Shop, client: Client) -> None:
    version = shop.programme.versions.select_related("programme__points_currency").get(number=2)
    backtest_version(by=ANALYST, at=AT + timedelta(days=60), version=version)
    client.force_login(leonore())
    month = next(iter(Backtest.objects.get().result["by_month"]))
    empty = client.get(PAGE, {"month": month}).content.decode()
    assert "Cette partie n’a pas encore été comptée" in empty
    assert client.post(PAGE, {"month": month, "tier": "nonsense"}).url == f"{PAGE}?month={month}"
    assert Job.objects.get(kind="insight.backtest").arguments["part"] == {"month": month}
    backtest_version(by=ANALYST, at=AT + timedelta(days=60), version=version, part=Part(month=month))
    page = client.get(PAGE, {"month": month}).content.decode()
    assert "Preuve" in page
    assert f'"{PAGE}?"' in page, "the chip that takes the filter away"
    assert "Preuve" in client.get(PAGE).content.decode()
