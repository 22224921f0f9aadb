"""What a file leaves unclear is named, and what it says of whole orders counts: never are totals wrong in silence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fidelia.activity.targets import PURCHASES
from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, check_now, open_import
from fidelia.intake.proposing import Proposal, propose
from fidelia.intake.queries import count_rejections
from fidelia.intake.sniff import sniff
from fidelia.intake.tables import Table
from tests.cast import SYSTEM
from tests.intake.files import write
from tests.programme.cast import AT

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = range(1, 26)


def proposed(path: Path) -> Proposal:
    return propose(Table(path), PURCHASES, defaults={"currency": "EUR", "time_zone": "Europe/Paris"})


def checked(path: Path) -> Import:
    document = proposed(path).mapping.as_document()
    found = open_import(by=SYSTEM, at=AT, target="purchases", path=path, name=path.name, document=document)
    return check_now(by=SYSTEM, at=AT, import_id=found.id, path=path, progress=Unwatched())


def sums(found: Import) -> tuple[int, int, int]:
    """Rows ready, and the amounts of the file and of rows given back."""
    return (found.check_report["ready_rows"], found.check_report["file_net"], found.check_report["rejected_net"])


def codes(found: Import) -> dict[str, int]:
    return {one.code: one.rows for one in count_rejections(by=SYSTEM, import_id=found.id, language="en")}


def reasons(found: Proposal, about: str) -> list[str]:
    return [doubt.reason.en for doubt in found.doubts if doubt.about == about]


def lines(header: str, rows: Sequence[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_orders_of_which_nothing_came_are_given_back_with_what_they_say(tmp_path: Path) -> None:
    states = {3: "Cancelled", 7: "Failed", 9: "Pending payment"}
    rows = [f"{day},{states.get(day, 'Completed')},2025-02-{day:02},A1,1,5.00,C1" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("order,order status,date,sku,qty,amount,customer", rows))
    assert proposed(path).mapping.options["not_sold"] == ["cancelled", "failed", "pending payment"]
    found = checked(path)
    assert (sums(found), codes(found)) == ((22, 12500, 1500), {"not_sold": 3})


def test_a_state_that_says_more_than_a_word_is_understood_by_its_first(tmp_path: Path) -> None:
    states = ("Shipped - Delivered to Buyer", "Canceled by customer", "Canceled by customer")
    rows = [f"{day},{states[day % 3]},2025-02-{day:02},A1,1,5.00,C1" for day in DAYS]
    path = write(tmp_path / "a.csv", lines("order,Status,date,sku,qty,amount,customer", rows))
    assert proposed(path).mapping.options["not_sold"] == ["canceled by customer"]
    assert sums(checked(path)) == (8, 12500, 8500)


def test_a_late_word_is_heard_over_the_whole_file(tmp_path: Path) -> None:
    rows = [f"{n},{'annulée' if n == 4_999 else 'Livrée'},2025-02-03,A1,1,5.00,C{n % 99}" for n in range(5_000)]
    path = write(tmp_path / "a.csv", lines("commande,statut,date,article,qté,montant,client", rows))
    assert proposed(path).mapping.options["not_sold"] == ["annulee"]


def test_a_refunded_order_is_no_sale_unless_the_file_gives_it_back_itself(tmp_path: Path) -> None:
    rows = [f"{day},{'Refunded' if day == 3 else 'Paid'},2025-02-{day:02},A1,1,5.00,C1" for day in DAYS]
    header = "order,status,date,sku,qty,amount,customer"
    assert sums(checked(write(tmp_path / "a.csv", lines(header, rows)))) == (24, 12500, 500)
    rows.append("26,Paid,2025-02-26,A1,-1,-5.00,C1")
    assert sums(checked(write(tmp_path / "b.csv", lines(header, rows)))) == (26, 12000, 0)


def test_what_was_given_back_in_a_column_of_its_own_is_taken_off(tmp_path: Path) -> None:
    rows = [f"{day},2025-02-{day:02},A1,2,{1 if day == 3 else ''},10.00,{'5.00' if day == 3 else ''},C1"
            for day in DAYS]  # fmt: skip
    path = write(tmp_path / "a.csv", lines("order,date,sku,qty,qty returned,amount,refunded amount,customer", rows))
    assert {"returned", "returned_quantity"} <= set(proposed(path).mapping.columns)
    found = checked(path)
    assert sums(found) == (25, 24500, 0)


def test_a_discount_of_the_whole_order_is_found_by_the_total_that_it_makes(tmp_path: Path) -> None:
    rows = []
    for day in DAYS:
        off = day % 3
        rows += [
            f"{day},2025-02-{day:02},A1,2,5.00,C1,{off}.00,{20 - off}.00",
            f"{day},2025-02-{day:02},A2,1,10.00,C1,,",
        ]
    header = "order,date,sku,qty,unit price,customer,voucher,order total"
    path = write(tmp_path / "a.csv", lines(header, rows))
    assert proposed(path).mapping.columns["coupon"] == "voucher"
    assert codes(checked(path)) == {}
    assert sums(checked(path)) == (50, sum(100 * (20 - day % 3) for day in DAYS), 0)


def test_a_total_that_the_lines_do_not_make_is_named_with_both_sums(tmp_path: Path) -> None:
    rows = [f"{day},2025-02-{day:02},A{place},{place},5.00,C1,{15 + 3 * day}.00" for day in DAYS for place in (1, 2)]
    path = write(tmp_path / "a.csv", lines("order,date,sku,qty,unit price,customer,order total", rows))
    assert reasons(proposed(path), "unit_price")[-1] == (
        "Of 24 receipts looked at the lines do not make “order total” of 24: 360.00 against 1260.00."
    )


def test_an_amount_without_its_tax_is_never_taken_where_both_make_a_third(tmp_path: Path) -> None:
    rows = [f"{day},2025-02-{day:02},A1,{day % 3 + 1},{10 * day}.00,{2 * day}.00,{12 * day}.00,C1" for day in DAYS]
    found = proposed(write(tmp_path / "a.csv", lines("order,date,sku,qty,amount,tax,to pay,customer", rows)))
    assert found.mapping.columns["net"] == "to pay"
    alone = [",".join([*row.split(",")[:6], "C1"]) for row in rows]
    found = proposed(write(tmp_path / "b.csv", lines("order,date,sku,qty,amount,tax,customer", alone)))
    assert reasons(found, "net")[-1] == (
        "Beside it stands “tax”: look whether this amount holds it; what the customer pays is taxes included."
    )


def test_receipts_under_a_name_that_nobody_knows_are_found_by_how_their_rows_follow(tmp_path: Path) -> None:
    rows = [f"Z{day * 7},2025-02-{day:02},A{place},1,5.00,C{day}" for day in DAYS for place in (1, 2)]
    found = proposed(write(tmp_path / "a.csv", lines("Xyz,date,sku,qty,amount,customer", rows)))
    assert found.mapping.columns["receipt"] == "Xyz"
    assert reasons(found, "receipt") == ["Its cells look like it; its name does not say so."]


def test_a_file_that_names_neither_receipt_nor_customer_says_what_comes_of_it(tmp_path: Path) -> None:
    rows = [f"2025-02-{day:02},A{day},1,5.00" for day in DAYS]
    found = proposed(write(tmp_path / "a.csv", lines("date,sku,qty,amount", rows)))
    assert [doubt.about for doubt in found.absent] == ["receipt", "customer"]
    assert reasons(found, "receipt") == ["No column is the receipt number: each row will be a purchase of its own."]


def test_days_written_in_both_orders_are_named_with_examples(tmp_path: Path) -> None:
    rows = [f"{day},{day:02}/02/2025,A1,1,5.00,C1" for day in DAYS] + ["99,02/26/2025,A1,1,5.00,C1"]
    path = write(tmp_path / "a.csv", lines("receipt,date,sku,qty,amount,customer", rows))
    (doubt,) = [doubt for doubt in sniff(path).doubts if doubt.about == "date_order"]
    assert doubt.reason.en == "13 dates read only day first, 1 only month first, such as 02/26/2025."
    found = checked(path)
    assert (sums(found), codes(found)) == ((25, 13000, 500), {"not_a_date": 1})


def test_codes_of_eight_digits_are_no_days(tmp_path: Path) -> None:
    rows = [f"{day},{45688 + day}.5,30176{day:03},1,5.00,C1" for day in DAYS]
    table = Table(write(tmp_path / "a.csv", lines("receipt,date,sku,qty,amount,customer", rows)))
    assert table.reading.date_format == "serial"


def test_a_file_whose_days_are_said_to_be_of_utc_is(tmp_path: Path) -> None:
    rows = [f"{day},2025-02-{day:02} 23:30,A1,1,5.00,C1" for day in DAYS]
    found = proposed(write(tmp_path / "a.csv", lines("receipt,date (UTC),sku,qty,amount,customer", rows)))
    assert found.mapping.options["time_zone"] == "UTC"
