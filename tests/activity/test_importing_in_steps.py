"""Importing step by step: what is in the file is recorded, known, double or rejected; nothing else becomes of it."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations.imports import record
from fidelia.activity.queries import find_broken_chain
from fidelia.customers.operations import add_identity
from fidelia.intake.errors import ImportNotReady, RowUnknown
from fidelia.intake.operations import change_mapping, check_import, mend_row, record_import, write_rejects
from fidelia.intake.operations.running import forget_staged
from fidelia.intake.queries import list_rejected_rows
from fidelia.kernel.errors import Denied
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.models import Enrolment
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, programme

from .importing import COLUMNS, HEADER, brought_in, checked, document, opened, opened_file, parts, recorded

pytestmark = pytest.mark.django_db(transaction=True)
SALE = ("T1,2025-03-01,moka,2,17.45,C1", "T1,2025-03-01,mug,1,14.50,C1")


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def reasons(found: Any) -> list[tuple[int, str]]:
    rows = list_rejected_rows(by=SYSTEM, import_id=found.id, language="en")
    return [(row.row_number, row.reason) for row in rows]


def test_a_check_writes_nothing_but_what_it_found() -> None:
    programme()
    found = checked(opened(*SALE, "T2,2025-03-01,mug,un,14.50,C1"))
    report = found.check_report
    assert (found.state, report["rows"], report["ready_rows"], report["rejected_rows"]) == ("checked", 3, 2, 1)
    assert (report["file_net"], report["receipts"], report["customers"]) == (4940, 1, 1)
    assert Purchase.objects.count() == Enrolment.objects.count() == 0
    assert reasons(found) == [(3, "“un” is not a number.")]


def test_the_reasons_are_told_in_french_too() -> None:
    programme()
    found = checked(opened("T2,,mug,1,14.50,C1"))
    (row,) = list_rejected_rows(by=SYSTEM, import_id=found.id, language="fr")
    assert (row.reason, row.cells) == ("la date manque.", ("T2", "", "mug", "1", "14.50", "C1"))


def test_what_is_checked_is_recorded() -> None:
    programme()
    found = brought_in(*SALE)
    assert parts(found) == (2, 2, 0, 0, 0)
    assert (found.state, found.totals["points"], found.totals["net"]) == ("done", 49 + 50, 4940)


def test_the_same_rows_of_another_file_of_another_stream_are_known_when_the_content_is_the_same() -> None:
    programme()
    brought_in(*SALE)
    again = brought_in(*SALE, name="renamed.csv", mapping=document(source="another-till"))
    assert parts(again) == (2, 0, 2, 0, 0)
    assert Purchase.objects.count() == 1


def test_lines_of_a_receipt_that_come_in_a_second_file_are_given_back_with_the_reason() -> None:
    programme()
    brought_in(SALE[0])
    second = brought_in(*SALE)
    assert parts(second) == (2, 0, 1, 0, 1)
    assert reasons(second) == [
        (2, "The receipt is recorded already, and without this row: a receipt comes whole, in one file.")
    ]
    assert second.totals["file_net"] == second.totals["known_net"] + second.totals["rejected_net"] == 4940


def test_a_receipt_that_stands_whole_in_two_sheets_counts_once() -> None:
    programme()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet, rows in (("2024", [*SALE, SALE[1]]), ("2025", [*SALE, SALE[1], "T2,2025-04-01,mug,1,14.50,C2"])):
        page = book.create_sheet(sheet)
        for row in (HEADER, *rows):
            page.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row.split(",")])
    content = io.BytesIO()
    book.save(content)
    mapping = document() | {"reading": {"format": "excel", "sheets": ["2024", "2025"]}}
    found = recorded(checked(opened_file(content.getvalue(), "achats.xlsx", mapping)))
    assert parts(found) == (7, 4, 0, 3, 0)  # the mug was bought twice on one receipt, and that counts
    assert found.totals["file_net"] == found.totals["net"] + found.totals["double_net"]
    assert dict(Purchase.objects.values_list("receipt_number", "total")) == {"T1": 6390, "T2": 1450}


def test_discounts_are_taken_off_a_unit_price_and_only_counted_beside_the_amount_paid() -> None:
    programme()
    header, columns = f"{HEADER},remise,bon", {**COLUMNS, "discount": "remise", "coupon": "bon"}
    found = brought_in("T1,2025-03-01,mug,2,10.00,C1,1.50,0.50", header=header, mapping=document(columns))
    assert (found.totals["net"], found.check_report["file_discount"], found.check_report["file_coupon"]) == (
        1800, 150, 50,
    )  # fmt: skip
    columns = {name: column for name, column in columns.items() if name != "unit_price"} | {"net": "prix"}
    paid = brought_in("T2,2025-03-01,mug,2,10.00,C1,1.50,0.50", header=header, mapping=document(columns))
    assert paid.totals["net"] == 1000


def test_the_hour_may_stand_in_a_column_of_its_own() -> None:
    programme()
    mapping = document({**COLUMNS, "time": "heure"})
    brought_in("T1,01/03/2025,mug,1,10.00,C1,18h05", header=f"{HEADER},heure", mapping=mapping | {
        "reading": {"date_order": "dmy"}
    })  # fmt: skip
    assert Purchase.objects.get().occurred_at.isoformat() == "2025-03-01T17:05:00+00:00"


def test_a_line_of_nothing_keeps_its_receipt_whole() -> None:
    programme()
    columns = {name: column for name, column in COLUMNS.items() if name != "unit_price"} | {"net": "prix"}
    found = brought_in("T1,2025-03-01,mug,0,0.00,C1", "T1,2025-03-01,mug,1,9.00,C1", mapping=document(columns))
    assert parts(found) == (2, 2, 0, 0, 0)
    assert list(PurchaseLine.objects.order_by("line_number").values_list("quantity", "net")) == [(0, 0), (1000, 900)]


def test_rows_in_another_currency_are_given_back() -> None:
    programme()
    mapping = document({**COLUMNS, "currency": "devise"})
    rows = ("T1,2025-03-01,mug,1,9.00,C1,USD", "T2,2025-03-01,mug,1,9.00,C1,eur", "T3,2025-03-01,mug,1,£9.00,C1,")
    found = brought_in(*rows, header=f"{HEADER},devise", mapping=mapping)
    assert parts(found) == (3, 1, 0, 0, 2)
    assert Purchase.objects.get().receipt_number == "T2"


def test_rejected_rows_are_mended_one_by_one_and_recorded() -> None:
    programme()
    found = brought_in(*SALE, "T2,2025-02-31,mug,1,14.50,C1")
    assert parts(found) == (3, 2, 0, 0, 1)
    mend_row(
        by=SYSTEM, at=AT, import_id=found.id, row_number=3, cells=["T2", "2025-02-28", "mug", "1", "14.50", "C1"]
    )  # fmt: skip
    found = recorded(checked(found))
    assert parts(found) == (3, 3, 0, 0, 0)
    assert (found.totals["sales"], found.totals["net"], Purchase.objects.count()) == (2, 6390, 2)


def test_only_rejected_rows_are_mended() -> None:
    programme()
    found = checked(opened(*SALE))
    with pytest.raises(RowUnknown):
        mend_row(by=SYSTEM, at=AT, import_id=found.id, row_number=1, cells=["T1"])


def test_rejects_are_mended_in_a_file_and_sent_again_twice_without_harm() -> None:
    programme()
    found = brought_in(*SALE, "T2,2025-03-01,mug,un,14.50,C1")
    rejects = io.StringIO()
    assert write_rejects(by=SYSTEM, import_id=found.id, stream=rejects) == 1
    header, row = rejects.getvalue().splitlines()
    assert (header, row) == (f"{HEADER},fidelia_reason", "T2,2025-03-01,mug,un,14.50,C1,“un” is not a number.")
    mended = row.replace(",un,", ",1,")
    assert parts(brought_in(mended, header=header)) == (1, 1, 0, 0, 0)
    assert parts(brought_in(mended, header=header)) == (1, 0, 1, 0, 0)
    assert Purchase.objects.count() == 2


def test_staged_rows_are_forgotten_in_time_and_staged_again_by_a_later_check() -> None:
    programme()
    found = brought_in(*SALE, "T2,2025-03-01,mug,un,14.50,C1")
    assert (forget_staged(before=AT), len(reasons(found))) == (0, 1)
    assert (forget_staged(before=AT + timedelta(days=1)), reasons(found)) == (1, [])
    assert len(reasons(checked(found))) == 1


def test_cells_come_back_as_they_came_whatever_they_hold() -> None:
    programme()
    odd = ["back\\slash\\n", "a tab\tand a\nline end", "a “mark”\x1fof the row\x1eitself", "", "1", " C1 "]
    quoted = ",".join(f'"{cell}"' for cell in odd)
    found = checked(opened(quoted, *SALE))
    (row,) = list_rejected_rows(by=SYSTEM, import_id=found.id, language="en")
    told = [cell.replace("\x1f", "\u241f").replace("\x1e", "\u241e") for cell in odd]
    assert (row.row_number, [cell.strip() for cell in row.cells]) == (1, [cell.strip() for cell in told])
    assert parts(recorded(found)) == (3, 2, 0, 0, 1)


def test_a_changed_mapping_is_checked_before_it_is_recorded() -> None:
    programme()
    found = checked(opened(*SALE))
    other = {name: column for name, column in COLUMNS.items() if name != "customer"}
    change_mapping(by=SYSTEM, at=AT, import_id=found.id, document=document(other))
    with pytest.raises(ImportNotReady):
        record_import(by=SYSTEM, at=AT, import_id=found.id)


def test_nothing_of_it_may_be_done_without_the_right() -> None:
    programme()
    found = opened(*SALE)
    for verb in (check_import, record_import):
        with pytest.raises(Denied):
            verb(by=PIZARRO, at=AT, import_id=found.id)
    with pytest.raises(Denied):
        list_rejected_rows(by=PIZARRO, import_id=found.id, language="en")


def test_cards_of_one_person_are_decided_in_the_order_of_time_however_small_the_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(record, "RECEIPTS_PER_BATCH", 1)
    programme()
    brought_in("T0,2025-02-01,mug,1,1.00,B")
    member = Enrolment.objects.get()
    add_identity(by=SYSTEM, at=AT, customer_id=member.customer_id, scheme="card", value="A")
    brought_in("T1,2025-03-02,mug,1,30.00,A", "T2,2025-03-01,mug,1,200.00,B", "T3,2025-03-03,mug,1,5.00,B")
    order = Purchase.objects.filter(decisions__sequence__gt=1).order_by("decisions__sequence")
    assert list(order.values_list("receipt_number", flat=True)) == ["T2", "T1", "T3"]
    assert find_broken_chain(member.account_id) is None


def test_a_family_pool_is_decided_in_the_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RECEIPTS_PER_BATCH", 1)
    programme()
    brought_in("T0,2025-02-01,mug,1,1.00,A", "T0b,2025-02-01,mug,1,1.00,B")
    first, second = Enrolment.objects.order_by("id")
    Enrolment.objects.filter(id=second.id).update(account_id=first.account_id)
    found = brought_in("T1,2025-03-02,mug,1,30.00,A", "T2,2025-03-01,mug,1,90.00,B", "T3,2025-03-03,mug,1,5.00,B")
    decided = Purchase.objects.filter(account_id=first.account_id, receipt_number__in=["T1", "T2", "T3"])
    order = decided.order_by("decisions__sequence").values_list("receipt_number", flat=True)
    assert (list(order), parts(found)) == (["T2", "T1", "T3"], (3, 3, 0, 0, 0))
    assert find_broken_chain(first.account_id) is None
    assert find_broken_invariants() == []
