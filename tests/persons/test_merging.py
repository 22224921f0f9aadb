"""Two records of one person become one: what each was given is the person's, under whatever name it was given."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from fidelia.activity.operations.checkouts import BasketLine, CheckoutBasket, CheckoutCall, close_checkout
from fidelia.customers.errors import CustomerClosed, SameCustomer
from fidelia.customers.models import Customer
from fidelia.customers.queries import find_by_identity, ids_of
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.operations import activate_due, hold
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.persons.operations import merge_customers
from fidelia.programme.errors import NotSettled, TwoPools
from fidelia.programme.models import Enrolment, PointsPool
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.operations.points import activate_points
from fidelia.programme.operations.pools import create_pool, join_pool, leave_pool
from fidelia.programme.queries import account_now, find_enrolment, list_pool_members, tier_at
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, member, programme
from tests.programme.test_pools import DAY, LEONORE, buy, give_back, terms

pytestmark = pytest.mark.django_db
MARZELLINE = "2990441788224"


def two(document: dict[str, Any] | None = None) -> tuple[Enrolment, Enrolment]:
    made = programme(document or terms())
    return member(made), member(made, LEONORE)


def pool_for(of: Enrolment, name: str = "Fidelio") -> PointsPool:
    return create_pool(by=SYSTEM, at=AT, programme=of.programme, name=name)


def merge(one: Enrolment, into: Enrolment, at: Any = AT) -> None:
    merge_customers(by=SYSTEM, at=at, customer_id=one.customer_id, into=into.customer_id, reason="same e-mail")
    one.refresh_from_db()
    into.refresh_from_db()


def available(of: Enrolment, at: Any = AT) -> int:
    of.refresh_from_db()
    assert find_broken_invariants() == []
    return get_balance(account_id=of.account_id, currency="PTS", at=at).available


def test_points_come_together_and_every_name_leads_to_the_person() -> None:
    old, own = two()
    buy(old, 60, "o1")
    buy(own, 50, "p1")
    merge(old, own)
    assert (available(own), old.ended_at, old.followed_by_id) == (110, AT, own.id)
    assert find_by_identity("card", "2990441788200") == own.customer_id
    assert ids_of(own.customer_id) == (own.customer_id, old.customer_id)
    held = tier_at(own.id, AT)
    assert held is not None
    assert held.tier == "connaisseur"  # 60 and 50 are 110: counted together, at once
    told = OutboxEvent.objects.get(name="customer.merged")
    assert (told.customer_id, told.payload["merged_id"]) == (own.customer_id, str(old.customer_id))
    with transaction.atomic():
        rederive_tiers(at=AT + DAY, enrolment_ids=[own.id])
    assert tier_at(own.id, AT + DAY) == held


def test_a_purchase_under_either_name_earns_for_the_person_and_a_return_finds_the_points() -> None:
    old, own = two()
    sale = buy(old, 60, "o1")
    merge(old, own)
    buy(old, 10, "o2", AT + DAY)
    assert available(own, AT + DAY) == 70
    assert give_back(sale, AT + DAY).points == -60
    assert available(own, AT + DAY) == 10


def test_pending_points_come_along_and_may_be_activated_and_given_up_by_their_purchase() -> None:
    old, own = two(terms(pending={"event": "delivered"}, validity_months=12))
    sale = buy(old, 60, "o1")
    merge(old, own)
    assert get_balance(account_id=own.account_id, currency="PTS", at=AT).pending == 60
    activate_points(by=SYSTEM, at=AT + DAY, enrolment=own, source_id=sale.purchase_id, key="delivered")
    assert available(own, AT + DAY) == 60


def test_points_that_wait_come_to_life_at_their_time() -> None:
    old, own = two(terms(pending={"days": 14}, validity_months=12))
    buy(old, 60, "o1")
    merge(old, own)
    with transaction.atomic():
        activate_due(by=SYSTEM, at=AT + 15 * DAY)
    assert available(own, AT + 15 * DAY) == 60


def test_members_of_one_pool_keep_it_with_one_seat() -> None:
    old, own = two()
    family = pool_for(own)
    buy(old, 60, "o1")
    for one in (old, own):
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=family.id)
    merge(old, own)
    assert available(own) == 60
    assert [seat.enrolment_id for seat in list_pool_members(family)] == [own.id]
    leave_pool(by=SYSTEM, at=AT + DAY, enrolment=own, takes="share")
    assert available(own, AT + DAY) == 60


@pytest.mark.parametrize("who", ["merged", "person"])
def test_a_member_of_a_pool_and_one_of_none_are_one_in_the_pool(who: str) -> None:
    old, own = two()
    marzelline = member(own.programme, MARZELLINE)
    family = pool_for(own)
    sale = buy(old, 60, "o1")
    buy(own, 50, "p1")
    for one in (marzelline, old if who == "merged" else own):
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=family.id)
    merge(old, own)
    assert (available(own), available(marzelline)) == (110, 110)
    assert {seat.enrolment_id for seat in list_pool_members(family)} == {own.id, marzelline.id}
    assert account_now(old.account_id) == family.account_id
    give_back(sale, AT + DAY)
    assert available(own, AT + DAY) == 50
    leave_pool(by=SYSTEM, at=AT + DAY, enrolment=own, takes="share")
    assert (available(own, AT + DAY), available(marzelline, AT + DAY)) == (25, 25)
    assert account_now(family.account_id) == family.account_id


def test_members_of_two_pools_are_refused_and_nothing_happens() -> None:
    old, own = two()
    for one, name in ((old, "Rocco"), (own, "Fidelio")):
        buy(one, 60, name)
        join_pool(by=SYSTEM, at=AT, enrolment=one, pool_id=pool_for(one, name).id)
    with pytest.raises(TwoPools):
        merge(old, own)
    assert ids_of(own.customer_id) == (own.customer_id,)
    assert (available(old), available(own)) == (60, 60)
    assert not OutboxEvent.objects.filter(name="customer.merged").exists()


def test_who_is_a_member_only_under_one_name_stays_one() -> None:
    old, own = two()
    buy(old, 60, "o1")
    Enrolment.objects.filter(id=own.id).update(ended_at=AT)
    merge(old, own)
    assert find_enrolment(old.programme, ids_of(own.customer_id)) == old
    assert available(old) == 60


def test_three_records_become_one_whichever_way_round() -> None:
    old, own = two()
    third = member(own.programme, MARZELLINE)
    sale = buy(old, 60, "o1")
    buy(third, 5, "t1")
    merge(old, third)
    merge(third, own, AT + DAY)
    assert available(own, AT + DAY) == 65
    assert account_now(old.account_id) == own.account_id
    assert account_now(sale.account_id) == own.account_id  # type: ignore[arg-type]
    give_back(sale, AT + 2 * DAY)
    assert available(own, AT + 2 * DAY) == 5


def test_what_cannot_be_is_refused() -> None:
    old, own = two()
    with pytest.raises(SameCustomer):
        merge(own, own)
    with pytest.raises(Denied):
        merge_customers(by=PIZARRO, at=AT, customer_id=old.customer_id, into=own.customer_id)
    buy(old, 60, "o1")
    with transaction.atomic():
        hold(by=SYSTEM, at=AT, account_id=old.account_id, currency="PTS", amount=10, key="h", expires_at=None)
    with pytest.raises(NotSettled):
        merge(old, own)
    assert Customer.objects.get(id=old.customer_id).merged_into_id is None
    third = member(own.programme, MARZELLINE)
    merge(third, own)
    with pytest.raises(CustomerClosed):
        merge(third, own)
    with pytest.raises(CustomerClosed):
        merge(own, third)


def test_a_hundred_and_two_hundred_are_three_hundred_and_one_checkout_spends_them_under_the_old_card() -> None:
    old, own = two(terms(validity_months=24, pays={"points": "100", "money": "1.00"}))
    buy(old, 100, "o1")
    buy(own, 200, "p1")
    merge(old, own)
    assert available(own) == 300
    card = ("card", "2990441788200")
    mug = BasketLine("mug", 1000, 300, 2)
    asked = CheckoutBasket(currency="EUR", lines=(mug,), identity=card, pays_with_points=True)
    call = CheckoutCall(idempotency_key="k", step="close", source="till", number="C-1", basket=asked)
    sold = close_checkout(by=SYSTEM, at=AT + DAY, call=call).made
    assert (sold.customer_id, sold.points_spent, sold.paid_by_points) == (own.customer_id, 300, 300)
    assert available(own, AT + DAY) == sold.points
