"""Scores learnt from past campaigns: who answers, who buys because of one; kept, watched, and held as traits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.test import Client

from fidelia.campaigns.models import Arm, Campaign, CampaignMember, State
from fidelia.campaigns.operations import learn_from_campaigns
from fidelia.campaigns.operations.learning import past_campaigns
from fidelia.customers.queries import traits_at
from fidelia.insight.errors import NoRefreshYet, UnknownScoreVersion
from fidelia.insight.models import ScoreKind, ScoreVersion
from fidelia.insight.operations import choose_score, refresh
from fidelia.insight.operations.campaign_scores import Drawn, equal_shares, first_of_each, last_of_each
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job, start_job
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied
from tests.campaigns.conftest import NAME, OFFER, Stage
from tests.cast import AT, PIZARRO, SYSTEM, person
from tests.insight.shop import buy, customers, purchase

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=61)


def held(stage: Stage, people: list[UUID], key: str, days_ago: int, deal: int = 2, **changes: Any) -> Campaign:
    """A campaign that ended, with people drawn one and one into its arms: rows as a launch and an end leave them."""
    begun = LATER - timedelta(days=days_ago)
    given: dict[str, Any] = {
        "key": key, "name": NAME, "programme_id": stage.programme.id, "segment_id": uuid4(), "segment_key": "everybody",
        "state": State.ENDED, "control_numerator": 1, "control_denominator": 2, "starts_at": begun,
        "ends_at": begun + timedelta(days=20), "offer": OFFER, "seed": key, "author_label": "Leonore",
        "created_at": begun, "changed_at": begun, "launched_at": begun, "counted_from": begun,
        "finished_at": begun + timedelta(days=20),
    }  # fmt: skip
    campaign = Campaign.objects.create(**given | changes)
    CampaignMember.objects.bulk_create(
        CampaignMember(
            campaign=campaign, customer_id=one, assigned_at=begun, arm=(Arm.TREATED, Arm.CONTROL)[place // deal % 2]
        )
        for place, one in enumerate(people)
    )
    return campaign


@pytest.fixture
def people(stage: Stage) -> list[UUID]:
    """Four hundred customers: every second bought often; a campaign moves those, and nobody else."""
    found = customers(400)
    campaign = held(stage, found, "spring", 30)
    rows, chance = [], np.random.default_rng(5)
    for place, one in enumerate(found):
        begun = campaign.starts_at
        often, treated = place % 2 == 0, place // 2 % 2 == 0
        months = chance.choice(30, size=12 if often else 2, replace=False)
        rows += [
            purchase(one, int(chance.integers(1_000, 4_000)), begun - timedelta(days=10 + 12 * int(month)))
            for month in months
        ]
        if chance.random() < (0.8 if often and treated else 0.3):
            rows.append(purchase(one, 3_000, begun + timedelta(days=5)))
    buy(rows)
    return found


def test_it_learns_who_answers_and_whom_a_campaign_moves(stage: Stage, people: list[UUID]) -> None:
    refresh(by=SYSTEM, at=LATER)
    learnt = learn_from_campaigns(by=SYSTEM, at=LATER)
    assert learnt == {"campaigns": 1, "response": 400, "uplift": 400}
    response = ScoreVersion.objects.get(kind=ScoreKind.RESPONSE)
    assert (response.number, response.card["people"], response.card["campaigns"]) == (1, 200, ["spring"])
    uplift = ScoreVersion.objects.get(kind=ScoreKind.UPLIFT)
    assert (uplift.card["people"], uplift.card["treated"]) == (400, 200)
    assert uplift.card["qini_low"] > 0
    assert uplift.card["of_all"] > 0.15
    assert set(uplift.drift) == {*uplift.card["columns"], "score"}
    often, seldom = (
        np.array([[traits_at(one, LATER)[name] for name in ("campaign_response", "campaign_uplift")] for one in those])
        for those in (people[:40:2], people[1:40:2])
    )
    assert often[:, 0].mean() > 70 > 45 > seldom[:, 0].mean(), "in %: eight in ten against three in ten"
    assert often[:, 1].mean() > 350 > 150 > seldom[:, 1].mean(), "in ‰: half of them are moved, of the others nobody"


def test_the_chosen_version_counts_and_one_that_ranks_by_chance_sets_no_trait(stage: Stage, people: list[UUID]) -> None:
    refresh(by=SYSTEM, at=LATER)
    learn_from_campaigns(by=SYSTEM, at=LATER)
    choose_score(by=SYSTEM, at=LATER, number=1, kind=ScoreKind.UPLIFT)
    version = ScoreVersion.objects.get(kind=ScoreKind.UPLIFT)
    version.weights["treated"]["constant"], version.weights["control"]["constant"] = 100.0, -100.0
    version.save()
    learn_from_campaigns(by=SYSTEM, at=LATER)
    assert {traits_at(one, LATER)["campaign_uplift"] for one in people[:5]} == {1_000}, "so that it shows which counts"
    choose_score(by=SYSTEM, at=LATER, number=None, kind=ScoreKind.UPLIFT)
    # The arms are dealt anew, without regard to what people did: nothing is left to be learnt of whom it moves.
    CampaignMember.objects.all().delete()
    ScoreVersion.objects.all().delete()
    held(stage, people, "again", 30, deal=4)
    refresh(by=SYSTEM, at=LATER + timedelta(hours=1))
    learnt = learn_from_campaigns(by=SYSTEM, at=LATER + timedelta(hours=1))
    assert learnt["uplift"] == 0
    assert ScoreVersion.objects.get(kind=ScoreKind.UPLIFT).card["is_better_than_chance"] is False
    assert "campaign_uplift" not in traits_at(people[0], LATER + timedelta(hours=1))


def test_only_what_is_over_and_whole_teaches(stage: Stage) -> None:
    some = customers(8)
    held(stage, some, "too_few", 40)
    held(stage, some, "running", 30, state=State.RUNNING, finished_at=None)
    held(
        stage,
        some,
        "not_told",
        10,
        ends_at=clock.now() + timedelta(days=9),
        finished_at=clock.now() + timedelta(days=9),
    )
    held(stage, some, "long_ago", 800)
    held(stage, some, "at_once", 5, state=State.STOPPED, finished_at=LATER - timedelta(days=5))
    with pytest.raises(NoRefreshYet):
        learn_from_campaigns(by=SYSTEM, at=LATER)
    buy([purchase(some[0], 1_000, LATER - timedelta(days=100))])
    refresh(by=SYSTEM, at=LATER)
    assert [one.key for one in past_campaigns(LATER)] == ["too_few"]
    assert learn_from_campaigns(by=SYSTEM, at=LATER) == {"campaigns": 0, "response": 0, "uplift": 0}
    assert not ScoreVersion.objects.exists()
    with pytest.raises(Denied):
        learn_from_campaigns(by=PIZARRO, at=LATER)
    with pytest.raises(UnknownScoreVersion):
        choose_score(by=SYSTEM, at=LATER, number=1, kind="fortune")


def test_each_counts_once_and_every_campaign_has_the_same_share_of_treated() -> None:
    who = np.array([f"{n:04}" for n in range(300)] + [f"{n:04}" for n in range(100)], dtype=object)
    place = np.array([0] * 300 + [1] * 100)
    treated = np.concatenate([np.arange(300) % 3 > 0, np.arange(100) % 2 == 0])  # two thirds, a half
    drawn = Drawn(who, {"x": np.arange(400.0)}, treated, np.zeros(400, dtype=bool), place)
    assert (len(first_of_each(drawn)), first_of_each(drawn).place.max()) == (300, 0)
    last = last_of_each(drawn)
    assert (len(last), (last.place == 1).sum()) == (300, 100)
    even = equal_shares(drawn)
    for one in (0, 1):
        arm = even.treated[even.place == one]
        assert arm.sum() == (~arm).sum()
    assert (even.place == 0).sum() == 200
    few = drawn.taken(np.concatenate([np.arange(300), np.arange(300, 310)]))
    assert set(equal_shares(few).place.tolist()) == {0}, "ten people teach nothing"


def test_the_night_learns_and_the_page_shows_the_cards(stage: Stage, people: list[UUID], client: Client) -> None:
    refresh(by=SYSTEM, at=LATER)
    job = start_job(by=stage.leonore, at=LATER, kind="campaign.learn", arguments={})
    run_job(job_id=job.id, clock=lambda: LATER)
    assert Job.objects.get(id=job.id).result["uplift"] == 400
    client.force_login(person("Rocco", "loyalty_manager"))
    shown = client.get("/console/insight/scores/versions/").content.decode()
    assert "Qui achète grâce à une campagne" in shown
    assert "trait.campaign_uplift" in shown
    where = "/console/insight/scores/versions/choice/"
    client.post(where, {"kind": "uplift", "number": "1"})
    assert ScoreVersion.objects.get(is_chosen=True).kind == ScoreKind.UPLIFT
    for wrong in ({"kind": "fortune", "number": "1"}, {"kind": "uplift", "number": "9" * 40}, {"number": "x"}):
        assert client.post(where, wrong, follow=True).status_code == 200
    assert ScoreVersion.objects.get(is_chosen=True).kind == ScoreKind.UPLIFT, "what cannot be chosen changes nothing"
