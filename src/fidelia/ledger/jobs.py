"""The sweeper of due points, called by the worker's loop now and then: nothing depends on how often."""

from __future__ import annotations

from datetime import datetime

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

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
