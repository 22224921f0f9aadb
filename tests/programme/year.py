"""The members of a shop over a year, their deeds drawn with a seed, and the nights: for the tests of whole years.

From 1 June 2027 to 31 May 2028, over both changes of the clocks and 29 February.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.jobs.operations.progress import StopRequested
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.ledger.operations import redeem
from fidelia.programme.models import Enrolment, PointsPool, Programme
from fidelia.programme.operations.adjusting import correct_points
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.operations.points import extend_points, give_points, grant_points, reinstate_points
from fidelia.programme.operations.pools import create_pool, join_pool, leave_pool
from fidelia.programme.reactions import reassess_tiers
from fidelia.rewards.jobs import expire
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations.gift_cards import sell_gift_card, spend_gift_card
from fidelia.subscriptions.operations import open_subscription
from tests.cast import SYSTEM
from tests.forking import fork, wait_for_end_of

from .cast import DOCUMENT, member, programme
from .test_pools import announced, buy, give_back

PARIS = ZoneInfo("Europe/Paris")
FIRST, MEMBERS, SEED = date(2027, 6, 1), 3, 2911
NAME = {"en": "N", "fr": "N"}
TERMS: dict[str, Any] = {
    "rules": DOCUMENT["rules"][:1],
    "points": {"validity_months": 3, "ends": "month", "pending": {"days": 14}, "notice_days": [30, 7],
               "reinstatement_days": 10, "transfers": "restart"},
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
            *[self.buy] * 5, self.give_back, self.spend, self.give, self.grant, self.correct, self.join, self.leave,
            self.extend, self.reinstate, self.sell_card, self.pay_by_card, self.subscribe,
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

    def give(self, who: Enrolment, now: datetime) -> None:
        to = Enrolment.objects.get(id=self.draw.choice(self.members).id)
        amount = self.draw.randint(1, 30)
        give_points(by=SYSTEM, at=now, enrolment=who, to=to, amount=amount, reason="", key=f"n{self.number}")

    def correct(self, who: Enrolment, now: datetime) -> None:
        amount = self.draw.choice([-15, 20])
        correct_points(by=SYSTEM, at=now, enrolment=who, amount=amount, reason="", key=f"n{self.number}")

    def extend(self, who: Enrolment, now: datetime) -> None:
        until = now + timedelta(days=100)
        extend_points(by=SYSTEM, at=now, enrolment=who, until=until, reason="", key=f"n{self.number}")

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


def night(at: datetime) -> None:
    """As it should be: once, and to its end."""
    run(night_job(at), at)


def night_job(at: datetime) -> Job:
    return Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip


@contextmanager
def imagined() -> Iterator[None]:
    """A block of which nothing remains, in which use cases may open transactions of their own."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as the blocks that Django opens around tests
    with block:
        yield
        transaction.set_rollback(True)


class StoppedProgress(Progress):
    """A run that is stopped at its second step."""

    left = 2

    def step(self, count: int = 1) -> None:
        self.left -= 1
        if self.left == 0:
            raise StopRequested


def run(job: Job, at: datetime) -> None:
    run_night(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))
    expire({}, by=SYSTEM, at=at, progress=Progress(night_job(at), clock=lambda: at))


def killed_at(statement: int, job: Job, at: datetime) -> bool:
    """Run a night in a process that kills itself before a statement; tell whether it came to that."""
    left = [statement]

    def count(execute: Any, *asked: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*asked)

    def die_in_the_night() -> None:
        with connection.execute_wrapper(count):
            run(job, at)

    return wait_for_end_of(*fork(die_in_the_night))


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
