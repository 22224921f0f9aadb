"""What points pay: a rate, a minimum, steps, a share of the amount due; never more than is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.rules.paying import Payable, PayPolicy, check_payment, most_payable, points_for, worth_of

HUNDRED_IS_ONE_EURO = PayPolicy(points=100, money=100)
IN_STEPS = PayPolicy(points=100, money=100, minimum=500, step=100, share=50)
THREE_CENTS = PayPolicy(points=1, money=3)


@pytest.mark.parametrize(
    ("policy", "due", "available", "expected"),
    [
        (HUNDRED_IS_ONE_EURO, 995, 2000, Payable(995, 995)),
        (HUNDRED_IS_ONE_EURO, 995, 300, Payable(300, 300)),
        (IN_STEPS, 2000, 5000, Payable(1000, 1000)),
        (IN_STEPS, 1999, 5000, Payable(900, 900)),
        (IN_STEPS, 2000, 450, Payable(0, 0, 50)),
        (IN_STEPS, 900, 5000, Payable(0, 0, 0)),
        (THREE_CENTS, 9090, 3030, Payable(3030, 9090)),
        (THREE_CENTS, 100, 3030, Payable(33, 99)),
    ],
)
def test_the_most_that_may_be_paid(policy: PayPolicy, due: int, available: int, expected: Payable) -> None:
    assert most_payable(policy, due=due, available=available) == expected


@pytest.mark.parametrize(
    ("points", "reason"),
    [(400, "below_minimum"), (550, "not_a_step"), (600, None), (900, "above_share"), (0, "below_minimum")],
)
def test_a_payment_is_refused_for_one_reason(points: int, reason: str | None) -> None:
    assert check_payment(IN_STEPS, points=points, due=1600, available=5000) == reason


def test_nobody_pays_with_what_they_do_not_have() -> None:
    assert check_payment(IN_STEPS, points=600, due=10_000, available=500) == "not_enough"


@given(
    st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 5000), st.sampled_from([0, 10, 100]),
    st.integers(1, 100), st.integers(0, 10**6), st.integers(0, 10**6),
)  # fmt: skip
def test_what_is_offered_may_be_paid_and_never_exceeds_what_is_due(
    points: int, money: int, minimum: int, step: int, share: int, due: int, available: int
) -> None:
    policy = PayPolicy(points, money, minimum, step, share)
    offered = most_payable(policy, due=due, available=available)
    assert 0 <= offered.money <= due
    assert 0 <= offered.points <= available
    assert worth_of(policy, points_for(policy, due)) >= due
    if offered.points:
        assert check_payment(policy, points=offered.points, due=due, available=available) is None
