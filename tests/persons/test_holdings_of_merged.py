"""Chèques, coupons and gift cards given to a record are the person's whose the record turned out to be."""

from __future__ import annotations

import pytest
from django.db import transaction

from fidelia.persons.operations import merge_customers
from fidelia.programme.models import Enrolment
from fidelia.rewards.errors import CouponOfAnother, VoucherOfAnother
from fidelia.rewards.models import Cheque, Voucher
from fidelia.rewards.operations import assign_coupons, consume
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.programme.test_pools import DAY, LEONORE, buy, give_back
from tests.rewards.scarce import close, coupon, series, taking
from tests.rewards.test_cheques import available, night, terms, worth

pytestmark = pytest.mark.django_db


def with_cheque() -> tuple[Enrolment, Enrolment]:
    old = member(programme(terms()))
    own = member(old.programme, LEONORE)
    buy(old, 230, "o1")
    assert night(AT + DAY) == 1
    return old, own


def merge(old: Enrolment, own: Enrolment) -> None:
    merge_customers(by=SYSTEM, at=AT + DAY, customer_id=old.customer_id, into=own.customer_id)


def use(one: Voucher, customer_id: object) -> None:
    with transaction.atomic():
        consume(taking(one.programme, customer_id=customer_id, vouchers=((one.id, one.amount),), at=AT + 2 * DAY,
                       now=AT + 2 * DAY))  # fmt: skip


def test_a_cheque_of_the_record_pays_for_the_person_and_for_nobody_else() -> None:
    old, own = with_cheque()
    voucher = Voucher.objects.get()
    with pytest.raises(VoucherOfAnother):
        use(voucher, own.customer_id)
    merge(old, own)
    assert available(own, AT + DAY) == 30
    use(voucher, own.customer_id)


def test_an_assigned_coupon_of_the_record_is_the_persons() -> None:
    old = member(programme())
    own = member(old.programme, LEONORE)
    made = series(old.programme, is_assigned=True)
    code = coupon(made)
    assign_coupons(by=SYSTEM, at=AT, series_id=made.id, customer_ids=[old.customer_id])
    with pytest.raises(CouponOfAnother):
        close(old.programme, coupons=(code.id,), customer_id=own.customer_id)
    merge(old, own)
    close(old.programme, coupons=(code.id,), customer_id=own.customer_id)


def test_a_return_that_the_rest_can_bear_leaves_the_cheque_of_the_record() -> None:
    old, own = with_cheque()
    sale = Cheque.objects.get()
    merge(old, own)
    bought = buy(own, 20, "p1", AT + DAY)
    give_back(bought, AT + 2 * DAY)
    assert (worth(old), available(own, AT + 2 * DAY)) == ([1_000], 30)
    assert sale.withdrawn_at is None


def test_a_return_of_the_purchase_behind_the_cheque_puts_its_points_where_the_person_has_theirs() -> None:
    old = member(programme(terms()))
    own = member(old.programme, LEONORE)
    sale, kept = buy(old, 150, "o1"), buy(old, 80, "o2")
    assert night(AT + DAY) == 1
    merge(old, own)
    give_back(sale, AT + 2 * DAY)
    assert (worth(old), available(own, AT + 2 * DAY)) == ([], 80)
    give_back(kept, AT + 3 * DAY)
    assert available(own, AT + 3 * DAY) == 0
