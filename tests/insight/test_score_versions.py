"""The score is kept as versions, watched for drift, and set by the one that a person chose."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from fidelia.access.models import Audit, User
from fidelia.insight.errors import UnknownScoreVersion
from fidelia.insight.fits.scoring.keeping import DRIFTED
from fidelia.insight.models import ScoreVersion
from fidelia.insight.operations import choose_score, refresh
from fidelia.insight.operations.chapters import facts_of
from fidelia.insight.operations.scoring import ScoredPeople, keep_score, score_people
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Denied
from fidelia.organisation.queries import get_operator
from tests.cast import AT, PIZARRO, actor_with, person
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", label="Rocco")


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


@pytest.fixture
def people() -> list[UUID]:
    """Ninety customers over two years: a third came once, a third monthly, a third monthly until last summer."""
    found = customers(90)
    rows = []
    for place, someone in enumerate(found):
        begun = AT - timedelta(days=715 - place % 7)
        months = (1, 24, 15)[place % 3]
        rows += [purchase(someone, 1_500 + 10 * place, begun + timedelta(days=30 * month)) for month in range(months)]
    buy(rows)
    return found


def test_a_version_is_kept_each_four_weeks_and_the_chosen_one_counts(people: list[UUID]) -> None:
    last = refresh(by=ROCCO, at=AT)
    with facts_of(last, get_operator()) as facts:
        for days in (0, 1):
            kept(score_people(facts), AT + timedelta(days=days))
        first = ScoreVersion.objects.get()
        assert (first.number, first.card["people"], first.is_chosen) == (1, 90, False)
        assert 0.5 < first.card["auc"] <= 1
        assert set(first.drift) == {*first.card["columns"], "score"}
        assert first.drift_at == AT + timedelta(days=1)
        assert max(first.drift.values()) == 0, "these are the very people who were scored when it was learnt"
        choose_score(by=ROCCO, at=AT, number=1)
        ScoreVersion.objects.update(weights={**first.weights, "constant": 100.0})  # so that it shows which one counts
        found = score_people(facts)
        assert found is not None
        assert found.chances.min() > 0.999
        kept(found, AT + timedelta(days=29))
    assert list(ScoreVersion.objects.order_by("number").values_list("number", "is_chosen")) == [(1, True), (2, False)]
    choose_score(by=ROCCO, at=AT, number=None)
    assert not ScoreVersion.objects.filter(is_chosen=True).exists()
    assert Audit.objects.filter(object_type="score_version").count() == 2


def test_a_shop_that_others_come_to_is_told_that_its_score_was_learnt_from_other_people(
    people: list[UUID], client: Client
) -> None:
    for days in (0, 1):
        if days:  # three times as many, who all began this autumn and come twice a week
            newcomers = [who for who in customers(270) for _ in range(8)]
            buy([purchase(who, 900, AT - timedelta(days=3 * (n % 8) + 1)) for n, who in enumerate(newcomers)])
        with facts_of(refresh(by=ROCCO, at=AT + timedelta(days=days)), get_operator()) as facts:
            kept(score_people(facts), AT + timedelta(days=days))
        if not days:
            choose_score(by=ROCCO, at=AT, number=1)
            assert max(ScoreVersion.objects.get().drift.values()) < DRIFTED
    version = ScoreVersion.objects.get()
    assert version.drift["Days since the first purchase"] > DRIFTED
    assert version.drift["score"] > DRIFTED
    client.force_login(person("Leonore", "loyalty_manager"))
    told = client.get("/console/").content.decode()
    assert "version 1 du score" in told
    choose_score(by=ROCCO, at=AT, number=None)
    assert "version 1 du score" not in client.get("/console/").content.decode(), (
        "one that does not count worries nobody"
    )


def kept(found: ScoredPeople | None, at: datetime) -> None:
    with transaction_of_use_case():
        keep_score(at=at, found=found)


def test_what_is_none_cannot_be_chosen_nor_by_everybody() -> None:
    with pytest.raises(UnknownScoreVersion):
        choose_score(by=ROCCO, at=AT, number=7)
    with pytest.raises(Denied):
        choose_score(by=PIZARRO, at=AT, number=None)


def test_the_page_says_that_there_is_none_and_shows_the_card(client: Client) -> None:
    client.force_login(person("Leonore", "loyalty_manager"))
    where = "/console/insight/scores/versions/"
    assert "Aucune version n’est encore conservée" in client.get(where).content.decode()
    card = {
        "people": 900, "did": 300, "auc": 0.812, "auc_low": 0.79, "auc_high": 0.83, "lift": 2.4,
        "calibration_error": 0.012, "columns": ["Purchases of the last 90 days"],
    }  # fmt: skip
    ScoreVersion.objects.create(
        number=3, learnt_at=AT, card=card, weights={"constant": 0, "of": {}}, spreads={}, drift={"score": 0.31},
        is_chosen=True, chosen_by="Leonore", chosen_at=AT,
    )  # fmt: skip
    shown = client.get(where).content.decode()
    assert "0,812" in shown
    assert "d’autres personnes désormais" in shown
    assert "version 3 du score" in client.get("/console/").content.decode()
    client.post("/console/insight/scores/versions/choice/", {"number": ""})
    assert not ScoreVersion.objects.get().is_chosen


@pytest.mark.parametrize(
    ("language", "contradicts", "none"),
    [("en", "The period ends before it begins", "No version was learnt then"),
     ("fr", "La période finit avant de commencer", "Aucune version n’a été apprise alors")],
)  # fmt: skip
def test_versions_are_chosen_by_score_and_by_period(
    people: list[UUID], client: Client, language: str, contradicts: str, none: str
) -> None:
    with facts_of(refresh(by=ROCCO, at=AT), get_operator()) as facts:
        kept(score_people(facts), AT)
    manager = person("Leonore", "loyalty_manager")
    User.objects.filter(id=manager.id).update(language=language)
    client.force_login(User.objects.get(id=manager.id))

    def shown(query: str) -> str:
        return client.get(f"/console/insight/scores/versions/?{query}").content.decode()

    row, day = '<th scope="row">1', AT.date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    for takes in ("", f"since={day}", f"until={day}", f"since={before}&until={after}&score=purchase"):
        assert row in shown(takes), takes
    for left_out in (f"since={after}", f"until={before}"):
        assert row not in shown(left_out)
        assert none in shown(left_out)
    assert row not in shown("score=uplift"), "the other score alone"
    for wrong in (f"since={after}&until={before}", "since=yesterday", "score=nonsense"):
        assert row in shown(wrong), "what is not understood leaves nothing out, and that is said"
        assert "f-mistake" in shown(wrong)
    assert contradicts in shown(f"since={after}&until={before}")
