"""Records that may be of the same person: an address or a number that both have, or near names with one birthday."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.folding import fold

from ..models import ContactPoint, Customer, Identity
from .customers import get_customer, is_visible_to
from .identities import ids_of, survivors_of

FOUND_MAX = 20
LOOKED_AT_MAX = 400
NEAR = 0.8
# In the order in which they speak for one person.
REASONS = ("identity", "email", "phone", "name_and_birthday", "near_name_and_birthday", "name")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record that may be of the same person, and why, the strongest reason first (a word of REASONS)."""

    customer: Customer
    reasons: tuple[str, ...]


def find_duplicates(*, by: Actor, customer_id: UUID) -> list[Duplicate]:
    """Return the records that may be the same person as this one, the likeliest first; of those the actor may see.

    An address that many share speaks for nobody, and another birthday against a name. Raises UnknownCustomer.
    """
    person = get_customer(by=by, customer_id=customer_id)
    own = ids_of(customer_id)
    reasons: dict[UUID, set[str]] = {}
    for reason, found in _pairs(person, own):
        reasons.setdefault(found, set()).add(reason)
    survivors = survivors_of(list(reasons))
    told: dict[UUID, set[str]] = {}
    for found, why in reasons.items():
        told.setdefault(survivors.get(found, found), set()).update(why)
    people = Customer.objects.filter(id__in=[id for id in told if id not in own], kind=person.kind)
    rows = [
        Duplicate(one, tuple(reason for reason in REASONS if reason in told[one.id]))
        for one in people
        if not one.is_erased and is_visible_to(by, one)
    ]
    rows.sort(key=lambda one: (REASONS.index(one.reasons[0]), -len(one.reasons), one.customer.sort_key))
    return rows[:FOUND_MAX]


def _pairs(person: Customer, own: tuple[UUID, ...]) -> Iterator[tuple[str, UUID]]:
    for scheme, value in Identity.objects.filter(customer_id__in=own).values_list("scheme", "value"):
        same = Identity.objects.filter(scheme=scheme, value=value).exclude(customer_id__in=own)
        yield from (("identity", id) for id in same.values_list("customer_id", flat=True)[:FOUND_MAX])
    points = ContactPoint.objects.filter(customer_id__in=own, channel__in=["email", "phone"])
    for channel, value in points.values_list("channel", "value"):
        there = ContactPoint.objects.filter(channel=channel, value=value).exclude(customer_id__in=own)
        ids = list(there.values_list("customer_id", flat=True)[: FOUND_MAX + 1])
        yield from ((channel, id) for id in ids if len(ids) <= FOUND_MAX)
    yield from _by_name(person, own)


def _by_name(person: Customer, own: tuple[UUID, ...]) -> Iterator[tuple[str, UUID]]:
    if not person.sort_key.strip():
        return
    alike = Customer.objects.filter(sort_key=person.sort_key, merged_into=None).exclude(id__in=own)
    for one in alike[:LOOKED_AT_MAX]:
        if one.birth_on and person.birth_on:
            if one.birth_on == person.birth_on:
                yield "name_and_birthday", one.id
        else:
            yield "name", one.id
    if person.birth_on is not None:
        born = Customer.objects.filter(birth_on=person.birth_on, merged_into=None).exclude(id__in=own)
        for one in born.exclude(sort_key=person.sort_key)[:LOOKED_AT_MAX]:
            if _is_near(person, one):
                yield "near_name_and_birthday", one.id


def _is_near(one: Customer, other: Customer) -> bool:
    """Tell whether two names may be one: a slip, a name changed by marriage, both names the other way round."""
    mine, theirs = (fold(one.given_name), fold(one.family_name)), (fold(other.given_name), fold(other.family_name))
    if mine == theirs[::-1] or (mine[0] and _ratio(mine[0], theirs[0]) >= NEAR):
        return True
    return _ratio(" ".join(mine), " ".join(theirs)) >= NEAR


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
