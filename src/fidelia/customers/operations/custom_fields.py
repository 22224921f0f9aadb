"""Custom fields: facts that a house keeps of its customers, declared by people, filled in by forms, files and the API.

A value is a trait of the name `custom.<key>`: typed, dated and never overwritten, read by rules as `custom.<key>`. What
a form or a file changes is besides kept as a change of the customer's facts, with its former value and its source.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.intake.new_fields import choices_of, key_of_name
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import Origin

from ..errors import (
    FieldTypeFixed,
    MalformedFieldKey,
    TextTooLong,
    TooManyFields,
    UnknownChoice,
    UnknownField,
    WrongFieldValue,
)
from ..fields import CUSTOM, TRAIT_NUMBER_MAX
from ..models import FactChange, Trait, TraitDefinition
from ..queries.custom_fields import LIST, TYPES, custom_fields_by_key, text_of_value
from ..queries.identities import ids_of
from .traits import TEXT_LENGTH_MAX, TraitValue, set_traits

FIELDS_MAX = 60
CHOICES_MAX = 100
CHOICE_LENGTH_MAX = 100
KEY_LENGTH_MAX = 32
LABEL_LENGTH_MAX = 60
DEFINE = "customer.define_trait"
COLUMNS = (
    "customer_id", "name", "number", "text", "flag", "day", "valid_from", "valid_until", "source", "recorded_at",
    "updated_at",
)  # fmt: skip
_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e]+")
_TOUCH = "update customers_customer set updated_at = %s where id = any(%s)"


def define_custom_field(
    *, by: Actor, at: datetime, key: str, type: str, label: LocalizedText, choices: Sequence[str] = (),
    retired: bool = False, once: RequestKey | None = None,
) -> TraitDefinition:  # fmt: skip
    """Declare a custom field of customers, or change its label, its choices, and whether it is still offered.

    `type` is number (whole), text, flag, day or list, which takes one of `choices`. Raises Denied
    (customer.define_trait), MalformedFieldKey, UnknownChoice, TextTooLong, FieldTypeFixed for a field that has values
    of another type or of a choice that is left out and for a list that is to be a free text, TooManyFields (60).
    """
    by.require(DEFINE)
    if not _KEY.fullmatch(key) or len(key) > KEY_LENGTH_MAX:
        raise MalformedFieldKey(f"“{key}” is not a name such as skin_type, of at most 32 characters.", pointer="/key")
    wanted = _checked(type, label, choices)
    name = f"{CUSTOM}{key}"
    with transaction_of_use_case():
        claim(once, at=at, resource_type="custom_field", resource_id=key)
        known = TraitDefinition.objects.select_for_update().filter(name=name).first()
        if known is None:
            _require_room()
        else:
            _require_compatible(known, wanted)
        before = _state_of(known)
        retired_at = (known.retired_at if known is not None and known.retired_at else at) if retired else None
        field, _ = TraitDefinition.objects.update_or_create(
            name=name, defaults={**wanted, "retired_at": retired_at, "recorded_at": at}
        )
        if before != _state_of(field):
            record_audit(
                by=by, at=at, verb=DEFINE, object_type="custom_field", object_id=name, before=before,
                after=_state_of(field),
            )  # fmt: skip
    return field


def declare_field_of_column(*, by: Actor, at: datetime, name: str, type: str, cells: Iterable[str]) -> TraitDefinition:
    """Declare a field for a column of a file, named as the file names it; of a list, its cells are the choices.

    Raises what `define_custom_field` does.
    """
    taken, key, number = custom_fields_by_key(), key_of_name(name), 2
    while key in taken:
        tail = f"_{number}"
        key, number = f"{key_of_name(name)[: KEY_LENGTH_MAX - len(tail)]}{tail}", number + 1
    label = _clean(name)[:LABEL_LENGTH_MAX]
    return define_custom_field(
        by=by, at=at, key=key, type=type, label=LocalizedText(en=label, fr=label),
        choices=choices_of(cells) if type == LIST else (),
    )  # fmt: skip


def check_custom_values(values: Mapping[str, Any], *, pointer: str = "/custom") -> dict[str, TraitValue | None]:
    """Return values by trait, as they are kept; None ends one. One query. Raises UnknownField, WrongFieldValue.

    A value is a bool, an int, a text, or a day as a date or an ISO text.
    """
    if not values:
        return {}
    fields = custom_fields_by_key()
    checked = {}
    for key, value in values.items():
        if key not in fields:
            raise UnknownField(f"No custom field “{key}” is kept.", pointer=f"{pointer}/{key}")
        try:
            checked[f"{CUSTOM}{key}"] = check_custom_value(fields[key], value)
        except WrongFieldValue as wrong:
            raise WrongFieldValue(str(wrong), pointer=f"{pointer}/{key}") from None
    return checked


def check_custom_value(field: TraitDefinition, value: Any) -> TraitValue | None:
    """Return one value as it is kept; None for nothing. Raises WrongFieldValue."""
    if value is None or value == "":
        return None
    if field.choices:
        return _chosen(field, value)
    readers = {"number": _number, "text": _text, "flag": _flag, "day": _day}
    found = readers[field.type](value)
    if found is None:
        raise WrongFieldValue(f"“{value}” is not a {_NAMES[field.type]}.")
    return found


def change_custom_values(
    *, by: Actor, at: datetime, customer_id: UUID, values: Mapping[str, TraitValue | None], source: str,
    occurred_at: datetime,
) -> list[str]:  # fmt: skip
    """Building block of `update_customer`: write checked values that differ, on a locked row; return their names."""
    require_transaction()
    if not values:
        return []
    ids = ids_of(customer_id)
    held = held_values(ids, list(values))
    changes: list[tuple[UUID, str, TraitValue | None, TraitValue | None]] = []
    for name, value in values.items():
        known = [(id, held[id][name]) for id in ids if name in held.get(id, {})]
        if (known[0][1] if known else None) != value:
            # What a record that was merged into this one holds would be read again.
            changes += [(id, name, former, None) for id, former in known if id != customer_id]
            changes.append((customer_id, name, held.get(customer_id, {}).get(name), value))
    write_custom_changes(
        by=by, at=at, source=source, occurred_at=occurred_at, origin=Origin.LIVE, changes=changes
    )  # fmt: skip
    return sorted({name for _id, name, _former, _value in changes})


def write_custom_changes(
    *, by: Actor, at: datetime, source: str, occurred_at: datetime, origin: Origin,
    changes: Iterable[tuple[UUID, str, TraitValue | None, TraitValue | None]],
) -> int:  # fmt: skip
    """Write (customer, trait, former, value) rows, each with its former value kept, in the caller's transaction."""
    require_transaction()
    rows = list(changes)
    if not rows:
        return 0
    set_traits(
        by=by.lent("customer.set_traits"), at=at, source=source, valid_from=occurred_at, origin=origin,
        rows=[(customer_id, name, value) for customer_id, name, _former, value in rows],
    )  # fmt: skip
    FactChange.objects.bulk_create(
        FactChange(
            customer_id=customer_id, fact=name, former=text_of_value(former), value=text_of_value(value),
            source=source, occurred_at=occurred_at, recorded_at=at,
        )
        for customer_id, name, former, value in rows
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, [at, list({row[0] for row in rows})])
    return len(rows)


def insert_custom_values(rows: Iterable[tuple[UUID, Mapping[str, TraitValue], datetime, str]], *, at: datetime) -> None:
    """Write the first values of new customers (id, values by trait, since when, source) by one COPY."""
    require_transaction()
    copy_rows(
        "customers_trait",
        COLUMNS,
        (
            (customer_id, name, *_typed(value), since, None, source, at, at)
            for customer_id, values, since, source in rows
            for name, value in values.items()
        ),
    )


def hand_custom_values_on(*, by: Actor, at: datetime, customer_id: UUID, into: UUID) -> None:
    """Building block of a merge: what the house keeps of a record holds of the person too, unless they have their own.

    Segments and lists ask the survivor's row alone.
    """
    require_transaction()
    names = list(
        Trait.objects.filter(customer_id=customer_id, name__startswith=CUSTOM, valid_until__isnull=True).values_list(
            "name", flat=True
        )
    )
    held = held_values([customer_id, into], names) if names else {}
    own = held.get(into, {})
    write_custom_changes(
        by=by, at=at, source="merge", occurred_at=at, origin=Origin.LIVE,
        changes=[(into, name, None, value) for name, value in held.get(customer_id, {}).items() if name not in own],
    )  # fmt: skip


def put_custom_values_back(changes: Sequence[FactChange], *, by: Actor, at: datetime) -> tuple[int, int]:
    """Give custom fields the value back that these changes replaced, unless it changed since; return back and kept."""
    require_transaction()
    types = dict(TraitDefinition.objects.filter(name__startswith=CUSTOM).values_list("name", "type"))
    held = held_values(list({one.customer_id for one in changes}), list({one.fact for one in changes}))
    back, kept = [], 0
    for one in changes:
        now = held.get(one.customer_id, {}).get(one.fact)
        if text_of_value(now) != one.value:
            kept += 1  # somebody has changed it since: the later word stands
            continue
        former = value_of_text(types[one.fact], one.former)
        back.append((one.customer_id, one.fact, now, former))
        held.setdefault(one.customer_id, {})[one.fact] = former
    write_custom_changes(by=by, at=at, source="undo", occurred_at=at, origin=Origin.BACKFILL, changes=back)
    return len(back), kept


def value_of_text(type: str, text: str) -> TraitValue | None:
    """Return a value from the text that a change of facts keeps of it (see `text_of_value`)."""
    if not text:
        return None
    readers = {"number": int, "flag": lambda text: text == "yes", "day": date.fromisoformat}
    return readers[type](text) if type in readers else text  # type: ignore[operator]


def held_values(customer_ids: Sequence[UUID], names: Sequence[str]) -> dict[UUID, dict[str, Any]]:
    """Return the open values of these traits, by customer; one query."""
    held: dict[UUID, dict[str, Any]] = {}
    for one in Trait.objects.filter(customer_id__in=customer_ids, name__in=names, valid_until__isnull=True):
        values = (one.number, one.text, one.flag, one.day)
        held.setdefault(one.customer_id, {})[one.name] = next(value for value in values if value is not None)
    return held


def _typed(value: TraitValue) -> tuple[Any, Any, Any, Any]:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return (
        value if is_number else None,
        value if isinstance(value, str) else None,
        value if isinstance(value, bool) else None,
        value if isinstance(value, date) else None,
    )


def _checked(type: str, label: LocalizedText, choices: Sequence[str]) -> dict[str, Any]:
    if type not in TYPES:
        raise UnknownChoice(f"“{type}” is not one of {', '.join(TYPES)}.", pointer="/type")
    if not label.en.strip() or not label.fr.strip() or max(len(label.en), len(label.fr)) > LABEL_LENGTH_MAX:
        raise TextTooLong(f"A field has a name of 1 to {LABEL_LENGTH_MAX} characters.", pointer="/label")
    clean = list(dict.fromkeys(text for choice in choices if (text := _clean(choice))))
    if type == LIST and not clean:
        raise UnknownChoice("A field of a list has at least one choice.", pointer="/choices")
    if len(clean) > CHOICES_MAX or any(len(choice) > CHOICE_LENGTH_MAX for choice in clean):
        raise TextTooLong(
            f"A field has at most {CHOICES_MAX} choices of at most {CHOICE_LENGTH_MAX} characters.", pointer="/choices"
        )
    kept = LocalizedText(en=_clean(label.en), fr=_clean(label.fr))
    return {"type": "text" if type == LIST else type, "label": kept, "choices": clean if type == LIST else []}


def _require_room() -> None:
    if TraitDefinition.objects.filter(name__startswith=CUSTOM, retired_at__isnull=True).count() >= FIELDS_MAX:
        raise TooManyFields(f"At most {FIELDS_MAX} custom fields are kept.", limit=FIELDS_MAX)


def _require_compatible(known: TraitDefinition, wanted: Mapping[str, Any]) -> None:
    values = Trait.objects.filter(name=known.name)
    if known.type != wanted["type"] and values.exists():
        raise FieldTypeFixed("This field has values of its present type.", pointer="/type")
    if known.choices and wanted["type"] == "text" and not wanted["choices"]:
        # Rules may read it already, and what they read is kept for ever: see `programme.queries.check_document`.
        raise FieldTypeFixed("A list stays a list: rules may read it. Keep free texts in a field of their own.",
                             pointer="/type")  # fmt: skip
    if wanted["choices"]:
        other = values.filter(valid_until__isnull=True).exclude(text__in=wanted["choices"]).first()
        if other is not None:
            raise FieldTypeFixed(f"Customers have the value “{other.text}”.", pointer="/choices", value=other.text)


def _state_of(field: TraitDefinition | None) -> dict[str, object] | None:
    if field is None:
        return None
    return {"type": field.type, "label": field.label, "choices": field.choices, "retired": field.retired_at is not None}


def _clean(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", unicodedata.normalize("NFC", text)).split())


_NAMES = {"number": "whole number", "text": "text", "flag": "yes or no", "day": "day such as 1990-12-31"}


def _chosen(field: TraitDefinition, value: Any) -> str:
    """A choice is found whatever its capitals."""
    wanted = _clean(value).casefold() if isinstance(value, str) else None
    found = next((choice for choice in field.choices if choice.casefold() == wanted), None)
    if found is None:
        raise WrongFieldValue(f"“{value}” is not one of {', '.join(field.choices)}.")
    return str(found)


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) <= TRAIT_NUMBER_MAX else None


def _text(value: Any) -> str | None:
    text = _clean(value) if isinstance(value, str) else ""
    return text if 0 < len(text) <= TEXT_LENGTH_MAX else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) else None
