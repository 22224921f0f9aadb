"""How many people a campaign needs, and that so many are enough and no fewer."""

from __future__ import annotations

import pytest

from fidelia.insight.measures.effect import (
    people_needed_for_difference,
    people_needed_for_lift,
    smallest_difference_seen,
    smallest_lift_seen,
)
from fidelia.kernel.errors import Invalid


def test_the_size_is_that_of_the_textbook() -> None:
    """R's power.prop.test(p1 = 0.10, p2 = 0.12, power = 0.8) says 3,841 in each group."""
    treated, control = people_needed_for_lift(base=0.10, lift=0.02)
    assert (treated, control) == (3841, 3841)


def test_means_need_what_power_t_test_and_g_power_say() -> None:
    """R's power.t.test(delta = 0.1, power = 0.8) says 1,570.73 in each group; G*Power, Cohen's tables: 394, 64, 26."""
    assert people_needed_for_difference(deviation=50, difference=5) == (1571, 1571)
    for effect, people in ((0.2, 394), (0.5, 64), (0.8, 26)):
        assert max(people_needed_for_difference(deviation=1, difference=effect)) == people
    assert people_needed_for_difference(deviation=1, difference=0.5, power=0.95) == (105, 105)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_so_many_are_enough_and_no_fewer(share: float) -> None:
    treated, control = people_needed_for_lift(base=0.03, lift=0.01, share_treated=share)
    assert treated / (treated + control) == pytest.approx(share, abs=0.001)
    seen = smallest_lift_seen(base=0.03, n_treated=treated, n_control=control)
    assert seen is not None
    assert seen <= 0.01
    fewer = smallest_lift_seen(base=0.03, n_treated=treated - 20, n_control=control - 20)
    assert fewer is not None
    assert fewer > 0.01
    sizes = people_needed_for_difference(deviation=20, difference=1, share_treated=share)
    assert smallest_difference_seen(deviation=20, n_treated=sizes[0], n_control=sizes[1]) <= 1


def test_what_no_campaign_can_show_is_refused() -> None:
    with pytest.raises(Invalid, match="No campaign has so many people"):
        people_needed_for_lift(base=0.5, lift=1e-9)
    with pytest.raises(Invalid, match="above 0"):
        people_needed_for_lift(base=0.5, lift=0)
    with pytest.raises(Invalid, match="between 0 and 1"):
        people_needed_for_difference(deviation=1, difference=1, share_treated=1.5)
