"""Four eyes: ask for an approval, give it, refuse it.

These are building blocks: the module whose object it is opens the transaction, asks its own right, and acts.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import EVERYWHERE, Actor, Scope
from fidelia.kernel.db import require_transaction

from ..errors import AnotherPersonDecides, ApprovalAlreadyAsked, ApprovalAlreadyDecided, ApprovalUnknown
from ..models import Approval, ApprovalState
from .audit import record_audit
from .roles import check_rights


def ask_approval(
    *,
    by: Actor,
    at: datetime,
    right: str,
    object_type: str,
    object_id: UUID,
    content_hash: str,
    scope: Scope = EVERYWHERE,
    note: str = "",
) -> Approval:
    """Ask that another person who holds `right` over the scope approves the object as it stands.

    `content_hash` is the object's content: an approval of another content is none. Raises ApprovalAlreadyAsked.
    """
    require_transaction()
    check_rights([right])
    approval = Approval(
        right=right, object_type=object_type, object_id=object_id, content_hash=content_hash,
        partner_id=scope.partner_id, store_id=scope.store_id,
        asked_by_id=by.id, asked_by_label=by.label, asked_at=at, note=note,
    )  # fmt: skip
    try:
        with transaction.atomic():
            approval.save(force_insert=True)
    except IntegrityError:
        raise ApprovalAlreadyAsked("An approval of this is waiting for its decision.") from None
    _audit(by, at, "approval.ask", approval, note)
    return approval


def ask_again(*, by: Actor, at: datetime, approval_id: UUID, content_hash: str, note: str = "") -> Approval:
    """Ask what is asked already for the content as it is now: who asks last is who asks.

    Raises ApprovalUnknown, ApprovalAlreadyDecided.
    """
    require_transaction()
    approval = _locked(approval_id)
    _check_waits(approval)
    approval.content_hash, approval.note, approval.asked_at = content_hash, note, at
    approval.asked_by_id, approval.asked_by_label = by.id, by.label
    approval.save(update_fields=["content_hash", "note", "asked_at", "asked_by_id", "asked_by_label"])
    _audit(by, at, "approval.ask", approval, note)
    return approval


def approve(*, by: Actor, at: datetime, approval_id: UUID, note: str = "") -> Approval:
    """Approve what another person asked.

    Raises Denied, ApprovalUnknown, ApprovalAlreadyDecided, AnotherPersonDecides.
    """
    return _decide(by=by, at=at, approval_id=approval_id, state=ApprovalState.APPROVED, note=note)


def reject(*, by: Actor, at: datetime, approval_id: UUID, note: str = "") -> Approval:
    """Refuse what another person asked.

    Raises Denied, ApprovalUnknown, ApprovalAlreadyDecided, AnotherPersonDecides.
    """
    return _decide(by=by, at=at, approval_id=approval_id, state=ApprovalState.REJECTED, note=note)


def _decide(*, by: Actor, at: datetime, approval_id: UUID, state: ApprovalState, note: str) -> Approval:
    require_transaction()
    approval = _locked(approval_id)
    by.require(approval.right, approval.scope)
    _check_waits(approval)
    if by.kind != "user" or by.id == approval.asked_by_id:
        raise AnotherPersonDecides(f"{approval.asked_by_label} asked; another person decides.")
    approval.state = state
    approval.decided_by_id, approval.decided_by_label = by.id, by.label
    approval.decided_at, approval.decision_note = at, note
    approval.save(update_fields=["state", "decided_by_id", "decided_by_label", "decided_at", "decision_note"])
    _audit(by, at, "approval.give" if state == ApprovalState.APPROVED else "approval.refuse", approval, note)
    return approval


def _check_waits(approval: Approval) -> None:
    if approval.state != ApprovalState.ASKED:
        raise ApprovalAlreadyDecided(f"{approval.decided_by_label} has decided already.")


def _locked(approval_id: UUID) -> Approval:
    try:
        return Approval.objects.select_for_update().get(pk=approval_id)
    except Approval.DoesNotExist:
        raise ApprovalUnknown("There is no such approval.") from None


def _audit(by: Actor, at: datetime, verb: str, approval: Approval, note: str) -> None:
    record_audit(
        by=by, at=at, verb=verb, object_type=approval.object_type, object_id=approval.object_id, scope=approval.scope,
        after={"right": approval.right, "state": approval.state, "content": approval.content_hash, "note": note},
    )  # fmt: skip
