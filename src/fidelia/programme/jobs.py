"""The long work of programme: customers, with what they hold, taken out as a file; the tiers of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .operations import FOLLOW, follow_tiers
from .operations.exporting import EXPORT, AskedCustomers, export_customers, filters_of
from .operations.nightly import NIGHT, run_night
from .operations.together import ACT, act_on_customers


def export(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Write a list of customers into a file; arguments as `ask_export` lays them down. Started anew when resumed."""
    progress.done = 0
    file = export_customers(
        by=by,
        at=at,
        asked=AskedCustomers(
            arguments["text"],
            filters_of(arguments["chosen"], at),
            [UUID(id) for id in arguments["customer_ids"]],
        ),
        name=f"customers-{at:%Y-%m-%d}.csv",
        progress=progress,
    )
    return {"customers": progress.done, "bytes": file.size, "file_id": str(file.id)}


def follow(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Announce tiers that time ended, and derive everybody's where a version with other tiers came into force."""
    return follow_tiers(by=by, at=at, progress=progress)


def nightly(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Activate, reward, follow tiers, expire, tell beforehand: the night's work in its order."""
    return run_night(by=by, at=at, progress=progress)


def act(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Do to many customers what `ask_act` lays down, or take it back."""
    return act_on_customers(by=by, at=at, arguments=arguments, progress=progress)


JOBS = (
    JobKind(
        name=ACT,
        label=LocalizedText(en="Act on many customers", fr="Action sur plusieurs clients"),
        right="customer.see",
        function=act,
    ),
    JobKind(
        name=NIGHT,
        label=LocalizedText(en="The night: points and tiers", fr="La nuit\u00a0: points et statuts"),
        right="programme.publish",
        function=nightly,
        cron="41 2 * * *",
    ),
    JobKind(
        name=FOLLOW,
        label=LocalizedText(en="Tiers that end, and tiers of a new version", fr="Fins de statut et nouveaux seuils"),
        right="programme.publish",
        function=follow,
        cron="7 * * * *",
    ),
    JobKind(
        name=EXPORT,
        label=LocalizedText(en="Export of customers", fr="Export de clients"),
        right=EXPORT,
        function=export,
    ),
)
