"""Work of members that nobody waits for: sign-ups left by a process that died, and codes that are over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .operations import finish_left_sign_ups, forget_old_codes

ROUNDS_MAX = 1_000


def tidy(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Finish the sign-ups that were left, and forget old codes and sign-ups that led to nothing."""
    finished, forgotten = finish_left_sign_ups(at=at), 0
    for _round in range(ROUNDS_MAX):
        done = forget_old_codes(at=at)
        forgotten += done
        if not done:
            break
    return {"finished": finished, "forgotten": forgotten}


JOBS = (
    JobKind(
        name="members.tidy",
        label=LocalizedText(en="Sign-ups are finished, old codes go", fr="Adhésions achevées, anciens codes supprimés"),
        right="system.see",
        function=tidy,
        cron="*/10 * * * *",
    ),
)
