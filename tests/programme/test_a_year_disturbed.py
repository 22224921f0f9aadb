"""One year lived twice: once undisturbed, once with nights that are killed, resumed and repeated. Both end alike.

From 1 June 2027 to 31 May 2028, over both changes of the clocks and 29 February: in Paris, and in Santiago, whose
clocks go forward at midnight, so that a day begins at one o'clock. A night is killed by `kill -9` of a process of its
own before one of its statements, wherever that is; a second run goes on where the last checkpoint is.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.models import Enrolment, PointsPool, Programme
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.operations.points import grant_points, reinstate_points
from fidelia.programme.operations.pools import create_pool, join_pool, leave_pool
from fidelia.programme.reactions import reassess_tiers
from fidelia.rewards.jobs import expire
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations.gift_cards import sell_gift_card, spend_gift_card
from fidelia.subscriptions.operations import open_subscription
from tests.cast import SYSTEM
from tests.conftest import empty_all_tables
from tests.waiting import wait_for

from .cast import DOCUMENT, member, programme
from .test_pools import announced, buy, give_back

FIRST, DAYS, MEMBERS, SEED = date(2027, 6, 1), 366, 3, 2911
KILLED = 0.3  # of the nights of the disturbed year
STATEMENTS = 70  # about what a night comes to
EDGES = {(10, 30), (10, 31), (2, 28), (2, 29), (3, 25), (3, 26), (9, 4), (9, 5), (4, 1), (4, 2), (12, 31)}
NAME = {"en": "N", "fr": "N"}
TERMS: dict[str, Any] = {
    "rules": DOCUMENT["rules"][:1],
    "points": {"validity_months": 3, "ends": "month", "pending": {"days": 14}, "notice_days": [30, 7],
               "reinstatement_days": 10},
    "tiers": [
        {**DOCUMENT["tiers"], "notice_days": 30},
        {"key": "visits", "metric": "purchases", "window": "quarter", "kept": {"periods": 1}, "falls": "one_step",
         "grace": {"days": 10}, "levels": [{"key": "friend", "name": NAME, "threshold": "4"},
                                           {"key": "fan", "name": NAME, "threshold": "9"}]},
        {"key": "wealth", "metric": "balance", "kept_days": 20,
         "levels": [{"key": "rich", "name": NAME, "threshold": "120"}]},
    ],
    "cheques": [{"key": "cheque", "name": NAME, "points": "150", "money": "10", "issued": "month",
                 "validity": {"months": 1, "ends": "month"}, "notice_days": [7]}],
    "plans": [{"key": "club", "name": NAME, "price": "0", "period": "month", "renewal": "auto", "each_period": "5",
               "notice_days": [3]}],
}  # fmt: skip


class Year:
    """The members of a shop, and what they do: the same deeds for the same seed."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone, self.draw = zone, random.Random(SEED)
        self.programme: Programme = programme(TERMS)
        Programme.objects.filter(id=self.programme.id).update(time_zone=zone.key)
        self.programme.refresh_from_db()
        self.members = [member(self.programme, f"29904417882{n:02}") for n in range(MEMBERS)]
        self.pool: PointsPool = create_pool(by=SYSTEM, at=self.at(FIRST), programme=self.programme, name="Family")
        self.sales: list[Any] = []
        self.cards: list[GiftCard] = []
        self.number = self.served = 0

    def at(self, day: date, hour: int = 12, minute: int = 0) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)

    def act(self, now: datetime) -> None:
        """Do one thing that may be refused: then nothing of it remains."""
        self.number += 1
        deeds: list[Callable[[Enrolment, datetime], object]] = [
            *[self.buy] * 5, self.give_back, self.spend, self.grant, self.join, self.leave, self.reinstate,
            self.sell_card, self.pay_by_card, self.subscribe,
        ]  # fmt: skip
        who = Enrolment.objects.select_related("programme__points_currency").get(id=self.draw.choice(self.members).id)
        with suppress(FideliaError):
            self.draw.choice(deeds)(who, now)

    def buy(self, who: Enrolment, now: datetime) -> None:
        happened = now - timedelta(days=self.draw.choice([0, 0, 0, 0, 3, 40]))
        self.sales.append(buy(who, self.draw.randint(5, 160), f"n{self.number}", happened))

    def give_back(self, who: Enrolment, now: datetime) -> None:
        if self.sales:
            give_back(self.sales.pop(self.draw.randrange(len(self.sales))), now)

    def spend(self, who: Enrolment, now: datetime) -> None:
        amount = self.draw.randint(1, 60)
        with transaction.atomic():
            redeem(by=SYSTEM, at=now, account_id=who.account_id, currency="PTS", amount=amount, key=f"n{self.number}")

    def grant(self, who: Enrolment, now: datetime) -> None:
        grant_points(by=SYSTEM, at=now, enrolment=who, amount=10, reason="", key=f"n{self.number}")

    def join(self, who: Enrolment, now: datetime) -> None:
        join_pool(by=SYSTEM, at=now, enrolment=who, pool_id=self.pool.id)

    def leave(self, who: Enrolment, now: datetime) -> None:
        leave_pool(by=SYSTEM, at=now, enrolment=who, takes=self.draw.choice(["nothing", "share"]))

    def reinstate(self, who: Enrolment, now: datetime) -> None:
        reinstate_points(by=SYSTEM, at=now, enrolment=who, reason="", key=f"n{self.number}")

    def sell_card(self, who: Enrolment, now: datetime) -> None:
        until = now.date() + timedelta(days=self.draw.randint(5, 120))
        self.cards.append(
            sell_gift_card(by=SYSTEM, at=now, programme=self.programme, amount=Money(50_00, "EUR"), valid_until=until,
                           code=f"CARD-{self.number}")
        )  # fmt: skip

    def pay_by_card(self, who: Enrolment, now: datetime) -> None:
        if self.cards:
            amount = Money(self.draw.randint(1, 40_00), "EUR")
            spend_gift_card(by=SYSTEM, at=now, card_id=self.draw.choice(self.cards).id, amount=amount)

    def subscribe(self, who: Enrolment, now: datetime) -> None:
        open_subscription(by=SYSTEM, at=now, enrolment=who, plan="club")

    def react(self, now: datetime) -> None:
        names = ["purchase.recorded", "purchase.returned", "purchase.claimed"]
        events = list(OutboxEvent.objects.filter(event_id__gt=self.served, name__in=names).order_by("event_id"))
        if events:
            self.served = events[-1].event_id
            with transaction.atomic():
                reassess_tiers([announced(row) for row in events], by=SYSTEM, at=now)


def live(zone: ZoneInfo, night: Callable[[datetime], None]) -> dict[str, Any]:
    """Live the year, with every day's invariants; return what there is at its end. Not every night works, as it is."""
    year = Year(zone)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        for hour in sorted(year.draw.sample(range(8, 20), year.draw.randint(0, 2))):
            year.act(year.at(day, hour))
        year.react(year.at(day, 23))
        if number % 10 == 0 or day.day == 1 or (day.month, day.day) in EDGES:
            night(year.at(day + timedelta(days=1), 3, 30))
        assert find_broken_invariants() == [], day
    return state_of(year)


def a_night(at: datetime) -> None:
    """As it should be: once, and to its end."""
    run(night_job(at), at)


class Disturbed:
    """Nights of which some are killed, resumed, and repeated."""

    def __init__(self) -> None:
        self.draw, self.killed = random.Random(SEED + 1), 0

    def __call__(self, at: datetime) -> None:
        job = night_job(at)
        if self.draw.random() < KILLED or (at.month, at.day) in EDGES:
            self.killed += killed_at(self.draw.randint(1, STATEMENTS), job, at)
        run(Job.objects.get(pk=job.pk), at)
        if self.draw.random() < KILLED or (at.month, at.day) in EDGES:
            before = footprint()
            a_night(at + timedelta(minutes=20))
            assert footprint() == before, at


def night_job(at: datetime) -> Job:
    return Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip


def run(job: Job, at: datetime) -> None:
    run_night(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))
    expire({}, by=SYSTEM, at=at, progress=Progress(night_job(at), clock=lambda: at))


def killed_at(statement: int, job: Job, at: datetime) -> bool:
    """Run a night in a process that kills itself before a statement; tell whether it came to that."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _die_in_the_night(statement, job, at, writing)
    os.close(writing)
    with os.fdopen(reading) as said:
        backend = int(said.readline())
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the night in the other process failed"
    wait_for(lambda: not alive(backend))  # its transaction is rolled back, and its locks are free
    return os.WIFSIGNALED(status)


def _die_in_the_night(statement: int, job: Job, at: datetime, told: int) -> None:
    """In the child: leave the parent's connection alone, open another, and never come back."""
    code = 1
    try:
        parents = connection.connection  # kept: to let it go would say good-bye in the parent's name
        connection.settings_dict["OPTIONS"].pop("pool", None)
        connection.connection = None
        left = [statement]

        def count(execute: Any, *asked: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*asked)

        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            os.write(told, f"{cursor.fetchone()[0]}\n".encode())
        with connection.execute_wrapper(count):
            run(job, at)
        code = 0 if parents is not None else 1
    finally:
        os._exit(code)


def alive(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_stat_activity where pid = %s)", [backend])
        return bool(cursor.fetchone()[0])


def footprint() -> list[int]:
    """How much there is: what a night that repeats itself must not change."""
    tables = ("ledger_posting", "ledger_entry", "ledger_lot", "programme_tierperiod", "programme_expiry_notice",
              "rewards_cheque", "rewards_voucher", "rewards_gift_card_movement", "subscriptions_period",
              "kernel_outbox")  # fmt: skip
    return [rows(f"select count(*) from {table}")[0][0] for table in tables]


def rows(text: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text)
        return list(cursor.fetchall())


STATE = {
    "lots": "select account_id, currency, amount, remaining, earned_at, expires_at, is_open from ledger_lot",
    "balances": "select account_id, posted, held from ledger_balance",
    "postings": "select account_id, kind, requested, occurred_at from ledger_posting",
    "tiers": """select enrolment_id, tier_set, tier, valid_from, valid_until from programme_tierperiod
                where superseded_at is null""",
    "notices": "select account_id, days, amount, expires_at from programme_expiry_notice",
    "vouchers": "select customer_id, amount, valid_from, valid_until, revoked_at, noticed_days from rewards_voucher",
    "cards": """select c.code, m.number, m.kind, m.amount, m.occurred_at
                from rewards_gift_card_movement m join rewards_gift_card c on c.id = m.card_id""",
    "plans": "select s.customer_id, p.number, p.begins_at, p.ends_at from subscriptions_period p"
             " join subscriptions_subscription s on s.id = p.subscription_id",
    "events": "select name, customer_id, occurred_at from kernel_outbox",
}  # fmt: skip


def state_of(year: Year) -> dict[str, Any]:
    """What there is, with the people named by their number instead of by ids that each year draws anew."""
    named: dict[UUID, str] = {year.pool.account_id: "pool"}
    for n, one in enumerate(year.members):
        named |= {one.id: f"member {n}", one.account_id: f"account {n}", one.customer_id: f"customer {n}"}
    return {
        what: Counter(tuple(named.get(cell, cell) if isinstance(cell, UUID) else cell for cell in row)
                      for row in rows(text))
        for what, text in STATE.items()
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Santiago"])
def test_a_year_with_killed_and_repeated_nights_ends_as_an_undisturbed_one(zone: str) -> None:
    undisturbed = live(ZoneInfo(zone), a_night)
    empty_all_tables()
    disturbed = Disturbed()
    found = live(ZoneInfo(zone), disturbed)
    assert disturbed.killed > 8
    for what, expected in undisturbed.items():
        assert found[what] == expected, what
    assert sum(undisturbed["postings"].values()) > 250
