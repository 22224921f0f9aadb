"""What is told beforehand comes true: the member lives to that day, night after night, across a change of clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.kernel.calendar import end_of_day
from fidelia.ledger.queries import get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.queries import Foresight, list_standings
from fidelia.rewards.models import Cheque
from fidelia.rewards.queries.foresight import foresee_holdings
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.programme.test_pools import buy

from .test_cheques import terms

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)
TOLD_ON = date(2026, 3, 9)
# Month ends, the change of clocks and its neighbours, and the day that a manager asks about.
DAYS = (
    *(date(2026, 3, 10), date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 3)),
)
LIVES: tuple[dict[str, Any], ...] = (
    {},
    {"validity_months": 1, "ends": "day"},
    {"validity_months": 1, "ends": "month", "pending": {"days": 14}},
    {"validity_months": 2, "ends": "day", "counts_from": "activity", "renewed_by": ["earn", "redeem"]},
)
CHEQUES: tuple[dict[str, Any], ...] = (
    {"issued": "nightly"},
    {"issued": "month"},
    {"issued": "quarter", "remainder": "lost", "minimum": "100", "points": "50", "money": "2.5"},
    {"issued": "month", "points": "50", "money": "3", "each": "step", "maximum": 2},
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=PARIS)


def run(day: date) -> None:
    """The night that begins a day, as the worker runs it."""
    at = datetime(day.year, day.month, day.day, 2, 41, tzinfo=PARIS)
    job = Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip
    run_night(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))


def live(of: Enrolment, since: date, until: date) -> None:
    day = since
    while day < until:
        day += DAY
        run(day)


def truth(of: Enrolment, on: date) -> tuple[int, int, int, dict[str, str]]:
    """What there is at the end of a day: points, points on their way, money in chèques so far, tiers."""
    end = end_of_day(on, PARIS)
    balance = get_balance(account_id=of.account_id, currency="PTS", at=end)
    issued = Cheque.objects.filter(account_id=of.account_id, issued_at__lt=end).values_list("amount", flat=True)
    held = {one.tiers.key: one.held.key if one.held else "" for one in list_standings(of, end)}
    return balance.available, balance.pending, sum(issued), held


def told(found: Foresight, before: int) -> tuple[int, int, int, dict[str, str]]:
    money = sum(event.money for event in found.events if event.kind == "cheque")
    return found.available, found.pending, before + money, found.tiers


@pytest.mark.parametrize(
    ("life", "cheque"),
    [
        (LIVES[2], CHEQUES[1]),
        pytest.param(LIVES[1], CHEQUES[0], marks=pytest.mark.slow),
        pytest.param(LIVES[3], CHEQUES[2], marks=pytest.mark.slow),
        pytest.param(LIVES[0], CHEQUES[3], marks=pytest.mark.slow),
    ],
)
def test_what_is_told_of_a_day_is_there_on_that_day(life: dict[str, Any], cheque: dict[str, Any]) -> None:
    of = member(programme(terms(life, **cheque)))
    buy(of, 130, "one", at=AT)
    run(date(2026, 3, 3))
    buy(of, 90, "two", at=noon(date(2026, 3, 5)))
    for day in (4, 5, 6, 7, 8):
        run(date(2026, 3, day))
    buy(of, 45, "three", at=noon(date(2026, 3, 8)))
    run(TOLD_ON)
    at = noon(TOLD_ON)
    before = sum(Cheque.objects.values_list("amount", flat=True))
    beforehand = {on: told(foresee_holdings(of, at=at, on=on), before) for on in DAYS}
    came_true, last = {}, TOLD_ON
    for on in DAYS:
        live(of, last, on)
        came_true[on], last = truth(of, on), on
    assert beforehand == came_true
