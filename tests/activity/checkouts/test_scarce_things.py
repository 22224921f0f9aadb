"""Coupons, vouchers, gift cards, points, gifts and budgets: reserved, taken, given back, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.operations.checkouts import GiftCardTender, ReturnedItem, closing
from fidelia.kernel.db import transaction_of_use_case
from fidelia.ledger.operations import earn
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.rewards.errors import CouponReserved, CouponUsedUp
from fidelia.rewards.models import Voucher
from fidelia.rewards.operations import expire_gift_cards
from fidelia.rewards.queries import get_gift_card
from tests.activity.test_recording_at_once import pool
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.rewards.scarce import everybodys, gift_card, pieces, state_of

from .cast import MUG, basket, cancel, close, give_back, put, reopen
from .rules import BACK, CUP, FIVE, GIFT, NEXT, STEP, TENTH, document
from .test_races import at_once, outcome_of

__all__ = ["pool"]  # a fixture
LATER = AT + timedelta(hours=1)


def left_on(card: Any) -> int:
    return int(get_gift_card(by=SYSTEM, card_id=card.id).balance)


def points_of(enrolment: Any) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


@pytest.mark.django_db
def test_an_open_checkout_keeps_the_last_coupon_until_its_time_is_over() -> None:
    of = programme(document(TENTH))
    everybodys(of, "ONCE", uses=1)
    wanted = basket(identity=None, coupons=("ONCE",))
    assert put(wanted, "A").checkout["total"] == 4446
    with pytest.raises(CouponReserved):
        put(wanted, "B")
    # The till of A has died: an hour later the coupon is free, and what A does then is refused.
    assert close("B", basket=wanted, at=LATER).made.discount == 494
    with pytest.raises(CouponUsedUp):
        close("A", at=LATER)


@pytest.mark.django_db
def test_a_coupon_comes_back_when_a_checkout_is_cancelled_not_when_goods_come_back() -> None:
    of = programme(document(TENTH))
    once = everybodys(of, "ONCE", uses=1)
    wanted = basket(identity=None, coupons=("ONCE",))
    close("A", basket=wanted)
    give_back(number="A")
    assert state_of(of, once) == "used_up"
    cancel("A")
    assert state_of(of, once) == "ok"
    close("B", basket=wanted)
    assert reopen("B").checkout["state"] == "open"
    assert cancel("B").checkout["state"] == "cancelled"
    assert state_of(of, once) == "ok"


@pytest.mark.django_db
def test_a_gift_card_pays_last_and_gets_its_share_back() -> None:
    of = programme(document(TENTH))
    card = gift_card(of, 3_000)
    sold = close(basket=basket(identity=None, gift_cards=(GiftCardTender(card.code),))).made
    assert (sold.total, sold.paid_by_gift_cards, left_on(card)) == (4940, 3_000, 0)
    back = give_back(ReturnedItem(2)).made
    assert (back.total, back.paid_by_gift_cards) == (-1450, -881)
    assert left_on(card) == 881
    give_back(amount=1_000)
    cancel()
    assert left_on(card) == 3_000
    assert sum(Purchase.objects.values_list("paid_by_gift_cards", flat=True)) == 0


@pytest.mark.django_db
def test_a_gift_card_is_refunded_first_where_the_terms_say_so() -> None:
    of = programme(document(TENTH, checkout={"refunds": "gift_cards_first"}))
    card = gift_card(of, 3_000)
    close(basket=basket(identity=None, gift_cards=(GiftCardTender(card.code),)))
    back = give_back(ReturnedItem(2)).made
    assert (back.total, back.paid_by_gift_cards, left_on(card)) == (-1450, -1450, 1_450)
    assert (give_back(amount=1_000).made.paid_by_gift_cards, left_on(card)) == (-1_000, 2_450)
    cancel()
    assert left_on(card) == 3_000
    assert sum(Purchase.objects.values_list("paid_by_gift_cards", flat=True)) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "until"), [(30, 40), (0, 5), (None, 40)])
def test_money_that_comes_back_onto_a_card_that_is_over_can_be_spent_for_a_while(days: int | None, until: int) -> None:
    of = programme(document(**({} if days is None else {"purchases": {"gift_card_days": days}})))
    card = gift_card(of, 3_000, valid_until=(AT + timedelta(days=5)).date())
    later = AT + timedelta(days=10)
    close(basket=basket(identity=None, gift_cards=(GiftCardTender(card.code),)))
    expire_gift_cards(by=SYSTEM, at=later)
    give_back(ReturnedItem(2), at=later)
    card.refresh_from_db()
    assert card.expires_at is not None
    assert (card.balance, (card.expires_at - timedelta(seconds=1)).date()) == (881, (AT + timedelta(days=until)).date())
    assert expire_gift_cards(by=SYSTEM, at=later + timedelta(days=1)) == (0 if days != 0 else 1)
    cancel(at=later + timedelta(days=2))
    card.refresh_from_db()
    assert card.balance == (3_000 if days != 0 else 2_119)
    forever = gift_card(of, 3_000)
    close("F", basket=basket(identity=None, gift_cards=(GiftCardTender(forever.code),)))
    give_back(number="F")
    forever.refresh_from_db()
    assert (forever.balance, forever.expires_at) == (3_000, None)


@pytest.mark.django_db
def test_points_pay_and_come_back_with_the_life_that_they_had() -> None:
    of = programme(document(points={"validity_months": 24, "pays": {"points": "100", "money": "1.00"}}))
    enrolment = member(of)
    ends = AT + timedelta(days=40)
    with transaction_of_use_case():
        earn(
            by=SYSTEM, at=AT, account_id=enrolment.account_id, currency="PTS", amount=1_000, key="k", expires_at=ends,
        )  # fmt: skip
    sold = close(basket=basket(pays_with_points=True)).made
    assert (sold.points_spent, sold.paid_by_points) == (1_000, 1_000)
    earned = sold.points
    assert points_of(enrolment) == earned
    give_back(ReturnedItem(2))
    give_back(amount=500)
    cancel()
    assert points_of(enrolment) == 1_000
    late = get_balance(account_id=enrolment.account_id, currency="PTS", at=ends)
    assert late.available == 0
    assert find_broken_invariants() == []


@pytest.mark.django_db
def test_a_reward_is_taken_for_points_and_gives_them_back() -> None:
    of = programme(document(CUP))
    enrolment = member(of)
    with transaction_of_use_case():
        earn(by=SYSTEM, at=AT, account_id=enrolment.account_id, currency="PTS", amount=500, key="k", expires_at=None)
    wanted = basket(claims=(("cup", 1),))
    assert (put(wanted, "A").checkout["total"], points_of(enrolment)) == (4440, 500)
    sold = close("A").made
    assert (sold.total, sold.discount, sold.points_spent, sold.paid_by_points) == (4440, 500, 300, 0)
    assert points_of(enrolment) == 200 + sold.points
    assert close("B", basket=wanted).made.points_spent == 0, "two hundred and some are too few for another"
    cancel("A")
    cancel("B")
    assert points_of(enrolment) == 500
    assert find_broken_invariants() == []


@pytest.mark.django_db
def test_what_counts_for_the_tier_is_credited_and_taken_back_with_the_goods() -> None:
    of = programme(document(STEP))
    enrolment = member(of)

    def credited() -> int:
        return get_balance(account_id=enrolment.account_id, currency="tier:PTS", at=AT).available

    sold = close(basket=basket()).made
    assert (credited(), points_of(enrolment)) == (100, sold.points), "it counts, and nobody spends it"
    give_back(ReturnedItem(2))
    assert credited() == 71, "29 of 100, as the mug is 14.50 of 49.40"
    give_back(amount=500)
    cancel()
    assert (credited(), points_of(enrolment)) == (0, 0)
    close("B", basket=basket(identity=None))
    assert credited() == 0, "nobody has no tier"
    assert find_broken_invariants() == []


@pytest.mark.django_db
def test_it_issues_codes_that_a_till_learns_again_and_loses_when_it_cancels() -> None:
    of = programme(document(NEXT, BACK))
    enrolment = member(of)
    everybodys(of, "NEXTTIME", key="next")
    closed = close(basket=basket(), key="k")
    issued = closed.checkout["evaluation"]["issued"]
    assert [one["code"] for one in issued["coupons"]] == ["NEXTTIME"]
    (voucher,) = issued["vouchers"]
    assert (voucher["amount"], voucher["valid_from"][:10]) == (500, "2026-04-01")
    again = close(basket=basket(), key="k")
    assert again.checkout["evaluation"]["issued"] == issued
    given = Voucher.objects.get(code=voucher["code"])
    assert (given.customer_id, given.source_id) == (enrolment.customer_id, closed.made.purchase_id)
    cancel()
    assert state_of(of, given, customer_id=enrolment.customer_id) == "blocked"


@pytest.mark.django_db(transaction=True)
def test_the_last_euro_of_a_budget_is_given_once(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    programme(document(FIVE))
    place = (closing, "write_closure")
    acts = tuple(lambda n=n: close(n, basket=basket(identity=None)) for n in ("A", "B"))
    found = [outcome_of(one) for one in at_once(pool, monkeypatch, place, acts, is_guarded=False)]  # type: ignore[arg-type]
    assert sorted(one.made.discount for one in found) == [0, 500]
    cancel("A")
    cancel("B")
    assert close("C", basket=basket(identity=None)).made.discount == 500


@pytest.mark.django_db(transaction=True)
def test_the_last_piece_is_given_once(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    of = programme(document(GIFT))
    pieces(of, 1)
    everybodys(of, "CADEAU", key="mug")
    place = (closing, "write_closure")
    wanted = basket(MUG, identity=None, coupons=("CADEAU",))
    acts = tuple(lambda n=n: close(n, basket=wanted) for n in ("A", "B"))
    found = [outcome_of(one) for one in at_once(pool, monkeypatch, place, acts, is_guarded=False)]  # type: ignore[arg-type]
    gifts = [sum(line.is_gift for line in one.checkout["evaluation"]["lines"]) for one in found]
    assert sorted(gifts) == [0, 1]


@pytest.mark.django_db
def test_a_payment_tried_twice_uses_a_coupon_once_and_one_given_up_gives_it_back() -> None:
    """The bank asks for a second step: the basket is sent again, closed once, or given up."""
    of = programme(document(TENTH))
    once = everybodys(of, "ONCE", uses=1)
    wanted = basket(identity=None, coupons=("ONCE",))
    for _ in range(2):
        assert put(wanted, "A").checkout["total"] == 4446
    cancel("A")
    assert state_of(of, once) == "ok"
    for _ in range(2):
        put(wanted, "B")
    assert close("B").checkout["total"] == 4446
    assert state_of(of, once) == "used_up"
