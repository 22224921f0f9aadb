"""Four eyes on a draft: put it forward, approve it, refuse it. What was approved is its text, not its number."""

from __future__ import annotations

from datetime import datetime

from fidelia.access.errors import AnotherPersonDecides
from fidelia.access.models import Approval, ApprovalState
from fidelia.access.operations import approve, ask_again, ask_approval, reject
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case

from ..errors import ApprovalOutdated, NothingWaits
from ..models import ProgrammeVersion
from ..queries.approvals import OBJECT, RIGHT, Standing, VersionApproval, approval_of, content_hash_of
from .versions import lock_draft


def ask_approval_of_version(*, by: Actor, at: datetime, version: ProgrammeVersion, note: str = "") -> VersionApproval:
    """Put a draft forward: another person who may publish reads it as it now stands. Asked again after a change, the
    new text takes the place of the old one; asked again without one, nothing changes.

    Raises Denied (programme.draft), VersionNotDraft.
    """
    scope = Scope(version.programme.partner_id)
    by.require("programme.draft", scope)
    with transaction_of_use_case():
        draft = lock_draft(version.id)
        found = approval_of(draft)
        content_hash = content_hash_of(draft.document)
        if found.standing in {Standing.ASKED, Standing.APPROVED}:
            return found
        if found.approval is not None and found.approval.state == ApprovalState.ASKED:
            ask_again(by=by, at=at, approval_id=found.approval.id, content_hash=content_hash, note=note)
        else:
            ask_approval(
                by=by, at=at, right=RIGHT, object_type=OBJECT, object_id=draft.id, content_hash=content_hash,
                scope=scope, note=note,
            )  # fmt: skip
        return approval_of(draft)


def approve_version(*, by: Actor, at: datetime, version: ProgrammeVersion, note: str = "") -> VersionApproval:
    """Approve a draft that another person wrote: from now on its author too may publish it, until it is changed.

    Raises Denied (programme.publish), VersionNotDraft, NothingWaits, ApprovalOutdated, AnotherPersonDecides.
    """
    by.require(RIGHT, Scope(version.programme.partner_id))
    with transaction_of_use_case():
        draft = lock_draft(version.id)
        approve(by=by, at=at, approval_id=_waiting(by, draft).id, note=note)
        return approval_of(draft)


def refuse_version(*, by: Actor, at: datetime, version: ProgrammeVersion, note: str = "") -> VersionApproval:
    """Refuse a draft that another person wrote: nobody publishes it before it is changed, or asked for once more.

    Raises what `approve_version` raises.
    """
    by.require(RIGHT, Scope(version.programme.partner_id))
    with transaction_of_use_case():
        draft = lock_draft(version.id)
        reject(by=by, at=at, approval_id=_waiting(by, draft).id, note=note)
        return approval_of(draft)


def _waiting(by: Actor, draft: ProgrammeVersion) -> Approval:
    found = approval_of(draft)
    if found.approval is None or found.approval.state != ApprovalState.ASKED:
        raise NothingWaits(f"Version {draft.number} does not wait for an approval.")
    if found.standing is Standing.OUTDATED:
        raise ApprovalOutdated(f"Version {draft.number} was changed after its approval was asked: it is asked again.")
    if by.id == draft.author_id:
        raise AnotherPersonDecides("You wrote this version; another person decides.")
    return found.approval
