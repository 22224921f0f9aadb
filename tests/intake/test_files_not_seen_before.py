"""Files that nobody has seen before: titles, totals, repeated headers, foreign signs; read with honest doubts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fidelia.activity.targets import PURCHASES
from fidelia.customers.operations.imports.target import CUSTOMERS
from fidelia.intake.preview import preview
from fidelia.intake.proposing import Proposal, propose
from fidelia.intake.reading import DateOrder
from fidelia.intake.sniff import sniff
from fidelia.intake.tables import Table

from .files import write, write_workbook


def understood(path: Path) -> tuple[Table, Proposal, dict[str, int]]:
    """Return a file as a table, what is proposed of it, and how many cells of each column mean nothing."""
    table = Table(path)
    found = propose(table, PURCHASES, defaults={"currency": "EUR"})
    seen = preview(table, found.mapping, PURCHASES)
    return table, found, {column: count for column, count in seen.bad.items() if count}


def test_titles_a_second_header_and_a_total_cost_their_own_rows_only(tmp_path: Path) -> None:
    header = "Date;Ticket;Article;Qté;Montant;\r\n"
    rows = "".join(f"{day:02}/02/2024;{day};Café;{day % 3 + 1};{day},50;\r\n" for day in range(1, 29))
    text = f"Export du 12/03/2024\r\nMagasin : Lyon\r\n\r\n{header}{rows}{header};;TOTAL;60;420,00;\r\n"
    table, found, bad = understood(write(tmp_path / "a.csv", text, "cp1252"))
    assert (table.reading.header_row, table.reading.encoding, table.reading.decimal) == (4, "cp1252", ",")
    assert found.mapping.columns["net"] == "Montant"
    assert len(list(table.rows())) == 30
    assert bad == {"occurred_at": 2, "quantity": 1, "net": 1}
    assert not sniff(tmp_path / "a.csv").doubts


def test_an_american_till_is_understood(tmp_path: Path) -> None:
    rows = "".join(
        f'{day % 12 + 1}/{day}/24 2:{day:02} PM,R{day},S{day % 5},{day % 4 + 1},"$1,{day:03}.50",'
        f'"${(day % 4 + 1) * (1000.5 + day):,.2f}",4{day:06}\n'
        for day in range(1, 29)
    )
    header = "Trans Date,Receipt #,SKU,Units,Unit Price,Extended Price,Loyalty Card\n"
    table, found, bad = understood(write(tmp_path / "a.csv", header + rows))
    assert (table.reading.quote, table.reading.thousands, table.reading.date_order) == ('"', ",", DateOrder.MONTH_FIRST)
    assert found.mapping.columns == {
        "receipt": "Receipt #",
        "occurred_at": "Trans Date",
        "customer": "Loyalty Card",
        "product": "SKU",
        "quantity": "Units",
        "unit_price": "Unit Price",
        "net": "Extended Price",
    }
    assert (found.mapping.options["currency"], found.mapping.options["customer_scheme"], bad) == ("USD", "card", {})


def test_names_in_a_language_that_nobody_taught_it_are_proposed_by_their_cells_with_doubts(tmp_path: Path) -> None:
    rows = "".join(
        f"45000{day:03}\t{day:02}.03.2024\tM{day % 7:05}\t{day % 3 + 1}\t{day}.{day:03},56{'-' * (day % 5 == 0)}\n"
        for day in range(10, 29)
    )
    header = "Kuitti\tKirjauspv\tTuote\tKpl\tHinta\n"
    table, found, bad = understood(write(tmp_path / "a.txt", header + rows))
    assert (table.reading.decimal, table.reading.thousands) == (",", ".")
    assert found.mapping.columns == {"occurred_at": "Kirjauspv", "quantity": "Kpl", "net": "Hinta"}
    assert all(column.doubts for column in found.columns if column.column)
    assert bad == {}


def test_everything_in_quotation_marks_with_commas_inside_is_read(tmp_path: Path) -> None:
    header = '"ID commande","Date de commande","Client","Désignation","Quantité","Prix unitaire TTC","Total TTC"'
    rows = [
        f'"{day}","2024-03-{day:02} 10:00:00","c{day}@mel.example","Thé ""vert"", en vrac","{day % 3 + 1}","4.50",'
        f'"{(day % 3 + 1) * 4.5:.2f}"'
        for day in range(1, 28)
    ]
    table, found, bad = understood(write(tmp_path / "a.csv", "\r\n".join([header, *rows]) + "\r\n", "utf-8-sig"))
    assert next(table.rows())[3] == 'Thé "vert", en vrac'
    assert (found.mapping.columns["unit_price"], found.mapping.columns["net"]) == ("Prix unitaire TTC", "Total TTC")
    assert (found.mapping.options["customer_scheme"], bad) == ("email", {})


def test_months_in_french_words_are_dates(tmp_path: Path) -> None:
    rows = "".join(f"{day} févr. 2024;{day};{day},00 €\n" for day in range(1, 28))
    _table, found, bad = understood(write(tmp_path / "a.csv", "date;n° de ticket;montant\n" + rows, "cp1252"))
    assert (found.mapping.columns["occurred_at"], found.mapping.options["currency"], bad) == ("date", "EUR", {})


def test_days_that_are_texts_beside_days_that_are_days_are_both_read(tmp_path: Path) -> None:
    rows = [
        [f"{day:02}/03/2024" if day % 2 else date(2024, 3, day), 1000 + day, day + 0.5, "03017620422003"]
        for day in range(1, 29)
    ]
    sheets = {
        "Ventes": [["Ventes 2024"], [], ["Date", "Ticket", "Montant TTC", "Code barre"], *rows],
        "Récap": [["Mois", "CA"], ["mars", 1234.5]],
    }
    table, found, bad = understood(write_workbook(tmp_path / "a.xlsx", **sheets))
    assert (table.sheets, table.reading.header_row, table.reading.date_order) == (["Ventes"], 3, DateOrder.DAY_FIRST)
    assert (found.mapping.columns["product"], bad) == ("Code barre", {})
    assert next(table.rows()) == ["01/03/2024", "1001", "1.5", "03017620422003"]


def test_customers_of_spain_and_of_austria_are_known_by_their_own_words(tmp_path: Path) -> None:
    spain = "Código cliente\tNombre\tApellidos\tCorreo electrónico\tFecha de nacimiento\tPoblación\tPaís\n" + "".join(
        f"{n:05}\tMaría\tNúñez {n}\tm{n}@ejemplo.es\t{'00/00/0000' if n % 4 else '14/02/1980'}\tMálaga\tEspaña\n"
        for n in range(20)
    )
    austria = "Kundennummer;Vorname;Nachname;PLZ;Ort;Land;Geburtsdatum\n" + "".join(
        f"K{n};Eva;Groß {n};10{n};Wien;Österreich;14.02.198{n % 10}\n" for n in range(20)
    )
    table = Table(write(tmp_path / "clientes.tsv", spain))
    found = propose(table, CUSTOMERS, defaults={})
    assert found.mapping.columns == {
        "external_id": "Código cliente", "given_name": "Nombre", "family_name": "Apellidos",
        "email": "Correo electrónico", "birth_on": "Fecha de nacimiento", "town": "Población", "country": "País",
    }  # fmt: skip
    assert not any(preview(table, found.mapping, CUSTOMERS).bad.values())
    table = Table(write(tmp_path / "kunden.csv", austria))
    found = propose(table, CUSTOMERS, defaults={})
    assert found.mapping.columns == {
        "external_id": "Kundennummer", "given_name": "Vorname", "family_name": "Nachname", "postal_code": "PLZ",
        "town": "Ort", "country": "Land", "birth_on": "Geburtsdatum",
    }  # fmt: skip
    assert not any(preview(table, found.mapping, CUSTOMERS).bad.values())
