"""Real files through the console in Chromium, with no mapping written by hand, and the totals of their publishers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page

from fidelia.access.models import User
from fidelia.intake.models import Import
from fidelia.ledger.queries import find_broken_invariants
from fidelia.organisation.operations import set_up_operator
from tests.activity.test_real_files import begin_programme
from tests.browser import Visit, Visitor, chromium, follow, visit
from tests.cast import AT, SYSTEM, leonore
from tests.console.at_work import worker

__all__ = ["chromium", "visit", "worker"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(1800),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("worker"),
]
PATIENCE_MS = 900_000


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()


def begin(currency: str, country: str, zone: str, *, may_go_negative: bool = False) -> User:
    """A house that trades in this currency, with a programme, and Leonore who reads English."""
    set_up_operator(
        by=SYSTEM, at=AT, name="Rocco & Daughter", country=country, currency=currency, language="en", time_zone=zone
    )  # fmt: skip
    begin_programme(currency, may_go_negative=may_go_negative)
    user = leonore()
    User.objects.filter(id=user.id).update(language="en")
    return user


def bring_in(seen: Visit, file: Path, *, pausing: bool = False) -> dict[str, str]:
    """Hand the file in, check it, record it: three clicks. Returns what the page of the result says.

    With `pausing` the recording is paused under way, left, and resumed.
    """
    page = seen.go("/console/imports/new/")
    page.set_input_files("#id_file", str(file))
    page.set_default_timeout(PATIENCE_MS)
    follow(page, "form[data-upload] [type='submit']")
    page.wait_for_selector("#f-columns")
    follow(page, "button[value='check']")
    page.wait_for_selector(".f-figures")
    follow(page, "form[action$='/recording/'] button")
    if pausing:
        page.click("[hx-post$='/pause/']")
        page.wait_for_selector("[hx-post$='/resumption/']")
        page.reload()
        page.click("[hx-post$='/resumption/']")
    page.wait_for_selector(".f-balance")
    page.wait_for_selector(".f-progress", state="detached")
    assert seen.complaints == []
    return told(page)


def told(page: Page) -> dict[str, str]:
    """Every label of the page's lists with its value; the control totals by their own names."""
    facts: dict[str, str] = {}
    for place, balance in enumerate(page.query_selector_all(".f-balance")):
        facts |= {f"{place} {label}": value for label, value in _pairs(balance)}
    for listed in page.query_selector_all(".f-facts-list:not(.f-balance)"):
        facts |= dict(_pairs(listed))
    return facts


def _pairs(listed: Any) -> list[tuple[str, str]]:
    names = [each.evaluate("e => e.firstChild.textContent.trim()") for each in listed.query_selector_all("dt")]
    values = [re.sub(r"\s+", " ", each.inner_text()).strip() for each in listed.query_selector_all("dd")]
    return list(zip(names, values, strict=True))


def test_online_retail(visit: Visitor, shared_data: Path) -> None:
    seen = visit(begin("GBP", "GB", "Europe/London", may_go_negative=True))

    facts = bring_in(seen, shared_data / "online_retail" / "online_retail.parquet")

    assert facts["0 In the file"] == facts["0 Recorded"] == "541,909 rows"
    assert facts["0 Difference"] == "0 rows"
    assert facts["1 In the file"] == facts["1 Recorded"] == "£9,747,747.93"
    assert facts["1 Difference"] == "£0.00"
    wanted = {
        "Receipts in the file": "25,900",
        "Customers in the file": "4,372",
        "Products in the file": "4,070",
        "Countries in the file": "38",
        "Rows without a customer": "135,080",
        "Sold to customers": "£8,911,407.90",
        "Given back by customers": "−£611,342.09",
        "Rows given back": "10,624",
        "Rows without a price above zero": "2,517",
        "Rows without a description": "1,454",
        "The same row again": "5,268",
    }
    assert {name: facts.get(name) for name in wanted} == wanted
    assert find_broken_invariants() == []
    assert Import.objects.get().totals["rejected_rows"] == 0


def test_cdnow(visit: Visitor, shared_data: Path) -> None:
    seen = visit(begin("USD", "US", "America/New_York"))

    facts = bring_in(seen, shared_data / "cdnow" / "cdnow_full.csv.gz", pausing=True)

    assert facts["0 In the file"] == facts["0 Recorded"] == "69,659 rows"
    assert facts["1 In the file"] == facts["1 Recorded"] == "$2,500,315.63"
    assert facts["1 Difference"] == "$0.00"
    wanted = {"Customers in the file": "23,570", "Rows without a price above zero": "80", "The same row again": "255"}
    assert {name: facts.get(name) for name in wanted} == wanted
    assert find_broken_invariants() == []


def test_the_complete_journey(visit: Visitor, shared_data: Path) -> None:
    seen = visit(begin("USD", "US", "America/New_York"))

    facts = bring_in(seen, shared_data / "complete_journey_sample" / "transactions_sample.parquet")

    assert facts["0 In the file"] == facts["0 Recorded"] == "75,000 rows"
    assert facts["1 In the file"] == facts["1 Recorded"] == "$233,935.24"
    assert facts["1 Difference"] == "$0.00"
    wanted = {
        "Receipts in the file": "47,243",
        "Customers in the file": "2,377",
        "Products in the file": "20,902",
        "Rows with a quantity of zero": "416",
        "Rows with a coupon": "1,135",
    }
    assert {name: facts.get(name) for name in wanted} == wanted
    assert find_broken_invariants() == []
