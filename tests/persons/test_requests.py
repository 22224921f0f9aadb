"""A person's own data: all of it in one piece, and the wish to be erased with the day on which it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from fidelia.access.models import Audit
from fidelia.customers.queries import ids_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.organisation.operations import set_up_operator
from fidelia.persons import privacy
from fidelia.persons.errors import AnswerMissing, RequestOver, UnknownRequest
from fidelia.persons.models import RightsRequest
from fidelia.persons.operations import answer_request, ask_erasure, withdraw_request
from fidelia.persons.queries import KEEPERS, collect_person, list_requests
from tests.cast import AT, PIZARRO, SYSTEM
from tests.members.company import member, merge
from tests.programme.cast import programme

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def house() -> None:
    programme()
    set_up_operator(
        by=SYSTEM, at=AT, name="Fidelio", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )


def test_all_that_is_kept_comes_out_of_those_merged_too() -> None:
    old, new = member("old@example.com"), member("new@example.com", "Léonore")
    merge(old.id, new.id)
    found = collect_person(by=SYSTEM, customer_id=new.id)
    assert {row["value"] for row in found["contact_points"]} == {"old@example.com", "new@example.com"}
    assert {row["given_name"] for row in found["facts"]} == {"Florestan", "Léonore"}
    assert {"memberships", "vouchers", "messages", "devices", "requests", "purchases"} <= set(found)


def test_every_module_that_keeps_something_of_a_customer_is_asked() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.columns join information_schema.tables using (table_schema, "
            "table_name) where table_schema = 'public' and column_name = 'customer_id' and table_type = 'BASE TABLE'"
        )
        tables = {name for (name,) in cursor.fetchall()}
    kept = {table for keeper in KEEPERS for table in keeper.TABLES}
    records = {"kernel_outbox", "kernel_parked_event", "access_audit", "kernel_change_mark"}
    assert tables - records - kept == set()


def test_a_copy_is_for_those_who_may_see_customers() -> None:
    with pytest.raises(Denied):
        collect_person(by=PIZARRO, customer_id=member(None).id)


def test_what_is_asked_is_due_a_month_later_and_twice_is_once() -> None:
    florestan = member("florestan@example.com")
    at = datetime(2026, 1, 30, 23, 30, tzinfo=UTC)  # the 31st in Paris, and February is short
    asked = ask_erasure(by=SYSTEM, at=at, customer_id=florestan.id, note="  adieu ", source="portal")
    again = ask_erasure(by=SYSTEM, at=at + timedelta(days=3), customer_id=florestan.id, source="portal")
    assert (asked.due_on, asked.note) == (date(2026, 2, 28), "adieu")
    assert again.id == asked.id
    assert RightsRequest.objects.count() == 1
    assert "adieu" not in str(list(Audit.objects.filter(verb="request.ask").values()))


def test_one_thinks_better_of_it_and_asks_again() -> None:
    florestan = member(None)
    ask_erasure(by=SYSTEM, at=AT, customer_id=florestan.id, source="portal")
    withdraw_request(by=SYSTEM, at=AT, customer_id=florestan.id)
    with pytest.raises(UnknownRequest):
        withdraw_request(by=SYSTEM, at=AT, customer_id=florestan.id)
    ask_erasure(by=SYSTEM, at=AT, customer_id=florestan.id, source="portal")
    assert [one.state for one in RightsRequest.objects.order_by("asked_at", "id")] == ["withdrawn", "open"]


def test_staff_answer_once_and_say_what_they_did() -> None:
    asked = ask_erasure(by=SYSTEM, at=AT, customer_id=member(None).id, source="portal")
    with pytest.raises(AnswerMissing):
        answer_request(by=SYSTEM, at=AT, request_id=asked.id, is_done=True, answer="  ")
    with pytest.raises(Denied):
        answer_request(by=PIZARRO, at=AT, request_id=asked.id, is_done=True, answer="fait")
    assert [one.id for one in list_requests(by=SYSTEM)] == [asked.id]
    answer_request(by=SYSTEM, at=AT, request_id=asked.id, is_done=False, answer="Facture due jusqu’en mai")
    assert list_requests(by=SYSTEM) == []
    assert [one.state for one in list_requests(by=SYSTEM, state="over")] == ["refused"]
    with pytest.raises(RequestOver):
        answer_request(by=SYSTEM, at=AT, request_id=asked.id, is_done=True, answer="fait")
    with pytest.raises(UnknownRequest):
        answer_request(by=SYSTEM, at=AT, request_id=new_id(), is_done=True, answer="fait")


def test_erased_the_request_stays_as_proof_without_its_words() -> None:
    florestan = member(None)
    asked = ask_erasure(by=SYSTEM, at=AT, customer_id=florestan.id, note="adieu", source="portal")
    with transaction_of_use_case():
        assert privacy.erase(ids_of(florestan.id), at=AT) == {"persons_request": 1}
    asked.refresh_from_db()
    assert (asked.state, asked.note) == ("open", "")
