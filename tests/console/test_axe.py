"""Accessibility as axe sees it: WCAG 2.2 A and AA on the main pages, light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fidelia.access.models import User
from fidelia.intake.models import Import
from tests.browser import Visitor

from .boutique import Shop, open_shop
from .test_customers_in_chromium import everything_role
from .test_imports import TILL, hand_in, work

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
            "insight/effects/",
            "insight/monthly/",
        ),
        *("settings/", "settings/stores/", "settings/jobs/", "settings/users/", "settings/audit/"),
        *("settings/portal/", "rights-requests/"),
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


MEMBERS = (
    b"carte;pr\xc3\xa9nom;nom;points;expire le;optin mail\n"
    b"2990441788200;L\xc3\xa9onore;Rey;120;31/12/2026;O\n2990441788217;Florestan;Rey;mille;31/12/2026;N\n"
)


@pytest.fixture
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES, settings.FILES_INCOMING = str(tmp_path / "files"), tmp_path / "incoming"


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize(("language", "width", "theme"), [("fr", 1280, "light"), ("en", 390, "dark")])
def test_axe_has_nothing_to_say_of_a_file_on_its_way(visit: Visitor, language: str, width: int, theme: str) -> None:
    open_shop()
    user = everything_role()
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(user)
    for content, name in ((TILL, "caisse.csv"), (TILL.replace(b"T0", b"U0"), "b.csv"), (MEMBERS, "adherents.csv")):
        assert hand_in(client, content, name).status_code == 302
    first, second, members = Import.objects.order_by("created_at")
    for found in (first, second):
        client.post(f"/console/imports/{found.id}/columns/", {"do": "check"})
    work()
    client.post(f"/console/imports/{first.id}/recording/")
    work()
    one, said = visit(user, width=width, theme=theme), {}
    for path in ("", "new/", f"{members.id}/columns/", f"{second.id}/check/", f"{first.id}/result/"):
        page = one.go(f"/console/imports/{path}")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        if found := page.evaluate(RUN, LEVELS):
            said[path] = found
    assert said == {}
