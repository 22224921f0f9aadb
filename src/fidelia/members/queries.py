"""Who may come in. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.customers.queries import find_by_address, ids_of, ids_of_each, list_customers_by_id
from fidelia.programme.queries import list_enrolments

from .models import MemberSession


def candidates_of(address: str) -> tuple[UUID, ...]:
    """Return the members who are reached at an e-mail address, in order of joining the file; several in a household."""
    return members_among(find_by_address("email", address))


def members_among(customer_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return those who are members of a programme now, as the survivors of their merges, without the erased."""
    people = {ids[0]: ids for ids in ids_of_each(customer_ids).values()}
    known = list_customers_by_id(list(people))
    enrolments = list_enrolments([id for ids in people.values() for id in ids])
    members = {one.customer_id for one in enrolments if one.ended_at is None and not one.programme.is_sandbox}
    return tuple(
        survivor for survivor, ids in sorted(people.items()) if not known[survivor].is_erased and members & set(ids)
    )


def list_open_sessions(customer_id: UUID, at: datetime) -> list[MemberSession]:
    """Return the devices on which a member is logged in, the last seen first."""
    own = MemberSession.objects.filter(customer_id__in=ids_of(customer_id), ended_at=None, expires_at__gt=at)
    return list(own.order_by("-seen_at", "id"))
