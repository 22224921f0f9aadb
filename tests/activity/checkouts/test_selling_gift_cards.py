"""A gift card as a line of a basket: never discounted, without points; activated at close, taken back with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from fidelia.activity.errors import MalformedBasket, MalformedLines
from fidelia.activity.models import Purchase, PurchaseClaim
from fidelia.activity.operations.checkouts import (
    BasketLine,
    CheckoutOutcome,
    GiftCardTender,
    ReturnedItem,
    SoldCard,
    Tax,
    close_checkout,
)
from fidelia.activity.operations.claims import ClaimRequest, claim_purchase
from fidelia.customers.models import Customer
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.rewards.errors import CodeTaken, GiftCardFull, GiftCardShort, TopUpStays, UnknownGiftCard
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations import sell_gift_card, spend_gift_card, take_top_up_back
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, member, programme

from .cast import MOKA, TILL, basket, call, cancel, give_back, reopen
from .rules import document, said

pytestmark = pytest.mark.django_db
CODE = "RACK00001234"
HALF = {"key": "half", "name": said("Half off everything"), "percent_off": {"percent": 50, "of": "order"}}


SELLER = actor_with("purchase.record", "purchase.see", "gift_card.sell", label="Marzelline", number=3)


def close(number: str = "C-1", *, at: datetime = AT, **more: Any) -> CheckoutOutcome:
    return close_checkout(by=SELLER, at=at, call=call("close", number, **more))


def card(amount: int = 5000, **more: Any) -> BasketLine:
    return BasketLine("giftcard", 1000, amount, 2, sells=SoldCard(**more))


@pytest.fixture(autouse=True)
def shop() -> Programme:
    return member(programme({**document(HALF), "gift_cards": {"top_up": {"most_held": "100"}}})).programme


def sold() -> GiftCard:
    return GiftCard.objects.get()


def test_it_is_money_at_full_price_without_points_and_no_goods() -> None:
    closed = close(basket=basket(MOKA, card(code=CODE, valid_until=date(2028, 1, 31))))
    half = 3490 // 2
    assert closed.checkout["total"] == half + 5000
    assert [line.total for line in closed.checkout["evaluation"]["lines"]] == [half, 5000]
    purchase = Purchase.objects.get()
    assert (purchase.points, purchase.product_total) == (17, half)
    assert (sold().code, sold().balance, sold().customer_id) == (CODE, 5000, purchase.customer_id)
    assert sold().expires_at is not None
    told = closed.checkout["evaluation"]["sold_cards"]
    assert [(each["line_number"], each["code"], each["amount"]) for each in told] == [(2, CODE, 5000)]


def test_without_a_code_one_is_drawn_and_an_evaluation_sells_nothing() -> None:
    close(basket=basket(card(1000), card(2500)))
    assert sorted(GiftCard.objects.values_list("balance", flat=True)) == [1000, 2500]
    assert len(set(GiftCard.objects.values_list("code", flat=True))) == 2


def test_a_retry_sells_no_second_one() -> None:
    asked = basket(card())
    first, again = (close(basket=asked, key="till-1-closes") for _ in range(2))
    assert GiftCard.objects.count() == 1
    assert first.checkout["evaluation"]["sold_cards"] == again.checkout["evaluation"]["sold_cards"]


def test_other_cards_and_points_do_not_pay_for_it(shop: Programme) -> None:
    sell_gift_card(by=SYSTEM, at=AT, programme=shop, amount=Money(9000, "EUR"), code="PAYS00001234")
    asked = basket(MOKA, card(code=CODE), gift_cards=(GiftCardTender("PAYS00001234"),))
    closed = close(basket=asked)
    assert closed.checkout["evaluation"]["due"] == 5000
    assert GiftCard.objects.get(code="PAYS00001234").balance == 9000 - 1745
    with pytest.raises(MalformedBasket):
        close("C-2", basket=basket(card(code=CODE), gift_cards=(GiftCardTender(CODE),)))


def test_its_return_empties_it_and_it_is_sold_again() -> None:
    close(basket=basket(MOKA, card(code=CODE)))
    give_back(ReturnedItem(2, amount=2000), at=AT + timedelta(hours=1))
    assert sold().balance == 3000
    give_back(ReturnedItem(2), at=AT + timedelta(hours=2))
    assert sold().balance == 0
    close("C-2", basket=basket(card(2500, code=CODE)), at=AT + timedelta(hours=3))
    assert (sold().balance, sold().movements) == (2500, 4)
    with pytest.raises(CodeTaken):
        close("C-3", basket=basket(card(code=CODE)), at=AT + timedelta(hours=4))


def test_what_is_spent_of_it_does_not_come_back() -> None:
    close(basket=basket(MOKA, card(code=CODE)))
    spend_gift_card(by=SYSTEM, at=AT, card_id=sold().id, amount=Money(100, "EUR"))
    with pytest.raises(GiftCardShort):
        give_back(ReturnedItem(2), at=AT + timedelta(hours=1))
    with pytest.raises(GiftCardShort):
        cancel(at=AT + timedelta(hours=1))
    give_back(ReturnedItem(2, amount=4900), ReturnedItem(1, 1000), at=AT + timedelta(hours=2))
    assert sold().balance == 0


def test_cancelled_and_reopened_it_is_the_same_card() -> None:
    close(basket=basket(card(code=CODE)))
    cancel(at=AT + timedelta(minutes=1))
    assert sold().balance == 0
    reopen(at=AT + timedelta(minutes=2))
    assert sold().balance == 0
    close(at=AT + timedelta(minutes=3))
    assert sold().balance == 5000


@pytest.mark.parametrize(
    "line",
    [
        BasketLine("giftcard", 2000, 5000, 2, sells=SoldCard()),
        BasketLine("giftcard", 1000, 0, 2, sells=SoldCard()),
        BasketLine("giftcard", 1000, 5000, 2, sells=SoldCard(), taxes=(Tax("vat20", 20, 100),)),
    ],
)
def test_one_card_a_line_with_money_and_without_tax(line: BasketLine) -> None:
    with pytest.raises(MalformedLines) as refusal:
        close(basket=basket(line))
    assert refusal.value.pointer == "/lines/0/gift_card"
    with pytest.raises(MalformedBasket):
        close(basket=basket(card(code=CODE), card(code=CODE)))


def test_who_may_not_sell_gift_cards_does_not() -> None:
    with pytest.raises(Denied):
        close_checkout(by=TILL, at=AT, call=call("close", basket=basket(card())))
    assert not GiftCard.objects.exists()
    assert not Purchase.objects.exists()


def test_claimed_later_it_earns_nothing_either() -> None:
    close(basket=basket(MOKA, card(code=CODE), identity=None))
    purchase = Purchase.objects.get()
    clerk = actor_with("purchase.claim", "purchase.see", "customer.see", label="Rocco", number=6)
    whose = Customer.objects.get().id
    asked = ClaimRequest(purchase_id=purchase.purchase_id, customer_id=whose)
    claim_purchase(by=clerk, at=AT + timedelta(hours=1), request=asked)
    assert PurchaseClaim.objects.get().points == 17


CHARGER = actor_with("purchase.record", "purchase.see", "gift_card.top_up", label="Jaquino", number=4)


def test_a_line_charges_a_card_again_and_its_return_takes_the_charge_off(shop: Programme) -> None:
    held = sell_gift_card(by=SYSTEM, at=AT, programme=shop, amount=Money(1000, "EUR"), code=CODE)
    asked = basket(MOKA, card(2000, code=CODE, tops_up=True))
    with pytest.raises(Denied):
        close("C-0", basket=asked)
    closed, again = (close_checkout(by=CHARGER, at=AT, call=call("close", "C-1", "k", basket=asked)) for _ in range(2))
    assert [each["tops_up"] for each in closed.checkout["evaluation"]["sold_cards"]] == [True]
    assert again.checkout["evaluation"]["sold_cards"] == closed.checkout["evaluation"]["sold_cards"]
    held.refresh_from_db()
    assert (held.balance, held.movements, held.history.latest("number").kind) == (3000, 2, "topped_up")
    assert Purchase.objects.get().points == 17
    with pytest.raises(TopUpStays):
        take_top_up_back(by=SYSTEM, at=AT, card_id=held.id, number=2, note="by mistake")
    spend_gift_card(by=SYSTEM, at=AT, card_id=held.id, amount=Money(1000, "EUR"))
    give_back(ReturnedItem(2), at=AT + timedelta(hours=1))
    held.refresh_from_db()
    assert (held.balance, held.history.latest("number").reverses) == (0, 2)
    with pytest.raises(CodeTaken):  # it is in somebody's pocket, not on the rack
        close("C-2", basket=basket(card(code=CODE)))


@pytest.mark.parametrize(
    ("line", "refusal", "pointer"),
    [
        (card(2000, tops_up=True), MalformedLines, "/lines/0/gift_card"),
        (card(2000, code=CODE, tops_up=True, valid_until=date(2028, 1, 31)), MalformedLines, "/lines/0/gift_card"),
        (card(2000, code="UNKNOWN00001", tops_up=True), UnknownGiftCard, "/lines/0/gift_card/code"),
        (card(9001, code=CODE, tops_up=True), GiftCardFull, "/lines/0/gift_card/amount"),
    ],
)
def test_a_charge_that_cannot_be_is_refused_and_nothing_is_sold(
    shop: Programme, line: BasketLine, refusal: type[FideliaError], pointer: str
) -> None:
    sell_gift_card(by=SYSTEM, at=AT, programme=shop, amount=Money(1000, "EUR"), code=CODE)
    with pytest.raises(refusal) as refused:
        close_checkout(by=CHARGER, at=AT, call=call("close", basket=basket(line)))
    assert refused.value.pointer == pointer
    assert not Purchase.objects.exists()
