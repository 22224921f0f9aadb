"""The till in a real browser, by keys alone: a sale, two F12, goods brought back, and a network that goes and comes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fidelia.access.models import User
from fidelia.activity.models import Purchase
from fidelia.customers.models import Customer
from fidelia.members.models import Code
from fidelia.members.queries import digits_of
from tests.browser import Visit, answer_instead, hear_answers, lose_answers

from .test_axe import AXE, LEVELS, RUN
from .till_shop import TillShop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAST_ITS_EDGE = """() => {
  const out = [];
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page");
  for (const card of document.querySelectorAll(".t-card, .t-offer, .t-right, .t-line")) {
    const edge = card.getBoundingClientRect().right + 1;
    for (const part of card.querySelectorAll("*")) {
      const box = part.getBoundingClientRect();
      if (box.width && box.right > edge && !part.closest(".f-hidden, .t-found")) out.push(part.className);
    }
  }
  return out.slice(0, 5);
}"""


@pytest.fixture
def till() -> TillShop:
    return TillShop()


def come_in(visit, till: TillShop, **window) -> tuple[Visit, Page]:
    seen = visit(till.cashier, **window)
    page = seen.go("/till/")
    page.wait_for_selector("html[data-ready]")
    page.select_option("#t-place-store", "lyon")
    page.fill("#t-place-till", "2")
    page.keyboard.press("Enter")
    expect(page.locator("#t-scan-field")).to_be_focused()
    return seen, page


def scan(page: Page, text: str) -> None:
    """As a hand scanner does: fast keys and Enter, wherever the focus happens to be in the scan field."""
    page.keyboard.type(text, delay=2)
    page.keyboard.press("Enter")


def count(page: Page, articles: str) -> None:
    expect(page.locator("#t-count")).to_have_text(articles)


def test_a_sale_from_the_card_to_the_return_by_keys_alone(till, visit):
    seen, page = come_in(visit, till)
    scan(page, till.card)
    expect(page.locator("#t-member b").first).to_have_text("Léonore Müller")
    expect(page.locator("#t-scan-field")).to_be_focused()
    scan(page, "moka")
    count(page, "1\u00a0article")
    page.keyboard.press("F3")
    page.keyboard.type("a slip")
    page.keyboard.press("F3")  # what stands there is typed over
    page.keyboard.type("theiere")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    count(page, "2\u00a0articles")
    expect(page.locator("#t-earned")).to_have_text("+167")
    expect(page.locator(".t-offer")).to_have_count(3)
    page.keyboard.press("F12")
    page.keyboard.press("F12")
    expect(page.locator("#t-closed h2")).to_have_text("Achat conclu")
    expect(page.locator("#t-closed")).to_contain_text("167\u00a0points gagnés")
    page.keyboard.press("F12")
    expect(page.locator("#t-closed")).to_contain_text("déjà conclu")
    assert Purchase.objects.filter(source="till:lyon:2").count() == 1
    expect(page.locator(".t-points b")).to_have_text("272")
    bring_one_teapot_back(page)
    assert seen.complaints == []


def bring_one_teapot_back(page: Page) -> None:
    page.keyboard.press("F7")
    page.keyboard.type("2-00001")
    page.keyboard.press("Enter")
    page.wait_for_selector("#t-back-lines tr")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator("#t-said")).to_contain_text("49,00\u00a0€ à rendre")
    returned = Purchase.objects.get(source="till:lyon:2", kind="return")
    assert (returned.total, returned.points) == (-4900, -49)


def test_the_next_card_begins_the_next_sale(till, visit):
    _seen, page = come_in(visit, till)
    scan(page, "moka")
    count(page, "1\u00a0article")
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")
    expect(page.locator("#t-scan-field")).to_be_focused()
    scan(page, till.card)
    expect(page.locator("#t-closed")).to_be_hidden()
    count(page, "vide")
    scan(page, "moka")
    count(page, "1\u00a0article")
    page.keyboard.press("F12")
    expect(page.locator("#t-closed")).to_contain_text("Ticket 2-00002")
    assert Purchase.objects.filter(source="till:lyon:2").count() == 2


def test_off_line_sales_wait_and_are_recorded_once(till, visit):
    seen, page = come_in(visit, till)
    scan(page, till.card)
    expect(page.locator("#t-member b").first).to_have_text("Léonore Müller")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    expect(page.locator("#t-net")).to_contain_text("hors ligne")
    scan(page, till.card)
    expect(page.locator("#t-member")).to_contain_text("De la mémoire de cette caisse")
    type_an_article(page, "moka", "34,90")
    page.keyboard.press("F12")
    expect(page.locator("#t-closed h2")).to_have_text("Gardé à cette caisse")
    expect(page.locator("#t-offline")).to_contain_text("1\u00a0vente attend")
    page.keyboard.press("F12")
    scan(page, "a card nobody has seen")
    type_an_article(page, "theiere", "49")
    page.keyboard.press("F12")
    expect(page.locator("#t-offline")).to_contain_text("2\u00a0ventes attendent")
    assert not Purchase.objects.filter(source="till:lyon:2").exists()
    page.context.set_offline(False)
    expect(page.locator("#t-net")).to_contain_text("en ligne")
    expect(page.locator("#t-offline")).to_be_hidden()
    expect(page.locator("#t-problems span")).to_have_text("1")
    sold = Purchase.objects.filter(source="till:lyon:2").order_by("receipt_number")
    assert [(one.total, one.points, one.customer_id) for one in sold] == [
        (3490, 68, till.shop.customer_id),
        (4900, 0, None),
    ]
    page.keyboard.press("F8")
    expect(page.locator("#t-problem-list")).to_contain_text("ne désigne aucun adhérent")
    page.get_by_role("button", name="Mettre de côté").click()
    expect(page.locator("#t-problem-list")).to_contain_text("Tout est envoyé")
    assert [one for one in seen.complaints if "ERR_INTERNET_DISCONNECTED" not in one] == []


def test_off_line_the_points_are_those_after_the_last_sale(till, visit):
    _seen, page = come_in(visit, till)
    scan(page, till.card)
    scan(page, "moka")
    count(page, "1\u00a0article")
    page.keyboard.press("F12")
    expect(page.locator(".t-points b")).to_have_text("173")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    expect(page.locator("#t-net")).to_contain_text("hors ligne")
    scan(page, till.card)
    expect(page.locator("#t-member")).to_contain_text("De la mémoire de cette caisse")
    expect(page.locator(".t-points b")).to_have_text("173")
    page.context.set_offline(False)


def type_an_article(page: Page, code: str, price: str) -> None:
    page.keyboard.press("F3")
    page.keyboard.type(code)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(price)
    page.keyboard.press("Enter")
    count(page, "1\u00a0article")


def test_an_answer_that_never_came_is_asked_for_again(till, visit):
    """The server recorded the sale, the till did not hear of it: it is sent again under its own key."""
    _seen, page = come_in(visit, till)
    scan(page, till.card)
    scan(page, "moka")
    count(page, "1\u00a0article")
    lose_answers(page, "/till/sales/")
    page.keyboard.press("F12")
    expect(page.locator("#t-closed")).to_contain_text("68\u00a0points gagnés")
    assert Purchase.objects.filter(source="till:lyon:2").count() == 1


def test_the_page_opens_off_line(till, visit):
    _seen, page = come_in(visit, till)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#t-store")).to_have_text("Lyon – Presqu’île")
    expect(page.locator("#t-net")).to_contain_text("hors ligne")
    page.context.set_offline(False)


def test_two_fields_sign_somebody_up(till, visit):
    seen, page = come_in(visit, till)
    page.keyboard.press("F6")
    page.keyboard.type("0639984199")
    page.keyboard.press("Tab")
    page.keyboard.type("Rocco")
    page.keyboard.press("Enter")
    expect(page.locator("#t-member b").first).to_have_text("Rocco")
    assert Customer.objects.filter(given_name="Rocco").count() == 1
    assert seen.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "width", "theme"), [("fr", 1280, "light"), ("en", 390, "dark"), ("fr", 768, "dark")]
)
def test_nothing_passes_its_edge_and_axe_has_nothing_to_say(till, visit, language, width, theme):
    User.objects.filter(id=till.cashier.id).update(language=language)
    Customer.objects.filter(id=till.shop.customer_id).update(family_name="Müller-Lüdenscheidt de la Rochefoucauld")
    seen, page = come_in(visit, till, width=width, theme=theme)
    scan(page, till.card)
    scan(page, "moka")
    page.wait_for_selector(".t-offer")
    assert page.evaluate(PAST_ITS_EDGE) == []
    assert seen.complaints == []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RUN, LEVELS) == []
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")
    assert page.evaluate(RUN, LEVELS) == []


def test_a_session_that_ended_is_said_and_nothing_is_lost(till, visit):
    _seen, page = come_in(visit, till)
    scan(page, "moka")
    count(page, "1\u00a0article")
    page.context.clear_cookies()
    page.keyboard.press("F12")
    expect(page.locator("#t-said")).to_contain_text("La session est terminée")
    count(page, "1\u00a0article")


def pay_with_many_points(till: TillShop, visit) -> Page:
    """Chosen by keys, and closed: the code is asked for."""
    till.offer(points={"pays": {"points": "1", "money": "1"}, "confirmed_above": "10"})
    _seen, page = come_in(visit, till)
    scan(page, till.card)
    scan(page, "theiere")
    count(page, "1\u00a0article")
    pay = page.locator("button.t-offer").first
    number = pay.locator("kbd").text_content()
    page.keyboard.press(f"Alt+{number}")
    expect(pay).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("F12")
    expect(page.locator("#t-code")).to_be_visible()
    return page


def test_without_a_code_the_points_are_left_and_the_sale_is_closed_by_the_same_keys(till, visit):
    page = pay_with_many_points(till, visit)
    page.locator("#t-code-without").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#t-code")).to_be_hidden()
    expect(page.locator("button.t-offer").first).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#t-said")).to_contain_text("F12")
    page.keyboard.press("F12")
    page.wait_for_selector("#t-closed h2")
    assert list(Purchase.objects.exclude(points_spent=None).values_list("points_spent", flat=True)) == [0]


def test_who_tried_too_often_is_told_in_the_dialog_and_no_sale_waits_without_its_code(till, visit):
    page = pay_with_many_points(till, visit)
    expect(page.locator("#t-code-digits")).to_be_focused()
    digits = digits_of(Code.objects.get())
    said = {"code": "rate_limited", "message": "Trop d’essais"}
    for status, sentence in ((429, "Trop d’essais"), (503, "réseau")):
        answer_instead(page, "/till/sales/", status, said)
        page.fill("#t-code-digits", digits)
        page.keyboard.press("Enter")
        expect(page.locator("#t-code-mistake")).to_contain_text(sentence)
        expect(page.locator("#t-closed h2")).to_have_count(0)
        hear_answers(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("#t-closed h2")
    assert Purchase.objects.filter(points_spent__gt=10).count() == 1


def test_many_points_are_spent_with_the_code_of_the_member(till, visit):
    page = pay_with_many_points(till, visit)
    expect(page.locator("#t-code-sent")).to_contain_text("•••")
    expect(page.locator("#t-code-digits")).to_be_focused()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RUN, LEVELS) == []
    digits = digits_of(Code.objects.get())
    page.keyboard.type(f"{(int(digits) + 1) % 1_000_000:06d}")
    page.keyboard.press("Enter")
    expect(page.locator("#t-code-mistake")).not_to_be_empty()
    page.keyboard.type(digits)
    page.keyboard.press("Enter")
    page.wait_for_selector("#t-closed h2")
    expect(page.locator("#t-code")).to_be_hidden()
    assert Purchase.objects.filter(points_spent__gt=10).count() == 1
