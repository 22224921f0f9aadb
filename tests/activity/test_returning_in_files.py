"""Returns in a file, piece by piece: of the receipt they name or fit, and what it earned goes back exactly once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations import ReturnedLine, ReturnRequest, record_return
from fidelia.activity.operations.rewarding import RewardChoice, reward_history
from fidelia.activity.queries import find_broken_chain
from fidelia.customers.models import Identity
from fidelia.intake.models import Import
from fidelia.intake.operations import Unwatched, undo_import
from fidelia.jobs.operations import run_job
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.persons.operations import merge_customers
from fidelia.programme.models import Enrolment
from tests.cast import SYSTEM
from tests.programme.cast import AT, programme

from .importing import COLUMNS, HEADER, brought_in, document, ended, now, opened, recorded
from .importing import checked as check

pytestmark = pytest.mark.django_db(transaction=True)
NAMED = f"{HEADER},origine"
# 5 mugs of 14.50 make 72 points, and 50 more for a first purchase go to both lines by what they cost.
SALE = ("T1,2025-03-01,mug,5,14.50,C1,", "T1,2025-03-01,moka,1,10.00,C1,")


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def named(*rows: str, **options: Any) -> Import:
    """Bring in a file that has a column for the receipt that is given back."""
    return brought_in(*rows, header=NAMED, mapping=document({**COLUMNS, "original": "origine"}, **options))


def points_of(card: str) -> int:
    holder = Identity.objects.get(value=card, until=None).customer_id
    account = Enrolment.objects.get(customer_id=holder).account_id
    assert find_broken_chain(account) is None
    assert find_broken_invariants() == []
    return get_balance(account_id=account, currency="PTS", at=AT).available


def line_of(number: str) -> PurchaseLine:
    return PurchaseLine.objects.get(purchase__receipt_number=number, line_number=1)


def test_two_of_five_pieces_take_back_their_share_and_the_others_the_rest() -> None:
    programme()
    named(*SALE)
    whole, sold = points_of("C1"), line_of("T1")
    named("A1,2025-03-09,mug,-2,14.50,C1,T1")
    first = line_of("A1")
    assert (first.returns_purchase_id, first.returns_line_number, first.net) == (sold.purchase_id, 1, -2900)
    assert first.points == -round(sold.points * 2 / 5)
    assert points_of("C1") == whole + first.points
    named("A2,2025-03-10,mug,-1,14.50,C1,T1", "A3,2025-03-11,mug,-2,14.50,C1,T1")
    assert first.points + line_of("A2").points + line_of("A3").points == -sold.points
    assert points_of("C1") == whole - sold.points


def test_one_file_may_hold_the_sale_and_each_of_its_returns() -> None:
    programme()
    backs = [f"A{day},2025-03-{10 + day},mug,-1,14.50,C1,T1" for day in range(1, 6)]
    found = named(*SALE, *backs)
    sold = line_of("T1")
    assert found.totals["matched_lines"] == 5
    assert sum(line.points for line in PurchaseLine.objects.filter(quantity__lt=0)) == -sold.points
    assert points_of("C1") == Purchase.objects.get(receipt_number="T1").points - sold.points


def test_without_a_name_the_latest_line_of_the_price_is_found() -> None:
    programme()
    brought_in("T1,2025-03-01,mug,5,14.50,C1", "T2,2025-03-02,mug,3,12.00,C1")
    back = brought_in("A1,2025-03-09,mug,-2,14.50,C1", "A2,2025-03-09,mug,-3,12.00,C1")
    assert back.totals["matched_lines"] == 2
    assert line_of("A1").returns_purchase_id == Purchase.objects.get(receipt_number="T1").purchase_id
    assert line_of("A2").points == -line_of("T2").points


def test_what_is_paid_back_may_be_less_than_what_was_paid_where_the_receipt_is_named() -> None:
    programme()
    named(*SALE)
    found = named("A1,2025-03-09,mug,-1,9.00,C1,T1", "A2,2025-03-09,mug,-1,9.00,C1,")
    assert line_of("A1").returns_line_number == 1
    assert line_of("A2").returns_line_number is None, "a price that nobody paid fits no line"
    assert found.totals["matched_lines"] == 1


def test_what_a_till_took_back_already_is_not_taken_a_second_time() -> None:
    programme()
    named(*SALE)
    sale, sold = Purchase.objects.get(receipt_number="T1"), line_of("T1")
    record_return(
        by=SYSTEM, at=AT, source="till",
        request=ReturnRequest(
            idempotency_key="R1", receipt_number="R1", occurred_at=AT - timedelta(days=1), purchase_id=sale.purchase_id,
            lines=(ReturnedLine(1, 4_000),),
        ),
    )  # fmt: skip
    left = points_of("C1")
    named("A1,2025-03-09,mug,-4,14.50,C1,T1")
    assert (line_of("A1").points, line_of("A1").returns_line_number) == (0, None)
    assert points_of("C1") == left
    named("A2,2025-03-10,mug,-1,14.50,C1,T1")
    assert line_of("A2").points == -(sold.points - round(sold.points * 4 / 5))


def test_a_credit_note_without_a_card_is_of_whoever_bought() -> None:
    programme()
    named(*SALE)
    whole = points_of("C1")
    found = named("A1,2025-03-09,mug,-5,14.50,,T1", "T2,2025-03-10,mug,2,14.50,C2,", "A2,2025-03-11,mug,-1,14.50,,T2")
    assert found.check_report["rows_without_customer"] == 2, "the file says what it says"
    assert points_of("C1") == whole - line_of("T1").points
    assert (line_of("T2").points, points_of("C2")) == (79, 39)
    named("A3,2025-03-12,mug,-1,14.50,,nowhere")
    assert Purchase.objects.get(receipt_number="A3").customer_id is None


def test_numbers_that_begin_again_each_day_are_found_by_the_customer() -> None:
    programme()
    found = named(
        "7,2025-03-01,mug,5,14.50,C1,", "7,2025-03-02,mug,5,14.50,C2,", "9,2025-03-05,mug,-2,14.50,C2,7",
        receipt_by="day",
    )  # fmt: skip
    assert found.totals["matched_lines"] == 1
    assert line_of("2025-03-05/9").returns_purchase_id == line_of("2025-03-02/7").purchase_id


def test_history_that_was_rewarded_afterwards_gives_its_points_back() -> None:
    brought_in("T1,2025-03-01,mug,5,14.50,C1")
    programme()
    reward_history(by=SYSTEM, at=AT, choice=RewardChoice(enrol=True), progress=Unwatched(), is_trial=False)
    before = points_of("C1")
    brought_in("A1,2025-03-09,mug,-5,14.50,C1")
    assert (before, points_of("C1")) == (122, 0)


def test_a_merged_person_gives_back_what_either_bought() -> None:
    programme()
    brought_in("T1,2025-03-01,mug,5,14.50,C1", "T2,2025-03-02,moka,1,10.00,C2")
    gone, stays = (Identity.objects.get(value=card, until=None).customer_id for card in ("C1", "C2"))
    merge_customers(by=SYSTEM, at=AT, customer_id=gone, into=stays)
    found = brought_in("A1,2025-03-09,mug,-2,14.50,C2", "T3,2025-03-10,mug,2,14.50,C2")
    assert found.totals["matched_lines"] == 1
    assert Purchase.objects.get(receipt_number="T3").points == 29, "who bought before is not welcomed again"


def test_undoing_gives_the_pieces_back_and_the_file_can_come_again() -> None:
    programme()
    sale = named(*SALE)
    whole = points_of("C1")
    back = named("A1,2025-03-09,mug,-2,14.50,C1,T1")
    share = line_of("A1").points
    job = undo_import(by=SYSTEM, at=AT + timedelta(days=1), import_id=sale.id)
    run_job(job_id=job.id, clock=now)
    job.refresh_from_db()
    assert (job.state, "returns (1)" in job.error) == ("failed", True)
    ended(undo_import(by=SYSTEM, at=AT + timedelta(days=1), import_id=back.id), back)
    assert points_of("C1") == whole
    again = named("A1,2025-03-09,mug,-2,14.50,C1,T1")
    assert (again.totals["matched_lines"], points_of("C1")) == (1, whole + share)
    assert recorded(check(opened("A1,2025-03-09,mug,-2,14.50,C1"))).totals["known_rows"] == 1
