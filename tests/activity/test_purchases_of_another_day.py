"""Purchases that reach us late: dated before the member enrolled, or before a membership ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from fidelia.activity.errors import UnknownMember
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import LineRequest
from fidelia.activity.queries import find_broken_chain
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import end_enrolment, enrol
from tests.programme.cast import AT, AUTHOR, DOCUMENT, florestan, programme

from .test_recording_a_purchase import basket, record

pytestmark = pytest.mark.django_db
MUG = LineRequest("mug", 1000, 1000)
JOINED = datetime.fromisoformat("2026-02-20T23:30:00+01:00")  # in Paris; the next day in UTC has not begun yet


def joined(document: dict[str, Any] | None = None) -> Enrolment:
    made = programme(document)
    return enrol(by=AUTHOR, at=AT, programme=made, customer_id=florestan().id, enrolled_at=JOINED, source="till")


def bought(day: str, *, key: str = "late") -> Purchase:
    return record(basket(MUG, key=key, occurred_at=datetime.fromisoformat(f"{day}+01:00")))


def points(enrolment: Enrolment) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def test_from_the_local_day_of_the_enrolment_on_it_earns() -> None:
    enrolment = joined()
    assert bought("2026-02-20T00:00:00").points == 10
    assert points(enrolment) == 10


def test_the_day_before_it_is_the_customers_and_earns_nothing() -> None:
    enrolment = joined()
    purchase = bought("2026-02-19T23:59:59")
    assert (purchase.customer_id, purchase.enrolment_id, purchase.account_id) == (enrolment.customer_id, None, None)
    assert (purchase.points, DecisionRecord.objects.count(), points(enrolment)) == (0, 0, 0)


@pytest.mark.parametrize(("day", "given"), [("2026-02-13T00:00:00", 10), ("2026-02-12T23:59:59", 0)])
def test_a_programme_may_let_it_earn_some_days_before(day: str, given: int) -> None:
    enrolment = joined({**DOCUMENT, "purchases": {"earns_days_before_enrolment": 7}})
    assert bought(day).points == given
    assert points(enrolment) == given
    assert find_broken_invariants() == []


def test_a_purchase_dated_before_the_membership_ended_is_taken_at_its_own_date() -> None:
    enrolment = joined()
    end_enrolment(by=AUTHOR, at=AT - timedelta(days=2), enrolment=enrolment)
    purchase = record(basket(MUG, key="late", occurred_at=AT - timedelta(days=3)))
    assert (purchase.enrolment_id, purchase.points) == (enrolment.id, 10)
    assert points(enrolment) == 10
    assert find_broken_chain(enrolment.account_id) is None
    with pytest.raises(UnknownMember):
        record(basket(MUG, key="after", occurred_at=AT - timedelta(days=1)))


def test_of_two_memberships_the_one_of_its_own_date_counts() -> None:
    first = joined()
    end_enrolment(by=AUTHOR, at=AT - timedelta(days=5), enrolment=first)
    second = enrol(
        by=AUTHOR, at=AT, programme=first.programme, customer_id=first.customer_id,
        enrolled_at=AT - timedelta(days=2), source="till",
    )  # fmt: skip
    assert record(basket(MUG, key="then", occurred_at=AT - timedelta(days=6))).enrolment_id == first.id
    assert record(basket(MUG, key="now")).enrolment_id == second.id
    between = record(basket(MUG, key="between", occurred_at=AT - timedelta(days=4)))
    assert (between.customer_id, between.enrolment_id, between.points) == (first.customer_id, None, 0)
    assert (points(first), points(second)) == (10, 10)
