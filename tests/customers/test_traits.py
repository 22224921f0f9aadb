"""Traits: typed, dated, never overwritten, the same for one customer and for all."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from fidelia.customers.errors import TraitTypeFixed, UnknownTrait, WrongTraitValue
from fidelia.customers.models import Customer, Trait
from fidelia.customers.operations import define_trait, set_traits
from fidelia.customers.queries import traits_at
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from tests.cast import PIZARRO, SYSTEM

from .people import DAY, added

pytestmark = pytest.mark.django_db(transaction=True)
LABEL = LocalizedText(en="Recency", fr="Récence")


@pytest.fixture(autouse=True)
def defined() -> None:
    for name, type_ in (("recency", "number"), ("rfm", "text"), ("vip", "flag"), ("due_on", "day")):
        define_trait(by=SYSTEM, at=DAY, name=name, type=type_, label=LABEL)


def put(*rows: tuple[Any, str, Any], at: datetime = DAY, valid_from: datetime | None = None) -> int:
    with transaction.atomic():
        return set_traits(by=SYSTEM, at=at, rows=rows, source="insight", valid_from=valid_from)


def history(name: str) -> list[tuple[Any, int, Any]]:
    """The values of a trait with the days, counted from DAY, on which they begin and end."""
    rows = Trait.objects.filter(name=name).order_by("valid_from", "id")
    return [(row.number, (row.valid_from - DAY).days, row.valid_until and (row.valid_until - DAY).days) for row in rows]


def test_it_keeps_each_type() -> None:
    id = added().id
    put((id, "recency", -3), (id, "rfm", "Champions"), (id, "vip", False), (id, "due_on", date(2026, 4, 1)))
    assert traits_at(id, DAY) == {"recency": -3, "rfm": "Champions", "vip": False, "due_on": date(2026, 4, 1)}


def test_a_new_value_closes_the_former_and_an_equal_one_does_nothing() -> None:
    id = added().id
    assert put((id, "recency", 1)) == 1
    assert put((id, "recency", 1), at=DAY + timedelta(1)) == 0
    assert put((id, "recency", 2), at=DAY + timedelta(2)) == 1
    assert history("recency") == [(1, 0, 2), (2, 2, None)]
    assert traits_at(id, DAY + timedelta(1)) == {"recency": 1}
    assert traits_at(id, DAY - timedelta(1)) == {}


def test_none_ends_a_trait() -> None:
    id = added().id
    put((id, "recency", 1))
    assert put((id, "recency", None), at=DAY + timedelta(3)) == 1
    assert put((id, "recency", None), at=DAY + timedelta(4)) == 0
    assert history("recency") == [(1, 0, 3)]
    assert traits_at(id, DAY + timedelta(3)) == {}


def test_a_late_value_ends_where_the_next_begins() -> None:
    id = added().id
    put((id, "recency", 1))
    put((id, "recency", 9), at=DAY + timedelta(9))
    put((id, "recency", 5), at=DAY + timedelta(10), valid_from=DAY + timedelta(5))
    put((id, "recency", 0), at=DAY + timedelta(10), valid_from=DAY - timedelta(5))
    assert history("recency") == [(0, -5, 0), (1, 0, 5), (5, 5, 9), (9, 9, None)]


def test_a_correction_at_the_same_moment_wins() -> None:
    id = added().id
    put((id, "recency", 1))
    put((id, "recency", 2))
    assert traits_at(id, DAY) == {"recency": 2}


def test_it_announces_one_event_for_all_and_none_for_nothing() -> None:
    ids = [added(identities=()).id for _ in range(3)]
    put(*((id, "recency", 1) for id in ids))
    put(*((id, "recency", 1) for id in ids))
    event = OutboxEvent.objects.get(name="traits.set")
    assert event.payload == {"source": "insight", "count": 3}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recency", "1"),
        ("recency", True),
        ("recency", 10**12 + 1),
        ("rfm", 1),
        ("rfm", "x" * 201),
        ("vip", 1),
        ("due_on", DAY),
    ],
)
def test_it_refuses_a_value_of_another_type(name: str, value: Any) -> None:
    id = added().id
    with pytest.raises(WrongTraitValue) as refusal:
        put((id, "recency", 1), (id, name, value))
    assert refusal.value.pointer == "/1"
    assert Trait.objects.count() == 0


def test_it_refuses_what_is_not_defined_or_not_allowed() -> None:
    id = added().id
    with pytest.raises(UnknownTrait):
        put((id, "shoe_size", 1))
    with transaction.atomic(), pytest.raises(Denied):
        set_traits(by=PIZARRO, at=DAY, rows=[], source="x")
    put((id, "recency", 1))
    with pytest.raises(TraitTypeFixed):
        define_trait(by=SYSTEM, at=DAY, name="recency", type="text", label=LABEL)


def test_the_database_allows_one_open_value() -> None:
    id = added().id
    with pytest.raises(IntegrityError, match="one open value"):
        put((id, "recency", 1), (id, "recency", 2))


@pytest.mark.parametrize("column", ["number", "valid_from", "source", "name"])
def test_the_application_cannot_rewrite_a_value(column: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(f"update customers_trait set {column} = default")


def test_a_survivor_has_the_traits_of_those_merged_into_it() -> None:
    survivor, merged = added(), added(identities=())
    put((survivor.id, "recency", 1), (merged.id, "recency", 2), (merged.id, "vip", True))
    Customer.objects.filter(id=merged.id).update(merged_into=survivor)
    assert traits_at(survivor.id, DAY) == {"recency": 1, "vip": True}
