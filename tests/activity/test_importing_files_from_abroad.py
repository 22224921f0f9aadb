"""Dirty exports in other tongues and habits, read whole without a word: the total is the one reckoned here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from fidelia.intake.models import Import
from tests.intake.files import write

from .test_importing_doubtful_files import checked, codes, proposed

pytestmark = pytest.mark.django_db(transaction=True)
N = range(1, 41)
Sums = tuple[int, int, int]  # ready rows, their net in cents, customers


def cents(n: int) -> int:
    return 1250 + 137 * n + (104_000 if n % 9 == 0 else 0)


def written(minor: int, thousands: str, decimal: str) -> str:
    return f"{abs(minor) // 100:,}".replace(",", thousands) + f"{decimal}{abs(minor) % 100:02d}"


def whole(of: range = N) -> int:
    return sum(cents(n) for n in of)


def german(folder: Path) -> tuple[Path, Sums]:
    """Title rows, point and comma, minus behind, credit notes, a sum at the foot."""
    rows = ["Kassenbericht Filiale München;;;;;;", "Zeitraum: 01.02.2025 - 28.02.2025;;;;;;", ";;;;;;",
            "Belegnr.;Belegdatum;Artikelnr.;Bezeichnung;Menge;Betrag brutto;Kundennr."]  # fmt: skip
    rows += [f"R{n};{1 + n % 28:02d}.02.2025;A{n % 6};Kaffee;1;{written(cents(n), '.', ',')};{4000 + n % 7}" for n in N]
    rows += ["R90;28.02.2025;A1;Kaffee;-1;13,87-;4001", f"Gesamtsumme;;;;41;{written(whole() - 1387, '.', ',')};"]
    return write(folder / "kasse.csv", "\n".join(rows) + "\n", "cp1252"), (41, whole() - 1387, 7)


def spanish(folder: Path) -> tuple[Path, Sums]:
    """The euro behind amounts, months in words, subtotals of each day between rows."""
    rows = ["Nº de ticket;Fecha;Código artículo;Descripción;Cantidad;Importe;Cód. cliente"]
    for n in N:
        amount = written(cents(n), ".", ",")
        rows.append(f"{700 + n};{1 + n // 2:02d}/03/2025;ART-{n % 5};Taza;1;{amount} €;CL{n % 6:03d}")
        if n % 10 == 0:
            rows.append(f"Subtotal;;;;10;{written(whole(range(n - 9, n + 1)), '.', ',')} €;")
    return write(folder / "ventas.csv", "\n".join(rows) + "\n", "utf-8"), (40, whole(), 6)


def italian(folder: Path) -> tuple[Path, Sums]:
    """Dates with dots and two digits, hours with a dot, a total of the receipt beside its lines."""
    rows = ["Scontrino;Data;Ora;Cod. articolo;Descrizione;Quantità;Prezzo unitario;Totale riga;Tessera"]
    for n in N:
        price = cents(n)
        rows.append(
            f"{n};{1 + n % 28:02d}.04.25;1{n % 8}.30;P{n % 5};Tazza;2;{written(price, '.', ',')};"
            f"{written(2 * price, '.', ',')};T{n % 8:04d}"
        )
    return write(folder / "scontrini.csv", "\n".join(rows) + "\n", "cp1252"), (40, 2 * whole(), 8)


def banking(folder: Path) -> tuple[Path, Sums]:
    """An American ledger: money that came back has CR behind it, thousands have commas, the header two rows."""
    rows = [",,Product,,,Customer", "Invoice No,Invoice Date,Item,Qty,Amount,No"]
    rows += [f'INV{n},03/{1 + n % 28}/2025,SKU{n % 5},1,"{written(cents(n), ",", ".")}",C{n % 9}' for n in N]
    rows += ["INV91,03/29/2025,SKU1,1,13.87 CR,C1", 'INV92,03/30/2025,SKU2,1,"1,013.87CR",C2']
    return write(folder / "ledger.csv", "\n".join(rows) + "\n", "utf-8"), (42, whole() - 1387 - 101387, 9)


def parentheses(folder: Path) -> tuple[Path, Sums]:
    """British: pounds before, brackets for what came back, a footer that tells who ran the report."""
    rows = ["Till report,,,,,", "Receipt,Date,Product code,Qty,Paid,Loyalty card"]
    rows += [f'{n},{1 + n % 28} Mar 2025,P{n % 4},1,"£{written(cents(n), ",", ".")}",63{n % 7:04d}' for n in N]
    rows += ["99,29 Mar 2025,P1,-1,(£13.87),630001", f'TOTAL,,,40,"£{written(whole() - 1387, ",", ".")}",',
             "Printed by: Anna 31/03/2025,,,,,"]  # fmt: skip
    return write(folder / "till.csv", "\n".join(rows) + "\n", "utf-8"), (41, whole() - 1387, 7)


def overlapping(folder: Path) -> tuple[Path, Sums]:
    """Two sheets of half a month each with a week in both, titles merged over the header, a third of notes."""
    book = openpyxl.Workbook()
    for place, days in enumerate((range(1, 26), range(16, 41))):
        sheet = book.active if place == 0 else book.create_sheet()
        assert sheet is not None
        sheet.title = f"Quinzaine {place + 1}"
        sheet.append(["Ventes du magasin de Lyon"])
        sheet.merge_cells("A1:F1")
        sheet.append(["Ticket", "Date", "Article", "Qté", "Montant TTC", "Carte"])
        for n in days:
            sheet.append([f"T{n}", f"2025-05-{1 + n % 28:02d}", f"A{n % 5}", 1, cents(n) / 100, f"29{n % 6:05d}"])
        sheet.append(["Total", None, None, len(days), whole(days) / 100, None])
    notes = book.create_sheet("À lire")
    notes.append(["Ce fichier est provisoire"])
    path = folder / "quinzaines.xlsx"
    book.save(path)
    return path, (40, whole(), 6)


def dutch(folder: Path) -> tuple[Path, Sums]:
    """Bon, datum, aantal; the same export pasted twice below itself, its header too."""
    head = "Bonnummer\tDatum\tArtikelnummer\tOmschrijving\tAantal\tBedrag incl. btw\tKlantnummer"
    once = [
        f"{n}\t{1 + n % 28}-6-2025\tA{n % 5}\tMok\t1\t{written(cents(n), '.', ',')}\tK{n % 7}" for n in N
    ]  # fmt: skip
    return write(folder / "kassa.txt", "\n".join([head, *once, head, *once]) + "\n", "utf-8"), (40, whole(), 7)


def swiss(folder: Path) -> tuple[Path, Sums]:
    """Apostrophes between thousands, blanks around everything, dates with hour, empty lines between months."""
    rows = ["Quittung ; Datum ; Artikel ; Menge ; Betrag CHF ; Kundenkarte"]
    for n in N:
        rows.append(
            f" {n} ; {1 + n % 28}.7.2025 09:1{n % 10} ; A{n % 5} ; 1 ; {written(cents(n), '’', '.')} ; 75{n % 5} "
        )
        if n % 13 == 0:
            rows.append(" ; ; ; ; ; ")
    return write(folder / "quittungen.csv", "\n".join(rows) + "\n", "utf-8"), (40, whole(), 5)


def portuguese(folder: Path) -> tuple[Path, Sums]:
    """Words that the synonyms do not have: what the cells hold decides."""
    rows = ["Fatura;Data;Artigo;Designação;Quantidade;Valor;Nº cliente"]
    rows += [
        f"FT {n}/2025;{1 + n % 28:02d}-08-2025;REF{n % 6};Chávena;1;{written(cents(n), ' ', ',')};{900 + n % 8}"
        for n in N
    ]
    return write(folder / "faturas.csv", "\n".join(rows) + "\n", "utf-8"), (40, whole(), 8)


def marketplace(folder: Path) -> tuple[Path, Sums]:
    """Several currencies in one column: those of the house come in, the others come back with their amounts."""
    rows = ["order-id,purchase-date,sku,quantity,item-price,currency,buyer-email"]
    for n in N:
        currency = "GBP" if n % 8 == 0 else "EUR"
        rows.append(
            f"40{n},2025-09-{1 + n % 28:02d}T10:00:00+00:00,S{n % 5},1,{cents(n) / 100:.2f},{currency},"
            f"b{n % 6}@fidelio.example"
        )
    euros = [n for n in N if n % 8]
    return write(folder / "orders.csv", "\n".join(rows) + "\n", "utf-8"), (35, sum(map(cents, euros)), 6)


FILES: tuple[Callable[[Path], tuple[Path, Sums]], ...] = (
    german, spanish, italian, banking, parentheses, overlapping, dutch, swiss, portuguese, marketplace,
)  # fmt: skip


def came_to(found: Import) -> Sums:
    report = found.check_report
    lost = report["rejected_net"] + report["double_net"]
    return report["ready_rows"], report["file_net"] - lost, report["customers"]


@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
def test_a_file_from_abroad_comes_to_its_own_total(tmp_path: Path, make: Callable[[Path], tuple[Path, Sums]]) -> None:
    path, wanted = make(tmp_path)
    found = checked(path)
    told = proposed(path).mapping
    assert came_to(found) == wanted, (
        dict(told.columns),
        codes(found),
        {k: v for k, v in found.check_report.items() if k.endswith(("rows", "net"))},
    )
