"""The long work of the customer file, started by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .models import Segment, SegmentState
from .operations import refresh_segments


def refresh_all(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Find out anew who is in each segment that follows its condition; it can be stopped between two of them."""
    progress.expect(Segment.objects.filter(state=SegmentState.ACTIVE, is_fixed=False).count())
    return {"segments": refresh_segments(by=by, at=at, told=lambda _key: progress.step())}


JOBS = (
    JobKind(
        name="segment.refresh",
        label=LocalizedText(en="Refresh of segments", fr="Actualisation des segments"),
        right="segment.refresh",
        function=refresh_all,
        cron="41 * * * *",
    ),
)
