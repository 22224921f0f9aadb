"""Receipts on which goods are bought and others come back: what came back is tied, and comes back once, by any way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.errors import MoreThanBought
from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations import ReturnedLine, ReturnRequest, record_return
from fidelia.activity.operations.checkouts import ReturnedItem
from fidelia.intake.models import Import
from fidelia.intake.operations import undo_import
from fidelia.rules.pricing import MoreThanBought as MoreThanBoughtOfBill
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme

from .checkouts.cast import CARD, basket, close, give_back
from .importing import brought_in, ended
from .test_returning_in_files import SALE, line_of, named, points_of

pytestmark = pytest.mark.django_db(transaction=True)
WAYS = ("till", "file", "exchange")


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def parts_of(number: str) -> dict[str, tuple[int, list[tuple[int, int, int]]]]:
    """Total, and each line's number, quantity and points, of the sale and of the return that a receipt is."""
    return {
        one.kind: (one.total, [(line.line_number, line.quantity, line.points) for line in lines_of(one)])
        for one in Purchase.objects.filter(receipt_number=number)
    }


def lines_of(purchase: Purchase) -> list[PurchaseLine]:
    return list(purchase.lines.order_by("line_number"))


def sale_of(number: str) -> Purchase:
    return Purchase.objects.get(receipt_number=number, kind="sale")


def by_till(number: str, quantity: int = 1_000, line: int = 1) -> int:
    """Return what the points are that a till takes back for one line of a sale."""
    key = f"R-{number}-{Purchase.objects.count()}"
    request = ReturnRequest(
        idempotency_key=key, receipt_number=key, occurred_at=AT - timedelta(days=1),
        purchase_id=sale_of(number).purchase_id, lines=(ReturnedLine(line, quantity),),
    )  # fmt: skip
    made = record_return(by=SYSTEM, at=AT, source="till", request=request)
    return Purchase.objects.get(purchase_id=made.purchase_id).points


def test_what_was_bought_is_a_sale_and_what_came_back_a_return_of_the_receipt_it_names() -> None:
    programme()
    named(*SALE)
    before, earned = points_of("C1"), line_of("T1").points
    found = named(
        "X1,2025-03-09,moka,1,20.00,C1,", "X1,2025-03-09,mug,-1,14.50,C1,T1", "X1,2025-03-09,cup,2,5.00,C1,",
        "X2,2025-03-10,moka,1,10.00,C1,", "X2,2025-03-10,mug,-1,14.50,C1,T1",
    )  # fmt: skip
    share = round(earned / 5)
    assert parts_of("X1") == {"sale": (3000, [(1, 1000, 20), (2, 2000, 10)]), "return": (-1450, [(1, -1000, -share)])}
    assert parts_of("X2")["sale"] == (1000, [(1, 1000, 10)])
    assert parts_of("X2")["return"][0] == -1450
    names = ("sales", "returns", "matched_lines", "recorded_rows", "rejected_rows", "net")
    assert [found.totals[name] for name in names] == [2, 2, 2, 5, 0, 1100]
    back = Purchase.objects.get(receipt_number="X1", kind="return")
    assert back.returns_purchase_id == sale_of("T1").purchase_id
    assert points_of("C1") == before + 40 - (earned - round(earned * 3 / 5)), "two of five pieces"


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("then", WAYS)
def test_goods_come_back_once_by_whatever_way(first: str, then: str) -> None:
    programme()
    named("T1,2025-03-01,mug,1,14.50,C1,", "T2,2025-03-02,cup,1,30.00,C1,")
    whole, earned = points_of("C1"), line_of("T1").points
    new = 0
    for turn, way in enumerate((first, then)):
        day = f"2025-03-{10 + turn}"
        if way == "till" and turn:
            with pytest.raises(MoreThanBought):
                by_till("T1")
        elif way == "till":
            assert by_till("T1") == -earned
        elif way == "file":
            named(f"A{turn},{day},mug,-1,14.50,C1,T1")
        else:
            named(f"X{turn},{day},moka,2,20.00,C1,", f"X{turn},{day},mug,-1,14.50,C1,T1")
            new += 40
        assert points_of("C1") == whole - earned + new, (way, turn)


def test_an_exchange_that_names_no_receipt_is_tied_to_what_the_customer_bought() -> None:
    programme()
    brought_in("T1,2025-03-01,mug,1,14.50,C1", "T1,2025-03-01,cup,1,5.00,C1")
    found = brought_in("X1,2025-03-09,moka,1,20.00,C1", "X1,2025-03-09,mug,-1,14.50,C1")
    assert found.totals["matched_lines"] == 1
    assert [line.returns_line_number for line in lines_of(Purchase.objects.get(kind="return"))] == [1]
    with pytest.raises(MoreThanBought):
        by_till("T1")


def test_what_is_tied_to_nothing_lowers_the_purchase_as_before() -> None:
    """A coupon that is written as a line; goods of before the history; a line that the till took off again."""
    programme()
    brought_in("T1,2025-03-01,mug,1,14.50,C1")
    found = brought_in(
        "X1,2025-03-09,moka,1,20.00,C1", "X1,2025-03-09,coupon,-1,5.00,C1",
        "X2,2025-03-10,moka,2,20.00,C1", "X2,2025-03-10,old,-1,14.50,C1",
        "X3,2025-03-11,mug,2,14.50,C1", "X3,2025-03-11,mug,-1,14.50,C1", "X3,2025-03-11,moka,1,20.00,C1",
    )  # fmt: skip
    assert [parts_of(number).keys() for number in ("X1", "X2", "X3")] == [{"sale": 0}.keys()] * 3
    assert [sale_of(number).points for number in ("X1", "X2", "X3")] == [15, 25, 34]
    assert (found.totals["sales"], found.totals["returns"]) == (3, 0)


def test_a_coupon_beside_goods_that_come_back_stays_with_what_was_bought() -> None:
    programme()
    named(*SALE)
    named(
        "X1,2025-03-09,moka,1,20.00,C1,", "X1,2025-03-09,coupon,-1,5.00,C1,", "X1,2025-03-09,mug,-1,14.50,C1,T1",
        "X2,2025-03-10,moka,1,4.00,C1,", "X2,2025-03-10,coupon,-1,5.00,C1,", "X2,2025-03-10,mug,-1,14.50,C1,T1",
    )  # fmt: skip
    assert (parts_of("X1")["sale"][0], parts_of("X1")["return"][0]) == (1500, -1450)
    assert (parts_of("X2")["sale"][0], parts_of("X2")["return"][0]) == (400, -1950), "no sale is below zero"
    back = Purchase.objects.get(receipt_number="X2", kind="return")
    assert [line.returns_line_number for line in lines_of(back)] == [None, 1]


def test_what_was_bought_in_an_exchange_comes_back_too() -> None:
    programme()
    named(*SALE)
    named("X1,2025-03-09,mug,-1,14.50,C1,T1", "X1,2025-03-09,moka,1,20.00,C1,", "X1,2025-03-09,cup,1,5.00,C1,")
    before = points_of("C1")
    assert by_till("X1", line=2) == -5
    named("A1,2025-03-12,moka,-1,20.00,C1,X1")
    assert points_of("C1") == before - 25
    assert line_of("A1").returns_purchase_id == sale_of("X1").purchase_id


def test_the_same_file_changes_nothing_and_undoing_it_lets_the_goods_come_back_again() -> None:
    programme()
    named(*SALE)
    whole = points_of("C1")
    rows = ("X1,2025-03-09,moka,1,20.00,C1,", "X1,2025-03-09,mug,-5,14.50,C1,T1")
    found = named(*rows)
    again = named(*rows, "X9,2025-03-10,moka,1,20.00,C1,")
    assert [again.totals[name] for name in ("known_rows", "recorded_rows", "rejected_rows")] == [2, 1, 0]
    undo: Import = again
    for undo in (again, found):
        ended(undo_import(by=SYSTEM, at=AT + timedelta(days=1), import_id=undo.id), undo)
    assert (points_of("C1"), parts_of("X1")) == (whole, {})
    assert by_till("T1", 5_000) == -line_of("T1").points


def test_what_a_file_gave_back_of_a_checkout_is_not_given_back_by_its_till_again() -> None:
    of = programme()
    member(of)
    close(at=AT - timedelta(days=2), basket=basket())
    sold = line_of("C-1")
    number = sold.purchase.receipt_number
    named(
        f"X1,2026-03-01,cup,1,90.00,{CARD[1]},", f"X1,2026-03-01,moka,-2,17.45,{CARD[1]},{number}",
    )  # fmt: skip
    assert line_of_return("X1").returns_purchase_id == sold.purchase_id
    with pytest.raises(MoreThanBoughtOfBill):
        give_back(ReturnedItem(1))
    assert give_back().made.total == -1450, "the mug is all that is left"


def line_of_return(number: str) -> PurchaseLine:
    return PurchaseLine.objects.get(purchase__receipt_number=number, purchase__kind="return")
