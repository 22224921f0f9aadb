"""What comes back to the till in a browser, by keys alone: cancelled, exchanged, lost on the way; and gift cards."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fidelia.access.models import User
from fidelia.activity.models import Checkout, Purchase
from fidelia.members.models import Code
from fidelia.members.queries import digits_of
from fidelia.rewards.models import GiftCard
from tests.browser import hear_answers, lose_answers

from .test_axe import AXE, LEVELS, RUN
from .test_till_in_chromium import PAST_ITS_EDGE, come_in, count, pay_with_many_points, scan
from .till_shop import TillShop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def till() -> TillShop:
    return TillShop()


def sell(page: Page, till: TillShop, article: str = "theiere") -> None:
    scan(page, till.card)
    scan(page, article)
    count(page, "1\u00a0article")
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")


def bring_back(page: Page, quantity: str = "1") -> None:
    """F7 knows the receipt that was just closed."""
    page.keyboard.press("F7")
    expect(page.locator("#t-back-receipt")).not_to_have_value("")
    page.keyboard.press("Enter")
    page.wait_for_selector("#t-back-lines tr")
    page.keyboard.type(quantity)


def focus(page: Page, button: str) -> None:
    """Reach a button of the dialog by Tab."""
    for _ in range(12):
        if page.evaluate("document.activeElement.id") == button:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{button} is not reached by Tab")


def test_a_closed_sale_is_cancelled_by_keys_with_its_reason(till, visit):
    seen, page = come_in(visit, till)
    sell(page, till)
    bring_back(page, "0")
    focus(page, "t-back-undo")
    page.keyboard.press("Enter")
    expect(page.locator("#t-undo-what")).to_contain_text("Toute la vente 2-00001 est défaite")
    expect(page.locator("#t-undo-reason")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#t-undo-mistake")).to_contain_text("Dites pourquoi")
    assert Checkout.objects.get().state == "closed"
    page.keyboard.type("encaissé deux fois")
    assert seen.complaints == []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RUN, LEVELS) == []
    page.keyboard.press("Enter")
    expect(page.locator("#t-said")).to_contain_text("La vente est annulée\u00a0: 49,00\u00a0€ à rendre")
    expect(page.locator(".t-points b")).to_have_text("105")
    assert Checkout.objects.get().state == "cancelled"


def test_goods_are_exchanged_on_one_receipt_and_the_difference_is_said(till, visit):
    seen, page = come_in(visit, till)
    sell(page, till)
    bring_back(page)
    focus(page, "t-back-exchange")
    page.keyboard.press("Enter")
    expect(page.locator("#t-scan-field")).to_be_focused()
    expect(page.locator(".t-line-back")).to_contain_text("Articles du ticket 2-00001")
    expect(page.locator("#t-member b").first).to_have_text("Léonore Müller")
    page.keyboard.press("F12")
    expect(page.locator("#t-said")).to_contain_text("Rien n’est pris à la place")
    scan(page, "moka")
    expect(page.locator("#t-refund")).to_have_text("\u221249,00\u00a0€")
    expect(page.locator("#t-due-label")).to_have_text("À rendre")
    expect(page.locator("#t-due")).to_have_text("14,10\u00a0€")
    assert page.evaluate(PAST_ITS_EDGE) == []
    assert Purchase.objects.filter(source="till:lyon:2").count() == 1
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")
    expect(page.locator("#t-closed")).to_contain_text("14,10\u00a0€ à rendre")
    on_it = Purchase.objects.filter(source="till:lyon:2", receipt_number="2-00002")
    assert {one.kind: one.total for one in on_it} == {"sale": 3490, "return": -4900}
    assert seen.complaints == []


def test_an_exchange_waits_for_the_network_and_is_recorded_once(till, visit):
    _seen, page = come_in(visit, till)
    sell(page, till)
    bring_back(page)
    focus(page, "t-back-exchange")
    page.keyboard.press("Enter")
    scan(page, "moka")
    expect(page.locator("#t-refund")).to_have_text("\u221249,00\u00a0€")
    lose_answers(page, "/till/sales/")
    page.keyboard.press("F12")
    expect(page.locator("#t-said")).to_contain_text("en ligne seulement")
    expect(page.locator("#t-closed")).to_be_hidden()
    hear_answers(page)
    expect(page.locator("#t-net")).to_contain_text("en ligne", timeout=15_000)
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")
    expect(page.locator("#t-closed")).to_contain_text("14,10\u00a0€ à rendre")
    assert Purchase.objects.filter(source="till:lyon:2").count() == 3


def test_a_gift_card_is_scanned_priced_and_sold(till, visit):
    seen, page = come_in(visit, till)
    page.keyboard.press("F9")
    expect(page.locator("#t-card-code")).to_be_focused()
    scan(page, "RACK00001234")
    expect(page.locator("#t-card-amount")).to_be_focused()
    page.keyboard.type("50")
    assert seen.complaints == []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RUN, LEVELS) == []
    page.keyboard.press("Enter")
    count(page, "1\u00a0article")
    expect(page.locator("#t-due")).to_have_text("50,00\u00a0€")
    page.context.set_offline(True)
    page.keyboard.press("F12")
    expect(page.locator("#t-said")).to_contain_text("en ligne seulement")
    assert not GiftCard.objects.exists()
    page.context.set_offline(False)
    expect(page.locator("#t-net")).to_contain_text("en ligne", timeout=15_000)
    page.keyboard.press("F12")
    expect(page.locator("#t-closed")).to_contain_text("Carte cadeau RACK00001234\u00a0: 50,00\u00a0€")
    assert (GiftCard.objects.get().balance, GiftCard.objects.get().code) == (5000, "RACK00001234")
    page.keyboard.press("F9")
    scan(page, "RACK00001234")
    expect(page.locator("#t-card-known")).to_contain_text("déjà été vendue")


def lose_the_answer(page: Page) -> None:
    lose_answers(page, "/till/sales/")
    page.keyboard.type(digits_of(Code.objects.get()))
    page.keyboard.press("Enter")
    expect(page.locator("#t-code-mistake")).to_contain_text("réseau")
    assert Purchase.objects.filter(points_spent__gt=10).count() == 1
    hear_answers(page)


def test_a_lost_answer_with_a_code_is_asked_for_again_with_it(till, visit):
    page = pay_with_many_points(till, visit)
    lose_the_answer(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("#t-closed h2")
    expect(page.locator("#t-code")).to_be_hidden()
    assert Purchase.objects.filter(source="till:lyon:2").count() == 1


def test_a_lost_answer_and_then_without_points_shows_what_was_recorded(till, visit):
    """The points were spent with the first call: the till does not sell the same goods once more."""
    page = pay_with_many_points(till, visit)
    lose_the_answer(page)
    focus(page, "t-code-without")
    page.keyboard.press("Enter")
    expect(page.locator("#t-code")).to_be_hidden()
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")
    expect(page.locator("#t-said")).to_contain_text("la réponse s’était perdue")
    sold = Purchase.objects.get(source="till:lyon:2")
    assert (sold.points_spent or 0) > 10
    page.keyboard.press("F12")
    expect(page.locator("#t-closed")).to_contain_text("déjà conclu")


@pytest.mark.slow
@pytest.mark.parametrize(("language", "width", "theme"), [("fr", 390, "light"), ("en", 1280, "dark")])
def test_what_comes_back_fits_every_page(till, visit, language, width, theme):
    User.objects.filter(id=till.cashier.id).update(language=language)
    seen, page = come_in(visit, till, width=width, theme=theme)
    scan(page, "theiere")
    page.wait_for_selector(".t-line")
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")
    bring_back(page)
    assert seen.complaints == []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RUN, LEVELS) == []
    assert page.evaluate(
        "document.getElementById('t-back').scrollWidth <= document.getElementById('t-back').clientWidth"
    )
    focus(page, "t-back-exchange")
    page.keyboard.press("Enter")
    scan(page, "moka")
    expect(page.locator("#t-refund")).not_to_be_empty()
    assert page.evaluate(PAST_ITS_EDGE) == []
    assert page.evaluate(RUN, LEVELS) == []
