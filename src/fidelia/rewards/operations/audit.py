"""The audit row of a verb of rewards."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope


def audit(
    by: Actor,
    at: datetime,
    verb: str,
    object_id: UUID | int,
    *,
    partner_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Record who did it; the object's type is the noun of the verb."""
    record_audit(
        by=by,
        at=at,
        verb=verb,
        object_type=verb.partition(".")[0],
        object_id=object_id,
        before=before,
        after=after,
        scope=Scope(partner_id),
    )
