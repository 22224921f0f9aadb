"""Points exchanged for others: what a bonus for so many at once gives, and where a mistake stands."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.rules.conversion_terms import parse_conversions
from fidelia.rules.reading import MalformedTerms

MILES = {"to": "MILES", "points": "3", "gives": "1", "minimum": "3000", "step": "3000"}
BONUS = {"each": "60000", "gives": "5000"}


def given(points: int, **more: Any) -> int:
    (way,) = parse_conversions([{**MILES, **more}], {"": 0, "MILES": 0})
    return way.given_for(points)


@pytest.mark.parametrize(
    ("points", "miles"), [(3_000, 1_000), (57_000, 19_000), (60_000, 25_000), (117_000, 44_000), (126_000, 52_000)]
)
def test_for_each_full_sixty_thousand_there_are_five_thousand_more(points: int, miles: int) -> None:
    assert given(points, bonus=BONUS) == miles


def test_what_is_kept_counts_for_no_bonus() -> None:
    assert (given(60_000, bonus=BONUS, fee="3000"), given(63_000, bonus=BONUS, fee="3000")) == (19_000, 25_000)


@pytest.mark.parametrize(
    ("bonus", "place"), [({"each": "60000"}, "gives"), ({"each": "0", "gives": "1"}, "each"), ({"of": "1"}, "of")]
)
def test_a_bonus_that_cannot_be_is_refused(bonus: dict[str, str], place: str) -> None:
    with pytest.raises(MalformedTerms) as refused:
        given(3_000, bonus=bonus)
    assert refused.value.pointer == f"/conversions/0/bonus/{place}"
