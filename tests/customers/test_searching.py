"""Searching: by whole identities, by the beginnings of names without accents, page by page, and only what is seen."""

from __future__ import annotations

import pytest

from fidelia.customers.errors import UnknownCustomer
from fidelia.customers.queries import CustomerFilters, count_customers, count_listed, get_customer, search_customers
from fidelia.customers.queries import listing as counting
from fidelia.kernel.actor import Scope
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from tests.cast import PIZARRO, SYSTEM, actor_with

from .people import added

pytestmark = pytest.mark.django_db(transaction=True)


def names(text: str, **filters: object) -> list[str]:
    found = search_customers(by=SYSTEM, text=text, filters=CustomerFilters(**filters))  # type: ignore[arg-type]
    return [customer.display_name for customer in found]


@pytest.fixture
def people() -> None:
    added(given_name="Élodie", family_name="Lœuf d’Or", email="elodie@exemple.fr", phone="0612345678")
    added(given_name="Rocco", family_name="Müller", identities=(("external", "R/77"),), email="")
    added(kind="company", company_name="Œuvres & Cie", identities=(), email="", given_name="", family_name="")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("elodie", ["Élodie Lœuf d’Or"]),
        ("LOEUF", ["Élodie Lœuf d’Or"]),
        ("œuf", []),
        ("mul roc", ["Rocco Müller"]),
        ("oeuvres", ["Œuvres & Cie"]),
        ("2900 0000 0017", ["Élodie Lœuf d’Or"]),
        ("R/77", ["Rocco Müller"]),
        ("Elodie@Exemple.FR", ["Élodie Lœuf d’Or"]),
        ("06.12.34.56.78", ["Élodie Lœuf d’Or"]),
        ("' | ! & :* \\ %", []),
        ("nobody", []),
    ],
)
def test_it_finds(people: None, text: str, found: list[str]) -> None:
    assert names(text) == found


def test_it_orders_by_name_and_pages_by_key(people: None) -> None:
    assert names("") == ["Élodie Lœuf d’Or", "Rocco Müller", "Œuvres & Cie"]
    seen, after = [], None
    while page := search_customers(by=SYSTEM, after=after, limit=1):
        seen.append(page[0].display_name)
        after = (page[0].sort_key, page[0].id)
    assert seen == names("")


def test_it_filters(people: None) -> None:
    assert names("", kind="company") == ["Œuvres & Cie"]
    assert count_customers(by=SYSTEM, filters=CustomerFilters(kind="person")) == 2


def test_a_partner_sees_its_own_only() -> None:
    partner_id = new_id()
    own, other = added(partner_id=partner_id), added(identities=(), partner_id=new_id())
    by = actor_with("customer.see", scope=Scope(partner_id=partner_id))
    assert [found.id for found in search_customers(by=by)] == [own.id]
    assert get_customer(by=by, customer_id=own.id) == own
    with pytest.raises(UnknownCustomer):
        get_customer(by=by, customer_id=other.id)
    with pytest.raises(Denied):
        search_customers(by=PIZARRO)


def test_a_list_is_counted_exactly_while_that_is_cheap(people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    persons = CustomerFilters(kind="person")
    assert count_listed(by=SYSTEM, filters=persons) == counting.Count(2, is_exact=True)
    monkeypatch.setattr(counting, "COUNTED_COST_MAX", 0)
    dear = count_listed(by=SYSTEM, filters=persons)
    assert not dear.is_exact, "what the planner guesses is not told as counted"
    assert 0 <= dear.number <= counting.SURELY_MORE
