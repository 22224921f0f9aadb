"""Returning in full: in another store, by receipt or without one, after the points have gone, in any parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.activity.errors import IdempotencyKeyReused, MalformedLines, UnknownPurchase
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    ReturnedLine,
    ReturnRequest,
    SoldReceipt,
    record_lone_return,
    record_purchase,
    record_return,
)
from fidelia.activity.operations.returns import net_of_returned
from fidelia.activity.queries import explain_purchase, find_broken_chain, find_taken_back, get_purchase, list_purchases
from fidelia.customers.models import Customer
from fidelia.kernel.actor import Actor
from fidelia.ledger.models import Entry
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.organisation.errors import StoreUnknown
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import draft_version, publish_version
from fidelia.rules import LineAllocation, points_of_returned
from fidelia.rules.taken_back import TakenBack
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, AUTHOR, BEGUN, DOCUMENT, florestan, member, programme

from .network import stores

pytestmark = pytest.mark.django_db
TILL = actor_with("purchase.record", "purchase.return", "purchase.see", label="Marzelline", number=3)
CARD = ("card", "2990441788200")
PER_EURO = {"rules": DOCUMENT["rules"][:1]}  # one point per euro and nothing else, as in the worked cases


def sell(*lines: LineRequest, key: str = "s1", at: datetime = AT, **changes: Any) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=f"R-{key}", occurred_at=at, currency="EUR",
        lines=lines or (LineRequest("mug", 2000, 10_000),), identity=CARD,
    )  # fmt: skip
    recorded = record_purchase(by=TILL, at=AT, request=replace(request, **changes), source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back(
    sale: Purchase | None, *lines: ReturnedLine, key: str = "b1", by: Actor = TILL, **changes: Any
) -> Purchase:
    request = ReturnRequest(
        idempotency_key=key, receipt_number=f"B-{key}", occurred_at=AT,
        purchase_id=sale.purchase_id if sale is not None else None, lines=lines,
    )  # fmt: skip
    recorded = record_return(by=by, at=AT, request=replace(request, **changes), source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back_alone(*lines: LineRequest, key: str = "l1", **changes: Any) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=f"L-{key}", occurred_at=AT, currency="EUR",
        lines=lines or (LineRequest("mug", 1000, 5000),), identity=CARD,
    )  # fmt: skip
    recorded = record_lone_return(by=TILL, at=AT, request=replace(request, **changes), source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def balance(enrolment: Enrolment) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def spend(enrolment: Enrolment, amount: int, *, at: datetime = AT) -> None:
    redeem(by=SYSTEM, at=at, account_id=enrolment.account_id, currency="PTS", amount=amount, key="reward")


def said(returned: Purchase, language: str = "en") -> list[str]:
    return explain_purchase(get_purchase(by=TILL, purchase_id=returned.purchase_id), language)


# In another store.


@pytest.mark.parametrize("borne_by", ["purchase", "return"])
def test_another_store_of_the_partner_takes_it_back_and_the_record_says_who_bears_it(borne_by: str) -> None:
    seville, lyon, _wien = stores()
    member(programme({**PER_EURO, "purchases": {"returns_borne_by": borne_by}}))
    sale = sell(store="seville")
    cashier = actor_with("purchase.return", scope=lyon.scope)
    returned = give_back(sale, by=cashier, store="lyon")
    bearer = seville if borne_by == "purchase" else lyon
    assert (returned.store_id, returned.borne_by_store_id) == (lyon.id, bearer.id)
    entry = Entry.objects.get(posting_id=returned.posting_id, code="member")
    assert (entry.amount, entry.store_id, entry.partner_id) == (-100, bearer.id, bearer.partner_id)
    who_sees = actor_with("purchase.see", scope=seville.scope)
    seen = {row.purchase_id for row in list_purchases(by=who_sees, kind="return")}
    assert seen == ({returned.purchase_id} if borne_by == "purchase" else set())


def test_in_its_own_store_it_bears_it_itself() -> None:
    seville, _lyon, _wien = stores()
    member(programme(PER_EURO))
    returned = give_back(sell(store="seville"))
    assert (returned.store_id, returned.borne_by_store_id) == (seville.id, seville.id)


def test_a_store_of_another_partner_knows_nothing_of_it() -> None:
    _seville, _lyon, wien = stores()
    member(programme(PER_EURO))
    sale = sell(store="seville")
    with pytest.raises(UnknownPurchase):
        give_back(sale, by=actor_with("purchase.return", scope=wien.scope), store="wien")
    with pytest.raises(StoreUnknown) as refusal:
        give_back(sale, store="nowhere")
    assert refusal.value.pointer == "/store"
    assert Purchase.objects.count() == 1


# By its receipt.


def test_a_till_that_knows_only_the_receipt_names_that() -> None:
    member(programme(PER_EURO))
    sale = sell()
    returned = give_back(None, sold=SoldReceipt("R-s1"))
    assert (returned.returns_purchase_id, returned.points) == (sale.purchase_id, -100)
    with pytest.raises(UnknownPurchase):
        give_back(None, sold=SoldReceipt("R-s1", source="another stream"), key="b2")
    with pytest.raises(UnknownPurchase):
        give_back(None, sold=SoldReceipt("B-b1"), key="b2")  # the receipt of a return
    with pytest.raises(UnknownPurchase):
        give_back(None, key="b2")


# Without its receipt.


def test_alone_it_takes_what_the_rules_of_its_own_date_would_give() -> None:
    enrolment = member(programme())
    sell(LineRequest("mug", 1000, 10_000))
    assert balance(enrolment) == 100 + 50
    returned = give_back_alone(LineRequest("moka", 1000, 3000, category="coffee"))
    # 30 euros of coffee give 60, and no welcome: what comes back is nobody's first purchase.
    assert (returned.kind, returned.total, returned.points, returned.returns_purchase_id) == (
        "return",
        -3000,
        -60,
        None,
    )
    line = get_purchase(by=TILL, purchase_id=returned.purchase_id).lines[0]
    assert (line.quantity, line.net, line.points, line.returns_purchase_id) == (-1000, -3000, -60, None)
    record = DecisionRecord.objects.get(purchase_id=returned.purchase_id).record
    assert (record["values"]["returns"], record["values"]["stands_alone"]) == ([], 1)
    assert balance(enrolment) == 90
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []
    assert said(returned) == [
        "Without its receipt: by the rules of that day, what came back would earn 60\u00a0points.",
        "Taken back: 60\u00a0points.",
    ]


def test_alone_and_of_nobody_it_takes_nothing() -> None:
    member(programme())
    returned = give_back_alone(identity=None)
    assert (returned.total, returned.points, returned.account_id) == (-5000, 0, None)
    assert said(returned) == ["No member gave this back: there are no points to take."]


def test_alone_the_same_key_again_changes_nothing() -> None:
    enrolment = member(programme(PER_EURO))
    sell()
    assert give_back_alone().purchase_id == give_back_alone().purchase_id
    assert balance(enrolment) == 50
    with pytest.raises(IdempotencyKeyReused):
        give_back_alone(LineRequest("mug", 1000, 1))
    with pytest.raises(MalformedLines):
        give_back_alone(LineRequest("mug", -1000, 1), key="l2")


# After the points have gone.


def test_what_had_expired_is_not_taken_a_second_time() -> None:
    enrolment = member(programme({**PER_EURO, "points": {"validity_months": 1, "ends": "day"}}))
    sale = sell(at=AT - timedelta(days=40))
    sell(LineRequest("mug", 1000, 700), key="s2")
    returned = give_back(sale)
    assert find_taken_back(returned) == TakenBack(asked=100, already_expired=100)
    assert balance(enrolment) == 7
    assert find_broken_invariants() == []
    assert said(returned) == [
        "What came back had earned 100\u00a0points.",
        "Taken back: 0\u00a0points.",
        "Expired before, and not taken a second time: 100\u00a0points.",
    ]


@pytest.mark.parametrize(
    ("may_go_negative", "left", "last"),
    [
        (False, 0, "Déjà dépensés, et non réclamés : 23\u00a0points."),
        (True, -23, "Déjà dépensés, et dus : 23\u00a0points ; les prochains les combleront."),
    ],
)
def test_what_was_spent_is_owed_or_given_up_and_the_explanation_says_which(
    may_go_negative: bool, left: int, last: str
) -> None:
    document = {**PER_EURO, "points": {"validity_months": 1, "ends": "day"}}
    enrolment = member(programme(document, may_go_negative=may_go_negative))
    bought_at = AT - timedelta(days=40)
    sale = sell(at=bought_at)
    spend(enrolment, 30, at=bought_at + timedelta(days=1))  # 70 of the 100 expire
    sell(LineRequest("mug", 1000, 700), key="s2")
    returned = give_back(sale)
    owed, given_up = (23, 0) if may_go_negative else (0, 23)
    assert find_taken_back(returned) == TakenBack(100, taken=7, already_expired=70, given_up=given_up, owed=owed)
    assert balance(enrolment) == left
    assert find_broken_invariants() == []
    assert said(returned, "fr") == [
        "Ce qui a été rendu avait rapporté 100\u00a0points.",
        "Repris : 7\u00a0points.",
        "Déjà expirés, et non repris une seconde fois : 70\u00a0points.",
        last,
    ]


def test_what_is_owed_is_filled_by_the_next_purchase() -> None:
    enrolment = member(programme(PER_EURO, may_go_negative=True))
    sale = sell()
    spend(enrolment, 80)
    give_back(sale)
    assert balance(enrolment) == -80
    sell(key="s2")
    assert balance(enrolment) == 20
    assert find_broken_invariants() == []


# Of nobody, and of somebody who was merged.


def test_of_an_anonymous_purchase_the_goods_come_back_and_no_points() -> None:
    member(programme())
    sale = sell(identity=None)
    parts = [give_back(sale, ReturnedLine(1, 1000), key=f"b{n}") for n in range(2)]
    assert [(part.total, part.points) for part in parts] == [(-5000, 0), (-5000, 0)]
    assert said(parts[0], "fr") == ["Aucun adhérent n’a rendu cet achat : il n’y a pas de points à reprendre."]


def test_of_a_customer_merged_since_it_goes_to_the_account_that_earned() -> None:
    enrolment = member(programme(PER_EURO), card=CARD[1])
    sale = sell()
    survivor = florestan("2990441788217")
    Customer.objects.filter(id=enrolment.customer_id).update(merged_into=survivor)
    assert give_back(sale).account_id == enrolment.account_id
    assert balance(enrolment) == 0
    assert give_back_alone(LineRequest("mug", 1000, 100)).account_id == enrolment.account_id
    assert find_broken_chain(enrolment.account_id) is None


# Worked cases, and the traps behind them: Odoo's point of sale, with one point per unit of money.


def test_one_of_two_units_gives_half_back() -> None:
    enrolment = member(programme(PER_EURO))
    sale = sell(LineRequest("desk", 2000, 10_000))  # O5: 2 × 50 → 100; one refunded → 50
    give_back(sale, ReturnedLine(1, 1000))
    assert balance(enrolment) == 50


def test_after_points_were_spent_one_of_two_units_takes_half_of_what_the_purchase_earned() -> None:
    enrolment = member(programme(PER_EURO))
    sell(LineRequest("desk", 1000, 20_000), key="before")  # O8: 200 before; two units earn 35 each; 150 spent → 120
    sale = sell(LineRequest("chair", 2000, 7000))
    spend(enrolment, 150)
    assert balance(enrolment) == 120
    assert give_back(sale, ReturnedLine(1, 1000)).points == -35
    assert balance(enrolment) == 85


def test_todays_rules_change_nothing_of_a_return() -> None:
    made = programme(PER_EURO)
    enrolment = member(made)
    sale = sell(at=AT - timedelta(days=1))
    tenfold = {"rules": [{**DOCUMENT["rules"][0], "points_per": {"amount": "1.00", "points": "10"}}]}
    publish_version(by=AUTHOR, at=AT, version=draft_version(by=AUTHOR, at=AT, programme=made, document=tenfold))
    assert give_back(sale).points == -100
    assert balance(enrolment) == 0


def test_a_line_given_back_moves_nothing_to_the_others() -> None:
    enrolment = member(programme())
    sale = sell(LineRequest("moka", 1000, 3000, category="coffee"), LineRequest("mug", 1000, 4000))
    lines = [line.points for line in get_purchase(by=TILL, purchase_id=sale.purchase_id).lines]
    assert give_back(sale, ReturnedLine(1)).points == -lines[0]
    assert give_back(sale, ReturnedLine(2), key="b2").points == -lines[1]
    assert balance(enrolment) == 0


cuts = st.lists(st.integers(0, 9_999), max_size=8)


@given(st.integers(-5_000, 5_000), st.integers(0, 10**8), st.integers(1, 10_000), cuts)
def test_parts_sum_to_the_whole_in_any_split(points: int, net: int, quantity: int, at: list[int]) -> None:
    """Whatever is given back when: the parts sum to the line, each within one unit of its exact share."""
    marks = sorted({0, quantity, *(cut % (quantity + 1) for cut in at)})
    allocation = (LineAllocation(quantity, points),)
    parts = [(start, end - start) for start, end in pairwise(marks)]
    back = [points_of_returned(allocation, 0, already=already, now=now) for already, now in parts]
    money = [net_of_returned(net, quantity, already=already, now=now) for already, now in parts]
    assert (sum(back), sum(money)) == (points, net)
    assert all(
        abs(given * quantity - points * now) <= quantity for given, (_already, now) in zip(back, parts, strict=True)
    )
    assert all(
        abs(given * quantity - net * now) <= quantity for given, (_already, now) in zip(money, parts, strict=True)
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_in_any_order_of_lines_the_parts_end_at_nothing(order: tuple[int, ...]) -> None:
    enrolment = member(programme())
    lines = (
        LineRequest("moka", 3000, 1001, category="coffee"),
        LineRequest("mug", 350, 777),
        LineRequest("bag", 7000, 5),
    )
    sale = sell(*lines, at=BEGUN + timedelta(days=700))
    given_back = []
    for place in order:
        half = lines[place].quantity // 3
        given_back.append(give_back(sale, ReturnedLine(place + 1, half), key=f"half{place}"))
    given_back.append(give_back(sale, key="rest"))
    assert sum(part.points for part in given_back) == -sale.points
    assert sum(part.total for part in given_back) == -sale.total
    assert balance(enrolment) == 0
    assert find_broken_invariants() == []
