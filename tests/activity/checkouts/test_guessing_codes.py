"""Who guesses codes at a checkout waits, also for a right one; a basket without codes is never slowed."""

from __future__ import annotations

import pytest

from fidelia.access.errors import RateLimited
from fidelia.activity.operations.checkouts import Evaluation, GiftCardTender, evaluate_checkout
from fidelia.kernel.errors import NotFound
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations.guessing import GUESSES
from tests.programme.cast import AT, programme
from tests.rewards.scarce import everybodys, gift_card

from .cast import TILL, basket, close, put
from .rules import TENTH, document

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> GiftCard:
    of = programme(document(TENTH))
    everybodys(of, "BIENVENUE")
    return gift_card(of, 3_000)


def evaluate(*coupons: str, cards: tuple[str, ...] = ()) -> None:
    tenders = tuple(GiftCardTender(code) for code in cards)
    asked = basket(identity=None, coupons=coupons, gift_cards=tenders)
    evaluate_checkout(by=TILL, at=AT, asked=Evaluation(basket=asked))


def test_a_thousand_baskets_find_no_code(card: GiftCard) -> None:
    for guess in range(GUESSES):
        evaluate(f"GUESS{guess}")
    with pytest.raises(RateLimited):
        evaluate("BIENVENUE")
    with pytest.raises(RateLimited):
        evaluate(cards=(card.code,))
    with pytest.raises(RateLimited):
        put(basket(identity=None, gift_cards=(GiftCardTender(card.code),)))
    with pytest.raises(RateLimited):
        close(basket=basket(identity=None, coupons=("BIENVENUE",)))
    evaluate()
    close(basket=basket(identity=None))


def test_wrong_codes_of_one_basket_count_each(card: GiftCard) -> None:
    for n in range(GUESSES // 15):
        evaluate(*(f"GUESS{n}{guess}" for guess in range(10)), cards=tuple(f"CARD{n}{guess}" for guess in range(5)))
    with pytest.raises(RateLimited):
        evaluate("BIENVENUE")


@pytest.mark.parametrize("opens", [True, False], ids=["opening", "closing"])
def test_opening_and_closing_count_what_they_refuse(card: GiftCard, opens: bool) -> None:
    for guess in range(GUESSES):
        wrong = basket(identity=None, coupons=(f"GUESS{guess}",))
        with pytest.raises(NotFound):
            put(wrong) if opens else close(basket=wrong)
    with pytest.raises(RateLimited):
        evaluate("BIENVENUE")


def test_right_codes_never_count(card: GiftCard) -> None:
    for _often in range(GUESSES + 5):
        evaluate("BIENVENUE", cards=(card.code,))
