"""Measuring: treated against control on exported facts, from the launch on, everybody in the arm of their draw."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from fidelia.access.models import Audit
from fidelia.campaigns.errors import AudienceTooSmall, CampaignNotLaunched
from fidelia.campaigns.models import Arm, Campaign, CampaignMember, CampaignResult
from fidelia.campaigns.operations import launch_campaign, measure_campaign, stop_campaign, stop_if_harmful
from fidelia.campaigns.operations.watching import watched_of
from fidelia.campaigns.queries import get_result, list_due_for_measuring, list_proofs, list_watched, proof_of
from fidelia.customers.models import Customer
from fidelia.insight.errors import NoExport
from fidelia.insight.operations import refresh
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job, start_job
from fidelia.kernel.errors import Denied
from tests.campaigns.conftest import Stage, enrol_all
from tests.cast import AT, PIZARRO, SYSTEM
from tests.insight.shop import buy, customers, purchase

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=61)


def launched(stage: Stage, people: int) -> tuple[Campaign, list[UUID], list[UUID]]:
    enrol_all(stage.programme, customers(people - 20))
    campaign = stage.approved(control_share=Fraction(1, 4))
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    campaign.refresh_from_db()
    arms = [
        list(campaign.members.filter(arm=arm).order_by("customer_id").values_list("customer_id", flat=True))
        for arm in (Arm.TREATED, Arm.CONTROL)
    ]
    return campaign, arms[0], arms[1]


def test_it_counts_what_each_arm_did(stage: Stage) -> None:
    campaign, treated, control = launched(stage, 60)
    day, club = AT + timedelta(days=1), {"programme_id": stage.programme.id}
    buy([purchase(person, 4_000, day, account_id=person, points=90, **club) for person in treated[:30]])
    buy([purchase(person, 1_000, day, account_id=person, points=10, **club) for person in control[:3]])
    buy([purchase(treated[0], 500, day, account_id=treated[0], points=9), purchase(None, 777, day)])
    buy([purchase(treated[29], 6_600, day, currency="CHF")])
    refresh(by=SYSTEM, at=LATER)
    result = measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    assert result.tallies == {
        "treated": {
            "people": 45, "buyers": 30, "spend": 120_500, "spend_squares": 29 * 4_000**2 + 4_500**2,
            "points": 2_700, "points_squares": 30 * 90**2,
        },
        "control": {
            "people": 15, "buyers": 3, "spend": 3_000, "spend_squares": 3 * 1_000**2, "points": 30,
            "points_squares": 300,
        },
    }  # fmt: skip
    page = get_result(by=stage.leonore, campaign=campaign)
    assert page is not None
    assert (page.buyers.treated, page.buyers.control) == (30 / 45, 0.2)
    assert page.buyers.effect.difference == pytest.approx(0.4667, abs=5e-5)
    assert (round(page.buyers.effect.low, 4), round(page.buyers.effect.high, 4)) == (
        0.1756,
        0.6431,
    )  # by hand, from the Wilson limits
    assert page.buyers.finding.en == "more than without the offer"
    assert page.spend.effect.finding == "positive"
    assert page.points.effect.difference == pytest.approx(58)
    assert page.buyers.definition.startswith("Effect on the share of people who bought")
    assert page.smallest_lift == pytest.approx(0.40, abs=0.02)


def test_it_finds_no_effect_where_both_did_the_same(stage: Stage) -> None:
    campaign, treated, control = launched(stage, 40)
    day = AT + timedelta(days=1)
    buy([purchase(person, 1_000 + 100 * n, day) for n, person in enumerate(treated[:15])])
    buy([purchase(person, 1_000 + 300 * n, day) for n, person in enumerate(control[:5])])
    refresh(by=SYSTEM, at=LATER)
    measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    page = get_result(by=stage.leonore, campaign=campaign)
    assert page is not None
    assert page.buyers.effect.difference == 0
    assert {page.buyers.finding.en, page.spend.finding.en, page.points.finding.en} == {"no effect found"}
    assert page.buyers.finding.fr == "aucun effet constaté"


def test_it_counts_from_the_launch_to_the_end_and_not_what_came_back(stage: Stage) -> None:
    campaign, treated, _control = launched(stage, 40)
    before, after = AT - timedelta(seconds=1), campaign.ends_at
    buy([purchase(treated[0], 1_000, before), purchase(treated[0], 1_000, after)])
    kept, back = purchase(treated[1], 1_000, AT), purchase(treated[2], 900, AT)
    buy([kept, back])
    buy([
        purchase(treated[2], -900, AT + timedelta(days=2), kind="return", returns_purchase_id=back.purchase_id),
        purchase(treated[1], -100, AT + timedelta(days=2), kind="return", returns_purchase_id=kept.purchase_id),
    ])  # fmt: skip
    refresh(by=SYSTEM, at=LATER)
    result = measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    assert (result.counted_from, result.counted_until) == (AT, campaign.ends_at)
    assert (result.tallies["treated"]["buyers"], result.tallies["treated"]["spend"]) == (1, 900)


def test_a_stopped_campaign_counts_until_it_was_stopped(stage: Stage) -> None:
    campaign, treated, _control = launched(stage, 40)
    stop = AT + timedelta(days=5)
    stop_campaign(by=stage.leonore, at=stop, campaign_id=campaign.id)
    buy([purchase(treated[0], 1_000, stop - timedelta(hours=1)), purchase(treated[1], 1_000, stop)])
    refresh(by=SYSTEM, at=LATER)
    result = measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    assert (result.counted_until, result.tallies["treated"]["buyers"]) == (stop, 1)


def test_people_merged_across_the_arms_count_in_neither(stage: Stage) -> None:
    campaign, treated, control = launched(stage, 40)
    Customer.objects.filter(id=treated[0]).update(merged_into=control[0])
    Customer.objects.filter(id=treated[1]).update(merged_into=treated[2])
    buy([purchase(treated[1], 1_000, AT), purchase(treated[2], 500, AT), purchase(treated[0], 9_000, AT)])
    refresh(by=SYSTEM, at=LATER)
    tallies = measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id).tallies
    assert (tallies["treated"]["people"], tallies["control"]["people"]) == (len(treated) - 2, len(control) - 1)
    assert (tallies["treated"]["buyers"], tallies["treated"]["spend"]) == (1, 1_500)
    assert tallies["control"]["spend"] == 0


def test_it_refuses_before_there_is_anything_to_count(stage: Stage) -> None:
    campaign = stage.approved()
    with pytest.raises(CampaignNotLaunched):
        measure_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    with pytest.raises(NoExport):
        measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    with pytest.raises(Denied):
        measure_campaign(by=PIZARRO, at=LATER, campaign_id=campaign.id)
    assert get_result(by=stage.leonore, campaign=campaign) is None
    CampaignMember.objects.filter(arm=Arm.CONTROL).delete()
    refresh(by=SYSTEM, at=LATER)
    with pytest.raises(AudienceTooSmall):
        measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    assert not CampaignResult.objects.exists()


def test_the_proof_says_what_a_control_group_would_show() -> None:
    """The example of the campaign page: 515 people, a fifth left alone, 11 % would buy anyway."""
    proof = proof_of(people=515, base=0.11, control_share=Fraction(1, 5))
    assert (proof.n_treated, proof.n_control) == (412, 103)
    assert proof.smallest_lift == pytest.approx(0.118, abs=0.002)
    lifts = [each.smallest_lift for each in list_proofs(people=515, base=0.11)]
    known = [lift for lift in lifts if lift is not None]
    assert len(lifts) == len(known) == 10
    assert known == sorted(known, reverse=True)
    assert proof_of(people=1, base=0.1, control_share=Fraction(1, 20)).smallest_lift is None


def test_the_clock_measures_what_has_new_facts_and_nothing_twice(stage: Stage) -> None:
    launched(stage, 40)
    stage.approved("tea")
    assert list_due_for_measuring(at=LATER) == []
    refresh(by=SYSTEM, at=LATER)
    assert [campaign.key for campaign in list_due_for_measuring(at=LATER)] == ["coffee"]
    started = start_job(by=SYSTEM, at=LATER, kind="campaign.measure", arguments={})
    run_job(job_id=started.id, clock=lambda: LATER)
    assert Job.objects.get(id=started.id).result == {"measured": 1, "stopped": 0}
    refresh(by=SYSTEM, at=LATER)
    assert list_due_for_measuring(at=LATER) == []


def test_the_clock_ends_what_is_over(stage: Stage) -> None:
    campaign, _treated, _control = launched(stage, 40)
    started = start_job(by=SYSTEM, at=LATER, kind="campaign.end", arguments={})
    run_job(job_id=started.id, clock=lambda: LATER)
    campaign.refresh_from_db()
    assert (campaign.state, Job.objects.get(id=started.id).result) == ("ended", {"ended": 1})


def nightly(at: datetime) -> Any:
    started = start_job(by=SYSTEM, at=at, kind="campaign.measure", arguments={})
    run_job(job_id=started.id, clock=lambda: at)
    return Job.objects.get(id=started.id).result


def test_a_campaign_that_surely_harms_is_stopped_by_the_night_and_says_why(stage: Stage) -> None:
    """Nine in ten of those left alone buy, one in ten of the treated; another campaign's people do the same."""
    campaign, treated, control = launched(stage, 400)
    day = campaign.ends_at - timedelta(days=1)
    buy([purchase(one, 4_000, day - timedelta(days=1)) for one in (*treated[: len(treated) // 10], *control[10:])])
    refresh(by=SYSTEM, at=day)
    assert nightly(day) == {"measured": 1, "stopped": 1}
    campaign.refresh_from_db()
    assert (campaign.state, campaign.finished_at) == ("stopped", day)
    row = Audit.objects.filter(verb="campaign.stop").get()
    assert row.after == {"reason": "harm"}
    assert not stop_if_harmful(by=SYSTEM, at=day, campaign_id=campaign.id)


def test_what_may_be_chance_goes_on(stage: Stage) -> None:
    """An ordinary interval lies below zero here; the one for every day holds it, so the offer goes on."""
    campaign, treated, control = launched(stage, 400)
    day = AT + timedelta(days=3)
    few, more = len(treated) * 40 // 100, len(control) * 54 // 100
    buy([purchase(one, 4_000, AT + timedelta(days=1)) for one in (*treated[:few], *control[:more])])
    refresh(by=SYSTEM, at=day)
    assert nightly(day) == {"measured": 1, "stopped": 0}
    page = get_result(by=stage.leonore, campaign=campaign)
    (watched,) = list_watched(by=stage.leonore)
    assert page is not None
    assert page.buyers.effect.finding == "negative"
    assert watched.buyers is not None
    assert watched.buyers.low < page.buyers.effect.low < page.buyers.effect.high < 0 < watched.buyers.high
    campaign.refresh_from_db()
    assert campaign.state == "running"


def test_an_early_look_is_wider_than_a_late_one(stage: Stage) -> None:
    """A tenth of the campaign's time has told a tenth of what there is to know."""
    campaign, treated, control = launched(stage, 400)
    buy([purchase(one, 4_000, AT + timedelta(days=1)) for one in (*treated[:90], *control[:30])])
    refresh(by=SYSTEM, at=LATER)
    result = measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    widths = []
    for share in (0.1, 1.0):
        result.counted_until = result.counted_from + share * (campaign.ends_at - result.counted_from)
        spend = watched_of(campaign, result).spend
        assert spend is not None
        widths.append(spend.high - spend.low)
    assert widths[0] / widths[1] == pytest.approx(1.26, abs=0.01)


def test_too_few_people_are_told_by_no_interval_and_never_stopped(stage: Stage) -> None:
    campaign, _treated, control = launched(stage, 60)
    buy([purchase(one, 4_000, AT + timedelta(days=1)) for one in control])
    refresh(by=SYSTEM, at=LATER)
    assert nightly(AT + timedelta(days=5))["stopped"] == 0
    (watched,) = list_watched(by=stage.leonore)
    assert (watched.buyers, watched.spend, watched.harms) == (None, None, False)
    with pytest.raises(Denied):
        stop_if_harmful(by=PIZARRO, at=LATER, campaign_id=campaign.id)
    with pytest.raises(Denied):
        list_watched(by=PIZARRO)
