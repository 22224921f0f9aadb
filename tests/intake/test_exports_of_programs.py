"""Exports of programs that shops use, as they name their columns: what is proposed for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.activity.targets import PURCHASES
from fidelia.intake.preview import preview
from fidelia.intake.proposing import propose
from fidelia.intake.tables import Table
from fidelia.intake.targets import Target

# The name of each column, what its cells hold in row n, and what it is (empty: left out).
EXPORTS = {
    "PrestaShop": """
        id_order|{o}|receipt
        reference|XKBKN{o}|
        date_add|2025-03-{d:02} 10:00:05|occurred_at
        id_customer|{c}|customer
        product_reference|REF-{p}|product
        product_name|Mug bleu|description
        product_quantity|{q}|quantity
        unit_price_tax_incl|{u:.2f}|unit_price
        total_price_tax_incl|{t:.2f}|net
        payment|Carte|""",
    "Magento": """
        Order #|1000000{o}|receipt
        Purchase Date|Mar {d}, 2025, 10:12:05 AM|occurred_at
        Customer Email|florestan{c}@example.org|customer
        SKU|24-MB0{p}|product
        Product Name|Duffle Bag|description
        Qty Ordered|{q}.0000|quantity
        Price|{u:.2f}|unit_price
        Row Total|{t:.2f}|net
        Store|Main Website Store|store""",
    "Odoo": """
        Order Reference|S00{o}|receipt
        Customer/ID|res_partner_{c}|customer
        Order Date|2025-03-{d:02} 10:00:00|occurred_at
        Order Lines/Product/Internal Reference|FURN_{p}|product
        Order Lines/Description|Desk|description
        Order Lines/Quantity|{q}.0|quantity
        Order Lines/Unit Price|{u}|unit_price
        Order Lines/Subtotal|{t}|net""",
    "Stripe": """
        id|ch_3Nabc{o}|receipt
        Created date (UTC)|2025-03-{d:02} 10:00:00|occurred_at
        Amount|{t:.2f}|net
        Amount Refunded|0.00|returned
        Currency|eur|currency
        Description|Order {o}|description
        Fee|0.91|
        Customer ID|cus_{c}abc|customer
        Customer Email|a{c}@example.org|""",
    "Cegid": """
        N° PIECE|{o}|receipt
        DATE PIECE|{d:02}/03/2025|occurred_at
        CODE CLIENT|C00{c}|customer
        CODE ARTICLE|ART{p}|product
        LIBELLE ARTICLE|Chemise lin|description
        QTE FACT|{q}|quantity
        PU TTC|{u:.2f}|unit_price
        MONTANT TTC|{t:.2f}|net
        ETABLISSEMENT|001|store""",
    "SAP": """
        Billing Document|9000{o}|receipt
        Item|10|
        Billing Date|{d:02}.03.2025|occurred_at
        Sold-to party|00001{c}|customer
        Material|MAT-{p}|product
        Item Description|Kaffee|description
        Billed Quantity|{q}|quantity
        Net Value|{t:.2f}|net
        Doc. Currency|EUR|currency
        Plant|1000|store""",
    "Lightspeed": """
        Receipt Number|{o}|receipt
        Date|2025-03-{d:02} 10:00:00|occurred_at
        Customer Code|CUST-{c}|customer
        SKU|SKU{p}|product
        Details|Tee|description
        Quantity|{q}|quantity
        Subtotal|{u}|
        Discount|0|discount
        Total|{t}|net
        Register|Main|till""",
    "WooCommerce": """
        Order Number|{o}|receipt
        Order Date|2025-03-{d:02} 10:00|occurred_at
        Customer User ID|{c}|customer
        Billing Email|b{c}@example.org|
        SKU|WOO-{p}|product
        Item Name|Beanie|description
        Quantity|{q}|quantity
        Item Cost|{u}|unit_price
        Order Line Total|{t}|net""",
    "Toast": """
        Location|Lyon|store
        Order #|{o}|receipt
        Order Date|3/{d}/25 10:00 AM|occurred_at
        SKU|S{p}|product
        Sales Category|Food|category
        Gross Price|{t:.2f}|gross
        Discount|0.00|discount
        Net Price|{t:.2f}|net
        Qty|{q}.00|quantity
        Tax|0.80|""",
}


def columns_of(export: str) -> list[list[str]]:
    return [line.strip().split("|") for line in export.strip().splitlines()]


def written(folder: Path, export: str) -> Path:
    columns = columns_of(export)
    lines = [";".join(name for name, _cell, _known in columns)]
    for n in range(14):
        quantity, unit = 1 + n % 3, 12.5 + n % 4
        total = quantity * unit
        values = {
            "o": 101 + n,
            "d": 11 + n,
            "c": 1 + n % 5,
            "p": n % 4,
            "q": quantity,
            "u": unit,
            "t": total,
            "n": n + 1,
        }
        values["w"] = total - 1  # without its tax
        lines.append(";".join(cell.format(**values) for _name, cell, _known in columns))
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def wanted_of(export: str) -> dict[str, str]:
    """Return the columns of the target with those of the file that are meant."""
    return {known: name for name, _cell, known in columns_of(export) if known}


def understood(folder: Path, export: str, target: Target = PURCHASES) -> tuple[dict[str, str], dict[str, int]]:
    """Return the columns proposed, and of which of them how many cells mean nothing."""
    table = Table(written(folder, export))
    found = propose(table, target, defaults={"currency": "EUR", "country": "FR", "time_zone": "Europe/Paris"})
    bad = preview(table, found.mapping, target).bad
    return dict(found.mapping.columns), {name: count for name, count in bad.items() if count}


@pytest.mark.parametrize("program", EXPORTS)
def test_the_columns_of_an_export_are_proposed(tmp_path: Path, program: str) -> None:
    assert understood(tmp_path, EXPORTS[program]) == (wanted_of(EXPORTS[program]), {})
