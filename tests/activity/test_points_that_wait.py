"""Points that wait, live on with activity, and what a return takes of them: by purchases, end to end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnRequest, record_purchase, record_return
from fidelia.kernel.errors import FideliaError
from fidelia.ledger.operations import activate_due, redeem
from fidelia.ledger.queries import AccountBalance, find_broken_invariants, get_balance, list_lots
from fidelia.programme.models import Enrolment, PointsCurrency
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, DOCUMENT, member, programme

pytestmark = pytest.mark.django_db
TILL = actor_with("purchase.record", "purchase.return", "purchase.see", label="Marzelline", number=3)
PER_EURO = DOCUMENT["rules"][:1]


def terms(**points: Any) -> dict[str, Any]:
    return {"rules": PER_EURO, "points": points}


def sell(key: str = "s1", at: datetime = AT, net: int = 10_000) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=f"R-{key}", occurred_at=at, currency="EUR",
        lines=(LineRequest("mug", 1000, net),), identity=("card", "2990441788200"),
    )  # fmt: skip
    recorded = record_purchase(by=TILL, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back(sale: Purchase, at: datetime) -> Purchase:
    request = ReturnRequest(
        idempotency_key=f"b-{sale.purchase_id}", occurred_at=at, purchase_id=sale.purchase_id, receipt_number="B"
    )
    recorded = record_return(by=TILL, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def balance(enrolment: Enrolment, at: datetime) -> AccountBalance:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=at)


def spend(enrolment: Enrolment, amount: int, at: datetime) -> None:
    with transaction.atomic():
        redeem(by=SYSTEM, at=at, account_id=enrolment.account_id, currency="PTS", amount=amount, key=f"k{amount}{at}")


def test_points_of_a_purchase_wait_for_the_days_in_which_it_may_come_back() -> None:
    enrolment = member(programme(terms(pending={"days": 14}, validity_months=1, ends="day")))
    sale = sell()
    assert (balance(enrolment, AT).available, balance(enrolment, AT).pending) == (0, 100)
    later = AT + timedelta(days=15)
    assert (balance(enrolment, later).available, balance(enrolment, later).pending) == (100, 0)
    assert sale.points == 100
    with transaction.atomic():
        activate_due(by=SYSTEM, at=later)
    assert [(lot.remaining, lot.earned_at) for lot in list_lots(account_id=enrolment.account_id, currency="PTS")] == [
        (100, (AT + timedelta(days=14)).replace(hour=23, minute=0, second=0, microsecond=0) - timedelta(days=1))
    ]
    assert find_broken_invariants() == []


def test_what_comes_back_meanwhile_is_taken_from_what_waits() -> None:
    enrolment = member(programme(terms(pending={"days": 14})))
    sale = sell()
    sell("s2", net=3_000)
    returned = give_back(sale, AT + timedelta(days=2))
    assert (returned.points, balance(enrolment, AT).pending) == (-100, 30)
    assert find_broken_invariants() == []


def test_points_live_on_with_each_purchase() -> None:
    enrolment = member(programme(terms(validity_months=12, ends="day", counts_from="activity")))
    sell("s1", at=AT)
    sell("s2", at=AT + timedelta(days=100))
    until = {lot.expires_at for lot in list_lots(account_id=enrolment.account_id, currency="PTS")}
    assert len(until) == 1
    assert balance(enrolment, AT + timedelta(days=380)).available == 200
    assert balance(enrolment, AT + timedelta(days=480)).available == 0


@pytest.mark.parametrize(
    ("policy", "left"), [("within_balance", 0), ("unlimited", -60), ("only_pending", 40), ("forbid", 40)]
)
def test_what_a_return_takes_of_spent_points_is_the_currencys_to_say(policy: str, left: int) -> None:
    made = programme(terms(), may_go_negative=policy == "unlimited")
    PointsCurrency.objects.filter(code="PTS").update(negative_policy=policy)
    enrolment = member(made)
    sale = sell()
    spend(enrolment, 60, AT + timedelta(hours=1))
    if policy == "forbid":
        with pytest.raises(FideliaError) as refusal:
            give_back(sale, AT + timedelta(days=1))
        assert refusal.value.code == "insufficient_points"
    else:
        give_back(sale, AT + timedelta(days=1))
    assert balance(enrolment, AT + timedelta(days=1)).available == left
    assert find_broken_invariants() == []
