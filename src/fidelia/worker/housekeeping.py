"""Nightly work that needs the map: what every reaction has passed leaves the outbox after 30 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.flow import REACTIONS
from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox.keeping import purge_outbox


def _purge(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    return {"events": purge_outbox(REACTIONS, at=at)}


JOBS = (
    JobKind(
        name="outbox.purge",
        label=LocalizedText(en="Old events leave the outbox", fr="Départ des anciens événements"),
        right="system.see",
        function=_purge,
        cron="40 2 * * *",
    ),
)
