"""Taking an import of purchases back: as if it had never been, and everything that was written can still be read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from fidelia.activity.models import DecisionRecord, ImportBatch, Purchase, PurchaseLine, TakenBackPurchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.activity.operations.imports import undoing
from fidelia.activity.queries import find_broken_chain
from fidelia.customers.models import Customer, Identity
from fidelia.intake.errors import ImportNotReady, NotUndoable
from fidelia.intake.models import Import
from fidelia.intake.operations import undo_import
from fidelia.jobs.models import Job
from fidelia.jobs.operations import resume_job, run_job
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance, list_dated_earnings
from fidelia.products.models import Product
from fidelia.programme.models import Enrolment, Programme, TierPeriod
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, DOCUMENT, programme

from .importing import brought_in, ended, now, parts

pytestmark = pytest.mark.django_db(transaction=True)
SALES = ("T1,2025-03-01,moka,2,17.45,C1", "T1,2025-03-01,mug,1,14.50,C1", "T2,2025-03-05,mug,4,14.50,C2")
LATER = AT + timedelta(days=1)


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def taken_back(found: Import, *, forget: bool = False) -> Import:
    return ended(undo_import(by=SYSTEM, at=LATER, import_id=found.id, forget=forget), found)


def refused(found: Import) -> tuple[str, str]:
    """Try to take it back; return the state of the import and what the job says."""
    job = undo_import(by=SYSTEM, at=LATER, import_id=found.id)
    run_job(job_id=job.id, clock=now)
    job.refresh_from_db()
    found.refresh_from_db()
    return found.state, job.error


def member(card: str) -> Enrolment:
    holder = Identity.objects.get(value=card, until=None).customer_id
    return Enrolment.objects.select_related("programme").get(customer_id=holder)


def points_of(card: str) -> int:
    enrolment = member(card)
    currency = enrolment.programme.points_currency_id
    return get_balance(account_id=enrolment.account_id, currency=currency, at=AT).available


def test_points_tiers_and_purchases_go_and_can_still_be_read() -> None:
    programme()
    found = brought_in(*SALES)
    assert (points_of("C1"), points_of("C2"), TierPeriod.objects.filter(superseded_at=None).count()) == (99, 108, 2)
    taken_back(found)
    assert (found.state, Purchase.objects.count(), PurchaseLine.objects.count()) == ("undone", 0, 0)
    assert (points_of("C1"), points_of("C2"), TierPeriod.objects.filter(superseded_at=None).count()) == (0, 0, 0)
    assert find_broken_invariants() == []
    kept = TakenBackPurchase.objects.get(purchase__receipt_number="T1")
    assert (kept.purchase["total"], kept.purchase["points"], [line["net"] for line in kept.lines]) == (
        4940, 99, [3490, 1450],
    )  # fmt: skip
    undone = found.totals["undone"]
    assert (undone["taken_back_rows"], undone["taken_back_net"], undone["reversed_points"]) == (3, 10740, 207)
    assert (parts(found)[1], found.totals["net"], found.totals["points"]) == (3, 10740, 207)
    assert (Customer.objects.count(), Enrolment.objects.filter(ended_at=None).count()) == (2, 2)  # they stay
    assert OutboxEvent.objects.filter(name="purchases.taken_back").count() == 1


def test_the_chain_of_decisions_says_what_was_taken_back_and_stays_whole() -> None:
    programme()
    found = brought_in(*SALES)
    taken_back(found)
    enrolment = member("C1")
    records = DecisionRecord.objects.filter(account_id=enrolment.account_id).order_by("sequence")
    assert [(one.sequence, one.record["points"]) for one in records] == [(1, 99), (2, -99)]
    assert records[1].record["values"]["import"] == str(found.id)
    assert find_broken_chain(enrolment.account_id) is None


def test_the_same_file_can_be_brought_in_again_and_gives_the_same() -> None:
    programme()
    taken_back(brought_in(*SALES))
    again = brought_in(*SALES)
    assert (parts(again)[:3], again.totals["points"]) == ((3, 3, 0), 207)
    assert (points_of("C1"), points_of("C2"), Customer.objects.count()) == (99, 108, 2)
    enrolment = member("C1")
    facts = list_dated_earnings(account_ids=[enrolment.account_id], currency="PTS")[enrolment.account_id]
    assert sum(amount for _at, amount, _earned in facts) == 99
    assert TierPeriod.objects.filter(superseded_at=None).count() == 2
    assert find_broken_chain(enrolment.account_id) is None


def test_what_only_the_import_made_goes_when_that_is_chosen() -> None:
    programme()
    before = brought_in("A1,2025-01-01,mug,1,14.50,C1", mapping=None)
    found = brought_in(*SALES, name="later.csv")
    taken_back(found, forget=True)
    undone = found.totals["undone"]
    assert (undone["erased_customers"], undone["kept_customers"], undone["ended_members"]) == (1, 0, 1)
    assert list(Purchase.objects.values_list("receipt_number", flat=True)) == ["A1"]
    assert Enrolment.objects.filter(ended_at=None).count() == 1
    assert Customer.objects.filter(erased_at=None).count() == 1
    assert before.state == "done"
    assert Product.objects.count() == 2  # products stay


def test_whoever_bought_since_stays_whatever_is_chosen() -> None:
    made = programme()
    found = brought_in(*SALES)
    buy(made, "C1", "L1", "20.00")
    taken_back(found, forget=True)
    undone = found.totals["undone"]
    assert (undone["erased_customers"], undone["kept_customers"]) == (1, 1)
    assert points_of("C1") == 20


def buy(made: Programme, card: str, receipt: str, amount: str) -> None:
    request = PurchaseRequest(
        idempotency_key=receipt, receipt_number=receipt, occurred_at=AT, currency="EUR",
        lines=(LineRequest("mug", 1000, int(amount.replace(".", "")), "Mug"),), programme=made.slug,
        identity=("card", card),
    )  # fmt: skip
    record_purchase(by=SYSTEM, at=AT, request=request, source="till")


def spend(card: str, amount: int) -> None:
    enrolment = member(card)
    with transaction.atomic():
        redeem(
            by=SYSTEM, at=AT, account_id=enrolment.account_id, currency=enrolment.programme.points_currency_id,
            amount=amount, key=f"spend {card}", occurred_at=AT,
        )  # fmt: skip


def test_points_that_are_spent_refuse_it_and_nothing_is_changed() -> None:
    programme()
    found = brought_in(*SALES)
    spend("C2", 1)
    assert refused(found) == (
        "done", "Something depends on purchases of this import by now: points spent (1).",
    )  # fmt: skip
    assert (Purchase.objects.count(), points_of("C1"), points_of("C2")) == (2, 99, 107)
    assert "undone" not in found.totals
    assert DecisionRecord.objects.count() == 2


def test_where_a_balance_may_go_below_zero_spent_points_are_owed() -> None:
    programme(may_go_negative=True)
    found = brought_in(*SALES)
    spend("C2", 100)
    taken_back(found)
    enrolment = member("C2")
    balance = get_balance(account_id=enrolment.account_id, currency="PTS", at=AT)
    assert (balance.posted, found.state) == (-100, "undone")
    assert find_broken_invariants() == []


def test_returns_of_the_same_file_go_with_their_purchases() -> None:
    programme()
    rows = (*SALES, "R1,2025-03-09,mug,-1,14.50,C1", "R2,2025-03-10,thé,-1,30.00,C1")
    found = brought_in(*rows)
    assert points_of("C1") == 40
    taken_back(found)
    assert (points_of("C1"), Purchase.objects.count()) == (0, 0)
    assert find_broken_invariants() == []
    enrolment = member("C1")
    facts = list_dated_earnings(account_ids=[enrolment.account_id], currency="PTS")[enrolment.account_id]
    assert sum(amount for _at, amount, _earned in facts) == 0
    again = brought_in(*rows)
    assert (points_of("C1"), again.totals["matched_lines"]) == (40, 1)


def test_a_debt_that_later_points_filled_is_given_back_too() -> None:
    programme(may_go_negative=True)
    found = brought_in("R1,2025-01-09,thé,-1,30.00,C1", *SALES)
    before = points_of("C1")
    taken_back(found)
    assert (before, points_of("C1")) == (69, 0)
    assert find_broken_invariants() == []


def test_what_expired_meanwhile_is_not_taken_twice() -> None:
    programme(DOCUMENT | {"points": {"validity_months": 3, "ends": "month"}})
    found = brought_in(*SALES)
    assert points_of("C1") == 0  # due, and swept or not
    taken_back(found)
    assert (points_of("C1"), Purchase.objects.count()) == (0, 0)
    assert find_broken_invariants() == []


def test_a_later_return_at_the_till_stands_in_the_way() -> None:
    programme()
    found = brought_in(*SALES)
    brought_in("R1,2025-03-09,mug,-1,14.50,C1", name="retours.csv")
    state, error = refused(found)
    assert (state, error) == ("done", "Something depends on purchases of this import by now: returns (1).")
    assert Purchase.objects.count() == 3


def test_history_from_before_a_programme_goes_too() -> None:
    found = brought_in(*SALES, "T3,2025-03-05,mug,1,14.50,")
    taken_back(found, forget=True)
    undone = found.totals["undone"]
    assert (Purchase.objects.count(), undone["erased_customers"], undone["taken_back_purchases"]) == (0, 2, 3)


def test_killed_half_way_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    programme()
    found = brought_in(*SALES)
    more = brought_in("T9,2025-04-01,mug,1,14.50,C3", name="more.csv")
    ImportBatch.objects.filter(import_id=more.id).update(import_id=found.id)
    whole, left = undoing._take_back, [1]

    def dies(*what: Any) -> None:
        if not left:
            raise DatabaseError("the machine went down")
        whole(*what)
        left.pop()

    monkeypatch.setattr(undoing, "_take_back", dies)
    job = undo_import(by=SYSTEM, at=LATER, import_id=found.id)
    run_job(job_id=job.id, clock=now)
    assert Purchase.objects.count() == 2
    monkeypatch.setattr(undoing, "_take_back", whole)
    resume_job(by=SYSTEM, at=LATER, job_id=job.id)
    ended(job, found)
    assert (found.state, Purchase.objects.count(), found.totals["undone"]["taken_back_purchases"]) == ("undone", 0, 3)
    assert find_broken_invariants() == []


def test_twice_is_refused_and_who_may_not_is_denied() -> None:
    programme()
    found = brought_in(*SALES)
    with pytest.raises(Denied):
        undo_import(by=PIZARRO, at=LATER, import_id=found.id)
    taken_back(found)
    with pytest.raises(ImportNotReady):
        undo_import(by=SYSTEM, at=LATER, import_id=found.id)


def test_what_an_earlier_release_recorded_is_refused() -> None:
    programme()
    found = brought_in(*SALES)
    ImportBatch.objects.all().delete()
    state, error = refused(found)
    assert (state, Purchase.objects.count()) == ("done", 2)
    assert "an earlier release" in error
    assert NotUndoable.default_code == "not_undoable"


def test_the_database_takes_back_nothing_that_a_till_recorded() -> None:
    made = programme()
    found = brought_in(*SALES)
    buy(made, "C1", "L1", "20.00")
    till = Purchase.objects.get(receipt_number="L1")
    with pytest.raises(DatabaseError, match="only what an import recorded"), connection.cursor() as cursor:
        cursor.execute("select activity_take_back(%s, %s, %s)", [found.id, [till.purchase_id], AT])
    assert Purchase.objects.count() == 3
    assert isinstance(Job.objects.first(), Job)
    assert isinstance(till.purchase_id, UUID)
