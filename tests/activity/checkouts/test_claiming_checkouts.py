"""A closed checkout of nobody that a member claims gives what it would have given them: by what was frozen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fidelia.activity.models import PurchaseClaim
from fidelia.activity.operations import ClaimRequest, LineRequest, PurchaseRequest, claim_purchase, record_purchase
from fidelia.activity.operations.checkouts import BasketLine, GiftCardTender, ReturnedItem, Shipping
from fidelia.activity.queries import find_broken_chain
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.rewards.models import Use
from tests.cast import SYSTEM
from tests.programme.cast import AT, DOCUMENT, member, programme
from tests.rewards.scarce import everybodys, gift_card

from .cast import CARD, MOKA, MUG, basket, close, give_back
from .rules import BASE, document, said

pytestmark = pytest.mark.django_db
TOASTER = BasketLine("toaster", 1_000, 4_000, 2)


def claim(sale: Any) -> PurchaseClaim:
    return claim_purchase(by=SYSTEM, at=AT, request=ClaimRequest(purchase_id=sale.purchase_id, identity=CARD))


def nobodys(*lines: BasketLine, number: str = "C-1", **changes: Any) -> Any:
    return close(number, basket=basket(*lines, identity=None, **changes)).made


def balance(enrolment: Enrolment) -> int:
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def test_the_words_of_the_till_are_believed_where_no_file_of_products_says_otherwise() -> None:
    enrolment = member(programme())
    # 34.90 of coffee counts twice, 14.50 once, and the first purchase of twenty euros gives 50.
    assert claim(nobodys(MOKA, MUG)).points == close("named", basket=basket(MOKA, MUG)).made.points + 50 == 134
    bought = PurchaseRequest(
        "p", "P-1", AT, "EUR", (LineRequest("moka", 1000, 1000, category="coffee"), LineRequest("mug", 1000, 500))
    )
    assert claim(record_purchase(by=SYSTEM, at=AT, request=bought, source="till")).points == 25
    assert balance(enrolment) == 134 + 84 + 25


def test_postage_earns_nothing_unless_the_terms_say_so() -> None:
    member(programme(document()))
    assert claim(nobodys(TOASTER, shipping=Shipping(990))).line_points == [40, 0]


def test_postage_earns_where_the_terms_say_so() -> None:
    member(programme(document(checkout={"earning": {"shipping": True}})))
    assert claim(nobodys(TOASTER, shipping=Shipping(1_000))).line_points == [40, 10]


def test_what_a_gift_card_paid_earns_nothing_where_the_terms_say_so() -> None:
    of = programme(document(checkout={"earning": {"paid_by_gift_cards": False}}))
    member(of)
    card = gift_card(of, 1_500)
    assert claim(nobodys(TOASTER, gift_cards=(GiftCardTender(card.code),))).points == 25


def test_points_on_the_price_before_discounts_are_those_of_the_closure() -> None:
    half = {"key": "half", "name": said("Half"), "percent_off": {"percent": "50", "of": "order"}}
    member(programme(document(half, checkout={"earning": {"discounted": True}})))
    sale = nobodys(TOASTER)
    assert (sale.total, claim(sale).points) == (2_000, 40)


def test_money_that_went_back_before_the_claim_earns_nothing() -> None:
    enrolment = member(programme(document()))
    sale = nobodys(TOASTER, BasketLine("tea", 2_000, 500, 2))
    give_back(amount=1_000)
    give_back(ReturnedItem(2, 1_000))
    assert claim(sale).points == 50
    assert balance(enrolment) == 35  # back came a fifth of either line (8 and 2 points), then half of the tea (5)
    give_back()
    assert balance(enrolment) == 0


def test_a_code_that_was_shown_gives_its_points_to_who_claims() -> None:
    welcome = {"key": "welcome", "name": said("Welcome"), "coupon": "once", "points": 10}
    of = programme(document(welcome))
    member(of)
    everybodys(of, "ONCE", uses=5)
    assert claim(nobodys(TOASTER, coupons=("ONCE",))).points == 50
    assert claim(nobodys(TOASTER, number="C-2")).points == 40


def test_a_budget_of_points_is_not_used_up_by_points_that_nobody_gets() -> None:
    budget = {"key": "base", "name": said("Base"), "limits": [{"of": "points", "at_most": 60}], **BASE_TERMS}
    member(programme({**DOCUMENT, "rules": [budget]}))
    sale = nobodys(TOASTER)
    assert not Use.objects.exists()
    assert claim(sale).points == 0  # what has a limit is given at the till, to who is known there
    assert close("named", basket=basket(msgspec.structs.replace(TOASTER, unit_price=6_000))).made.points == 60


BASE_TERMS = {"points_per": BASE["points_per"]}
