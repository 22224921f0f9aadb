"""Many are enrolled at once beside somebody who enrols one of them at this moment: nobody twice, nobody refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction

from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import NewMember, enrol_in_bulk
from fidelia.programme.operations.enrolments import write_enrolment
from tests.waiting import PATIENCE_SECONDS, wait_for_a_lock

from .cast import AT, AUTHOR, florestan, programme

pytestmark = pytest.mark.django_db(transaction=True)


def enrol_many(of: Programme, customer_ids: list[UUID]) -> dict[UUID, UUID]:
    try:
        with transaction.atomic():
            members = [NewMember(customer_id, AT) for customer_id in customer_ids]
            return enrol_in_bulk(by=AUTHOR, at=AT, programme=of, members=members, source="import")
    finally:
        connection.close()


def enrol_slowly(of: Programme, customer_id: UUID, written: threading.Event, may_end: threading.Event) -> UUID:
    try:
        with transaction.atomic():
            made = write_enrolment(
                by=AUTHOR, at=AT, programme=of, customer_id=customer_id, enrolled_at=AT, source="till", store_id=None,
                partner_id=None,
            )  # fmt: skip
            written.set()
            assert may_end.wait(PATIENCE_SECONDS)
            return made.id
    finally:
        connection.close()


def test_who_is_enrolled_at_this_moment_stays_enrolled_once() -> None:
    of = programme()
    first, second = florestan("2990441788200").id, florestan("2990441788217").id
    written, may_end = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(enrol_slowly, of, first, written, may_end)
        assert written.wait(PATIENCE_SECONDS)
        many = pool.submit(enrol_many, of, [first, second])
        wait_for_a_lock()
        may_end.set()
        made = many.result(PATIENCE_SECONDS)
    assert set(made) == {second}
    live = dict(Enrolment.objects.filter(ended_at__isnull=True).values_list("customer_id", "id"))
    assert live == {first: slow.result(PATIENCE_SECONDS), second: made[second]}
