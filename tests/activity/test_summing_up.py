"""What customers bought, summed up and paged back: for their pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnRequest, record_purchase, record_return
from fidelia.activity.queries import list_purchases, sum_purchases
from fidelia.kernel.actor import Scope
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from tests.cast import PIZARRO, SYSTEM, actor_with
from tests.programme.cast import AT, member, programme

pytestmark = pytest.mark.django_db
READER = actor_with("purchase.see")


def bought() -> tuple[object, list[object]]:
    """Three mugs, 400, 30 and 20 days ago; the second comes back."""
    enrolment = member(programme())
    ids = []
    for days in (400, 30, 20):
        at = AT - timedelta(days=days)
        request = PurchaseRequest(
            idempotency_key=f"k{days}", receipt_number=f"R{days}", occurred_at=at, currency="EUR",
            lines=(LineRequest("mug", 1000, 1450),), customer_id=enrolment.customer_id,
        )  # fmt: skip
        ids.append(record_purchase(by=SYSTEM, at=at, request=request, source="till").purchase_id)
    back = ReturnRequest(
        idempotency_key="b", receipt_number="B30", occurred_at=AT - timedelta(days=10), purchase_id=ids[1]
    )
    record_return(by=SYSTEM, at=AT, request=back, source="till")
    return enrolment.customer_id, ids


def test_returns_lower_the_amount_and_are_no_purchases() -> None:
    customer_id, _ids = bought()
    (sums,) = sum_purchases(by=READER, customer_ids=[customer_id], since=AT - timedelta(days=365))
    assert (sums.sales_since, sums.amount_since, sums.sales, sums.currency) == (2, 1450, 3, "EUR")
    assert sums.last_sale_at == AT - timedelta(days=20)


def test_it_sums_what_the_actor_may_see() -> None:
    customer_id, _ids = bought()
    elsewhere = actor_with("purchase.see", scope=Scope(new_id()))
    assert sum_purchases(by=elsewhere, customer_ids=[customer_id], since=AT) == []
    with pytest.raises(Denied):
        sum_purchases(by=PIZARRO, customer_ids=[customer_id], since=AT)


def test_it_finds_a_receipt_and_a_kind() -> None:
    _customer, ids = bought()
    assert [row.purchase_id for row in list_purchases(by=READER, receipt_number="R30")] == [ids[1]]
    assert [row.receipt_number for row in list_purchases(by=READER, kind="return")] == ["B30"]


def test_it_pages_back_to_newer_purchases() -> None:
    bought()
    newest, second, third, oldest = list_purchases(by=READER)
    before = list_purchases(by=READER, before=(oldest.occurred_at, oldest.purchase_id), limit=2)
    assert [row.purchase_id for row in before] == [second.purchase_id, third.purchase_id]
    assert list_purchases(by=READER, before=(newest.occurred_at, newest.purchase_id)) == []
