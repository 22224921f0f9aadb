"""Consent, given or withdrawn: each word is a row with its proof, and no row is ever changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim, name_resource
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin, announce

from ..errors import InTheFuture, TextTooLong, TooManyRows, UnknownChoice, UnknownCustomer
from ..events import ConsentGiven, ConsentWithdrawn
from ..models import Consent, Customer
from .locking import scope_of

PURPOSES = ("marketing", "profiling", "open_tracking", "tracking", "service")
CHANNELS = ("email", "sms", "phone", "post", "push", "web", "any")
PROOF_LENGTH_MAX = 4_000
ROWS_MAX = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """One word of a customer. `proof` says how we know: source, wording and its version, form, moment of double opt-in.

    For the purpose "service" consent is not asked; given false records an objection to service messages.
    """

    customer_id: UUID
    purpose: str
    channel: str
    given: bool
    occurred_at: datetime
    proof: Mapping[str, Any] = field(default_factory=dict)


def record_consent(
    *,
    by: Actor,
    at: datetime,
    customer_id: UUID,
    purpose: str,
    channel: str,
    given: bool,
    proof: Mapping[str, Any],
    occurred_at: datetime | None = None,
    origin: Origin = Origin.LIVE,
    once: RequestKey | None = None,
) -> Consent:
    """Record that a customer gave or withdrew consent, and announce it.

    A customer may say no after being merged, and it counts for the survivor. Raises Denied (customer.record_consent),
    UnknownCustomer, UnknownChoice, InTheFuture, TextTooLong.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="consent")
        customer = Customer.objects.filter(id=customer_id).first()
        if customer is None:
            raise UnknownCustomer("There is no such customer.", customer_id=str(customer_id))
        by.require("customer.record_consent", scope_of(customer))
        moment = occurred_at or at
        new = NewConsent(
            customer_id=customer_id, purpose=purpose, channel=channel, given=given, occurred_at=moment,
            proof={**proof, "recorded_by": by.label},
        )  # fmt: skip
        (consent_id,) = _insert([_check(new, at, "")], at=at)
        name_resource(once, consent_id)
        announce(_event_of(consent_id, new, origin))
        record_audit(
            by=by, at=at, verb="customer.record_consent", object_type="customer", object_id=customer_id,
            after={"consent_id": consent_id, "purpose": purpose, "channel": channel, "given": given},
            scope=scope_of(customer),
        )  # fmt: skip
    return Consent.objects.get(id=consent_id)


def record_consents_in_bulk(*, by: Actor, at: datetime, rows: Sequence[NewConsent]) -> int:
    """Record what a file says customers agreed to, with one statement in the caller's transaction; return how many.

    The customers are known to exist. Nothing is announced: a file is history, not a word just said. Raises Denied
    (customer.record_consent), TooManyRows, and the Invalid of a wrong row with a pointer such as /17/purpose.
    """
    by.require("customer.record_consent")
    require_transaction()
    if len(rows) > ROWS_MAX:
        raise TooManyRows(f"At most {ROWS_MAX} consents are recorded at once.")
    ids = _insert([_check(row, at, f"/{number}") for number, row in enumerate(rows)], at=at)
    if ids:
        record_audit(
            by=by, at=at, verb="customer.record_consent", object_type="consent_batch", object_id=new_id(),
            after={"count": len(ids), "first_id": ids[0], "last_id": ids[-1]},
        )  # fmt: skip
    return len(ids)


def _check(new: NewConsent, at: datetime, pointer: str) -> NewConsent:
    if new.purpose not in PURPOSES:
        raise UnknownChoice(f"“{new.purpose}” is not one of {', '.join(PURPOSES)}.", pointer=f"{pointer}/purpose")
    if new.channel not in CHANNELS:
        raise UnknownChoice(f"“{new.channel}” is not one of {', '.join(CHANNELS)}.", pointer=f"{pointer}/channel")
    if new.occurred_at > at:
        raise InTheFuture("A consent is dated in the future.", pointer=f"{pointer}/occurred_at")
    if len(json.dumps(dict(new.proof))) > PROOF_LENGTH_MAX:
        raise TextTooLong(f"A proof has at most {PROOF_LENGTH_MAX} characters.", pointer=f"{pointer}/proof")
    return new


_INSERT = """
insert into customers_consent (customer_id, purpose, channel, given, occurred_at, proof, recorded_at)
select said.*, %s
from unnest(%s::uuid[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::jsonb[]) as said
returning id
"""


def _insert(rows: Sequence[NewConsent], *, at: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                at,
                [row.customer_id for row in rows],
                [row.purpose for row in rows],
                [row.channel for row in rows],
                [row.given for row in rows],
                [row.occurred_at for row in rows],
                [Jsonb(dict(row.proof)) for row in rows],
            ],
        )
        return [row[0] for row in cursor.fetchall()]


def _event_of(consent_id: int, new: NewConsent, origin: Origin) -> ConsentGiven | ConsentWithdrawn:
    event = ConsentGiven if new.given else ConsentWithdrawn
    return event(
        occurred_at=new.occurred_at, origin=origin, customer_id=new.customer_id, consent_id=consent_id,
        purpose=new.purpose, channel=new.channel,
    )  # fmt: skip
