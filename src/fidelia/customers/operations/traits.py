"""Set traits, one customer's or everyone's, with four statements whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import stage_rows
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import Origin, announce

from ..errors import TraitTypeFixed, UnknownChoice, UnknownTrait, WrongTraitValue
from ..events import TraitsSet
from ..fields import TRAIT_NUMBER_MAX
from ..models import Trait, TraitDefinition, TraitType

TraitValue = int | str | bool | date
TEXT_LENGTH_MAX = 200

_STAGED = {
    "customer_id": "uuid",
    "name": "text",
    "number": "bigint",
    "text": "text",
    "flag": "boolean",
    "day": "date",
}


def define_trait(
    *, by: Actor, at: datetime, name: str, type: str, label: LocalizedText, unit: str = ""
) -> TraitDefinition:
    """Define a trait, or change its label and unit; rules may then read `trait.<name>`.

    Raises Denied (customer.define_trait), UnknownChoice, TraitTypeFixed.
    """
    by.require("customer.define_trait")
    if type not in TraitType.values:
        raise UnknownChoice(f"“{type}” is not one of {', '.join(TraitType.values)}.", pointer="/type")
    with transaction_of_use_case():
        return place_trait_definition(by=by, at=at, name=name, type=type, label=label, unit=unit)


def place_trait_definition(
    *, by: Actor, at: datetime, name: str, type: str, label: LocalizedText, unit: str = ""
) -> TraitDefinition:
    """Define a trait inside the caller's transaction, as a module that writes traits does. Raises TraitTypeFixed."""
    require_transaction()
    known = TraitDefinition.objects.filter(name=name).first()
    if known is not None and known.type != type and Trait.objects.filter(name=name).exists():
        raise TraitTypeFixed(f"The trait “{name}” has values of type {known.type}.", pointer="/type")
    definition, _ = TraitDefinition.objects.update_or_create(
        name=name, defaults={"type": type, "label": label, "unit": unit, "recorded_at": at}
    )
    if known is None or (known.type, known.label, known.unit) != (type, label, unit):
        record_audit(
            by=by, at=at, verb="customer.define_trait", object_type="trait", object_id=name,
            before=_state_of(known), after=_state_of(definition),
        )  # fmt: skip
    return definition


def set_traits(
    *,
    by: Actor,
    at: datetime,
    rows: Iterable[tuple[UUID, str, TraitValue | None]],
    source: str,
    valid_from: datetime | None = None,
    origin: Origin = Origin.LIVE,
    whole: Collection[str] = (),
) -> int:
    """Set (customer, trait, value) rows from `valid_from` (`at` if not given) on, in the caller's transaction.

    A value of None ends the trait. A row equal to what holds at that moment is skipped, any other closes it; a moment
    before known values ends where the next begins. One row per customer and trait. Of the traits named in `whole` the
    rows say all: who holds one and is not among them holds it no longer. Returns how many changed, announces one
    TraitsSet if any did. Raises Denied (customer.set_traits), UnknownTrait, WrongTraitValue with a pointer (/17).
    """
    by.require("customer.set_traits")
    require_transaction()
    moment = valid_from or at
    types = dict(TraitDefinition.objects.values_list("name", "type"))
    stage_rows("staged_trait", _STAGED, _checked_rows(rows, types))
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.changed_trait")
        if whole:
            cursor.execute(_END_THE_OTHERS, {"moment": moment, "whole": list(whole)})
        cursor.execute(_JUDGE, {"moment": moment})
        changed: int = cursor.rowcount
        cursor.execute(_CLOSE, {"moment": moment, "at": at})
        cursor.execute(_OPEN, {"moment": moment, "at": at, "source": source})
    if changed:
        record_audit(
            by=by, at=at, verb="customer.set_traits", object_type="trait_batch", object_id=new_id(),
            after={"source": source, "count": changed, "valid_from": moment},
        )  # fmt: skip
        announce(TraitsSet(occurred_at=moment, origin=origin, source=source, count=changed))
    return changed


_END_THE_OTHERS = """
insert into staged_trait (customer_id, name)
select t.customer_id, t.name from customers_trait t
where t.name = any (%(whole)s) and t.valid_from <= %(moment)s and (t.valid_until is null or t.valid_until > %(moment)s)
    and not exists (select from staged_trait s where s.customer_id = t.customer_id and s.name = t.name)
"""
_JUDGE = """
create temporary table changed_trait on commit drop as
select s.*, former.id as former_id, least(former.valid_until, later.begins) as valid_until
from staged_trait s
left join customers_trait former on former.customer_id = s.customer_id and former.name = s.name
    and former.valid_from <= %(moment)s and (former.valid_until is null or former.valid_until > %(moment)s)
left join lateral (
    select min(t.valid_from) as begins from customers_trait t
    where t.customer_id = s.customer_id and t.name = s.name and t.valid_from > %(moment)s
) later on true
where (former.number, former.text, former.flag, former.day) is distinct from (s.number, s.text, s.flag, s.day)
"""
_CLOSE = """
update customers_trait t set valid_until = %(moment)s, updated_at = %(at)s from changed_trait c where t.id = c.former_id
"""
_OPEN = """
insert into customers_trait
    (customer_id, name, number, text, flag, day, valid_from, valid_until, source, recorded_at, updated_at)
select customer_id, name, number, text, flag, day, %(moment)s, valid_until, %(source)s, %(at)s, %(at)s
from changed_trait where num_nonnulls(number, text, flag, day) = 1
"""


def _checked_rows(
    rows: Iterable[tuple[UUID, str, TraitValue | None]], types: dict[str, str]
) -> Iterator[tuple[object, ...]]:
    for position, (customer_id, name, value) in enumerate(rows):
        if name not in types:
            raise UnknownTrait(f"No trait “{name}” is defined.", pointer=f"/{position}")
        if value is not None and not _is_of_type(value, types[name]):
            raise WrongTraitValue(f"The trait “{name}” takes a {types[name]}, not “{value}”.", pointer=f"/{position}")
        typed = (value if types[name] == kind else None for kind in ("number", "text", "flag", "day"))
        yield customer_id, name, *typed


def _is_of_type(value: TraitValue, type: str) -> bool:
    if type == TraitType.NUMBER:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= TRAIT_NUMBER_MAX
    elif type == TraitType.TEXT:
        return isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX and "\x00" not in value
    elif type == TraitType.FLAG:
        return isinstance(value, bool)
    return isinstance(value, date) and not isinstance(value, datetime)


def _state_of(definition: TraitDefinition | None) -> dict[str, object] | None:
    if definition is None:
        return None
    return {"type": definition.type, "label": definition.label, "unit": definition.unit}
