"""Goods back and goods taken in one go: on one receipt, both or neither, and shown before as they come to be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fidelia.activity.errors import ExpectedTotalDiffers, IdempotencyKeyReused, MalformedLines, WrongCurrency
from fidelia.activity.models import Purchase
from fidelia.activity.operations import (
    Exchanged,
    ReturnedLine,
    ReturnRequest,
    exchange_goods,
    record_return,
    rehearse_exchange,
)
from fidelia.activity.operations.checkouts import (
    CheckoutBasket,
    Evaluation,
    GiftCardTender,
    close_checkout,
    evaluate_checkout,
)
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.ledger.models import Posting
from fidelia.programme.models import Programme
from fidelia.programme.operations import create_programme, draft_version, publish_version
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations import sell_gift_card
from fidelia.rules.pricing import MoreThanBought
from tests.cast import SYSTEM
from tests.programme.cast import AT, BEGUN, member, programme

from .cast import MOKA, MUG, TILL, basket, call, close
from .rules import document, said

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=2)
ONCE = {
    "key": "once",
    "name": said("Five off, once each"),
    "amount_off": 5,
    "limits": [{"of": "uses", "at_most": 1, "per": "member"}],
}


def shop(*rules: dict[str, Any]) -> Programme:
    return member(programme(document(*rules))).programme


def sold(number: str = "C-1") -> Purchase:
    return Purchase.objects.get(receipt_number=number, kind="sale")


def back(*lines: ReturnedLine, number: str = "C-1", receipt: str = "X-1") -> ReturnRequest:
    return ReturnRequest(
        idempotency_key="", receipt_number=receipt, occurred_at=LATER, purchase_id=sold(number).purchase_id, lines=lines
    )


def exchange(
    taken: CheckoutBasket, *lines: ReturnedLine, key: str = "till-1-exchanges", expected: str | None = None
) -> Exchanged:
    asked = call("close", "X-1", key, basket=taken, expected_total=expected, receipt_number="X-1")
    return exchange_goods(by=TILL, at=LATER, back=back(*lines), call=asked)


def test_both_are_on_one_receipt_and_told_again_under_the_same_key() -> None:
    shop()
    close(basket=basket())
    done, again = (exchange(basket(MOKA), ReturnedLine(2, 1000)) for _ in range(2))
    on_it = {one.kind: (one.total, one.points) for one in Purchase.objects.filter(receipt_number="X-1")}
    assert on_it == {"return": (-1450, -14), "sale": (3490, 34)}
    assert (done.refund, done.closed.checkout["total"], done.closed.is_replay) == (1450, 3490, False)
    assert (again.refund, again.closed.is_replay) == (1450, True)
    assert again.returned.purchase_id == done.returned.purchase_id
    assert Purchase.objects.count() == 3


def test_refused_goods_taken_leave_nothing_given_back() -> None:
    shop()
    close(basket=basket())
    before = Posting.objects.count()
    with pytest.raises(ExpectedTotalDiffers):
        exchange(basket(MOKA), expected="1.00")
    with pytest.raises(MalformedLines):
        exchange(basket(MOKA), ReturnedLine(9, 1000))
    with pytest.raises(MoreThanBought):
        exchange(basket(MOKA), ReturnedLine(2, 2000))
    assert (Purchase.objects.count(), Posting.objects.count()) == (1, before)


def test_what_comes_back_frees_its_use_and_is_shown_so_before() -> None:
    shop(ONCE)
    close(basket=basket(MUG))
    assert sold().total == 950
    asked = Evaluation(basket=basket(MOKA))
    alone = evaluate_checkout(by=TILL, at=LATER, asked=asked)
    refund, shown = rehearse_exchange(by=TILL, at=LATER, back=back(), asked=asked)
    assert (alone["total"], refund, shown["total"]) == (3490, 950, 2990)
    assert Purchase.objects.count() == 1
    done = exchange(basket(MOKA), expected="29.90")
    assert (done.refund, done.closed.checkout["total"]) == (refund, shown["total"])


def test_the_same_key_is_for_the_same_goods() -> None:
    shop()
    close(basket=basket())
    exchange(basket(MUG), ReturnedLine(2, 1000))
    with pytest.raises(IdempotencyKeyReused):
        exchange(basket(MUG), ReturnedLine(1, 1000))
    alone = call("close", "X-2", "a-sale-alone", basket=basket(MUG), receipt_number="X-2")
    close_checkout(by=TILL, at=LATER, call=alone)
    with pytest.raises(IdempotencyKeyReused):
        exchange_goods(by=TILL, at=LATER, back=back(ReturnedLine(1, 1000), receipt="X-2"), call=alone)
    assert Purchase.objects.filter(kind="return").count() == 1


def test_a_gift_card_has_its_part_back_and_the_money_is_the_rest() -> None:
    terms = shop()
    sell_gift_card(by=SYSTEM, at=AT, programme=terms, amount=Money(1000, "EUR"), code="PAYS00001234")
    close(basket=basket(MUG, gift_cards=(GiftCardTender("PAYS00001234"),)))
    assert GiftCard.objects.get().balance == 0
    done = exchange(basket(MOKA))
    assert (done.refund, done.returned.total, GiftCard.objects.get().balance) == (450, -1450, 1000)


def test_goods_come_back_once_by_whatever_way() -> None:
    shop()
    close(basket=basket())
    exchange(basket(MUG), ReturnedLine(2, 1000))
    more = ReturnRequest(
        idempotency_key="R", receipt_number="R-1", occurred_at=LATER, purchase_id=sold().purchase_id,
        lines=(ReturnedLine(2, 1000),),
    )  # fmt: skip
    with pytest.raises(MoreThanBought):
        record_return(by=TILL, at=LATER, request=more, source="till")


def test_francs_are_not_set_against_euros() -> None:
    shop()
    close(basket=basket())
    swiss = create_programme(
        by=SYSTEM, at=BEGUN, slug="suisse", name=LocalizedText(en="Swiss", fr="Suisse"), currency="CHF",
        time_zone="Europe/Zurich", points_code="SUI", points_name=LocalizedText(en="points", fr="points"),
    )  # fmt: skip
    publish_version(
        by=SYSTEM, at=BEGUN, version=draft_version(by=SYSTEM, at=BEGUN, programme=swiss, document=document())
    )
    taken = basket(MUG, currency="CHF", programme="suisse", identity=None)
    with pytest.raises(WrongCurrency):
        exchange(taken, ReturnedLine(2, 1000))
    with pytest.raises(WrongCurrency):
        rehearse_exchange(by=TILL, at=LATER, back=back(), asked=Evaluation(basket=taken))
    assert Purchase.objects.count() == 1
