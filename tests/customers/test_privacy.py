"""A person's own data: all given out, all erased, and amounts elsewhere keep their customer id."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction

from fidelia.customers import facts, privacy
from fidelia.customers.models import Consent, Customer, FactChange, Identity
from fidelia.customers.operations import record_consent, update_customer
from fidelia.customers.queries import references, search_customers
from fidelia.kernel.facts import FactTable
from fidelia.kernel.references import list_naming
from tests.cast import SYSTEM

from .people import DAY, added

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer() -> Customer:
    customer = added(town="Séville")
    update_customer(by=SYSTEM, at=DAY, customer_id=customer.id, changes={"town": "Nîmes"}, source="web")
    record_consent(
        by=SYSTEM, at=DAY, customer_id=customer.id, purpose="marketing", channel="email", given=True, proof={}
    )
    return customer


def test_it_gives_out_all_that_is_kept(customer: Customer) -> None:
    found = privacy.collect([customer.id])
    assert found["facts"][0]["given_name"] == "Florestan"
    assert found["identities"][0]["value"] == "290000000017"
    assert found["contact_points"][0]["value"] == "florestan@exemple.fr"
    assert found["changes"][0]["former"] == "Séville"
    assert found["consents"][0]["given"] is True


def test_it_erases_all_but_the_bare_row_and_the_proofs(customer: Customer) -> None:
    with transaction.atomic():
        privacy.erase([customer.id], at=DAY + timedelta(1))
    row = Customer.objects.get()
    assert (row.display_name, row.birth_on, row.town, row.search_key) == ("", None, "", "")
    assert row.erased_at == DAY + timedelta(1)
    assert (Identity.objects.count(), FactChange.objects.count(), Consent.objects.count()) == (0, 0, 1)
    assert search_customers(by=SYSTEM, text="florestan") == []


@pytest.mark.parametrize("table", facts.FACTS, ids=lambda table: str(table.name))
def test_its_facts_are_as_declared_and_name_nobody(customer: Customer, table: FactTable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(table.sql)
        assert [column.name for column in cursor.description] == list(table.columns)
        assert "lorestan" not in str(cursor.fetchall())


def test_every_table_that_names_a_customer_has_a_word_for_what_it_keeps() -> None:
    named = list_naming("customer_id", besides_all_of="customers_")
    assert set(named) == set(references.CALLED)
