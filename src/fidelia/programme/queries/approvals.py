"""What a second person said of a draft, as it now stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from fidelia.access.models import Approval, ApprovalState
from fidelia.access.queries import find_approval

from ..models import ProgrammeVersion

RIGHT: Final = "programme.publish"
OBJECT: Final = "programme_version"


class Standing(StrEnum):
    """Where a draft stands: nobody was asked, the answer is awaited, yes, no, or it was changed since."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class VersionApproval:
    """The standing of a version with the last approval asked for it; None when there never was one."""

    standing: Standing
    approval: Approval | None


def approval_of(version: ProgrammeVersion) -> VersionApproval:
    """Return what a second person said of a version as it is written now."""
    found = find_approval(right=RIGHT, object_type=OBJECT, object_id=version.id)
    if found is None:
        return VersionApproval(Standing.NOT_ASKED, None)
    if found.content_hash != content_hash_of(version.document):
        return VersionApproval(Standing.OUTDATED, found)
    if found.state == ApprovalState.APPROVED and found.decided_by_id == version.author_id:
        # Who approved it has changed it since, and back again: it is their own text now.
        return VersionApproval(Standing.OUTDATED, found)
    named = {
        ApprovalState.ASKED: Standing.ASKED,
        ApprovalState.APPROVED: Standing.APPROVED,
        ApprovalState.REJECTED: Standing.REFUSED,
    }
    return VersionApproval(named[ApprovalState(found.state)], found)


def content_hash_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document, by which an approval knows what it approved."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
