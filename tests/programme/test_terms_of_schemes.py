"""What schemes say and is wrong: refused at its place; levels of several measures at once, beside what was granted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fidelia.kernel.errors import Invalid
from fidelia.rules.cheque_terms import parse_cheques
from fidelia.rules.terms import parse_points_policy
from fidelia.rules.tier_terms import parse_tier_set
from fidelia.rules.tiers import HeldTier
from fidelia.rules.tiers_together import hold_together

SCALE = [{"points": "100", "money": "5"}, {"points": "200", "money": "12"}]
LEVEL = {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "10"}


@pytest.mark.parametrize(
    ("cheque", "pointer"),
    [
        ({"scale": SCALE, "points": "100"}, "/cheques/0/scale"),
        ({"scale": []}, "/cheques/0/scale"),
        ({"scale": SCALE[::-1]}, "/cheques/0/scale/1"),
        ({"scale": [SCALE[0], {"points": "200", "money": "5"}]}, "/cheques/0/scale/1"),
        ({"scale": [{"points": "0", "money": "5"}]}, "/cheques/0/scale/0/points"),
        ({"scale": SCALE, "issued": ["13-01"]}, "/cheques/0/issued/0"),
        ({"scale": SCALE, "issued": "weekly"}, "/cheques/0/issued"),
    ],
)
def test_a_mistake_in_a_cheque_is_said_at_its_place(cheque: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_cheques([cheque], {"": 0}, 2)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("points", "worth"),
    [(99, (0, 0)), (100, (100, 500)), (199, (100, 500)), (200, (200, 1_200)), (550, (500, 2_900))],
)
def test_the_dearest_step_comes_first(points: int, worth: tuple[int, int]) -> None:
    assert parse_cheques([{"scale": SCALE}], {"": 0}, 2)[0].worth(points) == worth


def test_an_amount_for_a_period_wants_both() -> None:
    with pytest.raises(Invalid):
        parse_points_policy({"pays": {"points": "100", "money": "1", "at_most": "500"}})


def test_what_was_granted_needs_no_other_measure() -> None:
    tiers = parse_tier_set(
        {"window": "year", "kept": {"periods": 1}, "levels": [{**LEVEL, "key": "silver", "threshold": "5"}, LEVEL],
         "together": [{"metric": "spent", "thresholds": {"gold": "100"}}]}, 0,
    )  # fmt: skip
    assert tiers is not None
    days = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 6)]
    held = [HeldTier("gold", days[0], days[2]), HeldTier("", days[2], None)]
    spent = [HeldTier("gold", days[1], None)]
    assert hold_together(tiers, held, [spent], []) == [
        HeldTier("silver", days[0], days[1]), HeldTier("gold", days[1], days[2]), HeldTier("", days[2], None),
    ]  # fmt: skip
    granted = [HeldTier("gold", days[0], days[1])]
    assert hold_together(tiers, held, [spent], granted)[0] == HeldTier("gold", days[0], days[2])
    assert hold_together(tiers, [], [[]], []) == []
