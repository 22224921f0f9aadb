"""What comes back of a checkout, wherever its member and its points are by now, in any order and any parts."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.activity.errors import MalformedLines
from fidelia.activity.models import Purchase
from fidelia.activity.operations import ClaimRequest, claim_purchase
from fidelia.activity.operations.checkouts import BasketLine, ReturnedItem
from fidelia.activity.queries import find_broken_chain
from fidelia.customers.models import Customer
from fidelia.ledger.models import Entry, Posting
from fidelia.ledger.operations import earn
from fidelia.ledger.queries import find_broken_invariants, get_balance, list_dated_earnings
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.pools import create_pool, join_pool, leave_pool
from fidelia.programme.queries.words import explain_movement, movement_of
from fidelia.rewards.models import Voucher
from fidelia.rewards.queries import get_stock
from fidelia.rules.pricing import MoreThanBought
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, florestan, member, programme
from tests.rewards.scarce import everybodys, pieces, state_of

from .cast import CARD, MOKA, MUG, basket, cancel, close, give_back, reopen
from .rules import BACK, GIFT, STEP, document

pytestmark = pytest.mark.django_db
PAYS = {"validity_months": 24, "pays": {"points": "100", "money": "1.00"}}
START = 1_000
CLAIMER = actor_with("purchase.claim", "purchase.see", label="Rocco", number=4)


def with_points(enrolment: Any, amount: int = START) -> Any:
    with transaction.atomic():
        earn(by=SYSTEM, at=AT, account_id=enrolment.account_id, currency="PTS", amount=amount, key="start")
    return enrolment


def points_at(account_id: Any) -> int:
    return get_balance(account_id=account_id, currency="PTS", at=AT).available


def earned_by(enrolment: Enrolment) -> int:
    currency = enrolment.programme.points_currency_id
    found = list_dated_earnings(account_ids=[enrolment.account_id], currency=currency)[enrolment.account_id]
    return sum(amount for _at, amount, _undoes in found)


def test_points_that_paid_come_back_as_what_they_are_and_are_not_earned() -> None:
    of = programme(document(points=PAYS))
    enrolment = with_points(member(of))
    close(basket=basket(pays_with_points=True))
    earned = earned_by(enrolment)
    give_back(ReturnedItem(2))
    posting = Posting.objects.get(kind="give_back")
    legs = list(Entry.objects.filter(posting_id=posting.posting_id))
    said = explain_movement(movement_of(posting, legs), of.points_currency, ZoneInfo("Europe/Paris"), "en")
    assert said == ["You got back 294\xa0points with which you had paid."]
    cancel()
    assert earned > START
    assert earned_by(enrolment) == START, "only what was given at the beginning counts for a tier"
    assert points_at(enrolment.account_id) == START
    assert find_broken_invariants() == []


def test_a_gift_that_is_brought_back_is_stock_again_and_one_that_is_kept_is_not() -> None:
    of = programme(document(GIFT))
    stock = pieces(of, 1)
    everybodys(of, "CADEAU", key="mug")

    def given() -> int:
        return get_stock(by=SYSTEM, at=AT, stock_id=stock.id).given

    close(basket=basket(MOKA, coupons=("CADEAU",), identity=None))
    assert given() == 1
    give_back(ReturnedItem(1))
    assert given() == 1
    give_back(ReturnedItem(2))
    assert given() == 0
    cancel()
    assert given() == 0


def test_a_gift_is_written_off_where_the_terms_say_so() -> None:
    of = programme(document(GIFT, purchases={"gifts_restocked": False}))
    stock = pieces(of, 1)
    everybodys(of, "CADEAU", key="mug")
    close(basket=basket(MOKA, coupons=("CADEAU",), identity=None))
    give_back(ReturnedItem(2, quantity=1000))
    assert get_stock(by=SYSTEM, at=AT, stock_id=stock.id).given == 1


@pytest.mark.parametrize(
    ("policy", "after_a_part", "after_all"),
    [("whole", "ok", "blocked"), ("any", "blocked", "blocked"), ("never", "ok", "ok")],
)
def test_what_was_issued_goes_as_the_terms_say(policy: str, after_a_part: str, after_all: str) -> None:
    of = programme(document(BACK, purchases={"issued_withdrawn": policy}))
    enrolment = member(of)
    close(basket=basket())
    voucher = Voucher.objects.get()
    late = voucher.valid_from + timedelta(days=1)

    def state() -> str:
        return state_of(of, voucher, customer_id=enrolment.customer_id, at=late)

    give_back(ReturnedItem(2))
    assert state() == after_a_part
    give_back()
    assert state() == after_all


@pytest.mark.parametrize("leaves", [False, True])
def test_it_follows_a_member_into_a_pool_and_out_of_it(leaves: bool) -> None:
    of = programme(document(STEP, points=PAYS))
    enrolment = with_points(member(of))
    sold = close(basket=basket(pays_with_points=True)).made
    family = create_pool(by=SYSTEM, at=AT, programme=of, name="Fidelio")
    join_pool(by=SYSTEM, at=AT, enrolment=enrolment, pool_id=family.id)
    account = family.account_id
    if leaves:
        enrolment.refresh_from_db()
        leave_pool(by=SYSTEM, at=AT, enrolment=enrolment, takes="share")
        enrolment.refresh_from_db()
        account = enrolment.account_id
    assert points_at(account) == sold.points
    give_back(ReturnedItem(2))
    give_back(amount=500)
    give_back()
    assert points_at(account) == START
    assert get_balance(account_id=account, currency="tier:PTS", at=AT).available == 0
    assert find_broken_invariants() == []


def test_what_was_bought_in_a_pool_comes_back_to_the_pool() -> None:
    of = programme(document(points=PAYS))
    enrolment = with_points(member(of))
    family = create_pool(by=SYSTEM, at=AT, programme=of, name="Fidelio")
    join_pool(by=SYSTEM, at=AT, enrolment=enrolment, pool_id=family.id)
    close(basket=basket(pays_with_points=True))
    enrolment.refresh_from_db()
    leave_pool(by=SYSTEM, at=AT, enrolment=enrolment)
    give_back(ReturnedItem(2))
    give_back()
    assert points_at(family.account_id) == START
    assert find_broken_invariants() == []


def test_a_merged_customer_brings_back_what_was_bought_before() -> None:
    of = programme(document(points=PAYS))
    enrolment = with_points(member(of, card="M1"))
    close("A", basket=basket(identity=("card", "M1"), pays_with_points=True))
    survivor = florestan()
    Customer.objects.filter(id=enrolment.customer_id).update(merged_into=survivor)
    close("B", basket=basket(MUG))
    give_back(ReturnedItem(2), number="A")
    give_back(number="A")
    give_back(number="B")
    assert points_at(enrolment.account_id) == START
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_an_anonymous_checkout_that_was_claimed_comes_back_to_who_claimed_it() -> None:
    of = programme(document(STEP))
    enrolment = member(of)
    sold = close(basket=basket(identity=None)).made
    give_back(ReturnedItem(2))
    claim_purchase(by=CLAIMER, at=AT, request=ClaimRequest(purchase_id=sold.purchase_id, identity=CARD))
    assert points_at(enrolment.account_id) == 35
    give_back(ReturnedItem(1, quantity=1000))
    assert points_at(enrolment.account_id) == 17
    give_back()
    assert points_at(enrolment.account_id) == 0
    assert find_broken_invariants() == []
    assert find_broken_chain(enrolment.account_id) is None


def test_a_replay_after_reopening_says_what_was_done_and_changes_nothing() -> None:
    enrolment = with_points(member(programme(document(points=PAYS))))
    asked = basket(pays_with_points=True)
    first = close(basket=asked, key="close")
    reopen(key="reopen")
    again = close(basket=asked, key="close")
    assert again.is_replay
    assert again.checkout["state"] == "open", "it is open again: a late copy of the first closure does not close it"
    second = close(key="again")
    assert second.made.purchase_id != first.made.purchase_id
    late = close(basket=asked, key="close")
    assert (late.is_replay, late.checkout["state"]) == (True, "closed")
    assert reopen(key="reopen").is_replay
    assert points_at(enrolment.account_id) == second.made.points
    assert Purchase.objects.filter(kind="sale").count() == 2


LINES = st.lists(
    st.builds(
        lambda code, quantity, price: BasketLine(code, quantity, price, 2),
        st.sampled_from(["moka", "mug"]),
        st.sampled_from([1_000, 3_000, 350]),
        st.integers(0, 2_000),
    ),
    min_size=1,
    max_size=3,
)
PARTS = st.lists(
    st.tuples(st.sampled_from(["quantity", "amount", "over_all", "rest"]), st.integers(1, 3), st.integers(1, 3_000)),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=LINES, parts=PARTS, joins=st.integers(-1, 5))
def test_any_returns_in_any_order_sum_to_the_whole(
    lines: list[BasketLine], parts: list[tuple[str, int, int]], joins: int
) -> None:
    savepoint = transaction.savepoint()
    try:
        _any_returns(lines, parts, joins)
    finally:
        transaction.savepoint_rollback(savepoint)


def _any_returns(lines: list[BasketLine], parts: list[tuple[str, int, int]], joins: int) -> None:
    of = programme(document(STEP, points=PAYS))
    enrolment = with_points(member(of))
    sold = close(basket=basket(*lines, pays_with_points=True)).made
    account = enrolment.account_id
    for place, (how, line, number) in enumerate(parts):
        if place == joins:
            family = create_pool(by=SYSTEM, at=AT, programme=of, name="Fidelio")
            join_pool(by=SYSTEM, at=AT, enrolment=enrolment, pool_id=family.id)
            account = family.account_id
        try:
            _one(how, line, number)
        except (MoreThanBought, MalformedLines):
            continue
    with suppress(MoreThanBought):
        give_back()
    every = Purchase.objects.values("total", "gross", "discount", "tax", "points", "paid_by_points", "points_spent")
    assert {name: sum(row[name] for row in every) for name in every[0]} == dict.fromkeys(every[0], 0)
    assert sold.points_spent >= 0
    assert points_at(account) == START
    assert find_broken_invariants() == []


def _one(how: str, line: int, number: int) -> None:
    if how == "quantity":
        give_back(ReturnedItem(line, quantity=number))
    elif how == "amount":
        give_back(ReturnedItem(line, amount=number))
    elif how == "over_all":
        give_back(amount=number)
    else:
        give_back(ReturnedItem(line))


def test_what_a_return_says_twice_is_refused_and_nothing_comes_back() -> None:
    programme(document())
    close(basket=basket(identity=None))
    for asked, place in (
        ({"amount": 100, "lines": (ReturnedItem(1, 1_000),)}, "/amount"),
        ({"lines": (ReturnedItem(1, 1_000, 100),)}, "/lines/0/amount"),
        ({"lines": (ReturnedItem(9),)}, "/lines/0/line_number"),
    ):
        with pytest.raises(MalformedLines) as refused:
            give_back(*asked.get("lines", ()), amount=asked.get("amount"))  # type: ignore[misc, arg-type]
        assert refused.value.pointer == place
    with pytest.raises(MoreThanBought) as more:
        give_back(amount=10_000)
    assert more.value.message == "Between nothing and 49.40 EUR can be given back, not 100.00 EUR."
    assert not Purchase.objects.filter(kind="return").exists()
