"""Bring a file in through the console: understood, put right, checked, recorded, mended; and files that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from fidelia.files.models import StoredFile
from fidelia.intake.models import Import, SavedMapping
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel import clock
from tests.cast import pizarro

from .shop import Shop, shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)

TILL = (
    "N° ticket;Date;N° carte;Code article;Libellé;Qté;Montant TTC\r\n"
    "1001;03/02/2025;2990441788200;MOKA;Café moka d’Éthiopie;2;12,50\r\n"
    "1002;04/02/2025;2990441711758;THE;Thé vert;1;8,90\r\n"
    "1003;31/02/2025;2990441788200;MOKA;Café moka;1;6,25\r\n"
    "1004;25/02/2025;;TASSE;Tasse;1;1O,00\r\n"
    "1005;26/02/2025;2990441711758;TASSE;Tasse à café;3;1 230,00\r\n"
).encode("cp1252")


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()
    yield


def hand_in(client: Client, content: bytes, name: str = "caisse_lyon_2025-02.csv", **more: str) -> Any:
    return client.post(reverse("console:new_import"), {"file": SimpleUploadedFile(name, content), **more})


def page(client: Client, name: str, found: Import) -> str:
    answer = client.get(reverse(f"console:{name}", args=[found.id]), follow=True)
    assert answer.status_code == 200, answer.content.decode()[:3000]
    return str(answer.content.decode())


def words(html: str) -> str:
    """The text of a page, in one line, without the panels of definitions and the scripts."""
    html = re.sub(r"<(section|div|script)[^>]*(?:popover|application/json)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", html).replace("\xa0", " ").split())


def work() -> None:
    """What the worker does with the jobs that wait."""
    for job in Job.objects.filter(state="queued").order_by("created_at"):
        run_job(job_id=job.id, clock=clock.now)


def test_a_till_export_is_understood_without_a_word(shop: Shop) -> None:
    client = shop.client(shop.leonore)

    answer = hand_in(client, TILL)

    found = Import.objects.get()
    assert answer.status_code == 302, words(answer.content.decode())
    assert answer["Location"] == reverse("console:import-columns", args=[found.id])
    html = page(client, "import-columns", found)
    told = words(html)
    assert found.mapping["columns"] == {
        "receipt": "N° ticket", "occurred_at": "Date", "customer": "N° carte", "product": "Code article",
        "description": "Libellé", "quantity": "Qté", "net": "Montant TTC",
    }  # fmt: skip
    assert "1 sur 5 illisible" in told, told
    assert "20 % des cellules regardées" in told
    assert "Le fichier n’est pas en UTF-8" in told
    assert "3 février 2025" in told
    assert "12,50 €" in told
    assert not Job.objects.exists()


def test_it_is_checked_recorded_and_mended(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    hand_in(client, TILL)
    found = Import.objects.get()

    assert client.post(reverse("console:import-columns", args=[found.id]), {"do": "check"}).status_code == 302
    work()
    told = words(page(client, "import-check", found))
    assert "Lignes lues 5" in told
    assert "Prêtes 3" in told
    assert "À corriger 2" in told
    assert "Enregistrer 3 lignes" in told
    assert "« 31/02/2025 » n’existe pas dans le calendrier." in told

    client.post(reverse("console:import-recording", args=[found.id]))
    work()
    told = words(page(client, "import-result", found))
    assert "Achats enregistrés 3" in told, told
    assert "Dans le fichier 5 lignes Enregistrées 3 lignes Dans les lignes à corriger 2 lignes Écart 0" in told
    assert "Dans le fichier 1 257,65 € Enregistrées 1 251,40 € Dans les lignes à corriger 6,25 € Écart 0,00 €" in told

    html = page(client, "import-result", found)
    fields = dict(re.findall(r'name="(cell-\d+-\d+)" value="([^"]*)"', html))
    assert fields == {"cell-3-1": "28/02/2025", "cell-4-6": "10,00"}
    client.post(reverse("console:import-mending", args=[found.id]), {"after": "0", "reason": "", **fields})
    work()
    told = words(page(client, "import-check", found))
    assert "Prêtes 2" in told, told
    assert "Déjà connues 3" in told, told
    client.post(reverse("console:import-recording", args=[found.id]))
    work()
    told = words(page(client, "import-result", found))
    assert "Achats enregistrés 5" in told, told
    assert "Dans le fichier 5 lignes Enregistrées 5 lignes Écart 0" in told, told
    assert "Dans le fichier 1 267,65 € Enregistrées 1 267,65 € Écart 0,00 €" in told
