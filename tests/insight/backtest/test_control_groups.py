"""Backtests of rules that leave a share of people out: from the record where it has the place, else from the facts."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import DecisionRecord
from fidelia.insight.operations.backtesting import Asked, backtest_document
from fidelia.rules.control import is_held_out, place_of
from fidelia.rules.decision import Decision
from tests.activity.checkouts.rules import said
from tests.cast import actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT

from .history import FIRST, Shop

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
HALF = Fraction(1, 2)
SIX = {"key": "six", "name": said("Six points"), "points": "6", "control": 50}
EURO = {"key": "euro", "name": said("A euro off"), "amount_off": {"amount": "1.00", "of": "order"}, "control": 50}


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def tried(shop: Shop, document: dict[str, Any] | None) -> dict[str, Any]:
    return backtest_document(by=ANALYST, at=AT + timedelta(days=100), asked=Asked(shop.programme, document))


def with_rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {**deepcopy(FIRST), "rules": [*deepcopy(FIRST["rules"]), *rules]}


def test_what_was_in_force_is_replayed_with_its_control_groups() -> None:
    shop = Shop(members=30, document=with_rules(SIX, EURO))  # who is left out hangs on ids drawn anew: six were too few
    shop.live(30)
    reasons = Counter(
        (outcome.rule_key, outcome.reason)
        for record in DecisionRecord.objects.values_list("record", flat=True)
        for outcome in Decision.from_mapping(record).outcomes
        if outcome.rule_key in ("six", "euro")
    )
    assert {"control", "granted"} <= {reason for rule, reason in reasons if rule == "six"}
    assert {"control", "granted"} <= {reason for rule, reason in reasons if rule == "euro"}
    found = tried(shop, None)
    assert (found["proof"]["changed"], found["approximate"]) == (0, 0)
    assert found["proof"]["points"][0] == found["proof"]["points"][1]


def test_a_draft_leaves_out_whom_the_till_would_leave_out() -> None:
    shop = Shop(members=30)
    shop.live(30)
    outside = {one.customer_id for one in shop.members if not is_held_out(place_of(str(one.customer_id)), "six", HALF)}
    assert 0 < len(outside) < 30
    whole = tried(shop, with_rules({**SIX, "control": None}))["by_rule"]["six"]
    half = tried(shop, with_rules(SIX))["by_rule"]["six"]
    assert 0 < half[1] < whole[1]
    assert half[1] % 6 == whole[1] % 6 == 0
