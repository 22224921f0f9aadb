"""Importing odd files: whatever one row holds, the others come in, and what is mended and sent again is recorded."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet

from fidelia.activity.models import Purchase
from fidelia.activity.operations.imports import ImportResult, import_purchases, parse_mapping
from fidelia.activity.queries import find_broken_chain
from fidelia.customers.models import Customer
from fidelia.customers.operations import add_identity
from fidelia.intake.errors import UnreadableFile
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import end_enrolment, enrol
from tests.cast import SYSTEM
from tests.programme.cast import AT, BEGUN, programme

from .test_importing_history import HEADER, MAPPING, bring_in

pytestmark = pytest.mark.django_db(transaction=True)
CARDS: dict[str, object] = {**MAPPING, "customer_scheme": "card"}


def reasons(folder: Path) -> list[str]:
    with (folder / "rejects.csv").open(encoding="utf-8") as file:
        return [row[-1] for row in csv.reader(file)][1:]


def points_posted(enrolment: Enrolment) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).posted


def test_one_card_spelled_in_two_ways_is_one_member(tmp_path: Path) -> None:
    programme()
    result = bring_in(
        tmp_path,
        "T1,2025-03-02 10:00:00,mug,Mug,1,30.00,2990 4417 88200,France",
        "T2,2025-03-01 10:00:00,mug,Mug,1,30.00,2990441788200,France",
        mapping=CARDS,
    )
    assert (Customer.objects.count(), Enrolment.objects.count(), result.recorded_rows) == (1, 1, 2)
    assert points_posted(Enrolment.objects.get()) == result.points == 30 + 50 + 30


def test_a_member_with_two_cards_earns_on_both_in_the_order_of_time(tmp_path: Path) -> None:
    programme()
    bring_in(tmp_path, "T0,2025-02-01 10:00:00,mug,Mug,1,1.00,B,France", mapping=CARDS)
    member = Enrolment.objects.get()
    add_identity(by=SYSTEM, at=AT, customer_id=member.customer_id, scheme="card", value="A")
    result = bring_in(
        tmp_path,
        "T1,2025-03-02 10:00:00,mug,Mug,1,30.00,A,France",
        "T2,2025-03-01 10:00:00,mug,Mug,1,200.00,B,France",
        mapping=CARDS,
    )
    assert set(Purchase.objects.values_list("enrolment_id", flat=True)) == {member.id}
    assert points_posted(member) == 1 + result.points == 1 + 230
    order = Purchase.objects.filter(decisions__sequence__gt=1).order_by("decisions__sequence")
    assert list(order.values_list("receipt_number", flat=True)) == ["T2", "T1"]
    assert find_broken_chain(member.account_id) is None
    assert find_broken_invariants() == []


def test_new_customers_of_two_cards_are_enrolled_once(tmp_path: Path) -> None:
    programme()
    unenrolled = {**CARDS, "enrol": False}
    bring_in(tmp_path, "T0,2025-02-01 10:00:00,mug,Mug,1,1.00,B,France", mapping=unenrolled)
    add_identity(by=SYSTEM, at=AT, customer_id=Customer.objects.get().id, scheme="card", value="A")
    bring_in(
        tmp_path,
        "T1,2025-03-02 10:00:00,mug,Mug,1,30.00,A,France",
        "T2,2025-03-01 10:00:00,mug,Mug,1,30.00,B,France",
        mapping=CARDS,
    )
    assert Enrolment.objects.get().enrolled_at.isoformat() == "2025-03-01T09:00:00+00:00"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("T2,2025-03-01,mug,Mug,1,1e99,C1,France", "the number is too large."),
        (f"T2,2025-03-01,mug,Mug,1,{'9' * 80},C1,France", "the number is too large."),
        ("T2,2025-03-01,mug,Mug,0.0001,14.50,C1,France", "the quantity is zero."),
        ("T2,0001-06-01 00:00:00,mug,Mug,1,14.50,C1,France", "the date is before 1900."),
        ("T2,2025-03-01,mug,Mug,1,14.50,C\x1b1,France", "An identity is one line of at most 320 characters."),
        ("T2,2025-03-01,mug,Mug,1,NaN,C1,France", "“NaN” is not a number."),
        ("T2,2025-03-01,mug,Mug,0x10,14.50,C1,France", "“0x10” is not a number."),
    ],
)
def test_a_row_that_cannot_be_comes_back_and_the_others_come_in(tmp_path: Path, row: str, reason: str) -> None:
    programme()
    result = bring_in(tmp_path, row, "T1,2025-03-01,mug,Mug,1,14.50,C1,France")
    assert (result.recorded_rows, result.rejected_rows) == (1, 1)
    assert reasons(tmp_path) == [reason]


def test_a_malformed_address_that_names_the_customer_comes_back(tmp_path: Path) -> None:
    programme()
    rows = ["T1,2025-03-01,mug,Mug,1,14.50,no address,France", "T2,2025-03-01,mug,Mug,1,14.50,a@fidelio.example,France"]
    result = bring_in(tmp_path, *rows, mapping={**MAPPING, "customer_scheme": "email"})
    assert (result.recorded_rows, result.rejected_rows) == (1, 1)


def test_a_code_that_is_no_country_is_left_out(tmp_path: Path) -> None:
    programme()
    result = bring_in(tmp_path, "T1,2025-03-01,mug,Mug,1,14.50,C1,EU")
    assert (result.recorded_rows, Customer.objects.get().country) == (1, "")


def test_a_receipt_comes_back_whole_so_that_it_can_be_mended_and_sent_again(tmp_path: Path) -> None:
    programme()
    rows = ["T1,2025-03-01,moka,Moka,1,20.00,C1,France", "T1,2025-03-01,mug,Mug,un,14.50,C1,France"]
    first = bring_in(tmp_path, *rows)
    assert (first.recorded_rows, first.rejected_rows) == (0, 2)
    assert reasons(tmp_path) == ["Another row of the receipt came back.", "“un” is not a number."]
    second = bring_in(tmp_path, *(row.replace(",un,", ",1,") for row in rows))
    assert (second.recorded_rows, second.net) == (2, 3450)


@pytest.mark.parametrize(
    ("row", "copies", "recorded"),
    [
        ("T1,2025-03-01,mug,Mug,1,9999999999,C1,France", 2, 0),
        ("T1,2025-03-01,mug,Mug,1,1.00,C1,France", 1_001, 0),
        ("T1,2025-03-01,mug,Mug,1,1.00,C1,France", 1_000, 1),
        ("T1,2025-03-01,mug,Mug,1,1.00,,France", 1_001, 1),
        ("T1,2025-03-01,mug,Mug,1,1.00,,France", 2**15, 0),
    ],
)
def test_a_receipt_too_large_to_be_decided_comes_back(tmp_path: Path, row: str, copies: int, recorded: int) -> None:
    programme()
    result = bring_in(tmp_path, *[row] * copies, "T2,2025-03-01,mug,Mug,1,14.50,C2,France")
    assert (result.sales, result.rejected_rows) == (1 + recorded, 0 if recorded else copies)


def test_rejects_mended_once_may_be_rejected_again(tmp_path: Path) -> None:
    programme()
    mapping = parse_mapping(MAPPING)
    path = tmp_path / "achats.csv"
    path.write_text(f"{HEADER}\nT1,2025-03-01,mug,Mug,un,14.50,C1,France\n", encoding="utf-8")
    for _time in range(3):
        rejects = tmp_path / "rejects.csv"
        result = import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=rejects)
        assert result.rejected_rows == 1
        path = rejects.rename(tmp_path / "sent again.csv")


def test_what_comes_back_after_a_new_membership_is_taken_from_the_new_account(tmp_path: Path) -> None:
    programme(may_go_negative=True)
    bring_in(tmp_path, "T1,2025-03-01 10:00:00,mug,Mug,1,30.00,C1,France")
    left = Enrolment.objects.get()
    end_enrolment(by=SYSTEM, at=AT, enrolment=left)
    enrol(by=SYSTEM, at=AT, programme=left.programme, customer_id=left.customer_id, enrolled_at=BEGUN)
    bring_in(tmp_path, "T2,2025-04-01 10:00:00,mug,Mug,-1,30.00,C1,France", at=AT + timedelta(days=1))
    returned = Purchase.objects.get(kind="return")
    assert returned.points == -80
    assert points_posted(Enrolment.objects.get(ended_at__isnull=True)) == -80


def test_amounts_without_quantities_below_zero_are_returns(tmp_path: Path) -> None:
    programme()
    mapping = parse_mapping(
        {
            **MAPPING,
            "columns": {"receipt": "ticket", "occurred_at": "date", "net": "prix", "customer": "client"},
        }
    )
    path = tmp_path / "montants.csv"
    path.write_text("ticket,date,prix,client\nT1,2025-03-01,30.00,C1\nT2,2025-03-02,-30.00,C1\n", encoding="utf-8")
    result = import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=tmp_path / "rejects.csv")
    assert (result.matched_lines, points_posted(Enrolment.objects.get())) == (1, 0)


def bring_in_parquet(folder: Path, columns: dict[str, object]) -> ImportResult:
    path = folder / "achats.parquet"
    parquet.write_table(arrow.table(columns), path)
    mapping = parse_mapping({**MAPPING, "columns": {"occurred_at": "when", "net": "net", "customer": "who"}})
    return import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=folder / "rejects.csv")


def test_a_moment_with_a_zone_in_parquet_is_that_moment(tmp_path: Path) -> None:
    programme()
    when = arrow.array([AT - timedelta(days=1)], arrow.timestamp("ns", tz="America/New_York"))
    bring_in_parquet(tmp_path, {"when": when, "net": [12.5], "who": [7.0]})
    assert Purchase.objects.get().occurred_at == AT - timedelta(days=1)


def test_nested_columns_of_parquet_are_named_and_refused(tmp_path: Path) -> None:
    programme()
    with pytest.raises(UnreadableFile, match="tags"):
        bring_in_parquet(tmp_path, {"when": ["2025-03-01"], "net": ["1.00"], "who": ["C"], "tags": [["a", "b"]]})
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    programme()
    path = tmp_path / "achats.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile):
        import_purchases(
            by=SYSTEM, at=AT, path=path, mapping=parse_mapping(MAPPING), rejects_path=tmp_path / "rejects.csv"
        )


def test_a_header_alone_is_a_file_of_no_rows(tmp_path: Path) -> None:
    programme()
    assert bring_in(tmp_path).rows == 0


def test_quotes_line_ends_semicolons_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    programme()
    path = tmp_path / "achats.csv"
    row = 'T1;2025-03-01;mug;"Mug ""bleu""\nen grès; signé";1;14.50;C1;France\n'
    path.write_text("\ufeff" + HEADER.replace(",", ";") + "\n" + row, encoding="utf-8")
    result = import_purchases(
        by=SYSTEM, at=AT, path=path, mapping=parse_mapping(MAPPING), rejects_path=tmp_path / "rejects.csv"
    )
    assert (result.rows, result.recorded_rows) == (1, 1)
    assert Purchase.objects.get().lines.get().description == 'Mug "bleu"\nen grès; signé'
