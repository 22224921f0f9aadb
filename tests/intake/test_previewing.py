"""Previewing: each cell as it will be understood, or the reason why not, in the language of who reads."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fidelia.activity.targets import PURCHASES
from fidelia.intake.errors import MalformedMapping
from fidelia.intake.mapping import FileMapping
from fidelia.intake.preview import Preview, preview
from fidelia.intake.proposing import propose
from fidelia.intake.tables import Table

from .files import TILL, write

PARIS = ZoneInfo("Europe/Paris")
BAD = (
    "T0008;31/02/2024;10:00;3;Mug;1;4,00;4,00;C1;Lyon\n"
    "T0009;15/03/2024;10:00;3;Mug;deux;4,00;4,00 £;C1;Lyon\n"
    ";15/03/2024;25:99;3;Mug;1;4,00;4,00;C1;Lyon\n"
)


def shown(path: Path, rows: int = 20, language: str = "en", **options: object) -> Preview:
    table = Table(path)
    found = propose(table, PURCHASES, defaults={"currency": "EUR"})
    given = {**found.mapping.options, "time_zone": "Europe/Paris", **options}
    mapping = FileMapping("purchases", table.reading, found.mapping.columns, given)
    return preview(table, mapping, PURCHASES, rows, language=language)


def test_rows_are_shown_as_they_will_be_understood(tmp_path: Path) -> None:
    found = shown(write(tmp_path / "a.csv", TILL, "cp1252"), 2)
    assert [row.number for row in found.rows] == [1, 2]
    cells = {cell.column: cell for cell in found.rows[0].cells}
    assert cells["occurred_at"].value == datetime(2024, 2, 3, 9, 5, tzinfo=PARIS)
    assert (cells["occurred_at"].text, cells["occurred_at"].shown) == ("03/02/2024", "2024-02-03 09:05")
    assert (cells["net"].text, cells["net"].value, cells["net"].shown) == ("9,90", Decimal("9.90"), "9.90")
    assert (cells["product"].shown, cells["time"].shown) == ("3017620422003", "09:05:00")
    assert (found.looked_at, sum(found.bad.values())) == (8, 0)


def test_each_column_of_the_file_has_three_different_examples(tmp_path: Path) -> None:
    found = shown(write(tmp_path / "a.csv", TILL), 1)
    assert [cell.text for cell in found.examples["Montant TTC"]] == ["9,90", "12,50", "14,85"]
    assert [cell.shown for cell in found.examples["Libellé"]] == ["Café moulu 250 g", "Crème brûlée", "Théière fonte"]


@pytest.mark.parametrize(
    ("language", "reasons"),
    [
        (
            "en",
            {"“31/02/2024” is out of the calendar", "“deux” is not a number", "“4,00 £” is not in the currency EUR"},
        ),
        (
            "fr",
            {
                "« 31/02/2024 » n’existe pas dans le calendrier",
                "« deux » n’est pas un nombre",
                "« 4,00 £ » n’est pas dans la devise EUR",
            },
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_says_why(tmp_path: Path, language: str, reasons: set[str]) -> None:
    found = shown(write(tmp_path / "a.csv", TILL * 1 + BAD), 20, language)
    said = {cell.reason for row in found.rows for cell in row.cells if cell.reason}
    assert said >= reasons
    assert {name: count for name, count in found.bad.items() if count} == {
        "occurred_at": 1,
        "time": 1,
        "quantity": 1,
        "net": 1,
    }


def test_an_example_that_cannot_be_understood_is_among_those_shown(tmp_path: Path) -> None:
    found = shown(write(tmp_path / "a.csv", TILL + BAD), 1)
    assert [bool(cell.reason) for cell in found.examples["Date"]] == [False, False, True]


def test_a_row_that_cannot_be_read_is_shown_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TILL.encode() * 10 + b"T9;03/02/2024;09:05;1;Caf\xe9;1;1,00;1,00;C1;Lyon\n")
    found = shown(path, 100)
    assert [row.number for row in found.rows if row.reason] == [90]
    assert found.rows[-1].reason == "the row holds characters that are not written in utf-8"


def test_a_column_that_is_not_there_and_a_zone_that_is_none_are_refused(tmp_path: Path) -> None:
    table = Table(write(tmp_path / "a.csv", TILL))
    mapping = FileMapping("purchases", table.reading, {"occurred_at": "Jour", "net": "Montant TTC"})
    with pytest.raises(MalformedMapping, match="The file has no column “Jour”; it has N° ticket"):
        preview(table, mapping, PURCHASES)
    with pytest.raises(MalformedMapping, match="no such time zone"):
        shown(tmp_path / "a.csv", time_zone="Europe/Atlantis")


def test_who_stands_for_nobody_is_understood_as_nobody(tmp_path: Path) -> None:
    rows = [f"T{day},2025-02-{day:02},5.00,{'DIVERS' if day % 2 else f'C{day}'}" for day in range(1, 21)]
    table = Table(write(tmp_path / "a.csv", "\n".join(["ticket,date,montant,client", *rows]) + "\n"))
    seen = preview(table, propose(table, PURCHASES, defaults={"currency": "EUR"}).mapping, PURCHASES, 2)
    shown = [[cell.shown for cell in row.cells if cell.column == "customer"] for row in seen.rows]
    assert shown == [[""], ["C2"]]
