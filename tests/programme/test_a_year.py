"""A year of a programme with a fixed seed: every day the invariants hold, whatever happens to its nights.

In Paris from 1 June 2027 to 31 May 2028, over both changes of the clocks and 29 February; and on a few days in
Santiago, whose clocks go forward at midnight, so that a day begins at one o'clock. A disturbed night is first imagined
as it should be: run once, to its end, and taken back. Then a process of its own is killed by `kill -9` before one of
its statements, wherever that is, or it is stopped; a second run goes on where the last checkpoint is, and a third
repeats it all. The day after must be the imagined one, and so must, night by night, be the year.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from fidelia.jobs.models import Job
from fidelia.jobs.operations.progress import StopRequested
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.queries import foresee, list_tier_periods
from tests.cast import SYSTEM

from .year import FIRST, PARIS, SEED, StoppedProgress, Year, imagined, killed_at, night, night_job, run, state_of

DISTURBED = 0.2  # of the nights that are no edge; all edges are
STATEMENTS = 70  # about what a night comes to
EDGES = {(10, 30), (10, 31), (2, 28), (2, 29), (3, 25), (3, 26), (9, 4), (9, 5), (4, 1), (4, 2), (12, 31)}
SANTIAGO = ZoneInfo("America/Santiago")


def live(year: Year, days: Iterable[date]) -> tuple[int, int]:
    """Live the days, each with its invariants; return nights killed and nights disturbed. Not every night works."""
    draw = random.Random(SEED + 1)
    killed = disturbed = 0
    for day in days:
        for hour in sorted(year.draw.sample(range(8, 20), year.draw.choice([0, 0, 0, 1, 2]))):
            year.act(year.at(day, hour))
        year.react(year.at(day, 23))
        is_edge = (day.month, day.day) in EDGES
        at = year.at(day + timedelta(days=1), 3, 30)
        if is_edge or (day.day in (1, 15) and draw.random() < DISTURBED):
            disturbed += 1
            killed += disturb(year, at, draw)
        elif day.day in (1, 15):
            night(at)
        assert find_broken_invariants() == [], day
        if day.day == 1:
            check_standing(year, at)
    return killed, disturbed


def disturb(year: Year, at: datetime, draw: random.Random) -> bool:
    """Kill or stop a night, resume it, repeat it: what there is afterwards is what an undisturbed one leaves."""
    with imagined():
        night(at)
        expected = state_of(year)
    job = night_job(at)
    if is_killed := draw.random() < 0.8:
        is_killed = killed_at(draw.randint(1, STATEMENTS), job, at)
    else:
        stop(job, at)
    run(Job.objects.get(pk=job.pk), at)
    night(at + timedelta(minutes=20))
    found = state_of(year)
    for what, there in expected.items():
        assert found[what] == there, (at, what)
    return is_killed


def stop(job: Job, at: datetime) -> None:
    try:
        run_night(by=SYSTEM, at=at, progress=StoppedProgress(job, clock=lambda: at))
    except StopRequested:
        return


def check_standing(year: Year, now: datetime) -> None:
    """Each tier follows the one before without a gap, and what is foreseen for today is what is there."""
    for one in Enrolment.objects.select_related("programme__points_currency").filter(programme=year.programme):
        balance = get_balance(account_id=one.account_id, currency="PTS", at=now)
        soon = foresee(one, at=now, on=now.astimezone(year.zone).date())
        assert soon.available == balance.available - sum(
            each.amount for each in soon.events if each.kind == "expires"
        ) + sum(each.amount for each in soon.events if each.kind == "activates")
        for tier_set in ("", "visits", "wealth"):
            periods = list_tier_periods(one.id, tier_set)[::-1]
            for first, second in pairwise(periods):
                assert first.valid_until == second.valid_from, (one.id, tier_set)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_day_of_a_year_the_promises_hold_though_nights_are_killed_stopped_and_repeated() -> None:
    year = Year(PARIS)
    killed, disturbed = live(year, (FIRST + timedelta(days=number) for number in range(366)))
    assert killed > 4
    assert disturbed > killed  # some were stopped instead, or had fewer statements than that
    assert sum(state_of(year)["postings"].values()) > 150


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_days_that_begin_at_one_or_have_two_midnights_hold_too() -> None:
    """Days in between are left out: the night after them has a month's work or more to catch up with."""
    year = Year(SANTIAGO)
    weeks = [date(2027, 8, 1), date(2027, 8, 31), date(2027, 12, 28), date(2028, 2, 25), date(2028, 3, 30)]
    killed, _disturbed = live(year, (monday + timedelta(days=number) for monday in weeks for number in range(6)))
    assert killed > 2
    assert sum(state_of(year)["postings"].values()) > 20
