"""Pools: a family has its points together; one joins with what one has, leaves with a share, and a return finds it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnRequest, record_purchase, record_return
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced
from fidelia.ledger.errors import AccountClosed, NothingPending
from fidelia.ledger.operations import hold, redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.errors import InAPool, NotInAPool, NotSettled, PoolFull, UnknownPool
from fidelia.programme.models import Enrolment, PointsPool
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.operations.points import activate_points, give_up_points
from fidelia.programme.operations.pools import create_pool, join_pool, leave_pool
from fidelia.programme.queries import list_pool_members, pool_of, tier_at
from fidelia.programme.reactions import reassess_pools
from tests.cast import PIZARRO, SYSTEM

from .cast import AT, DOCUMENT, member, programme

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LEONORE = "2990441788217"


def terms(**points: Any) -> dict[str, Any]:
    return {**DOCUMENT, "rules": DOCUMENT["rules"][:1], "points": points}


def family(document: dict[str, Any] | None = None, **more: Any) -> tuple[Enrolment, Enrolment, PointsPool]:
    made = programme(document or terms())
    florestan, leonore = member(made), member(made, LEONORE)
    return florestan, leonore, create_pool(by=SYSTEM, at=AT, programme=made, name="Fidelio", **more)


def buy(enrolment: Enrolment, euros: int, key: str, at: Any = AT) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR",
        lines=(LineRequest("mug", 1000, euros * 100),), customer_id=enrolment.customer_id,
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back(sale: Purchase, at: Any) -> Purchase:
    request = ReturnRequest(
        idempotency_key=f"b{sale.receipt_number}", receipt_number=f"b{sale.receipt_number}", occurred_at=at,
        purchase_id=sale.purchase_id,
    )  # fmt: skip
    recorded = record_return(by=SYSTEM, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def available(enrolment: Enrolment, at: Any = AT) -> int:
    enrolment.refresh_from_db()
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=at).available


def test_all_points_are_together_and_each_purchase_earns_for_all() -> None:
    florestan, leonore, pool = family()
    buy(florestan, 60, "f1")
    buy(leonore, 30, "l1")
    join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=pool.id)
    join_pool(by=SYSTEM, at=AT, enrolment=leonore, pool_id=pool.id)
    assert available(florestan) == available(leonore) == 90
    buy(leonore, 10, "l2")
    assert available(florestan) == 100
    assert [one.enrolment_id for one in list_pool_members(pool)] == [florestan.id, leonore.id]
    assert find_broken_invariants() == []


def test_what_is_sent_to_the_own_account_meanwhile_is_refused() -> None:
    florestan, _leonore, pool = family()
    own = florestan.account_id
    join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=pool.id)
    with pytest.raises(AccountClosed), transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=own, currency="PTS", amount=1, key="late")


def test_a_return_of_before_joining_takes_the_points_where_they_are() -> None:
    florestan, leonore, pool = family()
    sale = buy(florestan, 60, "f1")
    buy(leonore, 30, "l1")
    join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=pool.id)
    join_pool(by=SYSTEM, at=AT, enrolment=leonore, pool_id=pool.id)
    back = give_back(sale, AT + DAY)
    assert back.points == -60
    assert available(leonore, AT + DAY) == 30
    assert find_broken_invariants() == []


def test_pending_points_come_along_and_come_to_life_there() -> None:
    florestan, leonore, pool = family(terms(pending={"days": 14}, validity_months=12))
    sale = buy(florestan, 60, "f1")
    join_pool(by=SYSTEM, at=AT + DAY, enrolment=florestan, pool_id=pool.id)
    join_pool(by=SYSTEM, at=AT + DAY, enrolment=leonore, pool_id=pool.id)
    assert get_balance(account_id=pool.account_id, currency="PTS", at=AT + 2 * DAY).pending == 60
    assert available(leonore, AT + 15 * DAY) == 60
    give_back(sale, AT + 2 * DAY)
    assert available(leonore, AT + 15 * DAY) == 0
    assert find_broken_invariants() == []


def test_who_leaves_takes_a_share_or_nothing_and_is_on_his_own() -> None:
    florestan, leonore, pool = family()
    buy(florestan, 61, "f1")
    for one in (florestan, leonore):
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=pool.id)
    leave_pool(by=SYSTEM, at=AT, enrolment=leonore, takes="share")
    assert (available(florestan), available(leonore)) == (31, 30)
    leave_pool(by=SYSTEM, at=AT, enrolment=florestan)
    assert available(florestan) == 0
    assert pool_of(florestan.id) is None
    buy(florestan, 5, "f2")
    assert available(florestan) == 5
    join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=pool.id)
    assert available(florestan) == 36
    assert find_broken_invariants() == []


def test_what_waits_of_who_left_waits_in_the_pool_and_its_event_finds_it_there() -> None:
    florestan, leonore, pool = family(terms(pending={"event": "delivered"}, validity_months=12))
    for one in (florestan, leonore):
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=pool.id)
    first, second = buy(florestan, 60, "f1", AT + DAY), buy(florestan, 40, "f2", AT + DAY)
    leave_pool(by=SYSTEM, at=AT + 2 * DAY, enrolment=florestan, takes="share")
    florestan.refresh_from_db()
    activate_points(by=SYSTEM, at=AT + 3 * DAY, enrolment=florestan, source_id=first.purchase_id, key="delivered")
    give_up_points(by=SYSTEM, at=AT + 3 * DAY, enrolment=florestan, source_id=second.purchase_id, key="refused")
    assert (available(florestan, AT + 3 * DAY), available(leonore, AT + 3 * DAY)) == (0, 60)
    give_back(first, AT + 4 * DAY)
    assert (available(florestan, AT + 4 * DAY), available(leonore, AT + 4 * DAY)) == (0, 0)
    with pytest.raises(NothingPending):
        activate_points(by=SYSTEM, at=AT + 4 * DAY, enrolment=florestan, source_id=first.purchase_id, key="again")
    assert find_broken_invariants() == []


def test_tiers_count_what_all_have_earned_and_what_each_had_before() -> None:
    florestan, leonore, pool = family()
    buy(florestan, 60, "f1")
    buy(leonore, 50, "l1")
    for one in (florestan, leonore):
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=pool.id)
    buy(leonore, 45, "l2", AT + DAY)
    with transaction.atomic():
        rederive_tiers(at=AT + DAY, enrolment_ids=[florestan.id, leonore.id])
    held = {one.id: tier_at(one.id, AT + DAY) for one in (florestan, leonore)}
    assert [period.tier for period in held.values() if period] == ["connaisseur"]  # 50 + 45 < 100, 60 + 45 is not


def test_joining_lets_all_tiers_be_looked_at_again() -> None:
    florestan, _leonore, pool = family()
    buy(florestan, 120, "f1")
    join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=pool.id)
    row = OutboxEvent.objects.get(name="pool.joined")
    assert row.payload["points"] == 120
    with transaction.atomic():
        reassess_pools([announced(row)], by=SYSTEM, at=AT)
    period = tier_at(florestan.id, AT)
    assert period is not None
    assert period.tier == "connaisseur"


def announced(row: OutboxEvent) -> Announced:
    return Announced(
        event_id=row.event_id, name=row.name, occurred_at=row.occurred_at, origin=row.origin,  # type: ignore[arg-type]
        customer_id=row.customer_id, payload=row.payload, recorded_at=row.recorded_at,
        schema_version=row.schema_version,
    )  # fmt: skip


def test_what_cannot_be_is_refused_and_nothing_happens() -> None:
    florestan, leonore, pool = family(members_max=1)
    buy(florestan, 60, "f1")
    with transaction.atomic():
        hold(by=SYSTEM, at=AT, account_id=florestan.account_id, currency="PTS", amount=10, key="h", expires_at=None)
    with pytest.raises(NotSettled):
        join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=pool.id)
    assert available(florestan) == 50
    join_pool(by=SYSTEM, at=AT, enrolment=leonore, pool_id=pool.id)
    with pytest.raises(InAPool):
        join_pool(by=SYSTEM, at=AT, enrolment=leonore, pool_id=pool.id)
    with pytest.raises(PoolFull):
        join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=pool.id)
    with pytest.raises(NotInAPool):
        leave_pool(by=SYSTEM, at=AT, enrolment=florestan)
    with pytest.raises(UnknownPool):
        join_pool(by=SYSTEM, at=AT, enrolment=florestan, pool_id=florestan.id)
    with pytest.raises(Denied):
        join_pool(by=PIZARRO, at=AT, enrolment=florestan, pool_id=pool.id)
