"""The pages that steer, in a real browser: nothing breaks the policy, nothing passes its card's edge, and they act."""

from __future__ import annotations

import pytest

from fidelia.insight.operations import refresh
from tests.browser import chromium, visit
from tests.cast import SYSTEM

from .shop import shop
from .test_campaigns import plan

__all__ = ["chromium", "shop", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VERSION = "/console/programmes/cercle/versions/1/"
PAGES = (
    *("/console/", "/console/programmes/cercle/", VERSION, f"{VERSION}tiers/", f"{VERSION}document/"),
    *("/console/segments/", "/console/segments/new/", "/console/segments/everybody/", "/console/campaigns/"),
    *("/console/campaigns/new/", "/console/campaigns/tea/", "/console/insight/rfm/", "/console/insight/rfm/5-5/"),
)
PAST_THE_EDGE = """() => {
  const bad = [];
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) bad.push("the page");
  const free = ".f-table-wrap, .f-chart-scroll, .f-code, .f-pop, .f-hidden, dialog, datalist";
  document.querySelectorAll(".f-card").forEach((card) => {
    const edge = card.getBoundingClientRect().right + 1;
    card.querySelectorAll("*").forEach((part) => {
      if (part.closest(free)) return;
      const box = part.getBoundingClientRect();
      if (box.width && box.right > edge) bad.push(`${part.className}: ${part.textContent.slice(0, 30)}`);
    });
  });
  return bad.slice(0, 5);
}"""


@pytest.fixture
def busy(shop):
    """The shop with purchases, scores, a segment and a draft of a campaign."""
    for number, customer in enumerate(shop.members(6)):
        shop.buy(customer, 4_000 + 900 * number, 20 - number)
        shop.buy(customer, 2_500, 10 - number)
    shop.segment()
    shop.client(shop.leonore).post("/console/campaigns/new/", plan(shop))
    refresh(by=SYSTEM, at=shop.at)
    return shop


@pytest.mark.slow
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_page_keeps_the_policy_and_its_edges(busy, visit, width, theme):
    seen = visit(busy.leonore, width=width, theme=theme)
    for path in PAGES:
        page = seen.go(path)
        page.wait_for_selector("h1")
        assert page.evaluate(PAST_THE_EDGE) == [], path
    assert seen.complaints == []


def test_a_basket_is_tried_without_leaving_the_page(busy, visit):
    seen = visit(busy.leonore)
    page = seen.go(VERSION)
    page.fill("input[name=product] >> nth=0", "moka")
    page.fill("input[name=amount] >> nth=0", "25,00")
    page.get_by_role("button", name="Essayer le panier").click()
    page.wait_for_selector(".f-outcomes li")
    assert page.url.endswith(VERSION)
    assert page.locator(".f-outcomes li").count() == 3
    assert page.locator(".f-lines tfoot").inner_text().split()[-1].startswith("+")
    assert seen.complaints == []


def test_a_condition_is_counted_beside_the_form(busy, visit):
    seen = visit(busy.leonore)
    page = seen.go("/console/segments/new/")
    page.fill("textarea[name=condition]", 'customer.country == "FR"')
    page.get_by_role("button", name="Compter les clients").click()
    page.wait_for_selector("#f-preview .f-figure-value")
    assert page.locator("#f-preview .f-figure-value").inner_text() == "6"
    assert seen.complaints == []


def test_publication_says_its_consequences_first(busy, visit):
    busy.client(busy.leonore).post("/console/programmes/cercle/versions/")
    seen = visit(busy.fernando)
    page = seen.go("/console/programmes/cercle/versions/2/")
    page.get_by_role("button", name="Publier la version 2").click()
    dialog = page.locator("#f-publish")
    dialog.wait_for()
    assert "6 adhérents gagnent" in dialog.inner_text()
    assert "Elle prend la place de la version 1." in dialog.inner_text()
    dialog.get_by_role("button", name="Publier la version 2").click()
    page.wait_for_selector(".f-note.f-green")
    assert seen.complaints == []
