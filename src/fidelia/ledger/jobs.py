"""The sweeper of due points, an hourly job: balances are right without it, breakage is posted by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText

from .operations import expire_due

LOTS_A_ROUND = 500
ROUNDS_MAX = 2_000


def sweep_due_points(*, by: Actor, at: datetime) -> int:
    """Write down the expiry of all lots due at `at`, 500 in each transaction; return how many. Raises Denied.

    Ends when a round finds nothing it can take: what others have locked waits for the next call.
    """
    by.require("points.expire")
    total = 0
    for _round in range(ROUNDS_MAX):
        with transaction_of_use_case():
            expired = expire_due(by=by, at=at, limit=LOTS_A_ROUND)
        total += expired
        if expired == 0:
            break
    return total


def _sweep(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    return {"lots": sweep_due_points(by=by, at=at)}


JOBS = (
    JobKind(
        name="points.expire",
        label=LocalizedText(en="Expiry of points is written down", fr="Inscription des points échus"),
        right="points.expire",
        function=_sweep,
        cron="23 * * * *",
    ),
)
