"""Changing what is known: each changed fact keeps its former value, source and date."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.access.models import Audit
from fidelia.customers.errors import (
    CustomerClosed,
    IdentityTaken,
    UnknownCustomer,
    UnknownFact,
    UnknownIdentity,
)
from fidelia.customers.models import ContactPoint, Customer, FactChange
from fidelia.customers.operations import (
    add_contact_point,
    add_identity,
    end_identity,
    retire_contact_point,
    update_customer,
)
from fidelia.customers.queries import find_address, find_by_identity, ids_of
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.kernel.models import OutboxEvent
from tests.cast import PIZARRO, SYSTEM

from .people import DAY, added

pytestmark = pytest.mark.django_db(transaction=True)
LATER = DAY + timedelta(days=30)


def test_it_keeps_former_value_source_and_date() -> None:
    customer = added(town="Séville")
    moved = update_customer(
        by=SYSTEM, at=LATER, customer_id=customer.id, changes={"town": "Nîmes", "language": "fr"}, source="web"
    )
    change = FactChange.objects.get()
    assert (change.fact, change.former, change.value, change.source) == ("town", "Séville", "Nîmes", "web")
    assert (change.occurred_at, moved.town, moved.updated_at) == (LATER, "Nîmes", LATER)
    assert Audit.objects.filter(verb="customer.change").get().after == {"facts": ["town"], "source": "web"}


def test_it_finds_a_customer_by_the_new_name() -> None:
    customer = added()
    update_customer(by=SYSTEM, at=LATER, customer_id=customer.id, changes={"family_name": "Ørsted"}, source="till")
    assert Customer.objects.get().search_key == "florestan orsted"


def test_nothing_different_writes_nothing() -> None:
    customer = added(town="Séville")
    update_customer(by=SYSTEM, at=LATER, customer_id=customer.id, changes={"town": "Séville"}, source="web")
    assert Customer.objects.get().updated_at == DAY
    assert not OutboxEvent.objects.filter(name="customer.changed").exists()


def test_it_refuses_what_is_no_fact_of_theirs() -> None:
    customer = added()
    with pytest.raises(UnknownFact) as refusal:
        update_customer(by=SYSTEM, at=LATER, customer_id=customer.id, changes={"erased_at": None}, source="web")
    assert refusal.value.pointer == "/erased_at"
    with pytest.raises(UnknownCustomer):
        update_customer(by=SYSTEM, at=LATER, customer_id=new_id(), changes={}, source="web")
    with pytest.raises(Denied):
        update_customer(by=PIZARRO, at=LATER, customer_id=customer.id, changes={"town": "Rome"}, source="web")


def test_it_refuses_facts_for_a_merged_customer() -> None:
    survivor, merged = added(), added(identities=())
    Customer.objects.filter(id=merged.id).update(merged_into=survivor)
    with pytest.raises(CustomerClosed) as refusal:
        update_customer(by=SYSTEM, at=LATER, customer_id=merged.id, changes={"town": "Rome"}, source="web")
    assert refusal.value.details["merged_into"] == str(survivor.id)


def test_a_lost_card_may_name_somebody_else() -> None:
    customer, other = added(), added(identities=())
    with pytest.raises(IdentityTaken):
        add_identity(by=SYSTEM, at=LATER, customer_id=other.id, scheme="card", value="290000000017")
    end_identity(by=SYSTEM, at=LATER, customer_id=customer.id, scheme="card", value="2900 0000 0017")
    assert find_by_identity("card", "290000000017") is None
    add_identity(by=SYSTEM, at=LATER, customer_id=other.id, scheme="card", value="290000000017")
    assert find_by_identity("card", "2900.0000.0017") == other.id
    with pytest.raises(UnknownIdentity):
        end_identity(by=SYSTEM, at=LATER, customer_id=customer.id, scheme="card", value="290000000017")


def test_the_same_identity_again_changes_nothing() -> None:
    customer = added()
    first = add_identity(by=SYSTEM, at=LATER, customer_id=customer.id, scheme="app", value="a-1")
    again = add_identity(by=SYSTEM, at=LATER + timedelta(1), customer_id=customer.id, scheme="app", value="a-1")
    assert first.pk == again.pk
    assert OutboxEvent.objects.filter(name="customer.identity_added").count() == 1


def test_the_newest_active_address_is_written_to() -> None:
    customer = added()
    add_contact_point(
        by=SYSTEM, at=LATER, customer_id=customer.id, channel="email", value="F@neu.example", source="web"
    )
    assert find_address([customer.id], "email") == "f@neu.example"
    point = ContactPoint.objects.get(value="f@neu.example")
    retire_contact_point(by=SYSTEM, at=LATER, customer_id=customer.id, contact_point_id=point.pk)
    assert find_address([customer.id], "email") == "florestan@exemple.fr"


def test_a_merge_is_read_from_both_ends() -> None:
    survivor, middle, first = added(), added(identities=()), added(identities=(("card", "99"),))
    Customer.objects.filter(id=first.id).update(merged_into=middle)
    Customer.objects.filter(id=middle.id).update(merged_into=survivor)
    assert ids_of(survivor.id) == ids_of(first.id) == (survivor.id, middle.id, first.id)
    assert find_by_identity("card", "99") == survivor.id
