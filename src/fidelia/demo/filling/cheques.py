"""Chèques fidélité of the last months: what the first night of each month made of the points of the month before."""

from __future__ import annotations

from datetime import datetime, timedelta

from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, start_of_day, zone_of
from fidelia.programme.models import Programme
from fidelia.programme.queries import VersionHistory
from fidelia.rewards.operations.cheques import issue_cheques, policies_due

from .network import TIME_ZONE

MONTHS = 4  # of the first, what two years have left is turned at once: before the twelve weeks that Home shows
RUN_AT = timedelta(hours=2)  # the night's run, after midnight where the shop is


def first_nights(ends_at: datetime, *, since: datetime, until: datetime) -> list[datetime]:
    """Return the nights from `since` to before `until` that begin one of the last months before `ends_at`."""
    zone = zone_of(TIME_ZONE)
    first = local_day(ends_at, zone).replace(day=1)
    nights = []
    for _month in range(MONTHS):
        nights.append(start_of_day(first, zone) + RUN_AT)
        first = (first - timedelta(days=1)).replace(day=1)
    return [night for night in reversed(nights) if since <= night < until]


def turn_points(*, by: Actor, at: datetime, programme: Programme) -> int:
    """Turn the points of last month into cheques, as the first night of this month does; return how many there are."""
    due = policies_due(VersionHistory(programme), zone_of(programme.time_zone), at)
    return sum(
        issue_cheques(by=by, at=at, programme=programme, terms=terms, policy=policy, step=lambda _members: None)
        for terms, policy in due
    )
