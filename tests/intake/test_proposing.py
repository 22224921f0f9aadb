"""Proposing: what each column is, by its name and its cells, so that a person only puts right what is doubtful."""

from __future__ import annotations

from pathlib import Path

import pytest

from fidelia.activity.targets import PURCHASES
from fidelia.intake.kinds import list_import_kinds
from fidelia.intake.likeness import SURE, likeness
from fidelia.intake.mapping import check_mapping
from fidelia.intake.notes import speaks_of_health
from fidelia.intake.proposing import Proposal, guess_target, propose
from fidelia.intake.tables import Table
from fidelia.intake.targets import Column, Kind, Target
from fidelia.kernel.localized import LocalizedText

from .files import TILL, TILL_ROWS, write, write_workbook
from .test_sniffing import HEADER as RETAIL_HEADER
from .test_sniffing import sold


def proposal_of(path: Path, currency: str = "EUR") -> Proposal:
    found = propose(Table(path), PURCHASES, defaults={"currency": currency})
    check_mapping(found.mapping, PURCHASES)
    return found


def doubts_of(found: Proposal, name: str) -> list[str]:
    return [doubt.reason.en for column in found.columns if column.name == name for doubt in column.doubts]


# Real files


def test_online_retail_is_proposed_right(shared_data: Path) -> None:
    found = proposal_of(shared_data / "online_retail" / "online_retail.parquet")
    assert found.mapping.columns == {
        "receipt": "InvoiceNo",
        "occurred_at": "InvoiceDate",
        "customer": "CustomerID",
        "product": "StockCode",
        "description": "Description",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "country": "Country",
    }
    options = found.mapping.options
    assert (options["source"], options["currency"], options["time_zone"]) == ("online-retail", "GBP", "Europe/London")
    assert (options["language"], options["customer_scheme"]) == ("en", "external")
    assert sorted(options["not_products"]) == sorted(
        ["POST", "D", "DOT", "M", "m", "S", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "B"]
    )
    assert {doubt.about for doubt in found.doubts} == {"currency", "not_products"}


def test_cdnow_is_proposed_right_without_receipts_and_products(shared_data: Path) -> None:
    found = proposal_of(shared_data / "cdnow" / "cdnow_full.csv.gz", "USD")
    assert found.mapping.columns == {
        "occurred_at": "date",
        "customer": "customer_id",
        "quantity": "quantity",
        "net": "amount",
    }
    assert (found.missing, found.mapping.options["currency"]) == ((), "USD")


def test_the_complete_journey_is_proposed_right(shared_data: Path) -> None:
    found = proposal_of(shared_data / "complete_journey_sample" / "transactions_sample.parquet", "USD")
    assert found.mapping.columns == {
        "receipt": "basket_id",
        "occurred_at": "transaction_timestamp",
        "customer": "household_id",
        "product": "product_id",
        "quantity": "quantity",
        "net": "sales_value",
        "discount": "retail_disc",
        "coupon": "coupon_disc",
        "coupon_match": "coupon_match_disc",
        "store": "store_id",
    }


# Files of the kind that people send


def test_a_french_till_is_proposed_whole_and_sure(tmp_path: Path) -> None:
    found = proposal_of(write(tmp_path / "ventes_2024-03.csv", TILL, "cp1252"))
    assert found.mapping.columns == {
        "receipt": "N° ticket",
        "occurred_at": "Date",
        "time": "Heure",
        "customer": "Code client",
        "product": "Code article",
        "description": "Libellé",
        "quantity": "Qté",
        "unit_price": "PU TTC",
        "net": "Montant TTC",
        "store": "Magasin",
    }
    assert all(column.confidence >= SURE and not column.doubts for column in found.columns)
    assert (found.mapping.options["source"], found.mapping.options["language"]) == ("ventes", "fr")
    assert found.columns[4].examples == ("Café moulu 250 g", "Crème brûlée", "Théière fonte")


def test_a_workbook_of_two_years_is_proposed_right(tmp_path: Path) -> None:
    sheets = {"Year_2009-2010": [RETAIL_HEADER, *sold(1, 20)], "Year_2010-2011": [RETAIL_HEADER, *sold(18, 40)]}
    table = Table(write_workbook(tmp_path / "online_retail_II.xlsx", **sheets))
    assert table.sheets == ["Year 2009-2010", "Year 2010-2011"]
    assert propose(table, PURCHASES).mapping.columns == {
        "receipt": "Invoice",
        "occurred_at": "InvoiceDate",
        "customer": "Customer ID",
        "product": "StockCode",
        "quantity": "Quantity",
        "unit_price": "Price",
    }


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,"
    "Billing Name,Billing Country,Id\n"
    "#1001,marie@mel.example,paid,2024-03-01 10:00:00 +0100,yes,EUR,30.00,5.00,5.83,35.00,,0.00,"
    "2024-03-01 10:00:00 +0100,2,Moka,10.00,MK-1,0.00,Marie,FR,5101\n"
    "#1001,marie@mel.example,,,,,,,,,,,2024-03-01 10:00:00 +0100,1,Mug,10.00,MG-1,0.00,,,\n"
)
SQUARE = (
    "Date,Time,Time Zone,Category,Item,Qty,SKU,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Device Name,Location,"
    "Customer ID,Customer Name\n"
    '03/14/2024,14:05:33,Eastern Time,Coffee,Latte,2.0,LT1,"$8.00",-$1.00,"$7.00",$0.60,tx1,Till 1,Downtown,C1,Jo\n'
    '03/15/2024,14:05:33,Eastern Time,Coffee,Mocha,1.0,MC1,"$4.50",$0.00,"$4.50",$0.40,tx2,Till 1,Downtown,,\n'
)
WOOCOMMERCE = (
    "Order Number,Order Status,Order Date,Customer Note,Email (Billing),Country Code (Billing),Order Total Amount,SKU,"
    "Item #,Item Name,Quantity,Item Cost,Coupon Code\n"
    "5001,completed,2024-03-01 10:00,,jo@mel.example,FR,50.00,SK1,1,Thé,2,9.50,\n"
)
LIGHTSPEED = (
    "Date,Receipt Number,Line Type,Customer Code,Customer Name,Note,Quantity,Subtotal,Sales Tax,Discount,Total,Details,"
    "Register,Status,Sku\n2024-03-01 10:00:00,101,Sale Line,CUST-1,Jo,,2,16.00,4.00,0.00,20.00,Moka,Main,Closed,SK1\n"
)
SALESFORCE = (
    '"Order Number","Order Start Date","Account Name","Account ID","Product Code","Product Name","Quantity",'
    '"Unit Price","Total Price","Order Currency"\n'
    '"00000101","3/14/2024","Maison Rey","0015g1","P1","Café","4","EUR 12.50","EUR 50.00","EUR"\n'
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Shopify", SHOPIFY, {"receipt": "Name", "customer": "Email", "currency": "Currency"}),
        ("Square", SQUARE, {"receipt": "Transaction ID", "net": "Net Sales", "time": "Time", "description": "Item"}),
        ("WooCommerce", WOOCOMMERCE, {"unit_price": "Item Cost", "customer": "Email (Billing)"}),
        ("Lightspeed", LIGHTSPEED, {"description": "Details", "net": "Total", "customer": "Customer Code"}),
        ("Salesforce", SALESFORCE, {"customer": "Account ID", "net": "Total Price", "currency": "Order Currency"}),
    ],
)  # fmt: skip
def test_the_export_of_a_known_program_is_known(tmp_path: Path, name: str, text: str, expected: dict[str, str]) -> None:
    found = proposal_of(write(tmp_path / "export.csv", text))
    assert found.shape == name
    assert found.mapping.columns.items() >= expected.items()
    assert found.mapping.columns["quantity"].lower().endswith(("quantity", "qty"))


def test_currencies_are_told_by_signs(tmp_path: Path) -> None:
    assert proposal_of(write(tmp_path / "a.csv", SQUARE)).mapping.options["currency"] == "USD"
    euros = TILL.replace("PU TTC", "PU TTC (€)").replace("Montant TTC", "Montant €")
    assert proposal_of(write(tmp_path / "b.csv", euros), "GBP").mapping.options["currency"] == "EUR"


def test_several_currencies_are_a_doubt(tmp_path: Path) -> None:
    text = "ticket,date,montant,devise\nT1,2024-03-01,12.50,EUR\nT2,2024-03-02,10.00,GBP\n"
    found = proposal_of(write(tmp_path / "a.csv", text))
    (doubt,) = [doubt for doubt in found.doubts if doubt.about == "currency"]
    assert (doubt.value, doubt.alternatives) == ("EUR", ("GBP",))


# Price or amount


@pytest.mark.parametrize(
    ("price", "expected"), [("10.00", "unit_price"), ("{total}", "net")], ids=["of one", "of the line"]
)
def test_a_price_that_says_neither_is_told_by_how_it_grows(tmp_path: Path, price: str, expected: str) -> None:
    rows = [
        f"T{place},2024-03-{place:02},A{place % 3},{place % 5 + 1},{price.format(total=10 * (place % 5 + 1))}"
        for place in range(1, 29)
    ]
    found = proposal_of(write(tmp_path / "a.csv", "ticket,date,article,qte,prix\n" + "\n".join(rows)))
    assert found.mapping.columns[expected] == "prix"
    assert {"unit_price", "net"} & set(found.mapping.columns) == {expected}


def test_a_price_and_an_amount_named_the_wrong_way_round_are_exchanged(tmp_path: Path) -> None:
    rows = [f"T{place},2024-03-{place:02},{place % 5 + 1},{10 * (place % 5 + 1)},10" for place in range(1, 29)]
    found = proposal_of(write(tmp_path / "a.csv", "ticket,date,qte,prix,montant\n" + "\n".join(rows)))
    assert (found.mapping.columns["unit_price"], found.mapping.columns["net"]) == ("montant", "prix")
    assert doubts_of(found, "prix") == [
        "Quantity times “montant” makes “prix”: the two were taken the other way round."
    ]


def test_an_amount_before_tax_is_a_doubt(tmp_path: Path) -> None:
    found = proposal_of(write(tmp_path / "a.csv", "ticket,date,montant HT\nT1,2024-03-01,12.50\n"))
    assert any("before tax" in reason for reason in doubts_of(found, "montant HT"))


# By the cells alone


def test_a_file_without_header_is_proposed_by_its_cells(tmp_path: Path) -> None:
    found = propose(Table(write(tmp_path / "a.csv", "\n".join(TILL_ROWS * 3))), PURCHASES)
    assert found.mapping.columns == {
        "occurred_at": "#2",
        "time": "#3",
        "product": "#4",
        "quantity": "#6",
        "unit_price": "#7",
        "net": "#8",
    }
    assert all(column.doubts for column in found.columns if column.column)


def test_cells_outweigh_a_name_that_misleads(tmp_path: Path) -> None:
    text = "date,ticket,total\n" + "bonjour,T1,2024-03-01\n" * 5
    found = propose(Table(write(tmp_path / "a.csv", text)), PURCHASES)
    assert "net" not in found.mapping.columns
    assert found.mapping.columns["occurred_at"] == "total"
    assert found.missing == ("net",)


def test_cells_that_cannot_be_understood_are_counted_as_a_doubt(tmp_path: Path) -> None:
    text = "ticket,date,montant\n" + "T1,2024-03-01,12.50\n" * 9 + "T2,plus tard,12.50\n"
    found = proposal_of(write(tmp_path / "a.csv", text))
    assert doubts_of(found, "date") == ["10 % of the cells looked at cannot be understood so."]


def test_codes_that_a_program_has_made_numbers_of_are_a_doubt(tmp_path: Path) -> None:
    rows = [f"T{place},2024-03-01,3.01762E+12,{place}.0,12.50" for place in range(10, 30)]
    found = proposal_of(write(tmp_path / "a.csv", "ticket,date,code article,code client,montant\n" + "\n".join(rows)))
    assert found.mapping.columns["product"] == "code article"
    assert any("digits are lost" in reason for reason in doubts_of(found, "code article"))
    assert any("they end in .0" in reason for reason in doubts_of(found, "code client"))


def test_codes_that_are_no_products_are_found_by_what_they_say(tmp_path: Path) -> None:
    goods = [f"T{place},2024-03-01,A{place:04},Mug {place},12.50" for place in range(40)]
    other = ["PORT,Frais de port", "ADJUST2,Correction", "TEST001,A mug", "MUGBLEU,Mug bleu", "R,Remise fidélité"]
    rows = [*goods, *(f"T99,2024-03-02,{one},1.00" for one in other)]
    found = proposal_of(write(tmp_path / "a.csv", "ticket,date,article,libellé,montant\n" + "\n".join(rows)))
    assert found.mapping.options["not_products"] == ["ADJUST2", "PORT", "R", "TEST001"]


# Customers

PEOPLE = Target(
    "people",
    LocalizedText(en="Customers", fr="Clients"),
    (
        Column(
            "card", LocalizedText(en="Card", fr="Carte"), Kind.CODE, ("card number", "numéro de carte"), personal=True
        ),
        Column("family_name", LocalizedText(en="Name", fr="Nom"), Kind.TEXT, ("last name", "nom de famille")),
        Column("given_name", LocalizedText(en="First name", fr="Prénom"), Kind.TEXT, ("given name",)),
        Column("born_on", LocalizedText(en="Birthday", fr="Date de naissance"), Kind.DAY, ("birth date",)),
        Column("email", LocalizedText(en="E-mail", fr="E-mail"), Kind.EMAIL, ("mail", "courriel")),
        Column("phone", LocalizedText(en="Mobile", fr="Mobile"), Kind.PHONE, ("tel portable", "telephone")),
        Column("offers", LocalizedText(en="Offers", fr="Accord"), Kind.FLAG, ("accord mail", "opt in"), sensitive=True),
        Column("note", LocalizedText(en="Note", fr="Note"), Kind.TEXT, ("observations", "remarques")),
    ),
    one_of=(("card", "email", "phone"),),
)
CUSTOMERS = (
    "N° carte;NOM;PRENOM;Date naiss.;Tél. portable;Mail;Accord mail;CA 12M;Observations\n"
    "2990441788200;MARCHAND;Hélène;03/02/1979;06 39 98 41 27;helene@mel.example;O;1 284,60;aime les moutures fines\n"
    "2990441711758;LE GOFF;Loïc;31/01/1990;0639981130;loic@mel.example;N;2 107,25;allergie aux noix\n"
)


def test_a_file_of_customers_is_proposed_and_its_decisions_are_asked_for(tmp_path: Path) -> None:
    found = propose(Table(write(tmp_path / "clients.csv", CUSTOMERS, "cp1252")), PEOPLE)
    assert found.mapping.columns == {
        "card": "N° carte",
        "family_name": "NOM",
        "given_name": "PRENOM",
        "born_on": "Date naiss.",
        "email": "Mail",
        "phone": "Tél. portable",
        "offers": "Accord mail",
        "note": "Observations",
    }
    assert doubts_of(found, "Accord mail") == [
        "This touches consent or something as sensitive: nothing is taken from it until you decide."
    ]
    assert doubts_of(found, "Observations") == [
        "Notes that speak of health or faith: 1 of those looked at. The law protects them more; read them first."
    ]
    assert [column.column for column in found.columns if column.name == "CA 12M"] == [""]


@pytest.mark.parametrize(("text", "expected"), [(CUSTOMERS, "people"), (TILL, "purchases"), (SHOPIFY, "purchases")])
def test_what_a_file_holds_is_guessed(tmp_path: Path, text: str, expected: str) -> None:
    ranked = guess_target(Table(write(tmp_path / "a.csv", text)), [PEOPLE, PURCHASES])
    assert ranked[0][0].name == expected
    assert ranked[0][1] > 2 * ranked[1][1]


def test_products_that_speak_of_health_are_no_notes(tmp_path: Path) -> None:
    text = "ticket,date,montant,remarque\n" + "T1,2024-03-01,12.50,chocolat pour diabétiques\n" * 5
    assert doubts_of(proposal_of(write(tmp_path / "a.csv", text)), "remarque") == []


def test_days_are_no_telephone_numbers(tmp_path: Path) -> None:
    text = "magasin;mail;ouverture\n" + "M1;lyon@mel.example;01/02/2015\n" * 5
    found = propose(Table(write(tmp_path / "a.csv", text)), PEOPLE)
    assert found.mapping.columns == {"email": "mail"}


# Names


@pytest.mark.parametrize(
    ("name", "synonym"),
    [
        ("InvoiceNo", "invoice number"),
        ("N° ticket", "numéro de ticket"),
        ("QTÉ", "quantité"),
        ("code_client", "Code client"),
        ("MontantTTC", "montant ttc"),
        ("ticket n°", "n° de ticket"),
    ],
)
def test_a_name_is_known_whatever_its_spelling(name: str, synonym: str) -> None:
    assert likeness(name, (synonym,)) >= SURE


@pytest.mark.parametrize(
    ("name", "synonym"), [("Customer Note", "customer"), ("Device Name", "name"), ("ville", "ticket")]
)
def test_a_name_that_means_another_thing_is_not_like_it(name: str, synonym: str) -> None:
    assert likeness(name, (synonym,)) < 0.5


@pytest.mark.parametrize(
    ("note", "speaks"),
    [
        ("Allergie aux noix", True),
        ("diabétique, sans sucre", True),
        ("is pregnant", True),
        ("aime les moutures fines", False),
        ("port gratuit", False),
    ],
)
def test_notes_that_speak_of_health_are_spotted(note: str, speaks: bool) -> None:
    assert speaks_of_health(note) is speaks


def test_words_for_columns_are_words() -> None:
    """A word taken apart by a missing comma once made each of its letters the name of a column."""
    letters = [
        (kind.key, column.name, word)
        for kind in list_import_kinds()
        for column in kind.target.columns
        for word in column.synonyms
        if len(word) < 2
    ]
    assert letters == []
