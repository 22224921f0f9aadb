"""The pages of customers in a real browser: search while typing, consequences first, nothing past its edge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from fidelia.access.models import User
from fidelia.access.operations import grant_role
from fidelia.kernel.clock import now
from tests.browser import Visitor
from tests.cast import SYSTEM, leonore

from .boutique import MOKA, Shop, buy, open_shop
from .test_customers import balance_of, some_customers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PAST_ITS_EDGE = """() => {
  const out = [];
  for (const card of document.querySelectorAll(".f-card")) {
    const edge = card.getBoundingClientRect().right + 1;
    for (const part of card.querySelectorAll("*")) {
      if (part.closest(".f-tabs, .f-table-wrap, dialog, [popover], svg, .f-hidden")) continue;
      const box = part.getBoundingClientRect();
      if (box.width && box.right > edge) out.push(`${part.tagName}.${part.className}`);
    }
  }
  for (const wrap of document.querySelectorAll(".f-table-wrap"))
    if (wrap.scrollWidth > wrap.clientWidth + 1) out.push("a table is wider than its card");
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page is wider than the window");
  return out;
}"""


def everything_role() -> User:
    user = leonore()
    grant_role(by=SYSTEM, at=now(), user_id=user.id, role_code="administrator")
    return user


def pages_of(shop: Shop) -> list[str]:
    person = f"customers/{shop.customer_id}/"
    tabs = ("", "purchases/", "points/", "points/adjustments/", "messages/", "record/", "consents/", "history/")
    settings = ("users/", "users/new/", "keys/", "keys/new/", "stores/", "stores/new/", "jobs/", "events/", "audit/")
    return [
        *("customers/", "customers/new/", "customers/?q=nobody", "purchases/", "imports/"),
        *(person + tab for tab in tabs),
        f"purchases/{shop.sale.purchase_id}/",
        *(f"settings/{name}" for name in settings),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "width", "theme"), [("fr", 390, "light"), ("fr", 1280, "dark"), ("en", 390, "dark")]
)
def test_nothing_passes_its_edge_and_the_browser_has_nothing_to_say(
    visit: Visitor, language: str, width: int, theme: str
) -> None:
    shop, user = open_shop(), everything_role()
    some_customers(shop, 3)
    User.objects.filter(pk=user.pk).update(language=language)
    seen = visit(user, width=width, theme=theme)
    for path in pages_of(shop):
        page = seen.go(f"/console/{path}")
        assert page.locator("h1").count() == 1, path
        assert page.evaluate(PAST_ITS_EDGE) == [], path
    assert seen.complaints == []


def test_the_list_follows_what_is_typed_and_keeps_the_focus(visit: Visitor) -> None:
    shop = open_shop()
    some_customers(shop, 3)
    seen = visit(leonore())
    page = seen.go("/console/customers/")
    page.keyboard.press("/")
    expect(page.locator("[name=q][data-filter]")).to_be_focused()
    page.keyboard.type("mulle")
    page.wait_for_url("**q=mulle**")  # a slow hand asks for "mul" as well
    page.wait_for_selector("#f-rows tbody tr:only-child")
    assert page.locator("#f-rows").inner_text().count("Léonore Müller") == 1
    expect(page.locator("[name=q][data-filter]")).to_be_focused()
    page.keyboard.type("xyz")
    page.wait_for_selector("#f-rows .f-empty")
    assert seen.complaints == []


def credit(page: Page, points: str) -> None:
    page.fill("[name=points]", points)
    page.fill("[name=reason]", "Geste après la panne")
    page.click("form[data-guard] button[type=submit]")


def test_a_credit_is_shown_before_it_is_written(visit: Visitor) -> None:
    shop = open_shop()
    seen = visit(leonore())
    page = seen.go(f"/console/customers/{shop.customer_id}/")
    page.click("text=Créditer des points")
    credit(page, "200")
    page.wait_for_selector("dialog[open]")
    assert "le solde passe de 105 à 305" in page.locator("dialog[open]").inner_text()
    page.click("dialog[open] [data-closes]")
    assert balance_of(shop) == 105
    credit(page, "50")
    page.wait_for_selector("dialog[open]")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_url("**/points/")
    assert balance_of(shop) == 155
    assert seen.complaints == []


def test_older_items_join_the_timeline(visit: Visitor) -> None:
    shop = open_shop()
    for number in range(30):
        buy(shop.customer_id, shop.today - timedelta(hours=number), shop.lyon, f"M-{number}", MOKA)
    seen = visit(leonore())
    page = seen.go(f"/console/customers/{shop.customer_id}/")
    before = page.locator(".f-event").count()
    page.click("text=Plus ancien")
    page.wait_for_selector("text=Adhère à")
    assert page.locator(".f-event").count() > before
    assert page.url.endswith(f"/customers/{shop.customer_id}/")
    assert seen.complaints == []
