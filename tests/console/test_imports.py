"""Bring a file in through the console: understood, put right, checked, recorded, mended; and files that are none."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from fidelia.customers.models import Customer
from fidelia.files.models import StoredFile
from fidelia.intake.models import Import, SavedMapping
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel import clock
from fidelia.programme.operations import enrol
from tests.cast import SYSTEM, leonore, pizarro, rocco

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
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    cache.clear()


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


def test_what_is_put_right_stays_put_right(shop: Shop) -> None:
    client = shop.client(shop.leonore, "en")
    hand_in(client, TILL)
    found = Import.objects.get()
    place = found.columns.index("Libellé")
    where = reverse("console:import-columns", args=[found.id])

    client.post(where, {f"column-{place}": "", "option-currency": "EUR", "option-enrol-shown": "1"})

    found.refresh_from_db()
    assert "description" not in found.mapping["columns"]
    assert found.mapping["options"]["enrol"] is False
    told = words(page(client, "import-columns", found))
    assert "Libellé Café moka d’Éthiopie Thé vert" in told
    assert "– left out" in told

    client.post(where, {f"column-{place}": "product"})
    found.refresh_from_db()
    assert found.mapping["columns"]["product"] == "Libellé", "of two columns that claim a field the new one has it"
    assert "Code article" not in found.mapping["columns"].values()


def test_another_reading_reads_the_file_again(shop: Shop) -> None:
    client = shop.client(shop.leonore, "en")
    hand_in(client, TILL)
    found = Import.objects.get()
    where = reverse("console:import-columns", args=[found.id])

    answer = client.post(where, {"read-encoding": "utf-8"})
    assert "the row holds characters that are not written in utf-8" in words(answer.content.decode())
    found.refresh_from_db()
    assert (found.mapping["reading"]["encoding"], "Libellé" in found.columns) == ("cp1252", True)

    client.post(where, {"read-encoding": "cp1252", "read-separator": ","})
    found.refresh_from_db()
    assert len(found.columns) < 7
    client.post(where, {"read-separator": ";"})
    found.refresh_from_db()
    assert found.columns[0] == "N° ticket"
    assert found.mapping["columns"]["net"] == "Montant TTC"

    client.post(where, {"read-date_order": "mdy"})
    assert "5 of 5 unreadable" not in words(page(client, "import-columns", found))
    answer = client.post(where, {"read-encoding": "klingon"})
    assert "“klingon” is not an encoding" in words(answer.content.decode())
    found.refresh_from_db()
    assert found.mapping["reading"]["encoding"] == "cp1252"


def test_a_check_says_what_is_missing(shop: Shop) -> None:
    client = shop.client(shop.leonore, "en")
    hand_in(client, TILL)
    found = Import.objects.get()
    place = found.columns.index("Date")

    answer = client.post(
        reverse("console:import-columns", args=[found.id]), {f"column-{place}": "", "do": "check"}, follow=True
    )  # fmt: skip

    assert "Say which column is “Date”." in words(answer.content.decode())
    assert not Job.objects.exists()
    assert Import.objects.get().state == "mapping"


def test_a_model_is_recognised_in_the_next_file(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    hand_in(client, TILL)
    first = Import.objects.get()
    place = first.columns.index("Libellé")
    client.post(reverse("console:import-columns", args=[first.id]), {f"column-{place}": "category"})
    client.post(reverse("console:import-mappings", args=[first.id]), {"name": "Caisse de Lyon"})

    hand_in(client, TILL.replace(b"1001", b"2001"), name="mars.csv")

    second = Import.objects.exclude(id=first.id).get()
    assert second.mapping["columns"]["category"] == "Libellé"
    told = words(page(client, "import-columns", second))
    assert "Modèle reconnu : Caisse de Lyon . Ses 7 colonnes viennent de lui." in told
    saved = SavedMapping.objects.get()
    client.post(reverse("console:mapping-removal", args=[saved.id]), {"next": reverse("console:imports")})
    assert not SavedMapping.objects.exists()


def test_rows_to_mend_come_back_as_a_file_that_can_be_sent_again(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    hand_in(client, TILL)
    found = Import.objects.get()
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check"})
    work()
    client.post(reverse("console:import-recording", args=[found.id]))
    work()

    answer = client.get(reverse("console:import-rejects", args=[found.id]))

    rejected = b"".join(cast(Any, answer).streaming_content)
    assert 'filename="caisse_lyon_2025-02-' in answer["Content-Disposition"]
    lines = rejected.decode("utf-8-sig").splitlines()
    assert lines[0] == "N° ticket,Date,N° carte,Code article,Libellé,Qté,Montant TTC,fidelia_reason"
    assert lines[1].endswith("n’existe pas dans le calendrier.")
    assert len(lines) == 3
    mended = rejected.decode("utf-8-sig").replace("31/02/2025", "28/02/2025").replace("1O,00", "10,00")
    hand_in(client, mended.encode("utf-8-sig"), name="corrigé.csv")
    again = Import.objects.exclude(id=found.id).get()
    assert "fidelia_reason" not in again.mapping["columns"].values()
    where = reverse("console:import-columns", args=[again.id])
    client.post(where, {"option-source": found.mapping["options"]["source"], "do": "check"})
    work()
    client.post(reverse("console:import-recording", args=[again.id]))
    work()
    told = words(page(client, "import-result", again))
    assert "Lignes lues 2" in told
    assert "Achats enregistrés 2" in told, told


def test_one_row_is_mended_with_all_its_cells(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    hand_in(client, TILL)
    found = Import.objects.get()
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check"})
    work()
    where = reverse("console:import-row", args=[found.id, 3])
    html = client.get(where).content.decode()
    assert html.count('name="cell-3-') == 7
    assert "Le fichier dit « 31/02/2025 » ; ceci est proposé." in words(html)

    client.post(where, {"cell-3-1": "27/02/2025", "cell-3-4": "Café moka, moulu"})
    work()

    assert Import.objects.get().check_report["rejected_rows"] == 1
    assert client.get(where).status_code == 404, "it is not among those to mend any more"


def test_a_consent_needs_a_decision_and_a_proof(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    people = (
        "N° carte;Nom;Prénom;Mail;Optin mail;Observations\r\n"
        "2990441788200;MARCHAND;Hélène;helene@mel.example;O;aime les moutures fines\r\n"
        "2990441711758;LE GOFF;Loïc;loic@mel.example;N;allergie aux noix\r\n"
    ).encode("cp1252")
    hand_in(client, people, name="clients.csv")
    found = Import.objects.get()
    assert found.target == "customers"
    assert found.mapping["columns"]["consent_email"] == "Optin mail"
    assert "Observations" not in found.mapping["columns"].values()

    told = words(page(client, "import-columns", found))
    assert "à décider" in told
    assert "aucun accord enregistré" in told
    assert "1 note parle de santé ou de croyance" in told
    assert "santé : écartée" in told

    where = reverse("console:import-columns", args=[found.id])
    client.post(where, {"option-consents": "file"})
    told = words(page(client, "import-columns", found))
    assert "Texte accepté, avec sa version" in told
    assert "à décider" not in told
    client.post(where, {"option-consents": "none"})
    assert "Texte accepté" not in words(page(client, "import-columns", found))


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "vide.csv", "Ce fichier est vide : il ne contient pas un seul octet."),
        (bytes(range(256)) * 40, "photo.csv", "photo.csv est un fichier binaire, pas un tableau."),
        (b"%PDF-1.7 rest", "ticket.pdf", "ticket.pdf"),
        (b"<!doctype html><html></html>", "page.csv", "page.csv est une page web"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(shop: Shop, content: bytes, name: str, said: str) -> None:
    answer = hand_in(shop.client(shop.leonore), content, name=name)

    assert answer.status_code == 422
    assert said in words(answer.content.decode())
    assert not Import.objects.exists()
    assert not StoredFile.objects.exists()


def test_two_header_rows_are_doubted_and_chosen(shop: Shop) -> None:
    client = shop.client(shop.leonore, "en")
    twice = b"Export of the till;;;\r\nReceipt;Date;Customer;Amount\r\n1;2025-01-02;7;10,00\r\n2;2025-01-03;8;11,00\r\n"
    hand_in(client, twice, name="two.csv")
    found = Import.objects.get()
    assert found.columns == ["Receipt", "Date", "Customer", "Amount"]
    assert "row 2" in words(page(client, "import-columns", found))

    client.post(reverse("console:import-columns", args=[found.id]), {"read-header_row": "1"})
    found.refresh_from_db()
    assert found.columns[0] == "Export of the till"


def test_one_that_is_too_large_is_refused_before_and_while_it_is_read(shop: Shop, settings: Any) -> None:
    client = shop.client(shop.leonore)
    settings.FILE_BYTES_MAX = 1_000
    for content in (b"x" * 3_000_000, b"x" * 500_000):
        answer = hand_in(client, content)
        assert answer.status_code == 422
        assert "Ce fichier dépasse ce que cette installation accepte." in words(answer.content.decode())
    assert not Import.objects.exists()
    assert not [path for path in Path(settings.FILES_INCOMING).rglob("*") if path.is_file()]


@pytest.mark.parametrize("lost", [1, 60, 100_000])
def test_one_whose_connection_is_lost_on_its_way_is_told_and_leaves_nothing(
    shop: Shop, settings: Any, lost: int
) -> None:
    """A web server gives what arrived and then nothing, as at the end of a file: a table cut short looks whole."""
    client = shop.client(shop.leonore)
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("a.csv", TILL * 1_000)})
    environ: dict[str, Any] = {
        **RequestFactory().get(reverse("console:new_import")).environ,
        "REQUEST_METHOD": "POST",
        "HTTP_COOKIE": client.cookies.output(header="", sep=";"),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": MULTIPART_CONTENT,
        "wsgi.input": BytesIO(body[:-lost]),
    }
    answer: Any = client.handler(environ)
    assert answer.status_code == 422
    assert "Ce fichier n’est pas arrivé en entier : la connexion a été coupée." in words(answer.content.decode())
    assert not Import.objects.exists()
    assert not StoredFile.objects.exists()
    answer.close()
    assert not [path for path in Path(settings.FILES_INCOMING).rglob("*") if path.is_file()]


def test_a_form_from_elsewhere_is_refused(shop: Shop) -> None:
    shop.client(shop.leonore)
    client = Client(enforce_csrf_checks=True)
    client.force_login(shop.leonore)
    assert hand_in(client, TILL).status_code == 403
    assert not StoredFile.objects.exists()


def test_without_the_right_there_is_nothing_to_see(shop: Shop) -> None:
    hand_in(shop.client(shop.leonore), TILL)
    found = Import.objects.get()
    stranger = shop.client(pizarro())

    for name, arguments in (
        ("imports", []), ("new_import", []), ("import", [found.id]), ("import-columns", [found.id]),
        ("import-check", [found.id]), ("import-result", [found.id]), ("import-rejects", [found.id]),
        ("import-row", [found.id, 1]),
    ):  # fmt: skip
        assert stranger.get(reverse(f"console:{name}", args=arguments)).status_code == 403, name
    assert stranger.post(reverse("console:import-recording", args=[found.id])).status_code == 403
    assert hand_in(stranger, TILL).status_code == 403
    assert Import.objects.count() == 1


def test_search_finds_the_verb_and_the_file(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    hand_in(client, TILL)

    assert reverse("console:new_import") in client.get("/console/search/", {"q": "import fich"}).content.decode()
    assert "caisse_lyon_2025-02.csv" in client.get("/console/search/", {"q": "caisse_lyon"}).content.decode()
    told = words(client.get(reverse("console:imports")).content.decode())
    assert "caisse_lyon_2025-02.csv Leonore Achats Colonnes à nommer" in told


def test_a_stopped_job_goes_on_where_it_was(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    hand_in(client, TILL)
    found = Import.objects.get()
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check"})
    assert "attend son tour" in words(page(client, "import-check", found))

    client.post(reverse("console:import-stop", args=[found.id]))
    assert Job.objects.get().state == "stopped"
    client.post(reverse("console:import-resumption", args=[found.id]))
    work()

    assert "Prêtes 3" in words(page(client, "import-check", found))


PEOPLE = (
    "N° carte;Nom;Prénom;Mail\r\n"
    "2990441788200;MARCHAND;Hélène;helene@mel.example\r\n"
    "2990441711758;LE GOFF;Loïc;loic@mel.example\r\n"
).encode("cp1252")


def bring_in(client: Client, content: bytes, name: str, **options: str) -> Import:
    hand_in(client, content, name=name)
    found = Import.objects.order_by("-created_at")[0]
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check", **options})
    work()
    client.post(reverse("console:import-recording", args=[found.id]))
    work()
    found.refresh_from_db()
    return found


def test_customers_are_taken_back_while_nothing_depends_on_them(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    found = bring_in(client, PEOPLE, "clients.csv")
    told = words(page(client, "import-result", found))
    assert "Nouveaux clients 2" in told, told
    assert "Annuler cet import" in told

    client.post(reverse("console:import-undoing", args=[found.id]))
    work()

    told = words(page(client, "import-result", found))
    assert "clients.csv Annulé" in told
    assert "Clients effacés 2" in told
    assert "Annuler cet import" not in told


def test_what_stands_in_the_way_of_an_undoing_is_named(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    found = bring_in(client, PEOPLE, "clients.csv")
    customer = Customer.objects.get(family_name__iexact="Marchand")
    enrol(by=SYSTEM, at=shop.at, programme=shop.programme, customer_id=customer.id)
    shop.buy(customer, 1250, days_ago=0)

    client.post(reverse("console:import-undoing", args=[found.id]))
    work()

    told = words(page(client, "import-result", found))
    assert "Rien n’a été annulé : quelque chose en dépend déjà :" in told, told
    assert "achats (1)" in told
    assert "adhésions (1)" in told
    assert "clients.csv Importé" in told
    assert Customer.objects.filter(family_name__iexact="Marchand").exists()


def test_opening_balances_agree_with_the_ledger_part_by_part(shop: Shop) -> None:
    client = shop.client(shop.leonore)
    balances = (
        "N° carte;Nom;Solde de points;Date d’expiration\r\n"
        "2990441788200;MARCHAND;1 250;31/12/2027\r\n"
        "2990441711758;LE GOFF;80;31/12/2027\r\n"
    ).encode()
    hand_in(client, balances, "soldes.csv", target="members")
    found = Import.objects.get()
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check", "option-cut_over": "2026-11-01"})
    work()
    client.post(reverse("console:import-recording", args=[found.id]))
    work()

    told = words(page(client, "import-result", found))

    assert "Points du fichier Dans le fichier 1 330 Enregistrées 1 330 Écart 0" in told, told
    assert "31 décembre 2027 1 330 1 330" in told, told


def test_unknown_stores_are_named_before_anything_is_recorded(shop: Shop) -> None:
    client = shop.client(shop.leonore, "en")
    content = b"Ticket;Date;Store;Amount\r\n1;2025-01-02;lyon-9;10,00\r\n2;2025-01-03;lyon-9;11,00\r\n"
    hand_in(client, content, name="stores.csv")
    found = Import.objects.get()
    client.post(reverse("console:import-columns", args=[found.id]), {"do": "check"})
    work()

    assert "Stores that are not known here lyon-9." in words(page(client, "import-check", found))


def test_purchases_come_as_history_before_there_is_a_programme(db: None) -> None:
    user = leonore()
    client = Client()
    client.force_login(user)
    hand_in(client, TILL)
    said = words(page(client, "import-columns", Import.objects.get()))
    assert "Il n’y a pas encore de programme" in said
    assert "Ces achats entrent comme historique" in said


def test_who_runs_the_stores_brings_stores_in_and_nothing_else(shop: Shop) -> None:
    client = shop.client(rocco())
    stores = b"Code;Nom;Pays\r\nlyon-9;Lyon Confluence;FR\r\nlille-1;Lille, Vieux-Lille;FR\r\n"

    hand_in(client, stores, "magasins.csv")

    found = Import.objects.get()
    assert found.target == "stores"
    html = client.get(reverse("console:new_import")).content.decode()
    assert re.findall(r'<option value="(\w+)"', html) == ["stores"]
    assert hand_in(client, TILL).status_code in (302, 422), "it is taken as stores, or is none"
    assert not Import.objects.exclude(target="stores").exists()
