"""Kinds of job for the tests: prisoners are counted, one after the other."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from fidelia.jobs.jobs import JOBS
from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import Invalid, Unavailable
from fidelia.kernel.localized import LocalizedText

SEEN: list[tuple[Actor, datetime]] = []
UNAVAILABLE: list[str] = []


def count(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Count to `prisoners`, each with its checkpoint; `break_at` and `hang_at` are where things go wrong."""
    SEEN.append((by, at))
    prisoners = int(arguments["prisoners"])
    progress.expect(prisoners)
    start = progress.checkpoint["next"] if progress.checkpoint else 0
    for number in range(start, prisoners):
        if number == arguments.get("break_at"):
            raise Invalid("the chain is broken", code="chain_broken")
        if number == arguments.get("trip_at"):
            raise ZeroDivisionError("one prisoner for no cell")
        if UNAVAILABLE and number == arguments.get("wait_at"):
            raise Unavailable(UNAVAILABLE[0])
        with transaction_of_use_case():
            with connection.cursor() as cursor:
                cursor.execute("insert into effect (event_id, lamp) values (%s, 'counted')", [number])
            if number == arguments.get("hang_at"):
                sys.stdout.write("hanging\n")
                sys.stdout.flush()
                threading.Event().wait()
            progress.reach({"next": number + 1}, count=1)
        progress.step(0)
    return {"counted": prisoners}


def nothing(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> None:
    SEEN.append((by, at))


KINDS = (
    *JOBS,
    JobKind(
        "prisoner.count", LocalizedText(en="Count the prisoners", fr="Compter les prisonniers"), "store.see", count
    ),
    JobKind(
        "lamp.light", LocalizedText(en="Light the lamps", fr="Allumer les lampes"), "store.see", nothing, "0 3 * * *"
    ),
)
