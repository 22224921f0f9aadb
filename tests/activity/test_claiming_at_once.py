"""Races of claims: with the guard off two members pass the check; with it on, the second waits and is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from fidelia.activity.errors import AlreadyClaimed
from fidelia.activity.models import Purchase, PurchaseClaim
from fidelia.activity.operations import ClaimRequest, claim_purchase, claims, locking, returns
from fidelia.activity.queries import find_broken_chain
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import enrol
from tests.programme.cast import AT, AUTHOR, BEGUN, florestan, member, programme
from tests.waiting import wait_for_a_lock

from .test_claiming_a_purchase import TILL as CLAIMANT
from .test_recording_at_once import SECONDS, Gate, begin, give_back, pool, sold

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def two_members() -> tuple[Enrolment, Enrolment]:
    first = member(programme())
    customer = florestan("2990441788217")
    second = enrol(by=AUTHOR, at=BEGUN, programme=first.programme, customer_id=customer.id, source="till")
    return first, second


def claim(sale: Purchase, whose: Enrolment) -> PurchaseClaim:
    request = ClaimRequest(purchase_id=sale.purchase_id, customer_id=whose.customer_id)
    return claim_purchase(by=CLAIMANT, at=AT, request=request)


def balances(*enrolments: Enrolment) -> list[int]:
    assert find_broken_invariants() == []
    assert [find_broken_chain(each.account_id) for each in enrolments] == [None] * len(enrolments)
    return [get_balance(account_id=each.account_id, currency="PTS", at=AT).available for each in enrolments]


def test_one_receipt_goes_to_one_of_two_members_who_claim_it_at_once(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    leonore, florestan_too = two_members()
    sale, gate = sold(identity=None), Gate()
    monkeypatch.setattr(claims, "_check_terms", gate.before(claims._check_terms))
    first = begin(pool, lambda: claim(sale, leonore))
    gate.wait()
    second = begin(pool, lambda: claim(sale, florestan_too))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).points == 80
    with pytest.raises(AlreadyClaimed):
        second.result(SECONDS)
    assert balances(leonore, florestan_too) == [80, 0]


def test_without_the_lock_both_would_find_it_unclaimed_and_the_database_stops_the_second(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    leonore, florestan_too = two_members()
    sale, gate = sold(identity=None), Gate()
    monkeypatch.setattr(claims, "lock_purchase", unlocked)
    monkeypatch.setattr(claims, "_check_terms", gate.before(claims._check_terms))
    acts = [begin(pool, lambda whose=whose: claim(sale, whose)) for whose in (leonore, florestan_too)]  # type: ignore[misc]
    gate.wait()
    gate.wait()  # both have passed the check
    gate.opened.set()
    refusals = [act.exception(SECONDS) for act in acts]
    assert sorted(type(refusal) for refusal in refusals if refusal) == [AlreadyClaimed]
    assert sorted(balances(leonore, florestan_too)) == [0, 80]


def test_a_return_waits_for_the_claim_and_takes_the_members_points(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    leonore, _other = two_members()
    sale, gate = sold(identity=None), Gate()
    monkeypatch.setattr(claims, "_check_terms", gate.before(claims._check_terms))
    first = begin(pool, lambda: claim(sale, leonore))
    gate.wait()
    second = begin(pool, lambda: give_back(sale, "r1"))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).points == 80
    returned = Purchase.objects.get(purchase_id=second.result(SECONDS).purchase_id)
    assert (returned.enrolment_id, returned.points) == (leonore.id, -80)
    assert balances(leonore) == [0]


def test_without_the_lock_the_return_would_be_nobodys_and_the_points_stay(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    leonore, _other = two_members()
    sale, gate = sold(identity=None), Gate()
    monkeypatch.setattr(claims, "lock_purchase", unlocked)
    monkeypatch.setattr(locking, "lock_purchase", unlocked)
    monkeypatch.setattr(returns, "_parts_given_back", gate.before(returns._parts_given_back))
    returned = begin(pool, lambda: give_back(sale, "r1"))
    gate.wait()
    claim(sale, leonore)
    gate.opened.set()
    assert Purchase.objects.get(purchase_id=returned.result(SECONDS).purchase_id).enrolment_id is None
    assert balances(leonore) == [80]


def unlocked(purchase_id: UUID) -> None:
    return None
