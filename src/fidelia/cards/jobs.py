"""The long work of cards: made by the batch, and ended when their time is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .operations import expire_cards, make_cards
from .operations.making import MAKE

EXPIRED_AT_ONCE = 500
ROUNDS_MAX = 20_000


def make(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Make cards of a series; arguments as `ask_cards` lays them down. Resumed, it makes what is missing."""
    store = arguments.get("store_id") or ""
    series_id, count = UUID(arguments["series_id"]), int(arguments["count"])
    made = make_cards(
        by=by, at=at, series_id=series_id, count=count, progress=progress, store_id=UUID(store) if store else None
    )
    return {"cards": made}


def expire(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Write down which cards have expired."""
    expired = 0
    for _round in range(ROUNDS_MAX):
        done = expire_cards(by=by, at=at, limit=EXPIRED_AT_ONCE)
        expired += done
        progress.step(done)
        if done < EXPIRED_AT_ONCE:
            break
    return {"cards": expired}


JOBS = (
    JobKind(
        name=MAKE,
        label=LocalizedText(en="Loyalty cards made", fr="Fabrication de cartes de fidélité"),
        right=MAKE,
        function=make,
    ),
    JobKind(
        name="card.expire",
        label=LocalizedText(en="Loyalty cards that expire", fr="Expiration des cartes de fidélité"),
        right="card.expire",
        function=expire,
        cron="2 * * * *",  # soon after midnight, whatever the programme's time zone
    ),
)
