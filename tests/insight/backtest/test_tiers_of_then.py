"""Points by tier: a purchase counts for the tier held when it was decided, not for the one that it brought about."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.insight.operations.backtesting import backtest_document
from fidelia.insight.operations.grounds import Asked
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin
from fidelia.programme.operations import rederive_tiers
from tests.cast import actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT

from .history import FIRST, GOLD, Shop

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
ASKS_TIERS = {"key": "asks", "name": {"en": "Asks", "fr": "Demande"}, "when": 'member.tier == "nowhere"', "points": "1"}


def test_tiers_that_no_rule_read_then_are_those_before_the_purchase(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    then: dict[str, Any] = {**FIRST, "rules": [each for each in FIRST["rules"] if each["key"] != GOLD["key"]]}
    shop = Shop(document=then)
    for day in range(12):
        shop.purchase(AT + timedelta(days=day))
        with transaction_of_use_case():
            rederive_tiers(
                at=AT + timedelta(days=day), enrolment_ids={one.id for one in shop.members}, origin=Origin.LIVE
            )
    tried = deepcopy(then)
    tried["rules"].append(ASKS_TIERS)
    found = backtest_document(by=ANALYST, at=AT + timedelta(days=20), asked=Asked(shop.programme, tried))
    assert found["points"][0] == found["points"][1] > 0
    assert {tier: pair[0] for tier, pair in found["by_tier"].items()} == {
        tier: pair[1] for tier, pair in found["by_tier"].items()
    }
    assert len(found["by_tier"]) > 1
    assert found["by_tier"][""][0] > 0, "the purchase that brings the first tier was decided without one"
