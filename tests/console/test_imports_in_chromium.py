"""The whole import as a person does it: in Chromium, with the real worker, on every page and at both widths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page

from fidelia.intake.models import Import
from tests.browser import Visit, Visitor, follow

from .at_work import worker
from .shop import Shop, shop
from .test_imports import TILL

__all__ = ["shop", "worker"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()


@pytest.fixture
def till_export(tmp_path: Path) -> Path:
    file = tmp_path / "caisse_lyon_2025-02.csv"
    file.write_bytes(TILL)
    return file


def hand_in(visit: Visit, file: Path) -> Page:
    page = visit.go("/console/imports/new/")
    page.set_input_files("#id_file", str(file))
    follow(page, "form[data-upload] [type='submit']")
    page.wait_for_selector("#f-columns")
    return page


def test_a_till_export_from_the_drop_to_its_last_row(shop: Shop, visit: Visitor, till_export: Path) -> None:
    seen = visit(shop.leonore)
    page = hand_in(seen, till_export)

    follow(page, "button[value='check']")
    page.wait_for_selector(".f-figures")
    page.fill("#id_yours_file_net", "1 267,65")
    page.wait_for_selector("#id_verdict_file_net.f-bad")
    assert "le fichier a 10,00 de moins" in page.inner_text("#id_verdict_file_net").replace("\xa0", " ")
    page.fill("#id_yours_file_net", "1257.65")
    page.wait_for_selector("#id_verdict_file_net.f-good")

    follow(page, "text=Enregistrer 3 lignes")
    page.wait_for_selector(".f-balance")
    follow(page, "text=Renvoyer les lignes corrigées")
    follow(page, "text=Enregistrer 2 lignes")
    page.wait_for_selector(".f-balance")
    page.wait_for_selector(".f-progress", state="detached")
    balance = page.inner_text(".f-balance >> nth=1").replace("\xa0", " ").split("\n")
    assert [part.strip() for part in balance] == [
        "Dans le fichier",
        "1 267,65 €",
        "Enregistrées",
        "1 267,65 €",
        "Écart",
        "0,00 €",
    ]
    assert Import.objects.get().totals["rejected_rows"] == 0
    assert seen.complaints == []


OVERFLOW = """() => {
  const found = [];
  document.querySelectorAll(".f-card").forEach((card) => {
    const edge = card.getBoundingClientRect().right + 1;
    card.querySelectorAll("*").forEach((part) => {
      const box = part.getBoundingClientRect();
      if (part.closest(".f-table-wrap, [popover], dialog, .f-bar, option")) return;
      if (box.width && box.right > edge) found.push(`${part.tagName}.${part.className}`);
    });
  });
  if (document.documentElement.scrollWidth > innerWidth) found.push(`page ${document.documentElement.scrollWidth}`);
  return found;
}"""


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_nothing_passes_an_edge(shop: Shop, visit: Visitor, till_export: Path, width: int, theme: str) -> None:
    seen = visit(shop.leonore, width=width, theme=theme)
    for path in ("/console/imports/", "/console/imports/new/"):
        assert seen.go(path).evaluate(OVERFLOW) == [], path
    page = hand_in(seen, till_export)
    assert page.evaluate(OVERFLOW) == []
    follow(page, "button[value='check']")
    page.wait_for_selector(".f-figures")
    assert page.evaluate(OVERFLOW) == []
    follow(page, "form[action$='/recording/'] button")
    page.wait_for_selector(".f-balance")
    assert page.evaluate(OVERFLOW) == []
    follow(page, "a[href*='/rows/']")
    assert page.evaluate(OVERFLOW) == []
    assert seen.complaints == []


def test_a_change_is_read_again_in_place(shop: Shop, visit: Visitor, till_export: Path) -> None:
    seen = visit(shop.leonore)
    page = hand_in(seen, till_export)

    page.select_option("select[name='read-date_order']", "mdy")
    page.wait_for_selector("tr:has(th:text-is('Date')) .f-red:text('3 sur 5')")
    with page.expect_response(lambda answer: answer.url.endswith("/columns/")):
        page.select_option("#id_column-4", "category")

    mapping = Import.objects.get().mapping
    assert (mapping["reading"]["date_order"], mapping["columns"]["category"]) == ("mdy", "Libellé")
    assert seen.complaints == []


def test_a_file_dropped_on_the_zone_is_sent(shop: Shop, visit: Visitor) -> None:
    seen = visit(shop.leonore)
    page = seen.go("/console/imports/new/")
    page.evaluate(
        """(text) => {
          const carried = new DataTransfer();
          carried.items.add(new File([text], "drop.csv", { type: "text/csv" }));
          document.querySelector("[data-drop]").dispatchEvent(
            new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        }""",
        "Ticket;Date;Montant\n1;2025-01-02;10,00\n2;2025-01-03;11,50\n",
    )
    page.wait_for_selector("#f-columns")
    assert Import.objects.get().file_name == "drop.csv"
    assert seen.complaints == []


def test_what_is_wrong_with_a_file_is_said_on_the_same_page(
    shop: Shop, visit: Visitor, settings: Any, tmp_path: Path
) -> None:
    settings.FILE_BYTES_MAX = 100_000
    seen = visit(shop.leonore)
    page = seen.go("/console/imports/new/")
    binary, large = tmp_path / "photo.csv", tmp_path / "large.csv"
    binary.write_bytes(bytes(range(256)) * 40)
    large.write_bytes(b"a;b\n" * 60_000)

    page.set_input_files("#id_file", str(binary))
    page.click("form[data-upload] [type='submit']")
    page.wait_for_selector("[data-mistake]:not([hidden])")
    assert "photo.csv est un fichier binaire" in page.inner_text("[data-mistake]")
    page.set_input_files("#id_file", str(large))
    page.click("form[data-upload] [type='submit']")
    page.wait_for_selector("[data-mistake]:has-text('dépasse')")
    assert "Ce fichier dépasse 100\xa0ko." in page.inner_text("[data-mistake]")
    assert not Import.objects.exists()
    assert [text for text in seen.complaints if "422" not in text] == []


def test_without_script_the_plain_form_and_buttons_do_it(shop: Shop, visit: Visitor, till_export: Path) -> None:
    page = hand_in(visit(shop.leonore, scripted=False), till_export)
    page.select_option("#id_column-4", "category")
    follow(page, "noscript button, button:text('Afficher avec ces changements')")
    assert page.input_value("#id_column-4") == "category"
    follow(page, "button[value='check']")
    for _attempt in range(120):
        if page.locator("text=Enregistrer 3 lignes").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    follow(page, "text=Enregistrer 3 lignes")
    assert "/result/" in page.url
