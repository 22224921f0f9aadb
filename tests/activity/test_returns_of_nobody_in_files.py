"""Returns of nobody in a file: tied to the sale they name, so that goods come back once and a claim knows."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.errors import MoreThanBought
from fidelia.activity.models import Purchase, PurchaseClaim, PurchaseLine
from fidelia.activity.operations import (
    ClaimRequest,
    ReturnedLine,
    ReturnRequest,
    claim_purchase,
    record_return,
)
from fidelia.activity.operations.imports import record as recording
from fidelia.activity.queries import find_broken_chain
from fidelia.intake.models import Import
from fidelia.intake.operations import undo_import
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme

from .checkouts.cast import basket, close, give_back
from .importing import COLUMNS, HEADER, brought_in, document, ended

pytestmark = pytest.mark.django_db(transaction=True)
NAMED = f"{HEADER},origine"
DAY = f"{AT - timedelta(days=10):%Y-%m-%d}"
BACK = f"{AT - timedelta(days=5):%Y-%m-%d}"
# 5 mugs and a moka to nobody: claimed, they make 82 points and the welcome of 50, by what each line cost.
SALE = (f"T1,{DAY},mug,5,14.50,,", f"T1,{DAY},moka,1,10.00,,")


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def named(*rows: str, **options: Any) -> Import:
    return brought_in(*rows, header=NAMED, mapping=document({**COLUMNS, "original": "origine"}, **options))


def by_till(number: str, quantity: int, *, key: str, line: int = 1) -> Purchase:
    sale = Purchase.objects.get(receipt_number=number, kind="sale")
    request = ReturnRequest(key, key, AT - timedelta(days=1), sale.purchase_id, (ReturnedLine(line, quantity),))
    back = record_return(by=SYSTEM, at=AT, request=request, source="till")
    return Purchase.objects.get(purchase_id=back.purchase_id)


def claimed(number: str = "T1") -> PurchaseClaim:
    sale = Purchase.objects.get(receipt_number=number, kind="sale")
    request = ClaimRequest(purchase_id=sale.purchase_id, identity=("card", "2990441788200"))
    return claim_purchase(by=SYSTEM, at=AT, request=request)


def balance(enrolment: Enrolment, at: datetime = AT) -> int:
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=at).available


def ties(number: str) -> list[tuple[str | None, int | None]]:
    lines = PurchaseLine.objects.filter(purchase__receipt_number=number, quantity__lt=0).order_by("line_number")
    numbers = {one.purchase_id: one.receipt_number for one in Purchase.objects.filter(kind="sale")}
    return [(numbers.get(line.returns_purchase_id) if line.returns_purchase_id else None, line.returns_line_number)
            for line in lines]  # fmt: skip


def test_goods_of_nobody_come_back_once_by_whatever_way() -> None:
    programme()
    named(*SALE)
    found = named(f"A1,{BACK},mug,-4,14.50,,T1")
    assert (found.totals["matched_lines"], ties("A1")) == (1, [("T1", 1)])
    with pytest.raises(MoreThanBought):
        by_till("T1", 2_000, key="R1")
    by_till("T1", 1_000, key="R2")
    assert named(f"A2,{BACK},mug,-1,14.50,,T1").totals["matched_lines"] == 0
    with pytest.raises(MoreThanBought):
        by_till("T1", 1_000, key="R3")


def test_a_claim_knows_what_a_file_gave_back_before_and_a_till_after() -> None:
    enrolment = member(programme())
    named(*SALE)
    named(f"A1,{BACK},mug,-2,14.50,,T1")
    whole = claimed()
    back = PurchaseClaim.objects.get(purchase__receipt_number="A1")
    assert (back.customer_id, back.points) == (enrolment.customer_id, -round(whole.line_points[0] * 2 / 5))
    assert balance(enrolment) == whole.points + back.points
    assert by_till("T1", 3_000, key="R1").points == -(whole.line_points[0] + back.points)
    assert balance(enrolment) == whole.line_points[1]


def test_one_receipt_may_hold_goods_that_are_tied_and_others_that_are_not() -> None:
    enrolment = member(programme())
    named(*SALE)
    named(f"A1,{BACK},plate,-1,3.00,,T1", f"A1,{BACK},mug,-5,14.50,,T1")
    assert ties("A1") == [(None, None), ("T1", 1)]
    whole = claimed()
    assert PurchaseClaim.objects.get(purchase__receipt_number="A1").line_points == [0, -whole.line_points[0]]
    assert balance(enrolment) == whole.line_points[1]


def test_one_file_may_hold_the_sale_and_its_return_in_batches_that_are_under_way_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording, "RECEIPTS_PER_BATCH", 1)
    programme()
    sold, back = "T{0},2026-02-0{0} 10:00,mug,1,14.50,,", "A{0},2026-02-0{0} 11:00,mug,-1,14.50,,T{0}"
    found = named(*[row.format(n) for n in range(1, 9) for row in (sold, back)])
    assert found.totals["matched_lines"] == 8


def test_an_exchange_of_nobody_is_a_sale_and_a_return_of_what_it_names() -> None:
    programme()
    found = named(*SALE, f"X1,{BACK},moka,2,10.00,,", f"X1,{BACK},mug,-1,14.50,,T1")
    kinds = Purchase.objects.filter(receipt_number="X1").order_by("kind").values_list("kind", "total")
    assert (list(kinds), found.totals["matched_lines"]) == ([("return", -1450), ("sale", 2000)], 1)
    assert ties("X1") == [("T1", 1)]


def test_what_names_no_receipt_or_one_of_another_sort_is_tied_to_nothing() -> None:
    programme()
    named(*SALE, f"B/T1,{DAY},moka,1,10.00,,")
    named(f"A1,{BACK},mug,-5,14.50,,", f"A2,{BACK},mug,-1,14.50,,nowhere", f"A3,{BACK},moka,-1,10.00,,1")
    named(f"A4,{DAY[:-2]}01,mug,-1,14.50,,T1" if DAY[-2:] > "01" else "A4,2020-01-01,mug,-1,14.50,,T1")
    assert [ties(number) for number in ("A1", "A2", "A3", "A4")] == [[(None, None)]] * 4
    found = named("7,2025-03-01,mug,5,14.50,,", "7,2025-03-02,mug,5,14.50,,", "9,2025-03-05,mug,-2,14.50,,7",
                  receipt_by="day")  # fmt: skip
    assert found.totals["matched_lines"] == 0, "which of the two it was, nobody knows"


def test_what_was_claimed_comes_back_of_its_member() -> None:
    enrolment = member(programme())
    named(*SALE)
    whole = claimed()
    named(f"A1,{BACK},mug,-5,14.50,,T1")
    assert Purchase.objects.get(receipt_number="A1").customer_id == enrolment.customer_id
    assert balance(enrolment) == whole.line_points[1]


def test_undoing_the_file_lets_the_goods_come_back_again() -> None:
    programme()
    named(*SALE)
    back = named(f"A1,{BACK},mug,-5,14.50,,T1")
    ended(undo_import(by=SYSTEM, at=AT + timedelta(days=1), import_id=back.id), back)
    assert by_till("T1", 5_000, key="R1").total == -7250
    assert named(f"A1,{BACK},mug,-5,14.50,,T1").totals["matched_lines"] == 0


def test_a_claimed_checkout_knows_what_a_file_gave_back_of_it() -> None:
    enrolment = member(programme())
    close(at=AT - timedelta(days=2), basket=basket(identity=None))
    sold = PurchaseLine.objects.get(purchase__receipt_number="C-1", line_number=1)
    named(f"A1,{AT:%Y-%m-%d},{sold.product_code},-2,17.45,,C-1", source="till")
    assert ties("A1") == [("C-1", 1)]
    whole = claimed("C-1")
    assert PurchaseClaim.objects.get(purchase__receipt_number="A1").points == -whole.line_points[0]
    assert balance(enrolment) == whole.points - whole.line_points[0]
    assert give_back().made.total == -1450, "the mug is all that is left"
    assert balance(enrolment) == 0
