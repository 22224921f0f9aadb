"""Adding a customer: facts as they are kept, one holder of each identity, nothing written on refusal."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.access.models import Audit
from fidelia.customers.errors import (
    IdentityTaken,
    InTheFuture,
    MalformedCountry,
    MalformedDate,
    MalformedEmail,
    MalformedPhone,
    NamelessCustomer,
    TextTooLong,
    UnknownChoice,
)
from fidelia.customers.models import ContactPoint, Customer, Identity
from fidelia.customers.operations import NewCustomer, add_customer, add_customers_in_bulk
from fidelia.kernel.errors import Denied, Invalid
from fidelia.kernel.models import OutboxEvent
from tests.cast import PIZARRO, SYSTEM, actor_with

from .people import DAY, added, florestan

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_keeps_the_facts_normalised() -> None:
    customer = added(family_name="  Müller\u00a0 Lefe\u0300vre ", phone="06 12 34 56 78", country="fr")
    row = Customer.objects.get(id=customer.id)
    assert (row.family_name, row.country, row.birth_on) == ("Müller Lefèvre", "FR", date(1970, 5, 23))
    assert (row.search_key, row.sort_key) == ("florestan muller lefevre", "muller lefevre florestan")
    assert set(ContactPoint.objects.values_list("channel", "value")) == {
        ("email", "florestan@exemple.fr"),
        ("phone", "+33612345678"),
    }
    assert Identity.objects.values_list("scheme", "value").get() == ("card", "290000000017")


def test_it_announces_and_audits_without_personal_data() -> None:
    customer = added()
    event = OutboxEvent.objects.get()
    assert (event.name, event.customer_id, event.payload) == ("customer.added", customer.id, {})
    audit = Audit.objects.get()
    assert (audit.verb, audit.object_id, audit.after) == ("customer.create", str(customer.id), {"source": "till"})


def test_it_refuses_an_identity_that_names_another() -> None:
    first = added()
    with pytest.raises(IdentityTaken) as refusal:
        added(email="", family_name="Pizarro")
    assert (refusal.value.pointer, refusal.value.details["customer_id"]) == ("/identities/0", str(first.id))
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "error", "pointer"),
    [
        ({"email": "florestan@"}, MalformedEmail, "/email"),
        ({"email": "léonore@exemple.fr"}, MalformedEmail, "/email"),
        ({"phone": "12"}, MalformedPhone, "/phone"),
        ({"phone": "call me"}, MalformedPhone, "/phone"),
        ({"birth_on": "1990-02-30"}, MalformedDate, "/birth_on"),
        ({"birth_on": date(2030, 1, 1)}, MalformedDate, "/birth_on"),
        ({"country": "XX"}, MalformedCountry, "/country"),
        ({"country": "France"}, MalformedCountry, "/country"),
        ({"kind": "dog"}, UnknownChoice, "/kind"),
        ({"language": "de"}, UnknownChoice, "/language"),
        ({"town": "x" * 151}, TextTooLong, "/town"),
        ({"kind": "company"}, NamelessCustomer, "/company_name"),
        ({"acquired_at": DAY + timedelta(seconds=1)}, InTheFuture, "/acquired_at"),
        ({"identities": (("Card!", "1"),)}, Invalid, "/identities/0"),
        ({"identities": (("card", " - "),)}, Invalid, "/identities/0"),
    ],
)
def test_it_names_what_is_wrong(facts: dict[str, object], error: type[Invalid], pointer: str) -> None:
    with pytest.raises(error) as refusal:
        added(**facts)
    assert refusal.value.pointer == pointer
    assert Customer.objects.count() == 0


def test_it_wants_something_to_know_a_customer_by() -> None:
    with pytest.raises(NamelessCustomer):
        add_customer(by=SYSTEM, at=DAY, customer=NewCustomer(source="till"))


def test_it_asks_for_the_right() -> None:
    with pytest.raises(Denied):
        add_customer(by=PIZARRO, at=DAY, customer=florestan())
    add_customer(by=actor_with("customer.create"), at=DAY, customer=florestan())


def test_in_bulk_a_known_identity_is_the_known_customer() -> None:
    known = added()
    rows = [
        florestan(identities=(("card", "2900-0000-0017"), ("external", "F-1"))),
        florestan(identities=(("external", "R-1"),), given_name="Rocco", email="rocco@exemple.fr"),
        florestan(identities=(("external", "R-1"), ("card", "31")), given_name="Rocco"),
        florestan(identities=(), given_name="Jaquino"),
    ]
    ids = _bulk(rows)
    assert ids[0] == known.id
    assert ids[1] == ids[2] != ids[3]
    assert Customer.objects.count() == 3
    assert set(Identity.objects.filter(customer_id=known.id).values_list("scheme", flat=True)) == {"card", "external"}
    assert Identity.objects.get(scheme="card", value="31").customer_id == ids[1]
    event = OutboxEvent.objects.get(name="customers.added")
    assert (event.origin, event.payload) == ("backfill", {"source": "till", "count": 2})


def test_in_bulk_a_second_time_adds_nothing() -> None:
    rows = [florestan(identities=(("external", str(number)),)) for number in range(50)]
    assert _bulk(rows) == _bulk([florestan(identities=row.identities) for row in rows])
    assert Customer.objects.count() == 50


def test_in_bulk_it_points_at_the_bad_row() -> None:
    with pytest.raises(MalformedEmail) as refusal:
        _bulk([florestan(), florestan(identities=(), email="no")])
    assert refusal.value.pointer == "/1/email"
    assert Customer.objects.count() == 0


def test_in_bulk_it_takes_the_same_few_statements() -> None:
    def statements(rows: int) -> int:

        batch = [florestan(identities=(("external", f"{rows}-{number}"),)) for number in range(rows)]
        with CaptureQueriesContext(connection) as queries:
            _bulk(batch)
        return len(queries)

    assert statements(2) == statements(40)


def _bulk(rows: list[NewCustomer], at: datetime = DAY) -> list[object]:
    with transaction.atomic():
        return list(add_customers_in_bulk(by=SYSTEM, at=at, rows=rows))
