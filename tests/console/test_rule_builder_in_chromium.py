"""The rule builder in a real browser: each side follows the other, by keyboard alone, and nothing passes its edge."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import chromium, visit

from .shop import shop
from .test_axe import AXE, LEVELS, RUN
from .test_pages_in_chromium import PAST_THE_EDGE
from .test_rule_builder import DRAFT, Builder, rule, rules_of_draft

__all__ = ["chromium", "shop", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_each_side_follows_the_other_and_is_kept(shop, visit):
    Builder(shop)
    seen = visit(shop.leonore)
    page = seen.go(f"{DRAFT}rules/tuesday/")
    page.fill("[name='when-1.v']", "45,5")
    page.keyboard.press("Tab")
    expect(page.locator("#f-rule-words")).to_contain_text("45,50")
    expect(page.locator("#f-rule-text")).to_have_value(_holding(">= 45.5"))
    page.locator("#f-rule-text").fill(page.input_value("#f-rule-text").replace("45.5", "60"))
    expect(page.locator("[name='when-1.v']")).to_have_value("60")
    page.locator("#f-rule-text").fill(page.input_value("#f-rule-text").replace("purchase.weekday", "purchase.weekda"))
    expect(page.locator("#f-rule-mistake")).to_contain_text("Ligne 6, colonne 3")
    expect(page.locator("[name='when-1.v']")).to_be_disabled()
    page.locator("#f-rule-text").fill(page.input_value("#f-rule-text").replace("weekda ", "weekday "))
    expect(page.locator("[name='when-1.v']")).to_be_enabled()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".f-note.f-green")
    assert rule()["when"].endswith(">= 60")
    assert seen.complaints == []


def test_a_list_is_picked_from_by_keys(shop, visit):
    Builder(shop)
    seen = visit(shop.leonore)
    page = seen.go(f"{DRAFT}rules/tuesday/")
    page.select_option("[name='when-0.s']", "member.tier")
    page.wait_for_selector("[name='when-0.was'][value='member.tier']", state="attached")
    page.select_option("[name='when-0.g']", "in")
    page.wait_for_selector("details[data-picker='when-0'] input[type=checkbox]", state="attached")
    page.focus("details[data-picker='when-0'] summary")
    page.keyboard.press("Enter")
    expect(page.locator("details[data-picker='when-0'] [data-picks]")).to_be_focused()
    page.keyboard.type("grand")
    page.keyboard.press("Enter")
    expect(page.locator("details[data-picker='when-0'] summary")).to_contain_text("Grand Cru")
    expect(page.locator("#f-rule-text")).to_have_value(_holding("grand_cru"))
    assert seen.complaints == []


def test_rules_move_by_alt_and_arrows(shop, visit):
    Builder(shop)
    seen = visit(shop.leonore)
    page = seen.go(f"{DRAFT}rules/tuesday/")
    page.focus("#f-rules [data-rule='tuesday'] a")
    with page.expect_response("**/rule-order/"):
        page.keyboard.press("Alt+ArrowUp")
    assert [each["key"] for each in rules_of_draft()] == ["base", "coffee", "tuesday", "first"]
    expect(page.locator("#f-live")).to_have_text("Déplacée à la place 3")
    assert seen.complaints == []


def test_a_rule_is_switched_by_keys_and_the_one_that_is_open_stays_as_it_is_typed(shop, visit):
    Builder(shop)
    seen = visit(shop.leonore)
    page = seen.go(f"{DRAFT}rules/tuesday/")
    expect(page.locator("#f-trial .f-outcomes li")).to_have_count(4)  # the basket is tried without being asked
    page.locator("#f-rule-text").fill(page.input_value("#f-rule-text").replace("45.5", "60"))
    page.focus("#f-rules [data-rule='base'] [role=switch]")
    page.keyboard.press("Space")
    expect(page.locator("#f-rules [data-rule='base'] [role=switch]")).to_have_attribute("aria-checked", "false")
    expect(page.locator("#f-rules [data-rule='base'] [role=switch]")).to_be_focused()
    assert rules_of_draft()[0]["active"] is False
    expect(page.locator("#f-trial .f-outcomes li")).to_have_count(3)
    lines = page.input_value("#f-rule-text").count("\n") + 1
    expect(page.locator(".f-line-numbers")).to_have_text("\n".join(str(n + 1) for n in range(lines)))
    page.locator("#f-rule-text").press("Control+End")
    page.keyboard.type("group: none")
    page.keyboard.press("Enter")
    expect(page.locator(".f-line-numbers")).to_contain_text(str(lines + 1))
    assert seen.complaints == []


def test_a_basket_is_tried_with_what_is_typed(shop, visit):
    Builder(shop)
    seen = visit(shop.leonore)
    page = seen.go(f"{DRAFT}rules/first/")
    page.fill("[name='effect.']", "123")
    page.keyboard.press("Tab")
    expect(page.locator("#f-rule-text")).to_have_value(_holding("123"))
    page.check("#f-trial-first")
    page.fill("input[name=amount] >> nth=0", "25,00")
    page.get_by_role("button", name="Essayer le panier").click()
    expect(page.locator(".f-outcomes")).to_contain_text("+123")
    assert seen.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "width", "theme"), [("fr", 1280, "light"), ("en", 390, "dark"), ("fr", 768, "dark")]
)
def test_it_keeps_its_edges_and_axe_has_nothing_to_say(shop, visit, language, width, theme):
    Builder(shop)
    shop.client(shop.leonore, language)
    seen = visit(shop.leonore, width=width, theme=theme)
    page = seen.go(f"{DRAFT}rules/tuesday/")
    assert page.evaluate(PAST_THE_EDGE) == []
    assert seen.complaints == []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(RUN, LEVELS) == []


def _holding(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
