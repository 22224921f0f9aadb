"""Correct the points of a member by hand: at once, or above the programme's threshold with a second person's yes."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from fidelia.access.operations import approve, ask_approval, record_audit, reject
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.ledger.operations import PostingResult, adjust

from ..errors import NothingWaits
from ..models import AskedAdjustment, Enrolment
from ..queries import terms_in_force
from .points import scope_of

RIGHT = "points.approve"


def correct_points(
    *, by: Actor, at: datetime, enrolment: Enrolment, amount: int, reason: str, key: str,
    expires_at: datetime | None = None,
) -> PostingResult | AskedAdjustment:  # fmt: skip
    """Correct a balance with a reason that people can read later; above the threshold, ask for a second person instead.

    The same key asks once. Raises Denied (points.adjust), InsufficientPoints, MalformedPosting, KeyReused.
    """
    by.require("points.adjust", scope_of(enrolment))
    terms = terms_in_force(enrolment, at)
    threshold = terms.points.approval_above if terms is not None else None
    with transaction_of_use_case():
        if threshold is not None and abs(amount) > threshold:
            return _ask(by, at, enrolment, amount, reason=reason, key=key, expires_at=expires_at)
        return _post(by, at, enrolment, amount, reason=reason, key=key, expires_at=expires_at)


def approve_adjustment(*, by: Actor, at: datetime, adjustment_id: UUID) -> AskedAdjustment:
    """Approve a correction that another person asked, and post it.

    Raises Denied (points.approve), AnotherPersonDecides, NothingWaits, InsufficientPoints.
    """
    with transaction_of_use_case():
        asked = _locked(adjustment_id)
        approve(by=by, at=at, approval_id=asked.approval_id)
        result = _post(
            by, at, asked.enrolment, asked.amount, reason=asked.reason, key=f"approved:{asked.id}",
            expires_at=asked.expires_at,
        )  # fmt: skip
        asked.state, asked.decided_at, asked.posting_id = AskedAdjustment.State.DONE, at, result.posting_id
        asked.save(update_fields=["state", "decided_at", "posting_id"])
    return asked


def refuse_adjustment(*, by: Actor, at: datetime, adjustment_id: UUID, note: str = "") -> AskedAdjustment:
    """Refuse a correction that another person asked. Raises Denied, AnotherPersonDecides, NothingWaits."""
    with transaction_of_use_case():
        asked = _locked(adjustment_id)
        reject(by=by, at=at, approval_id=asked.approval_id, note=note)
        asked.state, asked.decided_at = AskedAdjustment.State.REFUSED, at
        asked.save(update_fields=["state", "decided_at"])
    return asked


def _ask(
    by: Actor, at: datetime, enrolment: Enrolment, amount: int, *, reason: str, key: str, expires_at: datetime | None
) -> AskedAdjustment:
    # The key names the request: asked again, it is the same one.
    id = UUID(bytes=hashlib.sha256(f"{enrolment.id}:{key}".encode()).digest()[:16])
    known = AskedAdjustment.objects.filter(id=id).first()
    if known is not None:
        return known
    approval = ask_approval(
        by=by, at=at, right=RIGHT, object_type="adjustment", object_id=id, scope=scope_of(enrolment), note=reason,
        content_hash=hashlib.sha256(f"{enrolment.id} {amount} {expires_at} {reason}".encode()).hexdigest(),
    )  # fmt: skip
    return AskedAdjustment.objects.create(
        id=id, enrolment=enrolment, currency=enrolment.programme.points_currency_id, amount=amount, reason=reason,
        expires_at=expires_at, approval_id=approval.pk, asked_at=at, asked_by_label=by.label,
    )  # fmt: skip


def _post(
    by: Actor, at: datetime, enrolment: Enrolment, amount: int, *, reason: str, key: str, expires_at: datetime | None
) -> PostingResult:
    currency, scope = enrolment.programme.points_currency_id, scope_of(enrolment)
    result = adjust(
        by=by, at=at, account_id=enrolment.account_id, currency=currency, amount=amount, key=key,
        expires_at=expires_at, note=reason, partner_id=scope.partner_id, store_id=scope.store_id,
        source_type="console",
    )  # fmt: skip
    if not result.replayed:
        record_audit(
            by=by, at=at, verb="points.adjust", object_type="account", object_id=enrolment.account_id,
            before={"balance": result.balance - result.amount, "currency": currency},
            after={"balance": result.balance, "currency": currency, "posting_id": result.posting_id}, scope=scope,
        )  # fmt: skip
    return result


def _locked(adjustment_id: UUID) -> AskedAdjustment:
    found = (
        AskedAdjustment.objects.select_for_update(of=("self",))
        .select_related("enrolment__programme__points_currency")
        .filter(id=adjustment_id, state=AskedAdjustment.State.ASKED)
        .first()
    )
    if found is None:
        raise NothingWaits("This correction does not wait any more.")
    return found
