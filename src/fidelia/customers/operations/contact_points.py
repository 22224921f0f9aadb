"""Where customers are reached: added, retired, found dead."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.addresses import normalise_email, normalise_phone
from fidelia.kernel.db import require_transaction, transaction_of_use_case

from ..errors import TextTooLong, UnknownChoice, UnknownContactPoint
from ..models import ContactChannel, ContactPoint, ContactStatus
from ..queries.identities import ids_of
from .locking import lock_open_customer, scope_of

POST_LENGTH_MAX = 500


def add_contact_point(
    *,
    by: Actor,
    at: datetime,
    customer_id: UUID,
    channel: str,
    value: str,
    source: str,
    verified_at: datetime | None = None,
) -> ContactPoint:
    """Reach a customer at one more address; one that had been retired or had bounced is active again.

    The newest active one is written to first. Raises Denied (customer.change), UnknownCustomer, CustomerClosed,
    UnknownChoice, MalformedEmail, MalformedPhone, TextTooLong.
    """
    with transaction_of_use_case():
        return place_contact_point(
            by=by, at=at, customer_id=customer_id, channel=channel, value=value, source=source, verified_at=verified_at
        )


def place_contact_point(
    *,
    by: Actor,
    at: datetime,
    customer_id: UUID,
    channel: str,
    value: str,
    source: str,
    verified_at: datetime | None = None,
) -> ContactPoint:
    """Building block of `add_contact_point`, inside the caller's use case; raises as it does."""
    customer = lock_open_customer(customer_id)
    by.require("customer.change", scope_of(customer))
    clean = _normalise(channel, value, customer.country)
    point, _ = ContactPoint.objects.update_or_create(
        customer=customer, channel=channel, value=clean,
        defaults={"status": ContactStatus.ACTIVE, "since": at, "source": source, "bounced_at": None,
                  "verified_at": verified_at},
        create_defaults={"status": ContactStatus.ACTIVE, "since": at, "source": source, "recorded_at": at,
                         "verified_at": verified_at},
    )  # fmt: skip
    record_audit(
        by=by, at=at, verb="customer.change", object_type="customer", object_id=customer_id,
        after={"contact_point_id": point.pk, "channel": channel}, scope=scope_of(customer),
    )  # fmt: skip
    return point


def retire_contact_point(*, by: Actor, at: datetime, customer_id: UUID, contact_point_id: int) -> None:
    """Stop writing to an address. Raises Denied, UnknownCustomer, CustomerClosed, UnknownContactPoint."""
    with transaction_of_use_case():
        customer = lock_open_customer(customer_id)
        by.require("customer.change", scope_of(customer))
        points = ContactPoint.objects.filter(id=contact_point_id, customer_id__in=ids_of(customer_id))
        if not points.update(status=ContactStatus.RETIRED):
            raise UnknownContactPoint("The customer is not reached there.")
        record_audit(
            by=by, at=at, verb="customer.change", object_type="customer", object_id=customer_id,
            before={"contact_point_id": contact_point_id}, scope=scope_of(customer),
        )  # fmt: skip


def mark_contact_bounced(*, customer_ids: tuple[UUID, ...], channel: str, value: str, at: datetime) -> int:
    """Note inside the caller's transaction that an address is refused for good; return how many points it was."""
    require_transaction()
    points = ContactPoint.objects.filter(customer_id__in=customer_ids, channel=channel, value=value)
    return points.update(status=ContactStatus.BOUNCED, bounced_at=at)


def _normalise(channel: str, value: str, country: str) -> str:
    if channel == ContactChannel.EMAIL:
        return normalise_email(value, pointer="/value")
    elif channel == ContactChannel.PHONE:
        return normalise_phone(value, country=country, pointer="/value")
    elif channel == ContactChannel.POST:
        return _check_post(value)
    raise UnknownChoice(f"“{channel}” is not one of email, phone, post.", pointer="/channel")


def _check_post(value: str) -> str:
    lines = [" ".join(line.split()) for line in value.splitlines() if line.strip()]
    clean = "\n".join(lines)
    if not clean or len(clean) > POST_LENGTH_MAX:
        raise TextTooLong(f"A postal address has from one to {POST_LENGTH_MAX} characters.", pointer="/value")
    return clean
