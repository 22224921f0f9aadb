"""The portal as a telephone shows it: the way in, the card without a network, axe, no word beyond an edge."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fidelia.customers.models import Customer
from fidelia.kernel.clock import now
from fidelia.members.models import Code
from fidelia.members.queries import digits_of
from fidelia.programme.operations.looks import Look, set_look
from fidelia.programme.queries import get_programme
from tests.browser import Visit, Visitor
from tests.cast import SYSTEM
from tests.console.test_axe import LEVELS, RUN
from tests.ui.test_pictures import PNG

from .members_shop import COOKIE, EMAIL, newcomer, open_doors, session_of
from .test_looks import YELLOW
from .test_offers import offer, put_out
from .test_rewards import put_up

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
PAGES = ("/", "/card/", "/points/", "/rewards/", "/tiers/", "/me/", "/me/details/", "/me/email/", "/me/devices/",
         "/me/consents/", "/me/data/", "/me/erasure/")  # fmt: skip
WIDER = """() => [...document.querySelectorAll("main *")].filter((one) => {
  const edge = one.getBoundingClientRect();
  return edge.width && edge.right > document.documentElement.clientWidth + 1
    && !one.closest(".m-chips, svg, .m-unseen");
}).map((one) => one.outerHTML.slice(0, 90))"""

CARD_IS = """async (kept) => {
  for (let look = 0; look < 600; look++) {
    if (Boolean(await caches.match("/card/")) === kept) return true;
    await new Promise((go) => setTimeout(go, 100));
  }
  return false;
}"""


def let_in(one: Visit, token: str) -> None:
    one.page.context.add_cookies([{"name": COOKIE, "value": token, "url": one.address}])


def judge(one: Visit, paths: tuple[str, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for path in paths:
        page = one.go(path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = [*page.evaluate(RUN, LEVELS), *page.evaluate(WIDER)]
        if page.evaluate("document.documentElement.scrollWidth") > page.evaluate("innerWidth"):
            found.append("the page is wider than the screen")
        if found:
            said[path] = found
    return said


def come_in(page: Page, address: str) -> None:
    page.fill("#address", EMAIL)
    page.click("button[type=submit]")
    page.wait_for_url("**/login/code/**")
    page.fill("#digits", digits_of(Code.objects.get()))
    page.click("button[type=submit]")
    page.wait_for_url(f"{address}/")


def test_a_member_comes_in_takes_the_card_off_line_and_logs_out(visit: Visitor) -> None:
    open_doors()
    one = visit(width=390, height=844)
    page = one.go("/")
    come_in(page, one.address)
    expect(page.locator("h1")).to_have_text("Bonjour Léonore")
    # The worker keeps the card by itself, before anybody looks at it.
    page.evaluate("navigator.serviceWorker.ready")
    assert page.evaluate(CARD_IS, True)
    page.context.set_offline(True)
    page.goto(f"{one.address}/card/")
    expect(page.locator(".m-qr svg")).to_be_visible()
    expect(page.locator(".m-ean svg")).to_be_visible()
    expect(page.locator("[data-offline]")).to_be_visible()
    assert page.evaluate(WIDER) == []
    assert page.evaluate("getComputedStyle(document.querySelector('.m-number')).fontSize") == "21px"
    page.goto(f"{one.address}/points/")  # another page off line: the card is what there is
    expect(page.locator(".m-qr svg")).to_be_visible()
    page.context.set_offline(False)
    page.goto(f"{one.address}/me/")
    page.click("text=Se déconnecter")
    page.wait_for_url("**/login/")
    assert page.evaluate(CARD_IS, False)
    assert [words for words in one.complaints if "ERR_INTERNET_DISCONNECTED" not in words] == []


def test_logged_out_elsewhere_the_kept_card_goes_at_the_next_look(visit: Visitor) -> None:
    shop = open_doors()
    one = visit(width=390, height=844)
    let_in(one, session_of(shop.customer_id, EMAIL))
    page = one.go("/card/")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    one.page.context.clear_cookies()
    page.goto(f"{one.address}/card/")
    assert page.url.startswith(f"{one.address}/login/")
    assert page.evaluate(CARD_IS, False)


@pytest.mark.parametrize(("language", "width", "theme"), [("fr", 390, "dark"), ("en", 1280, "light")])
def test_axe_has_nothing_to_say_of_a_full_member(visit: Visitor, language: str, width: int, theme: str) -> None:
    """Also in the dark, and in the look of a brand that white cannot be read on."""
    shop = open_doors()
    if theme == "dark":
        set_look(
            by=SYSTEM, at=now(), programme=get_programme("cercle"), look=Look(name="Cercle Or", logo=PNG, **YELLOW)
        )
    put_out(offer("tea", lasts_days=3), offer("next", valid_from=(now() + timedelta(days=9)).isoformat()))
    Customer.objects.filter(id=shop.customer_id).update(language=language, given_name="Maximiliane-Éléonore" * 3)
    mug, dear = put_up("mug", 50, pieces=3), put_up("moulin", 5_000)
    one = visit(width=width, height=844, theme=theme)
    let_in(one, session_of(shop.customer_id, EMAIL))
    more = (f"/purchases/{shop.sale.purchase_id}/", f"/rewards/{mug.id}/", f"/rewards/{dear.id}/")
    assert judge(one, PAGES + more) == {}
    assert one.complaints == []


def test_axe_has_nothing_to_say_of_a_newcomer_nor_of_the_door(visit: Visitor) -> None:
    shop = open_doors()
    outside = visit(width=320, height=700)
    assert judge(outside, ("/login/", "/from-message/x")) == {}
    one = visit(width=320, height=700)
    let_in(one, session_of(newcomer(shop), "new@example.com"))
    assert judge(one, PAGES) == {}
    assert one.complaints == []
