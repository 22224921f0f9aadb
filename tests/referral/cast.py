"""Who brings whom in the tests of referral, and what they buy."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnRequest, record_purchase, record_return
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.kernel.db import transaction_of_use_case
from fidelia.ledger.queries import get_balance
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import enrol
from fidelia.referral.models import Referral
from fidelia.referral.operations import code_of_member, follow, locked_referral, record_referral
from tests.cast import SYSTEM
from tests.programme.cast import AT, BEGUN, DOCUMENT, programme

PROMISE: dict[str, Any] = {
    "purchases": 2, "minimum": "20.00", "wait_days": 14, "referrer": {"points": "500"}, "friend": {"points": "200"},
}  # fmt: skip
_numbers = count(1)


def running(**changes: Any) -> Programme:
    """A programme of one point per euro that runs a referral."""
    return programme({**DOCUMENT, "rules": DOCUMENT["rules"][:1], "referral": {**PROMISE, **changes}})


def newcomer(of: Programme, at: datetime = AT, **facts: Any) -> Enrolment:
    """A member of today, with a name of their own and nothing shared."""
    number = next(_numbers)
    given = {"given_name": f"Friend {number}", "family_name": f"Family {number}", "country": "FR", **facts}
    customer = add_customer(by=SYSTEM, at=at, customer=NewCustomer(source="web", **given))
    return enrol(by=SYSTEM, at=at, programme=of, customer_id=customer.id, source="web")


def old_member(of: Programme, **facts: Any) -> Enrolment:
    return newcomer(of, BEGUN, **facts)


def bring(referrer: Enrolment, friend: Enrolment, at: datetime = AT, **more: Any) -> Referral:
    code = code_of_member(by=SYSTEM, at=at, enrolment=referrer)
    return record_referral(by=SYSTEM, at=at, code=code, enrolment=friend, **more)


def buy(who: Enrolment, euros: int, at: datetime) -> Purchase:
    key = f"r{next(_numbers)}"
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR",
        lines=(LineRequest("mug", 1000, euros * 100),), customer_id=who.customer_id,
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back(sale: Purchase, at: datetime) -> None:
    key = f"b{next(_numbers)}"
    request = ReturnRequest(idempotency_key=key, receipt_number=key, occurred_at=at, purchase_id=sale.purchase_id)
    record_return(by=SYSTEM, at=at, request=request, source="till")


def points(who: Enrolment, at: datetime) -> int:
    return get_balance(account_id=who.account_id, currency="PTS", at=at).available


def followed(referral: Referral, at: datetime) -> str:
    """The state after the friend's purchases were looked at."""
    with transaction_of_use_case():
        found = locked_referral(referral.id)
        assert found is not None
        follow(found, by=SYSTEM, at=at)
    referral.refresh_from_db()
    return referral.state
