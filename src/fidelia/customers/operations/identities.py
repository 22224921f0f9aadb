"""What names a customer, added and ended; one identity names one customer at a time, and the database says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.outbox import announce

from ..errors import IdentityTaken, UnknownIdentity
from ..events import IdentityAdded
from ..models import Identity
from ..queries.identities import find_by_identities, ids_of, normalise_identity
from .locking import lock_open_customer, scope_of


def add_identity(
    *,
    by: Actor,
    at: datetime,
    customer_id: UUID,
    scheme: str,
    value: str,
    source: str = "",
    since: datetime | None = None,
    partner_id: UUID | None = None,
) -> Identity:
    """Name a customer by one more identity; the one already held is returned as it is.

    Raises Denied (customer.identify), UnknownCustomer, CustomerClosed, IdentityTaken, MalformedIdentity and the like.
    """
    with transaction_of_use_case():
        customer = lock_open_customer(customer_id)
        by.require("customer.identify", scope_of(customer))
        clean = normalise_identity(scheme, value, country=customer.country, pointer="/value")
        require_free_identities([(customer_id, scheme, clean)])
        insert_identities([(customer_id, scheme, clean, since or at, partner_id, source)], at=at)
        identity = Identity.objects.get(scheme=scheme, value=clean, until__isnull=True)
        if identity.recorded_at == at:
            record_audit(
                by=by, at=at, verb="customer.identify", object_type="customer", object_id=customer_id,
                after={"identity_id": identity.pk, "scheme": scheme}, scope=scope_of(customer),
            )  # fmt: skip
            announce(
                IdentityAdded(occurred_at=since or at, customer_id=customer_id, identity_id=identity.pk, scheme=scheme)
            )
    return identity


def end_identity(*, by: Actor, at: datetime, customer_id: UUID, scheme: str, value: str) -> None:
    """Stop naming a customer by an identity (a lost card); it may then name somebody else.

    Raises Denied (customer.identify), UnknownCustomer, CustomerClosed, UnknownIdentity.
    """
    with transaction_of_use_case():
        customer = lock_open_customer(customer_id)
        by.require("customer.identify", scope_of(customer))
        clean = normalise_identity(scheme, value, country=customer.country, pointer="/value")
        held = Identity.objects.filter(
            customer_id__in=ids_of(customer_id), scheme=scheme, value=clean, until__isnull=True
        )
        if not held.update(until=at):
            raise UnknownIdentity("The customer does not hold this identity.", pointer="/value")
        record_audit(
            by=by, at=at, verb="customer.identify", object_type="customer", object_id=customer_id,
            before={"scheme": scheme}, scope=scope_of(customer),
        )  # fmt: skip


def close_identity(*, at: datetime, scheme: str, value: str) -> UUID | None:
    """Building block: stop an identity, already normalised, from naming anybody; return whom it named, if anybody."""
    require_transaction()
    named = Identity.objects.select_for_update().filter(scheme=scheme, value=value, until__isnull=True).first()
    if named is None:
        return None
    named.until = max(at, named.since)
    named.save(update_fields=["until"])
    return named.customer_id


def require_free_identities(wanted: Sequence[tuple[UUID, str, str]]) -> None:
    """Demand that each (customer, scheme, value) names nobody else. Raises IdentityTaken, with a pointer."""
    if not wanted:
        return
    holders = find_by_identities([(scheme, value) for _, scheme, value in wanted])
    for position, (customer_id, scheme, value) in enumerate(wanted):
        holder = holders.get((scheme, value), customer_id)
        if holder != customer_id:
            raise IdentityTaken(
                f"This {scheme} already names another customer.", pointer=f"/identities/{position}",
                customer_id=str(holder),
            )  # fmt: skip


_INSERT = """
insert into customers_identity (customer_id, scheme, value, since, partner_id, source, recorded_at)
select wanted.*, %s from unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::uuid[], %s::text[]) as wanted
on conflict (scheme, value) where until is null do nothing
"""
_STOLEN = """
select i.scheme from unnest(%s::uuid[], %s::text[], %s::text[]) as wanted (customer_id, scheme, value)
join customers_identity i on i.scheme = wanted.scheme and i.value = wanted.value and i.until is null
where i.customer_id <> wanted.customer_id limit 1
"""


def insert_identities(rows: Sequence[tuple[UUID, str, str, datetime, UUID | None, str]], *, at: datetime) -> None:
    """Insert (customer, scheme, value, since, partner, source) rows with one statement; those held already stay.

    Raises IdentityTaken when another transaction gave one of them away since it was looked up.
    """
    require_transaction()
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [at, *columns])
        if cursor.rowcount == len(rows):
            return
        cursor.execute(_STOLEN, columns[:3])
        stolen = cursor.fetchone()
    if stolen is not None:
        raise IdentityTaken(
            f"This {stolen[0]} was given to another customer at this very moment.", pointer="/identities"
        )
