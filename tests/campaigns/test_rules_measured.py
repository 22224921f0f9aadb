"""Rules that leave a share out are measured against it, stopped when they surely harm, and begin again when asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from fidelia.access.models import Audit
from fidelia.campaigns.errors import RuleNotInForce, RuleNotStopped
from fidelia.campaigns.models import RuleResult, RuleStop
from fidelia.campaigns.operations import measure_rules, resume_rule, stop_harmful_rules, stop_rule
from fidelia.campaigns.operations.rules_measured import arms_of, list_controlled_rules, watched_rule
from fidelia.insight.errors import NoExport
from fidelia.insight.operations import refresh
from fidelia.kernel.errors import Denied
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.queries import terms_of, version_in_force
from tests.campaigns.conftest import POINT_PER_EURO, Stage, enrol_all
from tests.cast import AT, PIZARRO, SYSTEM
from tests.insight.shop import buy, customers, purchase

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=120)
DOUBLE = {"key": "double", "name": {"en": "Double", "fr": "Double"}, "points": "10", "control": 50}


def published(stage: Stage, *rules: dict[str, Any], at: datetime = AT) -> None:
    document = {"format": 1, "rules": [POINT_PER_EURO, *rules]}
    draft = draft_version(by=SYSTEM, at=at, programme=stage.programme, document=document)
    publish_version(by=stage.leonore, at=at, version=draft, in_force_from=at)


def members(stage: Stage, count: int = 380) -> list[UUID]:
    found = customers(count)
    enrol_all(stage.programme, found)
    return found


def arms(people: list[UUID]) -> tuple[list[UUID], list[UUID]]:
    drawn = arms_of(people, "double", Fraction(1, 2))
    return [one for one in people if drawn[one] == "treated"], [one for one in people if drawn[one] == "control"]


def measured(stage: Stage, treated_cents: int, control_cents: int) -> RuleResult:
    people = members(stage)
    published(stage, DOUBLE)
    treated, control = arms(people)
    rows = [purchase(one, treated_cents, AT + timedelta(days=2)) for one in treated if treated_cents]
    buy([*rows, *(purchase(one, control_cents, AT + timedelta(days=2)) for one in control)])
    refresh(by=SYSTEM, at=LATER)
    (result,) = measure_rules(by=SYSTEM, at=LATER)
    return result


def test_a_rule_is_measured_against_those_whom_it_leaves_out(stage: Stage) -> None:
    result = measured(stage, 4_000, 1_000)
    treated, control = (result.tallies[arm] for arm in ("treated", "control"))
    assert (result.rule_key, result.kind, result.permille, result.counted_from) == ("double", "points", 500, AT)
    assert treated["people"] + control["people"] >= 380
    assert treated["spend"] == 4_000 * treated["buyers"]
    assert control["spend"] == 1_000 * control["buyers"]
    assert result.given == {"times": 0, "points": 0, "discount": 0}  # these rows were never decided
    seen = watched_rule(result)
    assert seen.spend is not None
    assert seen.spend.finding == "positive"
    assert stop_harmful_rules(by=SYSTEM, at=LATER, results=[result]) == []


def test_one_that_surely_harms_is_stopped_once_audited_and_begins_again_when_asked(stage: Stage) -> None:
    result = measured(stage, 0, 5_000)
    (stop,) = stop_harmful_rules(by=SYSTEM, at=LATER, results=[result])
    assert stop_harmful_rules(by=SYSTEM, at=LATER, results=[result]) == []
    assert (stop.reason, stop.former_end) == ("harm", "")
    rule = _rule(stage, LATER)
    assert rule.valid_until == LATER
    assert Audit.objects.filter(verb="campaign.stop", object_id=str(stop.id)).count() == 1
    resume_rule(by=stage.leonore, at=LATER + timedelta(days=1), stop_id=stop.id)
    assert _rule(stage, LATER + timedelta(days=1)).valid_until is None
    with pytest.raises(RuleNotStopped):
        resume_rule(by=stage.leonore, at=LATER + timedelta(days=2), stop_id=stop.id)


def _rule(stage: Stage, at: datetime) -> Any:
    version = version_in_force(stage.programme, at)
    assert version is not None
    return terms_of(version.id).rule_set.rule_at["double"]


def test_it_is_counted_from_when_it_left_the_same_share_out(stage: Stage) -> None:
    published(stage, DOUBLE)
    published(stage, DOUBLE | {"points": "20"}, at=AT + timedelta(days=10))
    (found,) = list_controlled_rules(stage.programme, at=LATER)
    assert found.since == AT
    published(stage, DOUBLE | {"control": 10}, at=AT + timedelta(days=20))
    (found,) = list_controlled_rules(stage.programme, at=LATER)
    assert (found.since, found.share) == (AT + timedelta(days=20), Fraction(1, 10))
    published(stage, at=AT + timedelta(days=30))
    assert list_controlled_rules(stage.programme, at=LATER) == []


def test_of_few_people_nothing_is_kept_and_before_the_facts_nothing_asked(stage: Stage) -> None:
    published(stage, DOUBLE)
    with pytest.raises(NoExport):
        measure_rules(by=SYSTEM, at=LATER)
    refresh(by=SYSTEM, at=LATER)
    assert measure_rules(by=SYSTEM, at=LATER) == []  # twenty members
    assert not RuleResult.objects.exists()


def test_what_is_no_rule_cannot_be_stopped_nor_by_everybody(stage: Stage) -> None:
    published(stage, DOUBLE)
    with pytest.raises(RuleNotInForce):
        stop_rule(by=stage.leonore, at=LATER, programme=stage.programme, rule_key="nope", reason="why")
    with pytest.raises(Denied):
        stop_rule(by=PIZARRO, at=LATER, programme=stage.programme, rule_key="double", reason="why")
    with pytest.raises(Denied):
        measure_rules(by=PIZARRO, at=LATER)
    stop_rule(by=stage.leonore, at=LATER, programme=stage.programme, rule_key="double", reason="too dear")
    with pytest.raises(RuleNotInForce):
        stop_rule(by=stage.leonore, at=LATER, programme=stage.programme, rule_key="double", reason="again")
    assert RuleStop.objects.count() == 1
