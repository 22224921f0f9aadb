"""People join by the keyboard alone, on the narrowest telephone, and axe has nothing to say of any step."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from fidelia.members.models import Code
from fidelia.members.queries import digits_of
from tests.browser import Visitor

from .members_shop import open_doors
from .test_joining import take_people_in
from .test_portal_in_chromium import AXE, LEVELS, RUN, WIDER, judge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


def judged_here(page: Any) -> list[Any]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [*page.evaluate(RUN, LEVELS), *page.evaluate(WIDER)]


def test_somebody_joins_without_a_mouse(visit: Visitor, settings: Any) -> None:
    open_doors()
    take_people_in({"minimum_age": 15})
    settings.SMS_GATEWAY = "console"
    one = visit(width=320, height=700)
    assert judge(one, ("/login/", "/join/?ref=ABCD1234")) == {}
    page = one.go("/join/")
    page.focus("#id_given_name")
    for words in ("Marzelline", "Rey", "06 12 34 56 78"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.fill("#id_birth_on", "2024-02-29")
    page.focus("[name=marketing-sms]")
    page.keyboard.press("Space")
    page.focus("form button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong-birth")).to_contain_text("15")
    expect(page.locator("[name=marketing-sms]")).to_be_checked()
    assert judged_here(page) == []
    page.fill("#id_birth_on", "1990-05-04")
    page.focus("form button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Regardez vos SMS")
    assert judged_here(page) == []
    page.focus("#digits")
    page.keyboard.type(digits_of(Code.objects.latest("asked_at")))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Bonjour Marzelline")
    assert judged_here(page) == []
    # The browser notes that a mistake was answered with 422; nothing else is complained of.
    assert [words for words in one.complaints if "422" not in words] == []
