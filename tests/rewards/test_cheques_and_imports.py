"""A return that comes with a file does to chèques what a return at a till does."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.rewards.models import Cheque, ChequeDebt, Voucher
from tests.activity.importing import brought_in
from tests.programme.cast import AT, member, programme

from .test_cheques import DAY, night, terms, use, worth

pytestmark = pytest.mark.django_db(transaction=True)
CARD = "2990441788200"
SALE = f"T1,2026-02-01 10:00:00,mug,1,230.00,{CARD}"
OTHER = f"T2,2026-02-02 10:00:00,pot,1,90.00,{CARD}"
RETURN = f"R1,2026-02-20 10:00:00,mug,-1,230.00,{CARD}"


def shop(**cheque: Any) -> Enrolment:
    enrolment = member(programme(terms({"validity_months": 24, "ends": "month"}, **cheque)))
    brought_in(SALE, name="sales.csv")
    assert night(AT) == 1
    assert (worth(enrolment), available(enrolment)) == ([1_000], 30)
    return enrolment


def available(of: Enrolment) -> int:
    assert find_broken_invariants() == []
    return get_balance(account_id=of.account_id, currency="PTS", at=AT).available


def test_an_unused_cheque_is_withdrawn_and_its_points_go_with_the_goods() -> None:
    enrolment = shop()
    brought_in(RETURN, name="returns.csv")
    assert (worth(enrolment), available(enrolment)) == ([], 0)
    assert Cheque.objects.get().withdrawn_at == AT
    assert OutboxEvent.objects.filter(name="cheque.withdrawn").count() == 1


def test_the_same_file_again_withdraws_nothing_more() -> None:
    enrolment = shop()
    brought_in(RETURN, name="returns.csv")
    brought_in(OTHER, name="sales2.csv")
    assert night(AT + DAY) == 0  # 90 points are no chèque
    brought_in(RETURN, name="returns-again.csv")
    assert (worth(enrolment), available(enrolment)) == ([], 90)


def test_a_return_of_goods_that_came_with_the_same_file_leaves_the_cheque_alone() -> None:
    enrolment = shop()
    brought_in(OTHER, OTHER.replace("T2", "R2").replace("02-02", "02-21").replace(",1,", ",-1,"), name="both.csv")
    assert (worth(enrolment), available(enrolment)) == ([1_000], 30)


@pytest.mark.parametrize("carries", [True, False])
def test_a_used_cheque_stays_and_what_it_owes_is_carried_where_the_terms_say_so(carries: bool) -> None:
    enrolment = shop(**({"debt": "next_cheque"} if carries else {}))
    use(Voucher.objects.get(), AT)
    brought_in(RETURN, name="returns.csv")
    assert (worth(enrolment), available(enrolment)) == ([1_000], 0)
    assert [debt.points for debt in ChequeDebt.objects.all()] == ([200] if carries else [])
