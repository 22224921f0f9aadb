"""The custom fields that a house keeps of its customers, and what is held in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from ..fields import CUSTOM
from ..models import TraitDefinition
from .traits import traits_of_each_at

LIST = "list"
TYPES = ("text", "number", "day", "flag", LIST)


def list_custom_fields(*, retired: bool = False) -> list[TraitDefinition]:
    """Return the custom fields that are offered, in the order of their keys; with `retired`, all of them."""
    found = TraitDefinition.objects.filter(name__startswith=CUSTOM).order_by("name")
    return list(found if retired else found.filter(retired_at__isnull=True))


def custom_fields_by_key() -> dict[str, TraitDefinition]:
    """Return every custom field by its key, as the API names it."""
    return {key_of(field): field for field in list_custom_fields(retired=True)}


def key_of(field: TraitDefinition) -> str:
    """Return the key of a custom field: what follows `custom.`."""
    return field.name.removeprefix(CUSTOM)


def type_of(field: TraitDefinition) -> str:
    """Return the type as people choose it: one with choices is a list."""
    return LIST if field.choices else str(field.type)


def custom_values_of_each_at(
    customer_ids: Sequence[UUID], at: datetime
) -> dict[UUID, dict[str, int | str | bool | date]]:
    """Return what is held of each customer at a moment, by key; the survivor's value wins over a merged one's."""
    if not customer_ids:
        return {}
    held = traits_of_each_at(customer_ids, at)
    return {
        id: {name.removeprefix(CUSTOM): value for name, value in traits.items() if name.startswith(CUSTOM)}
        for id, traits in held.items()
    }


def text_of_value(value: object) -> str:
    """Return how a change of facts keeps a value: a day in ISO form, yes or no, empty for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
