"""The long work of referral: what is due when the time for returns is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .operations.following import FOLLOW, follow_due

AT_ONCE = 500
ROUNDS_MAX = 10_000


def follow_all(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Reward both sides of what is due, and give up what came too late; correct whenever it runs, and however often."""
    changed = waiting = 0
    for _round in range(ROUNDS_MAX):
        done, waiting = follow_due(by=by, at=at, limit=AT_ONCE)
        changed += done
        progress.step(done)
        if done < AT_ONCE:
            break
    return {"referrals": changed, "waiting": waiting}


JOBS = (
    JobKind(
        name=FOLLOW,
        label=LocalizedText(en="Referrals that are due", fr="Parrainages à récompenser"),
        right=FOLLOW,
        function=follow_all,
        cron="32 * * * *",
    ),
)
