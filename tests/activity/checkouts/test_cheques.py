"""Chèques fidélité at the till: earned by a checkout, shown at the next one, withdrawn or owed with what comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.rewards.errors import VoucherBesideAnother, VoucherBlocked, VoucherUsedUp
from fidelia.rewards.models import Voucher
from tests.programme.cast import AT, DOCUMENT, member, programme
from tests.rewards.test_cheques import night, worth

from .cast import basket, cancel, close, give_back

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TAKEN = {
    "key": "taken", "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"}, "coupon": "voucher",
    "amount_off": "voucher",
}  # fmt: skip


def shop(**cheque: Any) -> Enrolment:
    """One point for each euro, 5 € for each 20 points: the basket of the cast (49.40 €) brings 10 € and 9 points."""
    policy = {"key": "cheque", "points": "20", "money": "5", "per_checkout": 1, "each": "step", **cheque}
    rules = [*DOCUMENT["rules"][:1], TAKEN]
    return member(programme({"rules": rules, "cheques": [policy]}))


def codes() -> list[str]:
    return list(
        Voucher.objects.filter(revoked_at__isnull=True).order_by("issued_at", "id").values_list("code", flat=True)
    )


def available(of: Enrolment, at: Any) -> int:
    assert find_broken_invariants() == []
    return get_balance(account_id=of.account_id, currency="PTS", at=at).available


def test_one_cheque_pays_at_a_checkout_and_a_second_beside_it_is_refused() -> None:
    enrolment = shop()
    close("A", basket=basket())
    night(AT)
    assert (worth(enrolment), available(enrolment, AT)) == ([500, 500], 9)
    with pytest.raises(VoucherBesideAnother):
        close("B", basket=basket(coupons=tuple(codes())), at=AT + DAY)
    assert close("B", basket=basket(coupons=(codes()[0],)), at=AT + DAY).made.discount == 500
    with pytest.raises(VoucherUsedUp):
        close("C", basket=basket(coupons=(codes()[0],)), at=AT + 2 * DAY)


def test_a_smaller_basket_than_the_cheque_wants_takes_nothing_off_and_leaves_it() -> None:
    shop(minimum_basket="60")
    close("A", basket=basket())
    night(AT)
    assert close("B", basket=basket(coupons=(codes()[0],)), at=AT + DAY).made.discount == 0
    assert len(codes()) == 2


def test_an_unused_cheque_goes_back_with_the_checkout_behind_it() -> None:
    enrolment = shop(each="sum")
    close("A", basket=basket())
    night(AT)
    (code,) = codes()
    give_back(number="A", at=AT + DAY)
    assert (worth(enrolment), available(enrolment, AT + DAY)) == ([], 0)
    with pytest.raises(VoucherBlocked):
        close("B", basket=basket(coupons=(code,)), at=AT + DAY)


def test_of_two_cheques_the_unused_one_goes_back_and_the_used_one_stays() -> None:
    enrolment = shop()
    close("A", basket=basket())
    night(AT)
    close("B", basket=basket(coupons=(codes()[0],)), at=AT + DAY)  # 44.40 € more: 44 points
    give_back(number="A", at=AT + 2 * DAY)
    assert worth(enrolment) == [500]
    assert available(enrolment, AT + 2 * DAY) == 9 + 44 + 20 - 49  # the used one is paid by what came since


def test_a_cancelled_checkout_gives_the_cheque_that_it_took_back() -> None:
    shop(each="sum")
    close("A", basket=basket())
    night(AT)
    (code,) = codes()
    close("B", basket=basket(coupons=(code,)), at=AT + DAY)
    cancel("B", at=AT + DAY)
    assert close("C", basket=basket(coupons=(code,)), at=AT + DAY).made.discount == 1_000
