"""Files of members and products whose columns are called in other words than ours."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fidelia.customers.operations.imports.target import CUSTOMERS
from fidelia.intake.preview import preview
from fidelia.intake.proposing import Proposal, propose
from fidelia.intake.reading import DateOrder, Reading
from fidelia.intake.tables import Table
from fidelia.intake.targets import Target
from fidelia.intake.values import BadCell, read_past_day
from fidelia.products.operations.imports.products import PRODUCTS
from fidelia.programme.operations.opening.target import MEMBERS

from .files import write


def proposed(path: Path, target: Target) -> Proposal:
    return propose(Table(path), target, defaults={"currency": "EUR", "cut_over": "2026-11-01"})


def test_a_french_file_of_members_is_understood(tmp_path: Path) -> None:
    header = (
        "N° carte;Civilité;Nom;Prénom;Né(e) le;E-mail;Port.;Solde points;Date exp. points;Niveau;Fin du niveau;"
        "Opt-in e-mail;Date consentement\r\n"
    )
    rows = "".join(
        f"29900{one:08};Mme;Lefèvre;Zoë;{one:02}/10/1968;z{one}@mel.example;06 12 34 {one:02} 00;{one * 40};31/12/2026;"
        f"{'Or' if one % 2 else 'Argent'};30/06/2027;O;01/02/2023\r\n"
        for one in range(1, 29)
    )
    found = proposed(write(tmp_path / "a.csv", header + rows, "cp1252"), MEMBERS).mapping.columns
    assert found == {
        "card": "N° carte",
        "title": "Civilité",
        "family_name": "Nom",
        "given_name": "Prénom",
        "birth_on": "Né(e) le",
        "email": "E-mail",
        "phone": "Port.",
        "balance": "Solde points",
        "expires_on": "Date exp. points",
        "tier": "Niveau",
        "tier_until": "Fin du niveau",
        "consent_email": "Opt-in e-mail",
        "consent_on": "Date consentement",
    }


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("14-Oct-68", date(1968, 10, 14)),
        ("14-Oct-03", date(2003, 10, 14)),
        ("29/02/68", date(1968, 2, 29)),
        ("14/10/2068", date(2068, 10, 14)),  # told in full: an error of the file, which its row says
        ("01/01/69", date(1969, 1, 1)),
    ],
)
def test_nobody_was_born_in_a_century_to_come(text: str, day: date) -> None:
    assert read_past_day(text, Reading(date_order=DateOrder.DAY_FIRST), date(2026, 11, 23)) == day


def test_a_day_of_birth_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadCell):
        read_past_day("31/02/68", Reading(date_order=DateOrder.DAY_FIRST), date(2026, 11, 23))


def test_a_birth_in_two_digits_is_shown_in_its_century(tmp_path: Path) -> None:
    rows = "".join(f"{one},Zoë,Lefèvre,{one:02}-Oct-{one + 30}\n" for one in range(1, 29))
    path = write(tmp_path / "a.csv", "CUST_ID,FIRST_NM,LAST_NM,BIRTH_DT\n" + rows)
    found = proposed(path, CUSTOMERS)
    assert found.mapping.columns["birth_on"] == "BIRTH_DT"
    shown = preview(Table(path), found.mapping, CUSTOMERS, rows=3, today=date(2026, 11, 23))
    assert [cell.value for row in shown.rows for cell in row.cells if cell.column == "birth_on"] == [
        date(1930 + one, 10, one) for one in range(1, 4)
    ]


def rows_of_products(wide: str, narrow: str, narrower: str) -> str:
    header = f"SKU_CD,ITEM_DESC,{narrower},{wide},{narrow},LIST_PRICE\n"
    return header + "".join(
        f"S{one:05},Article {one},Sorte {one % 12},Univers {one % 2},Famille {one % 4},{one}.50\n" for one in range(60)
    )


@pytest.mark.parametrize(
    ("wide", "narrow", "narrower"),
    [
        ("DEPT_NM", "CLASS_NM", "SUBCLASS_NM"),
        ("Rayon", "Famille", "Sous-famille"),
        ("Univers", "Rayon", "Famille"),
        ("Department", "Category", "Sub-category"),
    ],
)
def test_categories_are_a_path_from_the_widest_to_the_narrowest(
    tmp_path: Path, wide: str, narrow: str, narrower: str
) -> None:
    found = proposed(write(tmp_path / "a.csv", rows_of_products(wide, narrow, narrower)), PRODUCTS).mapping.columns
    path = {name: taken for name, taken in found.items() if name.startswith("category")}
    assert path == {"category": wide, "category_2": narrow, "category_3": narrower}


def test_what_is_no_part_of_the_other_is_no_path(tmp_path: Path) -> None:
    rows = "".join(f"S{one:05},Article {one},Famille {one % 4},Groupe {one % 7},{one}.50\n" for one in range(60))
    path = write(tmp_path / "a.csv", "SKU,Libellé,Famille,Groupe de remise,Prix\n" + rows)
    found = proposed(path, PRODUCTS).mapping.columns
    assert {name: taken for name, taken in found.items() if name.startswith("category")} == {"category": "Famille"}
