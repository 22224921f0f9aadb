"""Merges at once, and merges beside enrolments: a person never has two memberships of one programme."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction

from fidelia.customers.queries import ids_of, ids_of_each
from fidelia.persons.operations import merge_customers, merging
from fidelia.programme.errors import AlreadyEnrolled
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import NewMember, enrol, enrol_in_bulk, enrolments
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool, wait_for_a_lock
from tests.cast import SYSTEM
from tests.kernel.serving import writer
from tests.programme.cast import AT, florestan, member, programme
from tests.programme.test_pools import LEONORE, terms
from tests.waiting import WAITING, wait_for

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def merge(customer_id: UUID, into: UUID) -> None:
    try:
        merge_customers(by=SYSTEM, at=AT, customer_id=customer_id, into=into)
    finally:
        connection.close()


def memberships_of(person: UUID) -> list[Enrolment]:
    return list(Enrolment.objects.filter(customer_id__in=ids_of(person), ended_at__isnull=True))


def test_two_members_who_become_one_person_at_once_have_one_membership() -> None:
    made = programme(terms())
    one, other, person = member(made), member(made, LEONORE), florestan("2990441788231").id
    with writer() as gate, ThreadPoolExecutor(2) as pool:
        gate.execute("select from customers_customer where id = %s for update", [person])
        merges = [pool.submit(merge, each.customer_id, person) for each in (one, other)]
        wait_for(lambda: gate.execute(WAITING).fetchone()[0] >= 2)  # type: ignore[index]
        gate.commit()
        for each in merges:
            each.result()
    assert len(memberships_of(person)) == 1


def test_a_person_who_is_a_member_under_another_name_is_not_enrolled_again() -> None:
    made = programme(terms())
    one, person = member(made), florestan("2990441788231").id
    merge_customers(by=SYSTEM, at=AT, customer_id=one.customer_id, into=person)
    with pytest.raises(AlreadyEnrolled):
        enrol(by=SYSTEM, at=AT, programme=made, customer_id=person)
    assert [each.id for each in memberships_of(person)] == [one.id]


def enrol_many(of: Programme, person: UUID) -> list[UUID]:
    with transaction.atomic():
        return list(enrol_in_bulk(by=SYSTEM, at=AT, programme=of, members=[NewMember(person, AT)], source="import"))


def test_who_becomes_one_with_a_member_while_many_are_enrolled_stays_a_member_once(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, gate = programme(terms()), Gate()
    one, person = member(made), florestan("2990441788231").id
    monkeypatch.setattr(merging, "absorb_person", gate.before(merging.absorb_person))
    merged = begin(pool, lambda: merge(one.customer_id, person))
    gate.wait()
    many = begin(pool, lambda: enrol_many(made, person))
    wait_for_a_lock()
    gate.opened.set()
    merged.result(SECONDS)
    assert many.result(SECONDS) == []
    assert [each.id for each in memberships_of(person)] == [one.id]


def test_without_holding_people_they_would_be_a_member_twice(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, gate = programme(terms()), Gate()
    one, person = member(made), florestan("2990441788231").id
    monkeypatch.setattr(merging, "absorb_person", gate.before(merging.absorb_person))
    monkeypatch.setattr(enrolments, "hold_people", ids_of_each)
    merged = begin(pool, lambda: merge(one.customer_id, person))
    gate.wait()
    assert enrol_many(made, person) == [person]
    gate.opened.set()
    merged.result(SECONDS)
    assert len(memberships_of(person)) == 2, "the race that the lock forbids"
