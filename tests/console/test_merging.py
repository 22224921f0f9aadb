"""Duplicates in the console: found by what two records share, compared, and made one person once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.customers.queries import find_duplicates, ids_of
from fidelia.kernel.clock import now
from fidelia.programme.models import Enrolment
from tests.cast import SYSTEM, leonore, pizarro

from .boutique import MUG, buy, join, open_shop

pytestmark = pytest.mark.django_db(transaction=True)


def someone(**facts: Any) -> UUID:
    known: dict[str, Any] = {"source": "till", "given_name": "Eléonore", "family_name": "Muller"}
    return add_customer(by=SYSTEM, at=now() - timedelta(days=3), customer=NewCustomer(**{**known, **facts})).id


def reasons_for(customer_id: UUID) -> dict[UUID, tuple[str, ...]]:
    return {one.customer.id: one.reasons for one in find_duplicates(by=SYSTEM, customer_id=customer_id)}


def signed(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_what_two_records_share_is_found_and_what_speaks_against_it_is_not() -> None:
    shop = open_shop()
    Customer.objects.filter(id=shop.customer_id).update(birth_on=date(1985, 6, 1))
    born = date(1985, 6, 1)
    expected = {
        someone(email="LEONORE@example.com", given_name="L.", family_name=""): ("email",),
        someone(phone="06 39 98 41 27", given_name="Rocco"): ("phone",),
        someone(given_name="Léonore", family_name="Müller", birth_on=born): ("name_and_birthday",),
        someone(given_name="Leonor", family_name="Muler", birth_on=born): ("near_name_and_birthday",),
        someone(given_name="Léonore", family_name="Rocco", birth_on=born): ("near_name_and_birthday",),
        someone(given_name="Müller", family_name="Léonore", birth_on=born): ("near_name_and_birthday",),
        someone(given_name="Leonore", family_name="Muller"): ("name",),
    }
    someone(given_name="Léonore", family_name="Müller", birth_on=date(1990, 1, 1))
    someone(given_name="Jaquino", family_name="Klein", birth_on=born)
    assert reasons_for(shop.customer_id) == expected


def test_an_address_that_many_share_speaks_for_nobody() -> None:
    shop = open_shop()
    for number in range(21):
        someone(given_name=f"Customer {number}", family_name="", email="leonore@example.com")
    assert reasons_for(shop.customer_id) == {}


def test_two_records_are_compared_and_become_one_with_what_was_chosen() -> None:
    shop = open_shop()
    other = someone(email="leonore@example.com", birth_on=date(1985, 6, 1))
    join(other, now() - timedelta(days=2), shop.lyon)
    buy(other, now() - timedelta(days=1), shop.lyon, "R-9", MUG)
    client = signed(leonore())
    listed = client.get(f"/console/customers/{shop.customer_id}/duplicates/").content.decode()
    assert str(other) in listed
    url = f"/console/customers/{shop.customer_id}/duplicates/{other}/"
    page = client.get(url).content.decode()
    assert "ne se défait pas" in page
    said = {
        "stays": str(shop.customer_id), "understood": "on", "reason": "même adresse", "given_name": "other",
        "family_name": "one", "birth_on": "other", "town": "one", "postal_code": "one", "country": "one",
    }  # fmt: skip
    assert client.post(url, {**said, "understood": ""}).status_code == 422
    assert Customer.objects.get(id=other).merged_into_id is None
    assert client.post(url, said)["Location"] == f"/console/customers/{shop.customer_id}/"
    person = Customer.objects.get(id=shop.customer_id)
    assert (person.given_name, person.family_name, person.birth_on) == ("Eléonore", "Müller", date(1985, 6, 1))
    assert set(ids_of(other)) == {shop.customer_id, other}
    assert Enrolment.objects.filter(ended_at=None).count() == 1
    again = client.post(url, said)
    assert again.status_code in (302, 404), "a second click finds them one already"
    assert str(other) not in client.get(f"/console/customers/{shop.customer_id}/duplicates/").content.decode()


def test_without_the_right_there_is_no_page() -> None:
    shop = open_shop()
    other = someone(email="leonore@example.com")
    client = signed(pizarro())
    assert client.get(f"/console/customers/{shop.customer_id}/duplicates/").status_code == 403
    assert client.post(f"/console/customers/{shop.customer_id}/duplicates/{other}/", {}).status_code == 403
    assert Customer.objects.get(id=other).merged_into_id is None
