"""History under levels that ask for two measures: at each receipt the tier is what both of them gave by then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import tier_at
from tests.programme.cast import AT, programme

from .test_importing_history import bring_in

pytestmark = pytest.mark.django_db(transaction=True)


def level(key: str, threshold: str) -> dict[str, Any]:
    return {"key": key, "name": {"en": key, "fr": key}, "threshold": threshold}


def document(**tiers: Any) -> dict[str, Any]:
    base = {"key": "base", "name": {"en": "Base", "fr": "Base"}, "points_per": {"amount": "1", "points": "1"}}
    gold = {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "when": 'member.tier == "gold"', "points": "1000"}
    levels = [level("silver", "1"), level("gold", "2")]
    return {
        "rules": [base, gold],
        "tiers": {"metric": "purchases", "window_days": 3650, "kept_days": 3650, "levels": levels, **tiers},
    }


def receipt(number: int, price: str) -> str:
    return f"T{number},2025-03-0{number} 10:00:00,mug,Mug,1,{price},C1,France"


@pytest.mark.parametrize(
    ("tiers", "points"),
    [
        ({}, [10, 10, 1100, 1010]),  # gold by two purchases alone
        ({"together": [{"metric": "spent", "thresholds": {"gold": "100"}}]}, [10, 10, 100, 1010]),
        ({"together": [{"metric": "earned", "thresholds": {"gold": "120"}}]}, [10, 10, 100, 1010]),
    ],
)
def test_a_level_of_two_measures_is_held_from_the_receipt_that_brought_the_second(
    tmp_path: Path, tiers: dict[str, Any], points: list[int]
) -> None:
    programme(document(**tiers))
    bring_in(tmp_path, *(receipt(n, price) for n, price in enumerate(("10.00", "10.00", "100.00", "10.00"), start=1)))
    assert [each.points for each in Purchase.objects.order_by("occurred_at")] == points
    held = tier_at(Enrolment.objects.get().id, AT)
    assert held is not None
    assert held.tier == "gold"
