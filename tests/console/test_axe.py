"""Accessibility as axe sees it: WCAG 2.2 A and AA on the main pages, light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.access.models import User
from tests.browser import Visitor

from .boutique import Shop, open_shop
from .test_customers_in_chromium import everything_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (levels) => (await axe.run(document, { runOnly: levels })).violations.map(
  (one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | "))"""


def pages_of(shop: Shop) -> list[str]:
    person = f"customers/{shop.customer_id}/"
    return [
        *("", "first-run/", "first-run/shops/", "search/?q=leon"),
        *("customers/", "customers/?q=nobody", "customers/?sort=-spend&kind=person", "views/customers/new/"),
        *(person, f"{person}record/", f"{person}facts/", f"{person}points/", f"{person}identities/"),
        *(
            "purchases/",
            f"purchases/{shop.sale.purchase_id}/",
            "segments/",
            "campaigns/",
            "programmes/",
            "insight/rfm/",
        ),
        *("settings/", "settings/stores/", "settings/jobs/", "settings/users/", "settings/audit/"),
    ]


@pytest.mark.parametrize(("language", "width", "theme"), [("fr", 1280, "light"), ("en", 390, "dark")])
def test_axe_has_nothing_to_say(visit: Visitor, language: str, width: int, theme: str) -> None:
    shop, user = open_shop(), everything_role()
    User.objects.filter(pk=user.pk).update(language=language)
    one = visit(user, width=width, theme=theme)
    said = {}
    for path in pages_of(shop):
        page = one.go(f"/console/{path}")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        if found := page.evaluate(RUN, LEVELS):
            said[path] = found
    assert said == {}
