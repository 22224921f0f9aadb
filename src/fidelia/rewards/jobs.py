"""The long work of rewards: codes by the million, gift cards that expire, reservations that nobody came back to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .operations import expire_gift_cards, generate_codes, give_segment
from .operations.coupons import GENERATE
from .operations.lapsing import lapse_vouchers
from .operations.segment_gifts import GIVE, GIVE_SEGMENT
from .operations.sweeping import sweep_counters, sweep_reservations

EXPIRED_AT_ONCE = 1_000
ROUNDS_MAX = 10_000
KEPT_AFTER_EXPIRY = timedelta(days=1)
KEPT_AFTER_PERIOD = timedelta(days=400)


def generate(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Draw codes for a series; arguments as `ask_codes` lays them down. Resumed, it draws what is missing."""
    series_id, count = UUID(arguments["series_id"]), int(arguments["count"])
    return {"codes": generate_codes(by=by, at=at, series_id=series_id, count=count, progress=progress)}


def give(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Give the members of a segment coupons; arguments as `ask_coupons_for_segment` lays them down. Safe to repeat."""
    given = give_segment(
        by=by, at=at, series_id=UUID(arguments["series_id"]), segment_id=UUID(arguments["segment_id"]),
        moment=datetime.fromisoformat(arguments["moment"]), progress=progress,
        is_told=bool(arguments.get("told")),
    )  # fmt: skip
    return {"given": given}


def expire(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Write down what of gift cards and vouchers lapsed, and tidy what is over: correct before it, and after it."""
    lapsed = [0, 0]
    for place, write_down in enumerate((expire_gift_cards, lapse_vouchers)):
        for _round in range(ROUNDS_MAX):
            done = write_down(by=by, at=at, limit=EXPIRED_AT_ONCE)
            lapsed[place] += done
            progress.step(done)
            if done < EXPIRED_AT_ONCE:
                break
    return {
        "gift_cards": lapsed[0],
        "vouchers": lapsed[1],
        "reservations": sweep_reservations(before=at - KEPT_AFTER_EXPIRY),
        "counters": sweep_counters(before=(at - KEPT_AFTER_PERIOD).date()),
    }


JOBS = (
    JobKind(
        name=GENERATE,
        label=LocalizedText(en="Codes of coupons", fr="Codes de coupons"),
        right=GENERATE,
        function=generate,
    ),
    JobKind(
        name=GIVE_SEGMENT,
        label=LocalizedText(en="Coupons for a segment", fr="Coupons pour un segment"),
        right=GIVE,
        function=give,
    ),
    JobKind(
        name="gift_card.expire",
        label=LocalizedText(en="Gift cards and vouchers that expire", fr="Expiration des cartes cadeaux et des bons"),
        right="gift_card.expire",
        function=expire,
        cron="20 1 * * *",
    ),
)
