"""The style page in a real Chromium: both languages, both themes, a phone and a desk."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from fidelia.access.operations import change_preferences
from fidelia.access.queries import actor_of
from tests.browser import Visit, Visitor
from tests.cast import AT, rocco

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STYLE = "/console/settings/style/"

PASSING_EDGES = """() => {
  const aside = '.f-table-wrap, .f-chart-scroll, [popover], dialog, .f-hidden, .f-code, .f-tabs ul';
  const found = [];
  for (const box of document.querySelectorAll('.f-card, .f-top, .f-head, .f-undo, .f-note')) {
    const edge = box.getBoundingClientRect();
    for (const part of box.querySelectorAll('*')) {
      const place = part.getBoundingClientRect();
      if (!edge.width || !place.width || !place.height || part.closest(aside)) continue;
      if (place.right > edge.right + 1 || place.left < edge.left - 1)
        found.push(`${part.tagName} ${part.textContent.trim().slice(0, 40)} ${Math.round(place.right - edge.right)}`);
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(`page is ${document.documentElement.scrollWidth}`);
  return found;
}"""
HEADINGS = """() => [...document.querySelectorAll('main :is(h1,h2,h3,h4)')]
  .filter(heading => !heading.closest('[popover], dialog')).map(heading => Number(heading.tagName[1]))"""
SMALL_TARGETS = """() => [...document.querySelectorAll('main button, .f-top button, .f-menu a')]
  .map(part => [part.textContent.trim() || part.getAttribute('aria-label'), part.getBoundingClientRect()])
  .filter(([_, place]) => place.width && (place.width < 24 || place.height < 23.5))
  .map(([text, place]) => `${text}: ${place.width} × ${place.height}`)"""
OUTLINE = (
    "() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)] }"
)
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"


@pytest.fixture
def style(visit: Visitor) -> Visit:
    """The style page on a desk, in French."""
    seen = visit(rocco())
    seen.go(STYLE)
    return seen


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_fits_and_breaks_no_rule(visit: Visitor, width: int, language: str) -> None:
    user = rocco()
    change_preferences(by=actor_of(user), at=AT, language=language)
    seen = visit(user, width=width)
    page = seen.go(STYLE)
    wait_for_charts(page)
    assert page.locator("[data-chart-draw] svg").count() == page.locator("[data-chart]").count() == 10
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert page.evaluate(PASSING_EDGES) == []
        assert page.evaluate(SMALL_TARGETS) == []
    assert page.get_attribute("html", "lang") == language
    assert seen.complaints == []


def test_its_headings_go_down_one_step_at_a_time(style: Visit) -> None:
    levels = style.page.evaluate(HEADINGS)
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_focus_is_seen_on_everything_one_tabs_to(style: Visit) -> None:
    page = style.page
    page.locator(".f-skip").focus()
    for _ in range(45):
        page.keyboard.press("Tab")
        kind, width = page.evaluate(OUTLINE)
        assert (kind, width) == ("solid", 2), page.evaluate(FOCUSED)


def test_the_first_tab_skips_to_the_page(visit: Visitor) -> None:
    page = visit(rocco()).go("/console/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#f-main")).to_be_focused()


def test_keys_go_where_the_list_says(style: Visit) -> None:
    page = style.page
    page.keyboard.press("Control+k")
    expect(page.locator("#f-search")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    expect(page.locator("[data-filter]:focus")).to_have_count(1)
    page.keyboard.type("gh")
    assert page.url.endswith(STYLE)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#f-keys-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#f-keys-dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/console/")


def test_rows_are_walked_and_ticked_by_key(style: Visit) -> None:
    page = style.page
    bar = page.locator("#f-bulk")
    expect(bar).to_contain_text("2 clients choisis")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    expect(page.locator("a:focus")).to_have_text("Loïc Le Goff")
    page.keyboard.press("x")
    expect(bar).to_contain_text("3 clients choisis")
    page.locator("thead .f-tick").check()
    expect(bar).to_contain_text("6 clients choisis")
    page.locator("thead .f-tick").uncheck()
    expect(bar).to_be_hidden()


def test_a_definition_opens_in_view_and_gives_focus_back(style: Visit) -> None:
    page = style.page
    opener = page.locator(".f-figure .f-info").last
    opener.focus()
    page.keyboard.press("Enter")
    panel = page.locator(".f-definition:popover-open[style*=left]")  # open, and put into its place
    panel.wait_for()
    box = panel.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_costly_act_says_what_will_happen_and_can_be_left(style: Visit) -> None:
    page = style.page
    page.locator("[data-opens=f-credit]").click()
    expect(page.locator("#f-credit :focus")).to_have_count(1)
    expect(page.locator("#f-credit")).to_contain_text("coût attendu")
    page.keyboard.press("Escape")
    expect(page.locator("#f-credit")).to_be_hidden()
    expect(page.locator("[data-opens=f-credit]")).to_be_focused()


def test_a_job_asks_for_itself_until_it_has_ended(style: Visit) -> None:
    style.page.locator("#f-job[data-progress='100']").wait_for()
    expect(style.page.locator("#f-live")).to_have_text(re.compile(r"100\s%$"))


def test_charts_follow_the_theme_and_the_keyboard(style: Visit) -> None:
    page = style.page
    wait_for_charts(page)
    light = page.locator("[data-chart-draw] svg").first.inner_html()
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.locator("[data-chart-draw] svg").first.inner_html() != light
    page.locator("[data-chart-draw]").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#f-live")).to_have_text(re.compile("^31 août, Adhérents 48"))
    assert style.complaints == []


def test_the_table_behind_a_chart_is_one_press_away(style: Visit) -> None:
    figure = style.page.locator("[data-chart]").first
    figure.locator("summary").click()
    expect(figure.locator("caption")).to_be_visible()
    assert "412" not in figure.locator("caption").inner_text()
    assert figure.locator("tbody tr").count() == 12


def test_the_menu_is_a_drawer_on_a_phone(visit: Visitor) -> None:
    page = visit(rocco(), width=390).go(STYLE)
    expect(page.locator(".f-frame > .f-menu")).to_be_hidden()
    page.locator("[data-opens=f-drawer]").click()
    page.locator(".f-drawer").get_by_role("link", name="Accueil", exact=True).click()
    page.wait_for_url("**/console/")


def test_the_login_page_is_small_and_clean(visit: Visitor) -> None:
    seen = visit(width=390)
    page = seen.go("/console/login/")
    expect(page.locator("#id_email")).to_be_focused()
    assert page.evaluate(PASSING_EDGES) == []
    assert seen.complaints == []


def test_the_arrows_of_a_page_are_its_own(style: Visit) -> None:
    """The menus' handler once took every arrow of the page for its own."""
    page = style.page
    page.locator("#id_store").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#id_store")).to_have_value("lyon")
    page.locator("[popovertarget=f-person]").click()
    expect(page.locator("#f-person :focus")).to_have_count(1)  # an open menu takes the focus, a moment later
    page.keyboard.press("ArrowDown")
    expect(page.locator("#f-person :focus")).to_have_attribute("value", "light")


def test_search_finds_while_one_types(visit: Visitor) -> None:
    seen = visit(rocco())
    page = seen.go("/console/")
    page.keyboard.press("Control+k")
    expect(page.locator("#f-search")).to_be_focused()
    page.keyboard.insert_text("régl")
    page.locator("#f-found a").first.wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#f-found a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/settings/")
    assert seen.complaints == []


def wait_for_charts(page: Page) -> None:
    """Wait by selector: the policy of the page forbids the evaluated text that other ways of waiting send."""
    page.locator("[data-chart]:not([data-drawn])").first.wait_for(state="detached")
