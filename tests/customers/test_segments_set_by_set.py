"""A segment's traits, joined set by set, say of each customer what one question per customer says."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from fidelia.customers.fields import OWN_FIELDS, segment_catalogue, segment_relation, trait_fields
from fidelia.customers.models import Customer, TraitDefinition
from fidelia.customers.operations import define_trait, set_traits
from fidelia.customers.operations.segments import sql_of_condition
from fidelia.customers.queries import list_trait_definitions
from fidelia.kernel.localized import LocalizedText
from fidelia.rules import Catalogue, Field, Type, check_rule
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
MOMENTS = [FIRST + timedelta(days=day) for day in (-1, 7, 10, 400)]
NAMES = [(f"{type_}_{each}", type_) for type_ in ("number", "text", "flag", "day") for each in ("a", "b")]
TEXTS = ("merry", "50 % off", "it’s", "o'clock")
OWN_TEXTS = {
    "customer.kind": ("person", "company"),
    "customer.country": ("FR", "DE", ""),
    "customer.language": ("fr", "en"),
    "customer.source": ("till", "web", "sandbox"),
}


def test_every_field_read_in_sets_is_what_it_is_for_each_customer() -> None:
    draw = random.Random(20_261_123)
    filled_in(draw)
    definitions = list_trait_definitions()
    fields = segment_catalogue(definitions).fields
    assert {field.path for field in fields} >= {f"trait.{name}" for name, _ in NAMES}
    conditions = [condition for field in fields for condition in conditions_about(field, draw)]
    conditions += [joined(draw.sample(conditions, 3), draw) for _ in range(40)]
    different: set[tuple[UUID, ...]] = set()
    for condition in conditions:
        in_sets, each = sql_of_condition(condition), one_by_one(condition, definitions)
        for moment in MOMENTS:
            found, expected = asked(in_sets, each, moment)
            assert found == expected, (condition, moment)
            different.add(tuple(found))
    assert len(different) > 100, "the conditions tell customers and moments apart"


def one_by_one(condition: str, definitions: list[TraitDefinition]) -> str:
    """Return the question with a subquery for each customer and trait, as the rules of a programme ask it."""
    catalogue = Catalogue(fields=(*OWN_FIELDS, *trait_fields(definitions)))
    where = check_rule(condition, catalogue).to_sql("postgres").replace("%", "%%")
    return f"{segment_relation((), definitions)} where {where}"


def asked(these: str, those: str, moment: datetime) -> tuple[list[UUID], list[UUID]]:
    ids = "array(select customer.id from {} order by 1)"
    with connection.cursor() as cursor:
        cursor.execute(f"select {ids.format(these)}, {ids.format(those)}", {"moment": moment})
        found: tuple[list[UUID], list[UUID]] = cursor.fetchone()
        return found


def conditions_about(field: Field, draw: random.Random) -> list[str]:
    values = values_of(field, draw)
    bare = [f"{field.path} {sign} {draw.choice(values)}" for sign in signs_of(field)]
    bare.append(f"{field.path} in [{', '.join(values)}]")
    if not field.optional:
        return [*bare, f"!({bare[0]})"]
    guarded = [f"has({field.path}) && {each}" for each in bare]
    without = [f"!has({field.path})", f"!has({field.path}) || {bare[0]}", f"!(has({field.path}) && {bare[0]})"]
    return [*guarded, *without, f"orElse({field.path}, {values[0]}) == {values[0]}"]


def values_of(field: Field, draw: random.Random) -> list[str]:
    if field.type is Type.STRING:
        return [f'"{text}"' for text in OWN_TEXTS.get(field.path, TEXTS)]
    elif field.type is Type.BOOL:
        return ["true", "false"]
    elif field.type is Type.DATE:
        return [f'date("{FIRST.date() + timedelta(days=draw.randint(-20, 20))}")' for _ in range(2)]
    low, high = (field.low or 0, field.high or 0) if field.path.startswith("customer.") else (-3, 3)
    return [str(draw.randint(low, high)) for _ in range(2)]


def signs_of(field: Field) -> tuple[str, ...]:
    return ("==", "!=") if field.type is Type.BOOL else ("==", "!=", "<", ">=")


def joined(conditions: list[str], draw: random.Random) -> str:
    return f" {draw.choice(('&&', '||'))} ".join(f"{draw.choice(('', '!'))}({each})" for each in conditions)


def filled_in(draw: random.Random) -> None:
    """Add customers whose traits were set, changed, ended, and will begin, at days between the moments asked of."""
    for name, type_ in NAMES:
        define_trait(by=SYSTEM, at=FIRST, name=name, type=type_, label=LocalizedText(en=name, fr=name))
    people = Customer.objects.bulk_create(somebody(draw, number) for number in range(60))
    for day in (0, 3, 7, 12, 30):
        rows = [
            (person.id, name, value_of(type_, draw))
            for person in people
            for name, type_ in NAMES
            if draw.random() < 0.5
        ]
        with transaction.atomic():
            set_traits(by=SYSTEM, at=FIRST + timedelta(days=day), rows=rows, source="drawn")


def somebody(draw: random.Random, number: int) -> Customer:
    joined_at = FIRST + timedelta(days=draw.randint(-20, 12))
    kind = draw.choice(OWN_TEXTS["customer.kind"])
    return Customer(
        kind=kind,
        family_name=f"Family {number}",
        company_name="Company" if kind == "company" else "",
        sort_key=f"{number:03}",
        country=draw.choice(OWN_TEXTS["customer.country"]),
        language=draw.choice(OWN_TEXTS["customer.language"]),
        source=draw.choice(OWN_TEXTS["customer.source"]),
        birth_on=draw.choice([None, date(draw.randint(1930, 2010), draw.randint(1, 12), 28)]),
        acquired_at=joined_at,
        recorded_at=joined_at,
        updated_at=joined_at,
    )


def value_of(type_: str, draw: random.Random) -> Any:
    if draw.random() < 0.2:
        return None
    return {
        "number": draw.randint(-3, 3),
        "text": draw.choice(TEXTS),
        "flag": draw.random() < 0.5,
        "day": FIRST.date() + timedelta(days=draw.randint(-20, 20)),
    }[type_]
