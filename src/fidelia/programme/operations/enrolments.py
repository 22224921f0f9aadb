"""Enrol customers and end memberships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from fidelia.customers.operations.locking import hold_people, lock_open_customer
from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin, announce
from fidelia.ledger.operations import open_account, open_accounts_in_bulk

from ..errors import AlreadyEnrolled, EnrolmentEnded
from ..events import MemberEnrolled, MembersEnrolled
from ..models import Enrolment, Programme
from .audit import audit


def enrol(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    customer_id: UUID,
    enrolled_at: datetime | None = None,
    source: str = "api",
    store_id: UUID | None = None,
    partner_id: UUID | None = None,
    once: RequestKey | None = None,
) -> Enrolment:
    """Make a customer a member, with a points account of their own.

    Raises Denied, and what `write_enrolment` raises, and `claim` for a request that came before.
    """
    by.require("enrolment.create", Scope(partner_id, store_id))
    enrolment_id = new_id()
    with transaction_of_use_case():
        claim(once, at=at, resource_type="enrolment", resource_id=enrolment_id)
        return write_enrolment(
            enrolment_id=enrolment_id,
            by=by,
            at=at,
            programme=programme,
            customer_id=customer_id,
            enrolled_at=enrolled_at or at,
            source=source,
            store_id=store_id,
            partner_id=partner_id,
        )


def write_enrolment(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    customer_id: UUID,
    enrolled_at: datetime,
    source: str,
    store_id: UUID | None,
    partner_id: UUID | None,
    enrolment_id: UUID | None = None,
    is_provisional: bool = False,
) -> Enrolment:
    """Building block of enrolment: account, membership, audit, announcement.

    The customer's row is locked, so that no merge brings them a membership meanwhile. Raises UnknownCustomer,
    CustomerClosed (merged into another, or erased), AlreadyEnrolled (also under another name of the person).
    """
    lock_open_customer(customer_id)
    if _are_members(programme, ids_of(customer_id)):
        raise AlreadyEnrolled("This customer is a member of the programme already.")
    points = programme.points_currency
    account_id = open_account(
        by=by, at=at, currency=points.code, partner_id=partner_id, may_go_negative=points.may_go_negative
    )
    try:
        with transaction.atomic():  # a savepoint, so that the refusal below leaves the use case able to speak
            enrolment = Enrolment.objects.create(
                id=enrolment_id or new_id(),
                programme=programme,
                customer_id=customer_id,
                account_id=account_id,
                enrolled_at=enrolled_at,
                source=source,
                store_id=store_id,
                partner_id=partner_id,
                is_provisional=is_provisional,
            )
    except IntegrityError as error:
        if "enrolled once" not in str(error):
            raise
        raise AlreadyEnrolled("This customer is a member of the programme already.") from None
    audit(by, at, "enrolment.create", enrolment.id, after={"programme": programme.slug, "source": source})
    announce(
        MemberEnrolled(
            occurred_at=enrolled_at, customer_id=customer_id, enrolment_id=enrolment.id, programme_id=programme.id,
            account_id=account_id,
        )
    )  # fmt: skip
    return enrolment


def _are_members(programme: Programme, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these customers who are members of the programme now."""
    members = Enrolment.objects.filter(programme=programme, customer_id__in=customer_ids, ended_at__isnull=True)
    return set(members.values_list("customer_id", flat=True))


def end_enrolment(*, by: Actor, at: datetime, enrolment: Enrolment, once: RequestKey | None = None) -> Enrolment:
    """End a membership; its account and history stay.

    Raises Denied, EnrolmentEnded, and what `claim` raises for a request that came before.
    """
    by.require("enrolment.end", Scope(enrolment.partner_id, enrolment.store_id))
    with transaction_of_use_case():
        claim(once, at=at, resource_type="enrolment", resource_id=enrolment.id)
        return close_enrolment(by=by, at=at, enrolment=enrolment)


def close_enrolment(*, by: Actor, at: datetime, enrolment: Enrolment) -> Enrolment:
    """Building block: end a membership inside the caller's use case. Raises EnrolmentEnded."""
    require_transaction()
    locked = Enrolment.objects.select_for_update().get(id=enrolment.id)
    if locked.ended_at is not None:
        raise EnrolmentEnded("This membership has ended already.")
    locked.ended_at = at
    locked.save(update_fields=["ended_at"])
    audit(by, at, "enrolment.end", locked.id)
    return locked


@dataclass(frozen=True, slots=True)
class NewMember:
    """One row of a bulk enrolment."""

    customer_id: UUID
    enrolled_at: datetime
    store_id: UUID | None = None
    partner_id: UUID | None = None


def _who_are_no_members(programme: Programme, members: Sequence[NewMember]) -> list[NewMember]:
    """Return those who are members under no name of theirs; no merge brings them a membership meanwhile."""
    names = hold_people([member.customer_id for member in members])
    enrolled = _are_members(programme, [name for each in names.values() for name in each])
    return [each for each in members if enrolled.isdisjoint(names.get(each.customer_id, (each.customer_id,)))]


_ENROL = """
insert into programme_enrolment (id, programme_id, customer_id, account_id, enrolled_at, source, store_id, partner_id)
select row.id, %s, row.customer_id, row.account_id, row.enrolled_at, %s, row.store_id, row.partner_id
from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::uuid[], %s::uuid[])
    as row (id, customer_id, account_id, enrolled_at, store_id, partner_id)
order by row.customer_id
on conflict (programme_id, customer_id) where ended_at is null do nothing
returning customer_id, id
"""


def enrol_in_bulk(
    *, by: Actor, at: datetime, programme: Programme, members: Sequence[NewMember], source: str
) -> dict[UUID, UUID]:
    """Building block of imports: enrol many customers with a few statements; those enrolled already stay as they are.

    Whoever is enrolled by somebody else at this moment stays so too; the account opened for them stays empty. Returns
    customer id → enrolment id of the new memberships. Announces one event for the batch. Raises Denied.
    """
    by.require("enrolment.create")
    require_transaction()
    fresh = _who_are_no_members(programme, members)
    if not fresh:
        return {}
    points = programme.points_currency
    accounts = open_accounts_in_bulk(
        by=by,
        at=at,
        currency=points.code,
        partner_ids=[member.partner_id for member in fresh],
        may_go_negative=points.may_go_negative,
    )
    enrolment_ids = [new_id() for _member in fresh]
    with connection.cursor() as cursor:
        cursor.execute(
            _ENROL,
            [
                *(programme.id, source, enrolment_ids, [member.customer_id for member in fresh], accounts),
                [member.enrolled_at for member in fresh],
                [member.store_id for member in fresh],
                [member.partner_id for member in fresh],
            ],
        )
        made: dict[UUID, UUID] = dict(cursor.fetchall())
    audit(by, at, "enrolment.create", programme.id, after={"count": len(made), "source": source})
    announce(MembersEnrolled(occurred_at=at, origin=Origin.BACKFILL, programme_id=programme.id, count=len(made)))
    return made
