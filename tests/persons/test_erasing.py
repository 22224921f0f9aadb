"""A wish to be erased carried out: nothing that names the person is left in any table, and the accounts add up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from fidelia.access.models import Audit
from fidelia.cards.operations import give_card
from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer, update_customer
from fidelia.customers.queries import find_by_identity
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.members.operations import ask_code
from fidelia.organisation.operations import set_up_operator
from fidelia.persons.errors import RequestOver, UnknownRequest
from fidelia.persons.models import RightsRequest
from fidelia.persons.operations import ask_erasure, carry_out_erasure, merge_customers, withdraw_request
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import enrol
from fidelia.programme.operations.adjusting import correct_points
from tests.cards.shop import series
from tests.cast import PIZARRO, SYSTEM
from tests.members.company import open_portal
from tests.programme.cast import AT, member, programme
from tests.programme.test_pools import LEONORE, buy

pytestmark = pytest.mark.django_db(transaction=True)
NAME, SURNAME, EMAIL, TOWN = "Zdravomila", "Quirinalis", "zdravomila@quirinalis.example", "Xanthippolis"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def house() -> None:
    set_up_operator(
        by=SYSTEM, at=AT - 9 * DAY, name="Fidelio", country="FR", currency="EUR", language="fr",
        time_zone="Europe/Paris",
    )  # fmt: skip
    open_portal(AT)


def somebody() -> tuple[Enrolment, Enrolment]:
    """A person with a second record, purchases, a card, a correction, a code asked for; and somebody else."""
    other = member(programme(), LEONORE)
    ids = []
    for n in (1, 2):
        new = NewCustomer(source="till", given_name=NAME, family_name=SURNAME, email=EMAIL, town=TOWN, country="FR")
        found = add_customer(by=SYSTEM, at=AT - DAY, customer=new)
        own = enrol(by=SYSTEM, at=AT - DAY, programme=other.programme, customer_id=found.id, source="till")
        buy(own, 60, f"z{n}")
        ids.append(own)
    update_customer(
        by=SYSTEM, at=AT, customer_id=ids[0].customer_id, changes={"family_name": SURNAME + "-A"}, source="x"
    )
    card = series(other.programme, is_digital=True)
    give_card(by=SYSTEM, at=AT, customer_id=ids[0].customer_id, series_id=card.id, programme=other.programme)
    correct_points(by=SYSTEM, at=AT, enrolment=ids[0], amount=5, reason=f"{NAME} called", key="k")
    ask_code(at=AT, address=EMAIL, network="192.0.2.7", language="fr")
    merge_customers(by=SYSTEM, at=AT, customer_id=ids[1].customer_id, into=ids[0].customer_id, reason=f"both {NAME}")
    buy(other, 40, "other")
    return ids[0], other


def tables_that_say(*words: str) -> set[str]:
    """Every table in a row of which one of the words stands, whatever the column."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("select table_name from information_schema.tables where table_schema = 'public' "
                       "and table_type = 'BASE TABLE'")  # fmt: skip
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'select exists (select from "{table}" t where t::text ilike any (%s))',
                [[f"%{word}%" for word in words]],
            )
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def ask(of: Enrolment) -> RightsRequest:
    return ask_erasure(by=SYSTEM, at=AT, customer_id=of.customer_id, note=f"adieu, {NAME}", source="portal")


def test_nothing_that_names_the_person_is_left_anywhere() -> None:
    own, other = somebody()
    words = (NAME, SURNAME, EMAIL, TOWN)
    assert {"customers_customer", "customers_contact_point", "ledger_posting"} <= tables_that_say(*words)
    counts = carry_out_erasure(by=SYSTEM, at=AT + DAY, request_id=ask(own).id)
    assert tables_that_say(*words) == set()
    assert counts["customers_customer"] == 2
    assert find_by_identity("card", LEONORE) == other.customer_id
    assert get_balance(account_id=other.account_id, currency="PTS", at=AT + DAY).available == 90
    assert find_broken_invariants() == []


def test_the_request_stays_as_proof_and_the_audit_names_nobody() -> None:
    own, _other = somebody()
    asked = ask(own)
    carry_out_erasure(by=SYSTEM, at=AT + DAY, request_id=asked.id)
    asked.refresh_from_db()
    assert (asked.state, asked.note, asked.answer, asked.answered_at) == ("done", "", "", AT + DAY)
    assert Audit.objects.filter(verb="request.erase", object_id=asked.id).count() == 1
    assert not Enrolment.objects.filter(customer_id=own.customer_id, ended_at__isnull=True).exists()
    with pytest.raises(RequestOver):
        carry_out_erasure(by=SYSTEM, at=AT + DAY, request_id=asked.id)


def test_what_cannot_be_is_refused_and_nobody_is_erased() -> None:
    own, _other = somebody()
    asked = ask(own)
    with pytest.raises(Denied):
        carry_out_erasure(by=PIZARRO, at=AT, request_id=asked.id)
    with pytest.raises(UnknownRequest):
        carry_out_erasure(by=SYSTEM, at=AT, request_id=new_id())
    withdraw_request(by=SYSTEM, at=AT, customer_id=own.customer_id)
    with pytest.raises(RequestOver):
        carry_out_erasure(by=SYSTEM, at=AT, request_id=asked.id)
    assert not Customer.objects.filter(erased_at__isnull=False).exists()
