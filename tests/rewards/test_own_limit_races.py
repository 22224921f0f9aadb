"""Two tills of one member at once, for what is left of the member's own limits: guard off first, then on."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from fidelia.rewards.operations import limit_items
from fidelia.rewards.operations.limits import MemberPeriods
from fidelia.rules.paying import PAID_LIMIT
from fidelia.rules.rule_terms import Limit

from .racing import BARRIER, at_the_barrier, connected, consume, function, outcomes, run_as_owner, seed

LAST_GUARD = "no counter passes its capacity"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OWN = MemberPeriods(datetime(2024, 6, 10, tzinfo=UTC), {"plus": datetime(2026, 2, 25, 11, tzinfo=UTC)})
LIMITS = {
    "points that pay in a day": (Limit(PAID_LIMIT, "", "points", 300, per="member", period="day"), date(2026, 3, 2)),
    "a plan's period": (
        Limit("off/0", "off", "money", 300, per="member", period="plan", plan="plus"),
        date(2026, 2, 25),
    ),
    "a year since joining": (
        Limit("off/0", "off", "money", 300, per="member", period="anniversary"),
        date(2025, 6, 10),
    ),
}


def take(connection: psycopg.Connection[Any], limit: Limit, amount: int) -> str:
    """Count as a closure does: by the items that the limits of the terms come to."""
    items = limit_items(
        [limit], {limit.key: amount}, customer_id=UUID(int=9), store_id=None, at=AT, zone=ZoneInfo("Europe/Paris"),
        of=OWN,
    )  # fmt: skip
    assert len(items) == 1
    return consume(connection, limits=json.loads(json.dumps([asdict(one) for one in items], default=str)))


def counted(address: str) -> list[tuple[int, date]]:
    with psycopg.connect(address) as owner:
        return [(int(row[0]), row[1]) for row in owner.execute("select taken, starts_on from rewards_counter")]


@pytest.mark.parametrize("kind", LIMITS)
def test_what_is_left_of_a_members_own_limit_is_had_by_one_of_two_tills(scratch: str, kind: str) -> None:
    limit, begins = LIMITS[kind]
    text, place = function("rewards_take_limit", "spreading"), "update rewards_counter counter"
    with_barrier, lock = text.replace(place, BARRIER + place), "for no key update;"
    assert lock in text
    seed(scratch)
    with connected(scratch) as one:  # a row that exists: or the insert itself would keep the other waiting
        assert take(one, limit, 100) == "done"
    run_as_owner(scratch, with_barrier.replace(lock, ";"))
    with at_the_barrier(scratch, 2, lambda one: take(one, limit, 200), arriving=2) as futures:
        assert outcomes(futures) == {"done": 1, LAST_GUARD: 1}, "both had found 200 left"
    run_as_owner(scratch, f'alter table rewards_counter drop constraint "{LAST_GUARD}"')
    run_as_owner(scratch, "update rewards_counter set taken = 100")
    with at_the_barrier(scratch, 2, lambda one: take(one, limit, 200), arriving=2) as futures:
        assert outcomes(futures) == {"done": 2}
    assert counted(scratch) == [(500, begins)], "of 300"
    run_as_owner(scratch, "update rewards_counter set taken = 100")
    run_as_owner(scratch, with_barrier)
    with at_the_barrier(scratch, 2, lambda one: take(one, limit, 200), arriving=1) as futures:
        assert outcomes(futures) == {"done": 1, "limit_reached": 1}
    assert counted(scratch) == [(300, begins)]
