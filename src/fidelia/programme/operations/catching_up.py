"""Catch up: write a successor of a draft that holds what was published since the draft was begun."""

from __future__ import annotations

from datetime import datetime

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id

from ..errors import NothingToCatchUp
from ..models import ProgrammeVersion
from ..queries import check_document
from .comparing import documents_of, merged, missed_changes
from .texts import rewritten
from .versions import lock_draft, lock_programme, write_draft


def catch_up(*, by: Actor, at: datetime, version: ProgrammeVersion) -> ProgrammeVersion:
    """Write a new draft: the draft given, with what was published since it was begun. Where both changed a part, the
    draft's own stays. The document is checked whole.

    Raises Denied, VersionNotDraft, NothingToCatchUp, MalformedDocument and the refusals of the rule language.
    """
    by.require("programme.draft", Scope(version.programme.partner_id))
    with transaction_of_use_case():
        now = lock_programme(version.programme, at)
        draft = lock_draft(version.id)
        documents = documents_of(draft, now)
        if documents is None or not missed_changes(draft, now):
            raise NothingToCatchUp(f"Version {draft.number} lacks nothing of what is in force.")
        document = merged(*documents)
        version_id = new_id()
        check_document(draft.programme, document, version_id=version_id)
        return write_draft(
            by=by,
            at=at,
            programme=draft.programme,
            document=document,
            note=draft.note,
            version_id=version_id,
            text=rewritten(draft.text, draft.document, document),
        )
