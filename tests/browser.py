"""A real Chromium for tests of pages: signed in as one of the cast, with everything it complains about kept.

Nothing is read right after a key or a click: the machine may be busy. Wait for what proves that the act has happened:
`follow` where it leads to another page, `expect(…)` of something that only then is there, `expect_response`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from fidelia.access.models import User

QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE_MS = 60_000
# A busy machine is no lost network: what waits here for an answer has no limit but the test's own.
NO_HASTE = "AbortSignal.timeout = () => new AbortController().signal;"
# Said where the page took long to draw, whatever it is.
OF_TIME = "was preloaded using link preload but not used"
WATCH_POLICY = "addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective))"


@dataclass
class Visit:
    """A page and what the browser had against it."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.address + path)
        self.page.evaluate("document.fonts.ready")
        return self.page


Visitor = Callable[..., Visit]


def follow(page: Page, what: str | Locator) -> Page:
    """Click what leads to another page, and wait until that page is there, whole."""
    target = page.locator(what).first if isinstance(what, str) else what
    with page.expect_navigation():
        target.click()
    page.evaluate("document.fonts.ready")
    return page


# In the page itself: what is asked beside a service worker may pass a route of the browser's driver.
ASKED = """([path, answer]) => {
  window.asked ??= window.fetch;
  window.fetch = async (what, given) => {
    if (new URL(what, location.href).pathname !== path || given?.method !== "POST") return window.asked(what, given);
    if (answer) return Response.json(answer.said, { status: answer.status });
    await window.asked(what, given);
    throw new TypeError("the answer is lost");
  };
}"""


def lose_answers(page: Page, path: str) -> None:
    """From now on what is posted to `path` arrives, and its answer does not."""
    page.evaluate(ASKED, [path, None])


def answer_instead(page: Page, path: str, status: int, said: dict[str, str]) -> None:
    """From now on what is posted to `path` does not arrive, and this is the answer."""
    page.evaluate(ASKED, [path, {"status": status, "said": said}])


def hear_answers(page: Page) -> None:
    page.evaluate("window.fetch = window.asked")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium of the system; `make setup` as root installs one."""
    path = os.environ.get("FIDELIA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no Chromium here; `make setup` as root installs one")
    # Playwright's loop runs in this thread, and Django would take our own synchronous queries for a mistake.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET, timeout=2 * PATIENCE_MS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Visitor]:
    """Open a browser of some width and theme, signed in as a user."""
    contexts: list[BrowserContext] = []

    def enter(
        user: User | None = None, *, width: int = 1280, height: int = 900, theme: Any = "light", scripted: bool = True
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, locale="fr-FR",
            java_script_enabled=scripted,
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(NO_HASTE + WATCH_POLICY)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        seen = Visit(context.new_page(), live_server.url)
        seen.page.on("console", lambda message: _keep(seen, message.type, message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        return seen

    yield enter
    for context in contexts:
        context.close()


def _keep(seen: Visit, kind: str, text: str) -> None:
    if kind in ("error", "warning") and OF_TIME not in text:
        seen.complaints.append(text)
