"""What was known of customers at a moment: traits and segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from ..models import Trait, TraitDefinition
from .identities import ids_of, ids_of_each

_TRAITS_AT = """
select distinct on (person.asked, t.name) person.asked, t.name, t.number, t.text, t.flag, t.day
from unnest(%(asked)s::uuid[], %(ids)s::uuid[], %(ranks)s::int[]) as person (asked, id, rank)
join customers_trait t on t.customer_id = person.id
where t.valid_from <= %(at)s and (t.valid_until is null or t.valid_until > %(at)s)
order by person.asked, t.name, person.rank
"""
_SEGMENTS_AT = """
select distinct person.asked, s.key
from unnest(%(asked)s::uuid[], %(ids)s::uuid[]) as person (asked, id)
join customers_segment_membership m on m.customer_id = person.id
join customers_segment s on s.id = m.segment_id
where m.valid_from <= %(at)s and (m.valid_until is null or m.valid_until > %(at)s)
"""


def traits_at(customer_id: UUID, at: datetime, *, ids: Sequence[UUID] = ()) -> dict[str, int | str | bool | date]:
    """Return the traits of a customer that hold at a moment, by name; `ids` are those of `ids_of`, where known."""
    return _traits_of({customer_id: ids or ids_of(customer_id)}, at)[customer_id]


def traits_of_each_at(customer_ids: Sequence[UUID], at: datetime) -> dict[UUID, dict[str, int | str | bool | date]]:
    """Return the traits of each customer that hold at a moment; the survivor's value wins over a merged one's."""
    return _traits_of(dict.fromkeys(customer_ids, ()) | dict(ids_of_each(customer_ids)), at)


def _traits_of(each: Mapping[UUID, Sequence[UUID]], at: datetime) -> dict[UUID, dict[str, int | str | bool | date]]:
    people = [(asked, id, rank) for asked, ids in each.items() for rank, id in enumerate(ids)]
    found: dict[UUID, dict[str, int | str | bool | date]] = {asked: {} for asked in each}
    with connection.cursor() as cursor:
        cursor.execute(
            _TRAITS_AT,
            {
                "asked": [asked for asked, _, _ in people],
                "ids": [id for _, id, _ in people],
                "ranks": [rank for _, _, rank in people],
                "at": at,
            },
        )
        for asked, name, *values in cursor.fetchall():
            found[asked][name] = next(value for value in values if value is not None)
    return found


def segments_at(customer_id: UUID, at: datetime) -> frozenset[str]:
    """Return the keys of the segments a customer is in at a moment."""
    return segments_of_each_at([customer_id], at)[customer_id]


def segments_of_each_at(customer_ids: Sequence[UUID], at: datetime) -> dict[UUID, frozenset[str]]:
    """Return the keys of the segments each customer is in at a moment; two queries for all."""
    pairs = [(asked, id) for asked, ids in ids_of_each(customer_ids).items() for id in ids]
    keys: dict[UUID, set[str]] = {asked: set() for asked in customer_ids}
    with connection.cursor() as cursor:
        cursor.execute(_SEGMENTS_AT, {"asked": [a for a, _ in pairs], "ids": [id for _, id in pairs], "at": at})
        for asked, key in cursor.fetchall():
            keys[asked].add(key)
    return {asked: frozenset(found) for asked, found in keys.items()}


def count_by_text(name: str, at: datetime) -> dict[str, int]:
    """Return how many customers had each value of a trait that is a text, at a moment."""
    held = Trait.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at), name=name, valid_from__lte=at)
    return dict(held.values_list("text").annotate(n=Count("id")).order_by("text"))


def list_traits(customer_id: UUID) -> list[Trait]:
    """Return every value of every trait of a person, newest first."""
    return list(Trait.objects.filter(customer_id__in=ids_of(customer_id)).order_by("name", "-valid_from", "-id"))


def list_trait_definitions() -> list[TraitDefinition]:
    """Return the traits that rules may read, by name."""
    return list(TraitDefinition.objects.order_by("name"))


def count_texts_of_trait(name: str) -> dict[str, int]:
    """Return how many customers hold each text of a trait now."""
    held = Trait.objects.filter(name=name, valid_until__isnull=True, text__isnull=False)
    return dict(held.values_list("text").annotate(n=Count("customer_id")).order_by("text"))
