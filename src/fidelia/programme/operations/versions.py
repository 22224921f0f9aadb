"""Draft, change, publish and withdraw the versions of a programme."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from fidelia.access.operations import approve
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import announce

from ..errors import PublishedInThePast, SameAuthor, VersionNotDraft, VersionNotInForce, VersionRefused
from ..events import VersionPublished, VersionWithdrawn
from ..models import Programme, ProgrammeVersion
from ..queries import check_document
from ..queries.approvals import Standing, approval_of
from .audit import audit
from .comparing import check_nothing_lost
from .lawfulness import check_lawful
from .texts import carry_text, rewritten

State = ProgrammeVersion.State


def draft_version(
    *, by: Actor, at: datetime, programme: Programme, document: dict[str, Any], note: str = "", text: str | None = None
) -> ProgrammeVersion:
    """Write a new draft; the document is checked whole before anything is kept. `text` is how it was written, if so.

    Raises Denied, MalformedDocument and every refusal of the rule language with its pointer and column.
    """
    by.require("programme.draft", Scope(programme.partner_id))
    version_id = new_id()
    check_document(programme, document, version_id=version_id)
    with transaction_of_use_case():
        return write_draft(
            by=by, at=at, programme=programme, document=document, note=note, version_id=version_id, text=text
        )


def write_draft(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    document: dict[str, Any],
    note: str,
    version_id: UUID,
    text: str | None = None,
) -> ProgrammeVersion:
    """Building block: keep a checked document as the next draft. Without a text, that of the last version is carried
    on, made to say the document.
    """
    lock_programme(programme, at)  # versions are numbered one at a time
    last = programme.versions.aggregate(last=Max("number"))["last"] or 0
    version = ProgrammeVersion.objects.create(
        id=version_id,
        programme=programme,
        number=last + 1,
        document=document,
        text=carry_text(programme, document) if text is None else text,
        note=note,
        author_id=by.id,
        author_label=by.label,
        created_at=at,
        changed_at=at,
    )
    audit(by, at, "programme.draft", version.id, after={"number": version.number, "note": note})
    return version


def change_draft(
    *,
    by: Actor,
    at: datetime,
    version: ProgrammeVersion,
    document: dict[str, Any],
    note: str,
    text: str | None = None,
) -> ProgrammeVersion:
    """Replace the document of a draft; its author becomes who changed it. `text` is how it was written, if it was.

    Raises Denied, VersionNotDraft, MalformedDocument.
    """
    by.require("programme.draft", Scope(version.programme.partner_id))
    check_document(version.programme, document, version_id=version.id)
    with transaction_of_use_case():
        draft = lock_draft(version.id)
        before = {"document": draft.document}
        draft.text = rewritten(draft.text, draft.document, document) if text is None else text
        draft.document, draft.note, draft.changed_at = document, note, at
        draft.author_id, draft.author_label = by.id, by.label
        draft.save(update_fields=["document", "text", "note", "changed_at", "author_id", "author_label"])
        audit(by, at, "programme.draft", draft.id, before=before, after={"document": document})
    return draft


def edit_draft(
    *,
    by: Actor,
    at: datetime,
    version: ProgrammeVersion,
    edit: Callable[[dict[str, Any]], dict[str, Any]],
) -> ProgrammeVersion:
    """Change a part of a draft: `edit` is given the document as it stands, locked, and returns the new one.

    Two people who change different parts at once both keep what they did; `edit` raises ChangedMeanwhile where its own
    part is not what was read. Raises Denied, VersionNotDraft, MalformedDocument, and what `edit` raises.
    """
    by.require("programme.draft", Scope(version.programme.partner_id))
    with transaction_of_use_case():
        draft = lock_draft(version.id)
        before = draft.document
        after = edit(deepcopy(before))
        check_document(draft.programme, after, version_id=draft.id)
        draft.text = rewritten(draft.text, before, after)
        draft.document, draft.changed_at = after, at
        draft.author_id, draft.author_label = by.id, by.label
        draft.save(update_fields=["document", "text", "changed_at", "author_id", "author_label"])
        audit(by, at, "programme.draft", draft.id, before={"document": before}, after={"document": after})
    return draft


def publish_version(
    *, by: Actor, at: datetime, version: ProgrammeVersion, in_force_from: datetime | None = None
) -> ProgrammeVersion:
    """Publish a draft, in force from an instant not before now (the programme's first version may begin in the past,
    so that history brought in is decided by it). Its author publishes it once another person approved it as it stands.

    Raises Denied, SameAuthor, VersionRefused, VersionNotDraft, PublishedInThePast, ChangesWouldBeLost, LawForbids,
    FreeTextRead.
    """
    by.require("programme.publish", Scope(version.programme.partner_id))
    with transaction_of_use_case():
        now = lock_programme(version.programme, at)
        draft = lock_draft(version.id)
        check_nothing_lost(draft, now)
        check_document(draft.programme, draft.document, version_id=draft.id)  # what is read may have changed since
        check_lawful(draft, in_force_from or now)
        return publish_draft(by=by, at=at, version_id=version.id, in_force_from=in_force_from or now)


def publish_draft(*, by: Actor, at: datetime, version_id: UUID, in_force_from: datetime) -> ProgrammeVersion:
    """Building block of publication: four eyes, dates, state, audit and announcement."""
    draft = lock_draft(version_id)
    _check_four_eyes(by, draft)
    first = not draft.programme.versions.exclude(state=State.DRAFT).exists()
    if in_force_from < at and not first:
        raise PublishedInThePast("A version is in force from now on, or later.", pointer="/in_force_from")
    _settle_approval(by, at, draft)
    draft.state, draft.published_at, draft.in_force_from = State.PUBLISHED, at, in_force_from
    draft.publisher_label = by.label
    draft.save(update_fields=["state", "published_at", "in_force_from", "publisher_label"])
    audit(by, at, "programme.publish", draft.id, after={"number": draft.number, "from": in_force_from.isoformat()})
    announce(
        VersionPublished(occurred_at=at, programme_id=draft.programme_id, version_id=draft.id, number=draft.number)
    )
    return draft


def _check_four_eyes(by: Actor, draft: ProgrammeVersion) -> None:
    found = approval_of(draft)
    if found.standing is Standing.REFUSED and found.approval is not None:
        raise VersionRefused(f"{found.approval.decided_by_label} refused version {draft.number} as it stands.")
    if by.kind == "user" and by.id == draft.author_id and found.standing is not Standing.APPROVED:
        raise SameAuthor("A second person publishes: you wrote this version.")


def _settle_approval(by: Actor, at: datetime, draft: ProgrammeVersion) -> None:
    """Who publishes what was put forward by another approves it by that."""
    found = approval_of(draft)
    if found.standing is not Standing.ASKED or found.approval is None:
        return
    if by.kind == "user" and by.id != found.approval.asked_by_id:
        approve(by=by, at=at, approval_id=found.approval.id)


def withdraw_version(*, by: Actor, at: datetime, version: ProgrammeVersion) -> ProgrammeVersion:
    """Withdraw a published version: from now on the one before it is in force. Raises Denied, VersionNotInForce."""
    by.require("programme.publish", Scope(version.programme.partner_id))
    with transaction_of_use_case():
        lock_programme(version.programme, at)
        locked = ProgrammeVersion.objects.select_for_update().get(id=version.id)
        if locked.state != State.PUBLISHED:
            raise VersionNotInForce(f"Version {locked.number} is not published.")
        locked.state, locked.withdrawn_at = State.WITHDRAWN, at
        locked.save(update_fields=["state", "withdrawn_at"])
        audit(by, at, "programme.withdraw", locked.id, after={"number": locked.number})
        announce(
            VersionWithdrawn(
                occurred_at=at, programme_id=locked.programme_id, version_id=locked.id, number=locked.number
            )
        )
    return locked


def lock_programme(programme: Programme, at: datetime) -> datetime:
    """Building block: nobody else publishes or withdraws until this transaction ends. Lock it before any version.

    Return `at`, or the last publication or withdrawal if that is later: whoever waited here for another must read what
    is in force after that other, and begin after it, or one of the two is in force for nobody.
    """
    Programme.objects.select_for_update().get(id=programme.id)
    last = programme.versions.aggregate(published=Max("published_at"), withdrawn=Max("withdrawn_at"))
    moments: list[datetime] = [moment for moment in last.values() if moment is not None]
    return max([at, *moments])


def lock_draft(version_id: UUID) -> ProgrammeVersion:
    """Building block: return the draft, locked, with its programme. Raises VersionNotDraft."""
    draft = (
        ProgrammeVersion.objects.select_for_update(of=("self",))
        .select_related("programme__points_currency")
        .get(id=version_id)
    )
    if draft.state != State.DRAFT:
        raise VersionNotDraft(f"Version {draft.number} is published; write a new draft.")
    return draft
