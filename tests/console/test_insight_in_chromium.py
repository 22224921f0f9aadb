"""The pages of insight in a real browser: each of them, what they give out, and all of it by keys alone."""

from __future__ import annotations

import csv
import io
import re
import struct
from collections.abc import Iterator
from html import unescape
from itertools import cycle, product
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from fidelia.access.models import User
from fidelia.console import crowds
from fidelia.console.urls import urlpatterns
from fidelia.console.workbooks import read_cell
from fidelia.customers.models import Customer
from fidelia.customers.operations import define_segment, refresh_segment
from fidelia.insight.models import Chapter
from fidelia.insight.operations import refresh, write_chapters
from fidelia.kernel.localized import LocalizedText
from tests.browser import Visitor
from tests.cast import AT, SYSTEM
from tests.insight.rhythms import people_of_rhythms

from .test_axe import AXE, LEVELS
from .test_customers_in_chromium import everything_role
from .test_pages_in_chromium import PAST_THE_EDGE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
OVERVIEW = "/console/insight/"
# Nothing is fetched again and only what is wrong is described: half the time, on pages with fifty rows.
RUN = """async (runOnly) => {
  const found = await axe.run(document, { runOnly, resultTypes: ["violations"], preload: false });
  const places = (one) => one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ");
  return found.violations.map((one) => one.id + ": " + places(one));
}"""
# What a page of such an address needs. A new page with a parameter has to be told here: see `opened`.
NEEDS_A_JOB = ("insight-refreshing", "insight-slicing", "insight-finding")
NOT_PAGES = ("insight-rule-resume", "insight-monthly-reader", "insight-people-segment", "insight-workbook",
             "insight-budget", "insight-budget-table", "insight-budget-withdrawal",
             "segment-refreshing", "segment-fixing", "segment-archiving")  # fmt: skip


@pytest.fixture
def manager(tmp_path: Path, settings: Any) -> User:
    """Who may see everything of a shop of two years, learnt from, with a segment."""
    settings.FACTS_ROOT = tmp_path / "facts"
    people_of_rhythms()
    name = LocalizedText(en="Those who came back after a long time", fr="Celles et ceux qui sont revenus très tard")
    made = define_segment(by=SYSTEM, at=AT, key="late", name=name, condition='customer.kind == "person"')
    refresh_segment(by=SYSTEM, at=AT, segment_id=made.id)
    write_chapters(by=SYSTEM, at=AT, refresh=refresh(by=SYSTEM, at=AT))
    return everything_role()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def speaking(user: User, language: str) -> User:
    User.objects.filter(pk=user.pk).update(language=language)
    return user


def people_links(client: Client, path: str) -> list[str]:
    found = re.findall(r'href="(/console/insight/[a-z]+/people/\?[^"]+)"', client.get(path).content.decode())
    return [unescape(one) for one in found]


def opened(name: str, route: str, client: Client) -> list[str]:
    """The addresses to visit of a pattern that has parameters."""
    chapters = sorted(set(Chapter.objects.exclude(key="cover").values_list("key", flat=True)))
    if name == "insight-chapter":
        return [f"{OVERVIEW}{key}/" for key in chapters]
    if name == "insight-people":
        links = {key: people_links(client, f"{OVERVIEW}{key}/") for key in chapters}
        return [links["sales"][0], links["lifecycle"][0], links["cohorts"][-1]]
    if name == "insight-cell":
        return [f"{OVERVIEW}rfm/5-5/", f"{OVERVIEW}rfm/1-5/"]
    if name == "segment":
        return ["/console/segments/late/"]
    if name == "customer-insight":
        person = Customer.objects.order_by("id").first()
        assert person is not None
        return [f"/console/customers/{person.id}/insight/"]
    raise AssertionError(f"{route}: say in this test how a page of this address is opened, or that it is none")


def insight_pages(client: Client) -> Iterator[str]:
    """Every page of insight and segments, found in the addresses of the console: a new one cannot be forgotten."""
    for pattern in urlpatterns:
        route, name = str(pattern.pattern), pattern.name
        if not (route.startswith(("insight/", "segments/")) or name == "customer-insight"):
            continue
        if name in NOT_PAGES or name in NEEDS_A_JOB:
            continue
        for path in opened(name, route, client) if "<" in route else [f"/console/{route}"]:
            answer = client.get(path)
            # What is posted is no page, nor is what is given out as a file.
            if answer.status_code != 405 and "html" in answer["Content-Type"]:
                assert answer.status_code == 200, path
                yield path
    yield from (f"{OVERVIEW}?{wrong}" for wrong in ("slice=", "store=gone"))


def waiting_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages of jobs under way: of a refresh, of part of the purchases, of looking for people."""
    monkeypatch.setattr(crowds, "AT_ONCE_MAX", 1)
    yield client.post(people_links(client, f"{OVERVIEW}churn/")[0])["Location"]
    yield client.post(f"{OVERVIEW}slices/", {"since": "2025-01-01", "until": "2025-12-31"})["Location"]
    client.post(f"{OVERVIEW}refreshes/")
    yield OVERVIEW  # it shows the progress of the refresh
    yield "/console/settings/jobs/"


def test_every_page_of_insight_is_whole_in_some_language_width_and_theme(
    visit: Visitor, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(manager)
    pages = [*insight_pages(client), *waiting_pages(client, monkeypatch)]
    assert len(pages) > 25
    looks = list(product(("fr", "en"), (1280, 390), ("light", "dark")))
    visits = {(width, theme): visit(manager, width=width, theme=theme) for _language, width, theme in looks}
    axe = AXE.read_text(encoding="utf-8")
    said: dict[str, Any] = {}
    # Five apart, so that neighbours of a kind differ in all three.
    order = cycle(looks[5 * place % len(looks)] for place in range(len(looks)))
    for path, (language, width, theme) in zip(pages, order, strict=False):
        speaking(manager, language)
        seen = visits[width, theme]
        seen.complaints.clear()
        page = seen.go(path)
        page.wait_for_function("!document.querySelector('[data-chart]:not([data-drawn])')")
        past = page.evaluate(PAST_THE_EDGE.replace(".f-code,", ".f-code, .f-tabs,"))  # tabs scroll
        complaints = [*seen.complaints]
        page.evaluate(axe)
        if found := [*page.evaluate(RUN, LEVELS), *past, *complaints]:
            said[f"{path} {language} {width} {theme}"] = found
        assert page.locator("html").get_attribute("lang") == language
    assert said == {}


# What is taken along -------------------------------------------------------------------------------------------------


def taken(page: Page, button: Any) -> tuple[str, bytes]:
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def shown_table(page: Page, title: str) -> list[list[str]]:
    """The table behind a chart as the page has it, the head first."""
    rows: list[list[str]] = (
        page.locator(".f-card", has_text=title)
        .first.locator("table tr")
        .evaluate_all("(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent.trim()))")
    )
    return rows


def as_number(text: str, language: str) -> float | str:
    """A cell as a spreadsheet of the language reads it."""
    spaces, point = (r"[\s\u00a0\u202f]", ",") if language == "fr" else (",", ".")
    bare = re.sub(spaces, "", text).replace("\u2212", "-")
    found = re.fullmatch(rf"([+-]?)[€]?(\d+(?:\{point}\d+)?)([€%]?)", bare)
    return float(found[1] + found[2].replace(",", ".")) if found else text


def test_what_a_chapter_gives_out_is_what_it_shows(visit: Visitor, manager: User) -> None:
    seen = visit(manager)
    for language in ("fr", "en"):
        speaking(manager, language)
        same_as_shown(seen.go(f"{OVERVIEW}sales/"), language)
    assert seen.complaints == []


def same_as_shown(page: Page, language: str) -> None:
    page.wait_for_function("!document.querySelector('[data-chart]:not([data-drawn])')")
    title = str(page.locator(".f-card:has([data-chart]) h2").first.inner_text())
    shown = shown_table(page, title)
    card = page.locator(".f-card", has_text=title).first

    name, content = taken(page, card.locator("[data-chart-export=csv]"))
    assert name == f"{title.replace('?', '_')}.csv" or name.endswith(".csv")
    assert content.startswith(b"\xef\xbb\xbf"), "Excel reads UTF-8 only where it is told"
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";" if language == "fr" else ","))
    assert rows[0] == [shown[0][0], *(f"{head} (€)" for head in shown[0][1:])]
    assert [row[0] for row in rows] == [row[0] for row in shown]
    point = "," if language == "fr" else "."
    for given, row in zip(rows[1:], shown[1:], strict=True):
        for cell, text in zip(given[1:], row[1:], strict=True):
            assert re.fullmatch(rf"-?\d+(\{point}\d+)?", cell), cell
            assert float(cell.replace(",", ".")) == as_number(text, language), text

    _name, content = taken(page, page.get_by_role("link", name="Excel"))
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0] == shown[0]
    for given, row in zip(cells[1:], shown[1:], strict=True):
        assert given == [read_cell(text, language)[0] for text in row]

    _name, content = taken(page, card.locator("[data-chart-export=png]"))
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    size = card.locator("[data-chart-draw]").bounding_box()
    assert size is not None
    assert width == 2 * round(size["width"])
    assert 2 * size["height"] + 60 < height < 2 * size["height"] + 200, "the drawing under its title and its legend"
    assert page.evaluate(DARK_SHARE, list(content)) > 0.01, "something is drawn"


# The share of the picture's points that are not of the colour of its corner.
DARK_SHARE = """async (bytes) => {
  const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const paper = canvas.getContext("2d");
  paper.drawImage(picture, 0, 0);
  const points = new Uint32Array(paper.getImageData(0, 0, picture.width, picture.height).data.buffer);
  return points.filter((one) => one !== points[0]).length / points.length;
}"""


# By keys alone -------------------------------------------------------------------------------------------------------


def tab_to(page: Page, selector: str) -> None:
    """Go on with the tab key until what is meant has the focus, as somebody without a mouse does."""
    for _step in range(120):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the tab key does not come to {selector}")


def test_from_a_chart_to_its_table_and_to_the_people_by_keys(visit: Visitor, manager: User) -> None:
    seen = visit(speaking(manager, "fr"))
    page = seen.go(f"{OVERVIEW}cohorts/")
    page.wait_for_function("!document.querySelector('[data-chart]:not([data-drawn])')")
    tab_to(page, "[data-chart-draw]")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')"), "the sentence that says what it shows"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    live = page.locator("#f-live")
    expect(live).to_contain_text(re.compile(r", 1, \d+\s%"))  # the second cell of the first cohort: month 1
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert re.search(r"/cohorts/people/\?mark=cohort%2F[0-9-]+%2F1", page.url)

    seen.go(f"{OVERVIEW}lifecycle/")
    page.wait_for_function("!document.querySelector('[data-chart]:not([data-drawn])')")
    tab_to(page, ".f-chart summary")
    page.keyboard.press("Enter")
    expect(page.locator(".f-chart details").first).to_have_attribute("open", "")
    tab_to(page, ".f-chart details a")
    count = int(re.sub(r"\D", "", page.locator(".f-chart details tbody tr").first.locator("td").first.inner_text()))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("table[data-rows] tbody tr").count() == count
    assert re.search(rf"\b{count} clients?\b", page.locator("main").inner_text())
    tab_to(page, "[data-opens=f-keep-people]")
    page.keyboard.press("Enter")
    expect(page.locator("#f-keep-people")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#f-keep-people")).to_be_hidden()
    expect(page.locator("[data-opens=f-keep-people]")).to_be_focused()  # the dialog gives the focus back
    tab_to(page, "table[data-rows] a")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert re.search(r"/console/customers/[0-9a-f-]{36}/", page.url)
    assert seen.complaints == []
