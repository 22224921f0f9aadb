"""The budget of the portfolio in a real browser: by slider, by keys, without a script, and as axe sees it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from fidelia.access.models import User
from tests.browser import Visitor, follow
from tests.campaigns.conftest import Stage, stage

from .test_allocation import PAGE, refreshed
from .test_axe import AXE, LEVELS, RUN
from .test_pages_in_chromium import PAST_THE_EDGE

__all__ = ["stage"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


def test_a_slider_takes_from_the_others_and_the_effect_is_told_anew(stage: Stage, visit: Visitor) -> None:
    refreshed()
    user = User.objects.get(name="Leonore")
    one = visit(user)
    page = one.go(PAGE)
    stars, select = (page.locator(f"[data-allot-slide={name}]") for name in ("stars", "to_select"))
    assert (stars.input_value(), select.input_value()) == ("30", "50")
    before = page.locator("#f-allot-effect-stars").inner_text()
    stars.focus()
    for _time in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#f-allot-effect-stars")).not_to_have_text(before)
    expect(page.locator("#f-allot [name=stars]")).to_have_value("35")
    # 65 are left to three who had 10, 10 and 50 of 70: 9.3, 9.3 and 46.4 by hand.
    expect(page.locator("#f-allot [name=to_select]")).to_have_value("46.4")
    shares = [float(page.locator(f"#f-allot [name={name}]").input_value()) for name in
              ("stars", "question_marks", "profit_customers", "to_select")]  # fmt: skip
    assert sum(shares) == pytest.approx(100)
    expect(page.locator("#f-allot-said")).to_contain_text("Par rapport au même budget")
    page.wait_for_url("**stars=35**")
    page.locator("#f-allot [name=question_marks]").fill("20")
    expect(page.locator("#f-allot-foot input[name=question_marks]")).to_have_value("20")
    follow(page, page.get_by_role("button", name="Enregistrer cette répartition"))
    expect(page.get_by_text("enregistrée par Leonore")).to_be_visible()
    for width, theme in ((1280, "dark"), (390, "light")):
        seen = visit(user, width=width, theme=theme)
        shown = seen.go(PAGE)
        assert seen.complaints == []
        shown.evaluate(AXE.read_text(encoding="utf-8"))
        assert shown.evaluate(RUN, LEVELS) == []
        assert shown.evaluate(PAST_THE_EDGE) == []
    assert one.complaints == []


def test_without_a_script_the_form_says_the_same(stage: Stage, visit: Visitor) -> None:
    refreshed()
    page = visit(User.objects.get(name="Leonore"), scripted=False).go(PAGE)
    expect(page.locator("[data-allot-slide=stars]")).to_be_hidden()
    page.locator("#f-allot [name=stars]").fill("80")
    follow(page, page.get_by_role("button", name="Montrer l’effet"))
    expect(page.get_by_text("elles ont été ramenées à 100")).to_be_visible()
    expect(page.locator("#f-allot [name=stars]")).to_have_value("53.3")  # 80 of 150
