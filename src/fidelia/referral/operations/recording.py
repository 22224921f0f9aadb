"""A friend comes by a member's code: recorded, with what was promised, or kept as refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import terms_in_force

from ..errors import AlreadyReferred, NoReferral, ReferralOfOneself
from ..models import Referral
from .audit import change_state
from .codes import find_code
from .following import follow
from .guarding import Pair, State, why_refused, why_reviewed

RECORD = "referral.record"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the friend signed up with, as far as the caller knows: hashed here, and kept for the guards alone."""

    ip: str = ""
    device: str = ""


def record_referral(
    *, by: Actor, at: datetime, code: str, enrolment: Enrolment, evidence: Evidence | None = None,
    subject: str | None = None, once: RequestKey | None = None,
) -> Referral:  # fmt: skip
    """Record that a new member came by a code. A guard that acts raises nothing: the referral is kept as refused.

    Who guesses codes (`subject`, by default the actor) waits. Raises Denied (referral.record), UnknownReferralCode,
    RateLimited, NoReferral, AlreadyReferred, ReferralOfOneself.
    """
    by.require(RECORD, Scope(enrolment.partner_id, enrolment.store_id))
    found = find_code(at=at, programme=enrolment.programme, code=code, subject=subject or f"{by.kind}:{by.id}")
    referral_id = new_id()
    with transaction_of_use_case():
        claim(once, at=at, resource_type="referral", resource_id=referral_id)
        # The referrer's row is held while their friends are counted: two at once cannot both be the last allowed; and
        # the friend's with it, in the order of their ids: two who bring each other at once cannot both be the first.
        both = [found.enrolment_id, enrolment.id]
        rows = Enrolment.objects.select_for_update(no_key=True).filter(id__in=both).order_by("id")
        locked = {one.id: one for one in rows}
        referrer = locked[found.enrolment_id]
        pair = _pair(referrer, enrolment, at, evidence or Evidence())
        if Referral.objects.filter(friend=enrolment).exists():
            raise AlreadyReferred("This member came by a code before.")
        if referrer.id == enrolment.id:
            raise ReferralOfOneself("Nobody brings himself.", pointer="/code")
        return _write(referral_id, pair, by=by)


def _pair(referrer: Enrolment, friend: Enrolment, at: datetime, evidence: Evidence) -> Pair:
    terms = terms_in_force(friend, at)
    if terms is None or terms.referral is None:
        raise NoReferral("This programme runs no referral now.")
    return Pair(
        referrer, friend, terms.referral, terms.zone, at, hash_of("ip", evidence.ip), hash_of("device", evidence.device)
    )


def _write(referral_id: UUID, pair: Pair, *, by: Actor) -> Referral:
    refused = why_refused(pair)
    doubt = "" if refused else why_reviewed(pair)
    row = Referral(
        id=referral_id, programme_id=pair.friend.programme_id, referrer=pair.referrer, friend=pair.friend,
        partner_id=pair.friend.partner_id, policy=msgspec.to_builtins(pair.policy), ip_hash=pair.ip_hash,
        device_hash=pair.device_hash, recorded_at=pair.at, changed_at=pair.at,
    )  # fmt: skip
    state = State.REFUSED if refused else State.REVIEW if doubt else State.PENDING
    try:
        with transaction.atomic():  # a savepoint, so that the refusal leaves the use case able to speak
            change_state(row, state, by=by, at=pair.at, verb=RECORD, reason=refused or doubt, before="")
    except IntegrityError as error:
        if "friend" not in str(error):
            raise
        raise AlreadyReferred("This member came by a code before.") from None
    if state == State.PENDING:
        follow(row, by=by, at=pair.at)
    return row


def hash_of(kind: str, text: str) -> str:
    """Return what is kept of an address of the network or of a device; empty of none."""
    plain = text.strip()
    return sha256(f"referral {kind}:{plain}".encode()).hexdigest() if plain else ""
