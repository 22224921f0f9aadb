"""A gift that a rule adds is worth what the file of products says: in budgets, for the law, and when it is replayed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from fidelia.activity.errors import PromotionForbidden
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations.checkouts import BasketLine, Evaluation, ReturnedItem, evaluate_checkout
from fidelia.products.models import Product
from fidelia.rewards.models import Counter
from fidelia.rules.receipts import Verdict, verify_receipts
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.receipts.test_verifying import chains, published
from tests.rewards.scarce import pieces

from .cast import MOKA, MUG, TILL, basket, cancel, close, give_back
from .rules import document, said
from .test_law import ceiling, shop

CUP = {
    "key": "cup", "name": said("A cup as a gift"), "gift": {"product": "cup", "units": 1},
    "limits": [{"of": "money", "at_most": "20.00"}],
}  # fmt: skip


def product(code: str = "cup", price: int | None = 1_200, **more: Any) -> None:
    known = {"price_currency": "EUR" if price is not None else "", "updated_at": AT - timedelta(days=9), **more}
    Product.objects.update_or_create(
        code=code, defaults={"price": price, **known}, create_defaults={"price": price, "recorded_at": AT, **known}
    )


def spent() -> int:
    return sum(Counter.objects.filter(subject__startswith="limit:cup").values_list("taken", flat=True))


def gift_of(outcome: Any) -> Any:
    return next((line for line in outcome.checkout["evaluation"]["lines"] if line.is_gift), None)


def verdict() -> Verdict:
    return verify_receipts(chains(), [published()])


@pytest.mark.django_db
def test_a_budget_of_money_counts_what_gifts_are_worth_and_the_customer_pays_nothing_for_them() -> None:
    product()
    member(programme(document(CUP)))
    asked = evaluate_checkout(by=TILL, at=AT, asked=Evaluation(basket=basket()))
    sold = close(basket=basket())
    assert (sold.made.total, sold.made.discount) == (4_940, 1_200)
    assert asked["lines"] == sold.checkout["evaluation"]["lines"], "evaluate equals close"
    gift = gift_of(sold)
    assert (gift.product, gift.listed, gift.discount, gift.amount, gift.total) == ("cup", 1_200, 1_200, 0, 0)
    assert spent() == 1_200
    second = close("B", basket=basket(), explain=True)
    (why,) = [each for each in second.checkout["evaluation"]["outcomes"] if each.rule_key == "cup"]
    assert (gift_of(second), why.reason, why.missing) == (None, "limit_reached", 400)
    cancel()
    assert spent() == 0
    assert gift_of(close("C", basket=basket())) is not None


@pytest.mark.django_db
@pytest.mark.parametrize("known", [{}, {"price": None}, {"price_currency": "GBP"}])
def test_where_no_price_of_the_currency_is_known_a_gift_is_given_and_counts_nothing(known: dict[str, Any]) -> None:
    if known:
        product(**known)
    programme(document(CUP))
    for number in ("A", "B", "C"):
        assert gift_of(close(number, basket=basket(identity=None))).listed == 0
    assert spent() == 0


@pytest.mark.django_db
def test_it_counts_what_it_was_sold_for_at_that_moment_else_the_first_price_that_is_known() -> None:
    programme(document(CUP))
    product()
    product(price=1_900, updated_at=AT - timedelta(days=2))
    for days, worth in ((1, 1_900), (3, 1_200), (30, 1_200)):
        occurred_at = AT - timedelta(days=days)
        wanted = basket(identity=None, occurred_at=occurred_at)
        found = evaluate_checkout(by=TILL, at=AT, asked=Evaluation(basket=wanted))
        assert [line.listed for line in found["lines"] if line.is_gift] == [worth]


@pytest.mark.django_db(transaction=True)
def test_receipts_come_to_the_same_whatever_the_price_is_by_now() -> None:
    of = programme(document(CUP))
    member(of)
    pieces(of, 5, "cup")
    close("none", basket=basket())  # no price was known: worth nothing, and so it is once more
    product()
    close("given", basket=basket())
    close("refused", basket=basket(), explain=True)
    give_back(ReturnedItem(3), number="given")
    product(price=100, updated_at=AT - timedelta(days=20))
    Product.objects.update(price=5_000, updated_at=AT)
    found = verdict()
    assert [each.sentence("en") for each in found.findings if each.is_wrong] == []
    assert found.proved == DecisionRecord.objects.count() == 4
    records = DecisionRecord.objects.filter(record__has_key="bill").values_list("record", flat=True)
    bills = [each["bill"].get("gift_prices") for each in records]
    assert sorted(map(str, bills)) == ["None", *[str([["cup", 1_200]])] * 2]


@pytest.mark.django_db
def test_a_gift_comes_back_without_money_and_gives_back_what_it_took_of_the_budget() -> None:
    product()
    of = programme(document(CUP))
    member(of)
    pieces(of, 1, "cup")
    close(basket=basket())
    back = give_back(ReturnedItem(3)).made
    assert (back.total, back.discount) == (0, -1_200)
    assert spent() == 0
    give_back(ReturnedItem(1), ReturnedItem(2))
    assert sum(Purchase.objects.values_list("total", flat=True)) == 0
    assert sum(each or 0 for each in Purchase.objects.values_list("discount", flat=True)) == 0


def a_pound_for(units: int, **more: Any) -> dict[str, Any]:
    gift = {"product": "moka", "units": 1, "for_units": units, **more}
    return {"key": "third", "name": said("Moka as a gift"), "gift": gift, "lines": 'line.category == "coffee"'}


@pytest.mark.django_db
@pytest.mark.parametrize("line", [MOKA, replace(MOKA, product_code="arabica")])
def test_the_law_counts_a_gift_with_the_lines_that_brought_it(line: BasketLine) -> None:
    product("moka", 1_745, category="coffee")
    shop(a_pound_for(2))
    ceiling("refuse")
    assert close(basket=basket(line, MUG)).checkout["state"] == "closed", "a third off three"
    ceiling("refuse", share=[33, 100])
    with pytest.raises(PromotionForbidden) as refused:
        close("B", basket=basket(line, MUG))
    assert (refused.value.pointer, refused.value.details["found"]) == ("/lines", 1_745)
    assert refused.value.details["allowed"] == 3 * 1_745 * 33 // 100


@pytest.mark.django_db
def test_a_gift_that_the_ceiling_does_not_concern_is_not_judged_and_one_for_nothing_of_its_kind_is() -> None:
    product("moka", 1_745, category="coffee")
    product("cup", 1_200, category="tableware")
    shop(CUP, {**a_pound_for(1), "lines": 'line.product == "mug"'})
    ceiling("warn")
    told = evaluate_checkout(by=TILL, at=AT, asked=Evaluation(basket=basket(MUG)))["warnings"]
    assert [(one["where"], one["found"], one["allowed"]) for one in told] == [("gift:third:moka", 1_745, 593)]
    ceiling("warn", categories=["tea"])
    assert evaluate_checkout(by=SYSTEM, at=AT, asked=Evaluation(basket=basket(MUG)))["warnings"] == []
