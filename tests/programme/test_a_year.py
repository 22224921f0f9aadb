"""A year of a programme with a fixed seed: every day the invariants hold, and a night repeated or killed adds nothing.

It crosses both changes of the clocks and 29 February: from 1 June 2027 to 1 June 2028, in Paris.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from fidelia.activity.models import Purchase
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.jobs.operations.progress import StopRequested
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, PointsPool
from fidelia.programme.operations.adjusting import correct_points
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.operations.points import extend_points, give_points, grant_points, reinstate_points
from fidelia.programme.operations.pools import create_pool, join_pool, leave_pool
from fidelia.programme.queries import foresee, list_tier_periods
from fidelia.programme.reactions import reassess_tiers
from tests.cast import SYSTEM

from .cast import DOCUMENT, member, programme
from .test_pools import announced, buy, give_back

PARIS = ZoneInfo("Europe/Paris")
FIRST, DAYS, MEMBERS = date(2027, 6, 1), 366, 6
TERMS: dict[str, Any] = {
    "rules": DOCUMENT["rules"][:1],
    "points": {"validity_months": 3, "ends": "month", "pending": {"days": 14}, "notice_days": [30, 7],
               "reinstatement_days": 10, "transfers": "restart"},
    "tiers": [
        {**DOCUMENT["tiers"], "notice_days": 30},
        {"key": "visits", "metric": "purchases", "window": "quarter", "kept": {"periods": 1}, "falls": "one_step",
         "grace": {"days": 10}, "levels": [{"key": "friend", "name": {"en": "F", "fr": "A"}, "threshold": "4"},
                                           {"key": "fan", "name": {"en": "Fan", "fr": "Fan"}, "threshold": "9"}]},
        {"key": "wealth", "metric": "balance", "kept_days": 20,
         "levels": [{"key": "rich", "name": {"en": "R", "fr": "R"}, "threshold": "200"}]},
    ],
}  # fmt: skip


class KilledProgress(Progress):
    """A run that is stopped at its n-th step."""

    left = 2

    def step(self, count: int = 1) -> None:
        self.left -= 1
        if self.left == 0:
            raise StopRequested


class Year:
    """The members of a shop, and what they do."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.programme = programme(TERMS)
        self.members = [member(self.programme, f"29904417882{n:02}") for n in range(MEMBERS)]
        self.pool: PointsPool = create_pool(by=SYSTEM, at=at_noon(FIRST), programme=self.programme, name="Family")
        self.sales: list[Purchase] = []
        self.number = 0

    def act(self, now: datetime) -> None:
        """Do one thing that may be refused: then nothing of it remains."""
        self.number += 1
        buying = [self.buy] * 4
        deeds = [*buying, self.give_back, self.spend, self.give, self.grant, self.correct, self.join, self.leave,
                 self.extend, self.reinstate]  # fmt: skip
        who = Enrolment.objects.select_related("programme__points_currency").get(id=self.draw.choice(self.members).id)
        try:
            self.draw.choice(deeds)(who, now)
        except FideliaError:
            assert find_broken_invariants(account_id=who.account_id) == []

    def buy(self, who: Enrolment, now: datetime) -> None:
        happened = now - timedelta(days=self.draw.choice([0, 0, 0, 0, 3, 40]))
        self.sales.append(buy(who, self.draw.randint(5, 160), f"n{self.number}", happened))

    def give_back(self, who: Enrolment, now: datetime) -> None:
        if self.sales:
            give_back(self.sales.pop(self.draw.randrange(len(self.sales))), now)

    def spend(self, who: Enrolment, now: datetime) -> None:
        amount = self.draw.randint(1, 80)
        with transaction.atomic():
            redeem(by=SYSTEM, at=now, account_id=who.account_id, currency="PTS", amount=amount, key=f"n{self.number}")

    def give(self, who: Enrolment, now: datetime) -> None:
        to = Enrolment.objects.get(id=self.draw.choice(self.members).id)
        give_points(
            by=SYSTEM, at=now, enrolment=who, to=to, amount=self.draw.randint(1, 30), reason="", key=f"n{self.number}"
        )

    def grant(self, who: Enrolment, now: datetime) -> None:
        grant_points(by=SYSTEM, at=now, enrolment=who, amount=10, reason="", key=f"n{self.number}")

    def correct(self, who: Enrolment, now: datetime) -> None:
        correct_points(
            by=SYSTEM, at=now, enrolment=who, amount=self.draw.choice([-15, 20]), reason="", key=f"n{self.number}"
        )

    def join(self, who: Enrolment, now: datetime) -> None:
        join_pool(by=SYSTEM, at=now, enrolment=who, pool_id=self.pool.id)

    def leave(self, who: Enrolment, now: datetime) -> None:
        leave_pool(by=SYSTEM, at=now, enrolment=who, takes=self.draw.choice(["nothing", "share"]))

    def extend(self, who: Enrolment, now: datetime) -> None:
        extend_points(
            by=SYSTEM, at=now, enrolment=who, until=now + timedelta(days=100), reason="", key=f"n{self.number}"
        )

    def reinstate(self, who: Enrolment, now: datetime) -> None:
        reinstate_points(by=SYSTEM, at=now, enrolment=who, reason="", key=f"n{self.number}")


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=PARIS)


def night(at: datetime, kind: type[Progress] = Progress) -> None:
    job = Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip
    try:
        run_night(by=SYSTEM, at=at, progress=kind(job, clock=lambda: at))
    except StopRequested:
        assert kind is KilledProgress


def footprint() -> list[int]:
    """How much there is: what a night that repeats itself must not change."""
    tables = ("ledger_posting", "ledger_entry", "ledger_lot", "programme_tierperiod", "programme_expiry_notice")
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(f"(select count(*) from {table})" for table in tables))
        return [*cursor.fetchone(), OutboxEvent.objects.count()]


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1805])
def test_every_day_of_a_year_the_promises_hold(seed: int) -> None:
    year = Year(seed)
    served = 0
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        for hour in sorted(year.draw.sample(range(8, 20), year.draw.randint(0, 5))):
            year.act(at_noon(day).replace(hour=hour))
        events = list(
            OutboxEvent.objects.filter(
                event_id__gt=served, name__in=["purchase.recorded", "purchase.returned", "purchase.claimed"]
            ).order_by("event_id")
        )
        if events:
            served = events[-1].event_id
            with transaction.atomic():
                reassess_tiers([announced(row) for row in events], by=SYSTEM, at=at_noon(day).replace(hour=23))
        dark = datetime(day.year, day.month, day.day, 2, 30, tzinfo=PARIS) + timedelta(days=1)
        if year.draw.random() < 0.2:
            night(dark, KilledProgress)
        night(dark)
        if number % 4 == 0 or (day.month, day.day) in ((2, 28), (2, 29), (3, 26), (10, 30)):
            before = footprint()
            night(dark)
            assert footprint() == before, day
        assert find_broken_invariants() == [], day
        if number % 30 == 0:
            check_standing(year, dark)
    assert footprint()[0] > 500


def check_standing(year: Year, now: datetime) -> None:
    """Each tier follows the one before without a gap, and what is foreseen for today is what is there."""
    for one in Enrolment.objects.select_related("programme__points_currency").filter(programme=year.programme):
        balance = get_balance(account_id=one.account_id, currency="PTS", at=now)
        soon = foresee(one, at=now, on=now.astimezone(PARIS).date())
        assert soon.available == balance.available - sum(
            each.amount for each in soon.events if each.kind == "expires"
        ) + sum(each.amount for each in soon.events if each.kind == "activates")
        for tier_set in ("", "visits", "wealth"):
            periods = list_tier_periods(one.id, tier_set)[::-1]
            for first, second in pairwise(periods):
                assert first.valid_until == second.valid_from, (one.id, tier_set)
