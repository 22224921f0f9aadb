"""Who is meant: from a card number or another identity to a customer, and from a customer to all that it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection

from fidelia.kernel.addresses import normalise_email, normalise_phone

from ..errors import MalformedIdentity
from ..models import Identity

VALUE_LENGTH_MAX = 320
_SCHEME = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
_SEPARATORS = re.compile(r"[\s.\-]+")


def normalise_identity(scheme: str, value: str, *, country: str = "", pointer: str | None = None) -> str:
    """Return the value in the one form in which it is kept and looked up. Raises MalformedIdentity, MalformedEmail, …

    Card numbers lose spaces, dots and dashes; e-mail addresses and phone numbers are normalised as such; any other
    scheme ("external", "app", "external.cegid") keeps its value as it is, without outer spaces.
    """
    if not _SCHEME.fullmatch(scheme):
        raise MalformedIdentity(f"“{scheme}” is not the name of a scheme such as card or external.", pointer=pointer)
    if scheme == "email":
        return normalise_email(value, pointer=pointer)
    if scheme == "phone":
        return normalise_phone(value, country=country, pointer=pointer)
    clean = _SEPARATORS.sub("", value).upper() if scheme == "card" else value.strip()
    if not clean or len(clean) > VALUE_LENGTH_MAX or not clean.isprintable():
        raise MalformedIdentity("An identity is one line of at most 320 characters.", pointer=pointer)
    return clean


def find_by_identity(scheme: str, value: str) -> UUID | None:
    """Return the id of the customer this identity names now, the survivor if it was merged; one indexed query.

    None if nobody. Raises MalformedIdentity, MalformedEmail, MalformedPhone.
    """
    pair = (scheme, normalise_identity(scheme, value))
    return find_by_identities([pair]).get(pair)


def find_by_identities(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Return the customer named by each normalised (scheme, value) that names one; one query for all."""
    pairs = list(pairs)
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [[scheme for scheme, _ in pairs], [value for _, value in pairs]])
        return {(scheme, value): customer_id for scheme, value, customer_id in cursor.fetchall()}


# A merge points at the survivor and never rewrites identities; two merges in a row make a chain of two.
_FIND = """
with recursive named as (
    select i.scheme, i.value, c.id, c.merged_into_id
    from unnest(%s::text[], %s::text[]) as asked (scheme, value)
    join customers_identity i on i.scheme = asked.scheme and i.value = asked.value and i.until is null
    join customers_customer c on c.id = i.customer_id
    union
    select n.scheme, n.value, c.id, c.merged_into_id
    from named n join customers_customer c on c.id = n.merged_into_id
)
select scheme, value, id from named where merged_into_id is null
"""


def ids_of(customer_id: UUID) -> tuple[UUID, ...]:
    """Return every id under which this person's rows are kept: the survivor first, then those merged into it."""
    return ids_of_each([customer_id]).get(customer_id, (customer_id,))


def ids_of_each(customer_ids: Sequence[UUID]) -> Mapping[UUID, tuple[UUID, ...]]:
    """Return `ids_of` each customer; one query for all."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS_OF, [list(customer_ids)])
        return {asked: tuple(ids) for asked, ids in cursor.fetchall()}


_IDS_OF = """
with recursive upward as (
    select c.id as asked, c.id, c.merged_into_id from customers_customer c where c.id = any(%s::uuid[])
    union
    select u.asked, c.id, c.merged_into_id from upward u join customers_customer c on c.id = u.merged_into_id
), person as (
    select asked, id, 0 as depth from upward where merged_into_id is null
    union
    select p.asked, c.id, p.depth + 1 from person p join customers_customer c on c.merged_into_id = p.id
)
select asked, array_agg(id order by depth, id) from person group by asked
"""


def survivors_of(customer_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return for each customer the one it was merged into, itself if it was not."""
    return {asked: ids[0] for asked, ids in ids_of_each(customer_ids).items()}


_MERGED = """
with recursive upward as (
    select c.id, c.merged_into_id as person from customers_customer c where c.merged_into_id is not null
    union all
    select u.id, c.merged_into_id from upward u join customers_customer c on c.id = u.person
    where c.merged_into_id is not null
)
select u.id, u.person from upward u join customers_customer c on c.id = u.person where c.merged_into_id is null
"""


def survivors_of_all_merged() -> dict[UUID, UUID]:
    """Return of every customer that was merged the one it lives on in; one query, for who counts people in sets."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGED)
        return dict(cursor.fetchall())


def list_identities(customer_ids: Sequence[UUID]) -> list[Identity]:
    """Return all identities, ended ones too, of these customers."""
    return list(Identity.objects.filter(customer_id__in=customer_ids).order_by("scheme", "since", "id"))
