"""Days that read both ways: the check asks which order is right, and keeps the answer for the sender's next file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from fidelia.intake.models import Import

from .shop import Shop, shop
from .test_imports import hand_in, page, work

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()


def again(found: Import) -> Import:
    return Import.objects.get(id=found.id)


def test_days_that_nothing_decides_are_asked_and_the_answer_is_kept(shop: Shop) -> None:
    client = shop.client(shop.leonore, "en")
    till = b"ticket,date,card,amount\n" + b"".join(
        b"%d,%02d/%02d/2025,C%d,10.00\n" % (row, row % 9 + 1, row % 5 + 2, row) for row in range(1, 25)
    )
    hand_in(client, till, "till.csv")
    found = Import.objects.get()
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check"})
    work()
    asked = page(client, "import-check", found)
    assert "Which comes first" in asked
    assert reverse("console:import-recording", args=[found.id]) not in asked
    assert again(found).check_report["days_either"] == 19
    order = again(found).file_mapping.reading.date_order.value
    client.post(reverse("console:import-day-order", args=[found.id]), {"order": order})
    assert again(found).state == "checked", "what it was read as is what it is"
    other = {"dmy": "mdy", "mdy": "dmy"}[order]
    client.post(reverse("console:import-day-order", args=[found.id]), {"order": other})
    work()
    told = again(found).file_mapping.reading
    assert (told.date_order.value, told.order_told, again(found).state) == (other, True, "checked")
    assert reverse("console:import-recording", args=[found.id]) in page(client, "import-check", found)
    client.post(reverse("console:import-mappings", args=[found.id]), {"name": "Till"})
    hand_in(client, till.replace(b"10.00", b"11.00"), "till2.csv")
    second = Import.objects.get(file_name="till2.csv").file_mapping.reading
    assert (second.date_order.value, second.order_told) == (other, True)


def test_days_that_say_their_order_are_not_asked(shop: Shop) -> None:
    client = shop.client(shop.leonore, "en")
    rows = "".join(f"{row},{row:02}/03/2025,C{row},10.00\n" for row in range(1, 29))
    hand_in(client, f"ticket,date,card,amount\n{rows}".encode(), "till.csv")
    found = Import.objects.get()
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check"})
    work()
    report = again(found).check_report
    assert (report["days_day_first"], report["days_month_first"], report["days_either"]) == (16, 0, 11)
    html = page(client, "import-check", found)
    assert "can be read in both ways" not in html
    assert reverse("console:import-recording", args=[found.id]) in html
