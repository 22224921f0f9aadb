"""Points afterwards: history earns at its own dates, once, whoever was no member when it came in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import Purchase, PurchaseClaim
from fidelia.activity.operations import ReturnRequest, record_return
from fidelia.activity.operations.rewarding import RewardChoice, reward_history, run
from fidelia.activity.queries import find_broken_chain
from fidelia.customers.models import Identity
from fidelia.intake.operations import Unwatched, undo_import
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.messaging.models import Message
from fidelia.programme.models import Enrolment, TierPeriod
from fidelia.programme.operations import enrol
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, programme

from .importing import brought_in, document, ended

pytestmark = pytest.mark.django_db(transaction=True)
SALES = ("T1,2025-03-01,moka,2,17.45,C1", "T1,2025-03-01,mug,1,14.50,C1", "T2,2025-03-05,mug,4,14.50,C2")
ALL = RewardChoice(enrol=True)


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def rewarded(choice: RewardChoice = ALL, *, is_trial: bool = False) -> dict[str, Any]:
    return reward_history(by=SYSTEM, at=AT, choice=choice, progress=Unwatched(), is_trial=is_trial)


def points_of(card: str) -> int:
    holder = Identity.objects.get(value=card, until=None).customer_id
    account = Enrolment.objects.get(customer_id=holder).account_id
    return get_balance(account_id=account, currency="PTS", at=AT).available


def test_history_from_before_a_programme_gives_what_an_import_after_it_would_have_given() -> None:
    brought_in(*SALES, "R1,2025-03-09,mug,-1,14.50,C1")
    programme()
    counts = rewarded()
    assert {name: counts[name] for name in run.COUNTS} == {
        "purchases": 3, "rewarded_purchases": 3, "left_purchases": 0, "members": 2, "new_members": 2,
        "points": 178, "expired_points": 0,
    }  # fmt: skip
    assert (points_of("C1"), points_of("C2"), counts["tiers"]) == (70, 108, {"connaisseur": 1})
    assert find_broken_invariants() == []
    account = Enrolment.objects.first().account_id  # type: ignore[union-attr]
    assert find_broken_chain(account) is None
    assert Message.objects.count() == 0
    assert Purchase.objects.exclude(account_id=None).count() == 0  # what was recorded is not rewritten


def test_a_trial_says_the_same_and_writes_nothing() -> None:
    brought_in(*SALES)
    programme()
    tried = rewarded(is_trial=True)
    assert (PurchaseClaim.objects.count(), Enrolment.objects.count(), TierPeriod.objects.count()) == (0, 0, 0)
    assert OutboxEvent.objects.filter(name="history.rewarded").count() == 0
    assert rewarded() == tried


def test_twice_gives_nothing_more() -> None:
    brought_in(*SALES)
    programme()
    rewarded()
    again = rewarded()
    assert (again["purchases"], again["points"], points_of("C1")) == (0, 0, 99)


def test_what_was_bought_before_joining_counts_only_when_that_is_chosen() -> None:
    made = programme()
    brought_in(*SALES, mapping=document(enrol=False))
    holder = Identity.objects.get(value="C1").customer_id
    enrol(by=SYSTEM, at=AT, programme=made, customer_id=holder, source="tests", enrolled_at=AT)
    assert rewarded(RewardChoice(before_enrolment=False))["rewarded_purchases"] == 0
    counts = rewarded(RewardChoice())
    assert (counts["rewarded_purchases"], counts["left_purchases"], points_of("C1")) == (1, 1, 99)
    assert Enrolment.objects.count() == 1


def test_before_the_first_version_nothing_is_given_unless_its_rules_reach_back() -> None:
    brought_in("T1,2020-03-01,mug,1,14.50,C1")
    programme()
    own = RewardChoice(enrol=True, first_rules=False)
    assert rewarded(own, is_trial=True)["rewarded_purchases"] == 0
    counts = rewarded()
    assert (counts["points"], counts["expired_points"], points_of("C1")) == (14, 14, 0)


def test_a_purchase_rewarded_afterwards_is_given_back_like_any_other() -> None:
    brought_in(*SALES)
    made = programme()
    rewarded()
    sale = Purchase.objects.get(receipt_number="T2")
    request = ReturnRequest(
        idempotency_key="r", receipt_number="RT", purchase_id=sale.purchase_id, occurred_at=AT
    )  # fmt: skip
    record_return(by=SYSTEM, at=AT, request=request, source="till")
    assert (points_of("C2"), made.slug) == (0, "cercle")
    assert find_broken_invariants() == []


def test_an_import_rewarded_afterwards_can_be_taken_back() -> None:
    found = brought_in(*SALES)
    programme()
    rewarded()
    ended(undo_import(by=SYSTEM, at=AT, import_id=found.id, forget=True), found)
    assert (Purchase.objects.count(), PurchaseClaim.objects.count(), found.state) == (0, 0, "undone")
    assert found.totals["undone"]["reversed_points"] == 207
    assert find_broken_invariants() == []


def test_who_may_not_bring_purchases_in_may_not_reward_them() -> None:
    programme()
    with pytest.raises(Denied):
        reward_history(by=PIZARRO, at=AT + timedelta(days=1), choice=ALL, progress=Unwatched())
