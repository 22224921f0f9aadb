"""Exports as retailers have them, imported with no mapping written by hand: their totals are those of the tills.

Each shape was met in a real export, or made after one, and was read wrongly before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.targets import PURCHASES
from fidelia.customers.queries import find_by_identities
from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, check_now, open_import, record_now
from fidelia.intake.proposing import Proposal, propose
from fidelia.intake.queries import count_rejections
from fidelia.intake.tables import Table
from fidelia.programme.models import Programme
from tests.cast import SYSTEM
from tests.intake.files import write, write_workbook
from tests.programme.cast import AT, programme

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = range(1, 26)


def proposed(path: Path) -> Proposal:
    return propose(Table(path), PURCHASES, defaults={"currency": "EUR", "time_zone": "Europe/Paris"})


def checked(path: Path, **options: Any) -> Import:
    """Check a file as it is proposed, nothing put right but what a test says."""
    if not Programme.objects.exists():
        programme()
    document = proposed(path).mapping.as_document()
    document["options"] |= options
    found = open_import(by=SYSTEM, at=AT, target="purchases", path=path, name=path.name, document=document)
    return check_now(by=SYSTEM, at=AT, import_id=found.id, path=path, progress=Unwatched())


def recorded(path: Path) -> Import:
    return record_now(by=SYSTEM, at=AT, import_id=checked(path).id, progress=Unwatched())


def sums(found: Import) -> tuple[int, int, int, int]:
    """Rows ready, and the amounts of the file, in double, rejected."""
    report = found.check_report
    return (report["ready_rows"], report["file_net"], report["double_net"], report["rejected_net"])


def codes(found: Import) -> dict[str, int]:
    return {one.code: one.rows for one in count_rejections(by=SYSTEM, import_id=found.id, language="en")}


def lines(header: str, rows: Sequence[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_rows_of_totals_are_no_purchases_and_their_amounts_are_not_counted(tmp_path: Path) -> None:
    rows = [f"T{day};{day:02}/02/2025;A{day % 5};Café;2;5,00;10,00;" for day in DAYS]
    rows[10:10] = ["Sous-total 10/02/2025;;;;;;100,00;"]
    rows += ["TOTAL GÉNÉRAL;;;;50;;250,00;", "Fin d'édition;;;;;;;", ";;;;;;250,00;"]
    found = checked(write(tmp_path / "a.csv", lines("Ticket;Date;Article;Libellé;Qté;PU TTC;Total TTC;Carte", rows)))
    assert sums(found) == (25, 25000, 0, 0)
    assert codes(found) == {"total": 4}


def test_the_total_of_each_receipt_leaves_its_lines_whole(tmp_path: Path) -> None:
    rows = []
    for day in DAYS:
        rows += [f"{day};{day:02}/02/2025;A{place};Café;1;5,00;5,00;C1" for place in (1, 2)]
        rows += [f"{day};{day:02}/02/2025;;TOTAL TICKET;;;10,00;"]
    header = "N° ticket;Date;Article;Désignation;Quantité;Prix TTC;Montant TTC;Client"
    found = checked(write(tmp_path / "a.csv", lines(header, rows)))
    assert (sums(found), codes(found)) == ((50, 25000, 0, 0), {"total": 25})


def test_a_product_called_total_is_a_product(tmp_path: Path) -> None:
    rows = [f"T{day};{day:02}/02/2025;A{day % 5};Total Care 50 ml;1;5,00;C1" for day in DAYS]
    found = checked(write(tmp_path / "a.csv", lines("Ticket;Date;Article;Libellé;Qté;Montant;Client", rows)))
    assert (sums(found), codes(found)) == ((25, 12500, 0, 0), {})


def test_an_export_pasted_twice_counts_once(tmp_path: Path) -> None:
    header = "Ticket;Date;Article;Qté;Montant;Client"
    rows = [f"{day};{day:02}/02/2025 10:00;A{place};1;5,00;C1" for day in DAYS for place in (1, 2, 2)]
    found = checked(write(tmp_path / "a.csv", lines(header, [*rows, header, *rows])))
    assert (sums(found), codes(found)) == ((75, 75000, 37500, 0), {"header_again": 1})
    assert found.check_report["duplicate_rows"] == 25, "a product that a receipt holds twice still counts twice"


def test_numbers_that_begin_again_each_day_name_other_receipts(tmp_path: Path) -> None:
    rows = [f"{day:02}/02/2025;{ticket};A1;1;5,00;C{day}{ticket}" for day in DAYS for ticket in (1, 2, 3)]
    path = write(tmp_path / "a.csv", lines("Date;Ticket;Article;Qté;Montant;Carte", rows))
    assert proposed(path).mapping.options["receipt_by"] == "day"
    assert recorded(path).totals["sales"] == 75
    assert Purchase.objects.filter(receipt_number="2025-02-01/1").count() == 1
    assert recorded(path).totals["known_rows"] == 75


def test_numbers_of_two_stores_that_cross_name_other_receipts(tmp_path: Path) -> None:
    rows = [f"{day:02}/02/2025;{shop};{day};A1;1;5,00;C{day}{shop}" for day in DAYS for shop in ("Lyon", "Lille")]
    path = write(tmp_path / "a.csv", lines("Date;Magasin;Ticket;Article;Qté;Montant;Carte", rows))
    assert proposed(path).mapping.options["receipt_by"] == "store"
    assert checked(path).check_report["receipts"] == 50


def test_what_stands_on_the_first_row_of_a_receipt_only_holds_for_the_others(tmp_path: Path) -> None:
    rows = []
    for day in DAYS:
        rows += [[f"T{day}", f"2025-02-{day:02}", "A1", 1, 5, "C1"], [None, None, "A2", 2, 10, None]]
    header = ["Ticket", "Date", "Code", "Qté", "Total", "Client"]
    path = write_workbook(tmp_path / "a.xlsx", Ventes=[header, *rows, ["TOTAL", None, None, None, 375, None]])
    assert proposed(path).mapping.options["fill_down"] is True
    found = checked(path)
    assert (sums(found), codes(found)) == ((50, 37500, 0, 0), {"total": 1})
    assert (found.check_report["receipts"], found.check_report["rows_without_customer"]) == (25, 0)


def test_credit_notes_written_above_zero_give_back_by_their_kind(tmp_path: Path) -> None:
    rows = [f"{'Avoir' if day % 5 == 0 else 'Facture'};{day};{day:02}/02/2025;A1;1;5,00;C1" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("Type;N° pièce;Date;Article;Quantité;Montant TTC;Client", rows))
    assert proposed(path).mapping.columns["kind"] == "Type"
    found = recorded(path)
    assert (found.totals["sales"], found.totals["returns"], found.totals["net"]) == (20, 5, 7500)


def test_credit_notes_written_above_zero_give_back_by_their_numbers(tmp_path: Path) -> None:
    rows = [f"{'AV' if day % 5 == 0 else 'FA'}{day},{day:02}/02/2025,A1,1,5.00,C1" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("facture,date,article,quantité,montant,client", rows))
    assert proposed(path).mapping.options["returns_begin"] == ["AV"]
    assert sums(checked(path)) == (25, 7500, 0, 0)


def test_digits_of_a_hash_are_no_credit_notes(tmp_path: Path) -> None:
    rows = [f"c{day}f{day}a{day},{day:02}/02/2025,A1,1,5.00,C1" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("facture,date,article,quantité,montant,client", rows))
    assert "returns_begin" not in proposed(path).mapping.options


def test_a_price_below_zero_gives_back_though_its_quantity_is_above(tmp_path: Path) -> None:
    sold = [f"R{day},2025-02-{day:02},A1,2,5.00,10.00,C1" for day in DAYS]
    back = ["R90,2025-02-26,A1,2,-5.00,-10.00,C1", "R91,2025-02-26,A1,-1,-5.00,-5.00,C1"]
    found = recorded(write(tmp_path / "a.csv", lines("receipt,date,sku,qty,unit_price,total,customer", sold + back)))
    assert (found.check_report["rows_given_back"], found.totals["returns"], found.totals["net"]) == (2, 2, 23500)


def test_a_correction_below_zero_is_no_return(tmp_path: Path) -> None:
    rows = [f"R{day},2025-02-{day:02},A{day % 9},1,5.00,C1" for day in DAYS] + ["A1,2025-02-26,ADJUST,1,-110.00,"]
    found = checked(write(tmp_path / "a.csv", lines("receipt,date,sku,qty,unit_price,customer", rows)))
    assert found.mapping["options"]["not_products"] == ["ADJUST"]
    assert (sums(found), found.check_report["rows_given_back"]) == ((26, 1500, 0, 0), 0)


def test_amounts_of_what_comes_back_are_below_zero_however_they_are_written(tmp_path: Path) -> None:
    rows = [f"R{day},2025-02-{day:02},A1,{-1 if day == 7 else 1},5.00,C1" for day in DAYS]
    assert sums(checked(write(tmp_path / "a.csv", lines("receipt,date,sku,qty,line total,customer", rows)))) == (
        *(25, 11500, 0, 0),
    )
    rows = [f"R{day},2025-02-{day:02},A1,{'-1,-5.00' if day == 7 else '1,5.00'},C1" for day in DAYS]
    assert sums(checked(write(tmp_path / "b.csv", lines("receipt,date,sku,qty,unit price,customer", rows)))) == (
        *(25, 11500, 0, 0),
    )


def test_who_stands_for_nobody_is_no_customer(tmp_path: Path) -> None:
    names = ["", "DIVERS", "N/A", "00000", "nan", "-", "C00000"]
    rows = [f"R{day},2025-02-{day % 25 + 1:02},A1,1,5.00,{names[day % 7] or f'C{day}'}" for day in range(140)]
    path = write(tmp_path / "a.csv", lines("receipt,date,sku,qty,amount,customer", rows))
    assert sorted(proposed(path).mapping.options["nobody"]) == sorted(names[1:])
    report = checked(path).check_report
    assert (report["customers"], report["rows_without_customer"], report["ready_rows"]) == (20, 120, 140)


def test_a_round_number_among_others_is_a_customer(tmp_path: Path) -> None:
    rows = [f"R{day},2025-02-{day % 25 + 1:02},A1,1,5.00,C{day % 10}" for day in range(70)]
    path = write(tmp_path / "a.csv", lines("receipt,date,sku,qty,amount,customer", rows))
    assert "nobody" not in proposed(path).mapping.options


def test_a_number_among_running_ones_is_a_customer_however_often_it_buys(tmp_path: Path) -> None:
    buyers = [*range(1100, 1120), *[1111] * 9, *[9999] * 9]
    rows = [f"R{n},2025-02-{n % 25 + 1:02},A1,1,5.00,{buyer}" for n, buyer in enumerate(buyers)]
    path = write(tmp_path / "a.csv", lines("receipt,date,sku,qty,amount,customer", rows))
    assert proposed(path).mapping.options["nobody"] == ["9999"], "which has no neighbours"


def test_one_who_buys_as_much_as_a_counter_is_a_doubt(tmp_path: Path) -> None:
    names = ["C1" if place % 2 else f"E{place + 1}" for place in range(100)]
    rows = [f"R{place},2025-02-{place % 25 + 1:02},A1,1,5.00,{name}" for place, name in enumerate(names)]
    found = proposed(write(tmp_path / "a.csv", lines("receipt,date,sku,qty,amount,customer", rows)))
    (doubt,) = [doubt for doubt in found.doubts if doubt.about == "nobody"]
    assert doubt.alternatives == ("C1",)
    assert doubt.reason.en.startswith("C1 has 50 % of all rows that name somebody")


def test_codes_made_numbers_by_a_program_are_the_codes(tmp_path: Path) -> None:
    rows = [f"{day},2025-02-{day:02},A1,1.0,5.00,17850.0" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("ticket,date,product,quantity,amount,customer", rows))
    assert recorded(path).totals["sales"] == 25
    assert find_by_identities([("external", "17850")]).keys() == {("external", "17850")}


def test_a_discount_that_is_a_rate_is_taken_off_as_one(tmp_path: Path) -> None:
    rows = [f"T{day};{day:02}/02/2025;A1;2;10,00;{'20 %' if day % 2 else ''};C1" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("Ticket;Date;Article;Qté;PU TTC;Remise;Client", rows))
    assert proposed(path).mapping.options["discount_as"] == "percent"
    found = checked(path)
    assert (sums(found), found.check_report["file_discount"]) == ((25, 13 * 1600 + 12 * 2000, 0, 0), 13 * 400)


def test_a_rate_beside_what_was_paid_is_counted_as_its_amount(tmp_path: Path) -> None:
    rows = [f"O{day},2/{day % 25 + 1}/2025,C{day},A1,{'8.00' if day % 2 else '10.00'},1,{0.2 if day % 2 else 0}"
            for day in range(60)]  # fmt: skip
    path = write(tmp_path / "a.csv", lines("Order ID,Order Date,Customer ID,Product ID,Sales,Quantity,Discount", rows))
    found = checked(path)
    assert (sums(found), found.mapping["options"]["discount_as"]) == ((60, 54000, 0, 0), "fraction")
    assert found.check_report["file_discount"] == 30 * 200


@pytest.mark.parametrize(
    ("dates", "form"),
    [([f"{45688 + day},4" for day in DAYS], "serial"), ([str(1738310000 + 86400 * day) for day in DAYS], "epoch")],
    ids=["days of a spreadsheet", "seconds"],
)
def test_dates_that_are_counts_are_dates(tmp_path: Path, dates: list[str], form: str) -> None:
    rows = [f"T{place};{text};A1;1;5,00;C1" for place, text in enumerate(dates)]
    path = write(tmp_path / "a.csv", lines("Ticket;Date;Article;Quantité;Montant;Client", rows))
    assert Table(path).reading.date_format == form
    found = checked(path)
    assert sums(found) == (25, 12500, 0, 0)
    assert str(found.check_report["first_at"])[:10] == "2025-02-01"


def test_amounts_in_cents_are_divided(tmp_path: Path) -> None:
    rows = [f"T{day},2025-02-{day:02},A1,1,500,C1" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("order_id,created_at,product_id,quantity,amount_cents,customer_id", rows))
    assert (sums(checked(path)), sums(checked(path, in_cents=False))) == ((25, 12500, 0, 0), (25, 1250000, 0, 0))


def test_the_total_of_an_order_on_each_of_its_rows_counts_once(tmp_path: Path) -> None:
    priced = [f"O{day},2025-02-{day:02},A{place},{place},5.00,{15 + day}.00,C1" for day in DAYS for place in (1, 2)]
    path = write(tmp_path / "a.csv", lines("order id,order date,sku,quantity,item price,order total,customer", priced))
    assert "net" not in proposed(path).mapping.columns
    assert sums(checked(path)) == (50, 37500, 0, 0)
    alone = [f"P{day},2025-02-{day:02},A{place},{15 + day}.00,C1" for day in DAYS for place in (1, 2)]
    path = write(tmp_path / "b.csv", lines("order id,order date,sku,order total,customer", alone))
    assert proposed(path).mapping.options["amount_once"] is True
    found = recorded(path)
    assert (sums(found)[1], found.totals["sales"]) == (sum(1500 + 100 * day for day in DAYS), 25)


def test_quantities_with_their_units_are_quantities(tmp_path: Path) -> None:
    rows = [f'T{day},2025-02-{day:02},A1,{day % 3 + 1} pcs,"€ 5.00",C1' for day in DAYS]
    path = write(tmp_path / "a.csv", lines("Order No,Ordered On,SKU,Quantity,Line Amount,Customer", rows))
    assert proposed(path).mapping.columns["quantity"] == "Quantity"
    assert sums(checked(path)) == (25, 12500, 0, 0)


def test_what_is_paid_is_the_amount_with_taxes_and_never_a_cost(tmp_path: Path) -> None:
    header = "N° facture;Date;Réf. article;Qté;Prix de revient;PU HT;Montant HT;TVA;Montant TTC;Marge;Code client"
    rows = [f"F{day};{day:02}/02/2025;A1;{day % 3 + 1};2,00;10,00;{10 * (day % 3 + 1)},00;20 %;"
            f"{12 * (day % 3 + 1)},00;1,00;C1" for day in DAYS]  # fmt: skip
    columns = proposed(write(tmp_path / "a.csv", lines(header, rows))).mapping.columns
    assert (columns["net"], columns.get("unit_price")) == ("Montant TTC", None)
    header = (
        "id_order,date_add,product_reference,product_quantity,total_price_tax_excl,total_price_tax_incl,id_customer"
    )
    rows = [f"{day},2025-02-{day:02},A{day % 4},1,10.00,12.00,7" for day in DAYS]
    columns = proposed(write(tmp_path / "b.csv", lines(header, rows))).mapping.columns
    assert (columns["net"], columns["product"]) == ("total_price_tax_incl", "product_reference")


def test_a_separator_within_broken_quotes_shifts_no_amount(tmp_path: Path) -> None:
    rows = [f'{day},2025-02-{day:02},A1,"Écran 24" noir, mat",2,5.00,{"" if day % 3 else "C1"}' for day in DAYS]
    found = checked(write(tmp_path / "a.csv", lines("receipt,date,product,description,qty,amount,card", rows)))
    assert (sums(found), codes(found)) == ((25, 12500, 0, 0), {})
    unclear = [f'{day},2025-02-{day:02},A1,"Écran",2,5.00,C1' for day in DAYS]
    unclear[5:8] = [f'{day},2025-02-{day:02},A1,"Écran 24", noir", mat,2,5.00,C1' for day in (6, 7, 8)]
    found = checked(write(tmp_path / "b.csv", lines("receipt,date,product,description,qty,amount,card", unclear)))
    assert (sums(found)[:2], sum(codes(found).values())) == ((22, 11000), 3)


def test_a_price_without_a_quantity_is_that_of_one_piece(tmp_path: Path) -> None:
    rows = [f'"o{day}",{place},"p{place}","2025-02-{day:02} 10:00:00",5.00' for day in DAYS for place in (1, 2)]
    found = checked(
        write(tmp_path / "a.csv", lines('"order_id","order_item_id","product_id","shipped_date","price"', rows))
    )
    assert sums(found) == (50, 25000, 0, 0)


def test_the_name_of_a_customer_is_no_customer(tmp_path: Path) -> None:
    rows = [f"{day:02}/02/2025;T{day};Café;5,00;{'Mme Durand' if day % 2 else 'M. Petit'}" for day in DAYS]
    found = proposed(write(tmp_path / "a.csv", lines("Jour;Ticket;Article;CA TTC;Nom client", rows)))
    assert "customer" not in found.mapping.columns
