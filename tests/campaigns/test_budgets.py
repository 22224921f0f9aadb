"""The budget of a campaign: the night that finds it used up stops the campaign, and says why."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from fidelia.access.models import Audit
from fidelia.campaigns.errors import MalformedCampaign
from fidelia.campaigns.models import Arm, CampaignResult
from fidelia.campaigns.operations import launch_campaign, stop_if_spent
from fidelia.campaigns.operations.drafting import content_of
from fidelia.insight.operations import refresh
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job, start_job
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied
from fidelia.programme.queries import version_in_force
from tests.campaigns.conftest import Stage
from tests.campaigns.test_the_loop import buy
from tests.cast import AT, PIZARRO, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=9)


def nightly() -> Any:
    refresh(by=SYSTEM, at=LATER)
    started = start_job(by=SYSTEM, at=LATER, kind="campaign.measure", arguments={})
    run_job(job_id=started.id, clock=lambda: LATER)
    return Job.objects.get(id=started.id).result


def test_the_night_that_finds_the_budget_used_up_stops_the_campaign(stage: Stage) -> None:
    ends_at = clock.now() + timedelta(days=30)  # exports are cut off by the clock of the database
    campaign = stage.approved(offer={"points": "50"}, control_share=Fraction(1, 2), budget=100, ends_at=ends_at)
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    treated = list(campaign.members.filter(arm=Arm.TREATED).values_list("customer_id", flat=True))
    assert buy(treated[0], 3_000, days=1).points == 80
    assert nightly() == {"measured": 1, "stopped": 0}
    assert not stop_if_spent(by=SYSTEM, at=LATER, campaign_id=campaign.id)
    assert [buy(one, 3_000, days=2).points for one in treated[1:3]] == [80, 80], "until the next night it goes on"
    with pytest.raises(Denied):
        stop_if_spent(by=PIZARRO, at=LATER, campaign_id=campaign.id)
    assert nightly() == {"measured": 1, "stopped": 1}
    assert CampaignResult.objects.latest("measured_at", "id").given == {"times": 3, "points": 150, "discount": 0}
    campaign.refresh_from_db()
    assert (campaign.state, campaign.finished_at) == ("stopped", LATER)
    assert Audit.objects.get(verb="campaign.stop").after == {"reason": "budget"}
    version = version_in_force(stage.programme, LATER)
    assert version is not None
    assert campaign.mark not in [rule["key"] for rule in version.document["rules"]]
    assert not stop_if_spent(by=SYSTEM, at=LATER, campaign_id=campaign.id)


def test_without_a_budget_nothing_stops_it_and_an_approval_knows_of_it(stage: Stage) -> None:
    free, bound = stage.draft("free"), stage.draft("bound", budget=7)
    assert "budget" not in content_of(free), "approvals of before stand"
    assert content_of(bound)["budget"] == 7
    for wrong in (0, -1, 10**16):
        with pytest.raises(MalformedCampaign) as refused:
            stage.draft("tea", budget=wrong)
        assert refused.value.pointer == "/budget"
