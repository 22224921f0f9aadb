"""The whole import as a person does it: in Chromium, with the real worker, on every page and at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page

from fidelia.intake.models import Import
from tests.browser import Visit, Visitor

from .at_work import worker
from .shop import Shop, shop
from .test_imports import TILL

__all__ = ["shop", "worker"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]
PATIENCE_MS = 60_000


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()
    yield


@pytest.fixture
def till_export(tmp_path: Path) -> Path:
    file = tmp_path / "caisse_lyon_2025-02.csv"
    file.write_bytes(TILL)
    return file


def hand_in(visit: Visit, file: Path) -> Page:
    page = visit.go("/console/imports/new/")
    page.set_input_files("#id_file", str(file))
    page.click("form[data-upload] [type='submit']")
    page.wait_for_selector("#f-columns", timeout=PATIENCE_MS)
    return page


def test_a_till_export_from_the_drop_to_its_last_row(shop: Shop, visit: Visitor, till_export: Path) -> None:
    seen = visit(shop.leonore)
    page = hand_in(seen, till_export)
    shot(page, "columns")

    page.click("button[value='check']")
    page.wait_for_selector(".f-figures", timeout=PATIENCE_MS)
    shot(page, "check")
    page.fill("#id_yours_file_net", "1 267,65")
    page.wait_for_selector("#id_verdict_file_net.f-bad")
    assert "le fichier a 10,00 de moins" in page.inner_text("#id_verdict_file_net").replace("\xa0", " ")
    page.fill("#id_yours_file_net", "1257.65")
    page.wait_for_selector("#id_verdict_file_net.f-good")

    page.click("text=Enregistrer 3 lignes")
    page.wait_for_selector(".f-balance", timeout=PATIENCE_MS)
    shot(page, "result")
    page.click("text=Renvoyer les lignes corrigées")
    page.wait_for_selector("text=Enregistrer 2 lignes", timeout=PATIENCE_MS)
    page.click("text=Enregistrer 2 lignes")
    page.wait_for_selector(".f-balance", timeout=PATIENCE_MS)
    balance = page.inner_text(".f-balance >> nth=1").replace("\xa0", " ").split("\n")
    assert balance == ["Dans le fichier", "1 267,65 €", "Enregistrées", "1 267,65 €", "Écart", "0,00 €"]
    assert Import.objects.get().totals["rejected_rows"] == 0
    assert seen.complaints == []


def shot(page: Page, name: str) -> None:
    page.screenshot(path=f"/tmp/lead/wizard/{name}.png", full_page=True)
