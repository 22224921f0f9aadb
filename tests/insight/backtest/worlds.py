"""The same life twice: one history lived under one programme, and again, by the same chance, under another.

What a backtest says that the second would have given in the first is then what the engine did give in the second.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.activity.models import DecisionRecord
from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    ReturnedLine,
    ReturnRequest,
    record_lone_return,
    record_purchase,
    record_return,
)
from fidelia.activity.operations.checkouts import BasketLine, CheckoutBasket, ReturnedItem
from fidelia.activity.operations.claims import ClaimRequest, claim_purchase
from fidelia.customers.models import Customer
from fidelia.customers.operations import (
    NewCustomer,
    add_customer,
    open_fixed_segment,
    put_into_segment,
    take_out_of_segment,
    update_customer,
)
from fidelia.customers.operations.custom_fields import define_custom_field
from fidelia.customers.operations.traits import define_trait, set_traits
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import Origin
from fidelia.ledger.operations import activate_due
from fidelia.persons.operations import merge_customers
from fidelia.programme.models import Enrolment, PointsCurrency, Programme, ProgrammeVersion
from fidelia.programme.operations import (
    create_programme,
    draft_version,
    enrol,
    publish_version,
    rederive_tiers,
    withdraw_version,
)
from fidelia.programme.operations.points import add_points_currency
from fidelia.rewards.operations import activate_offer
from fidelia.subscriptions.operations import end_subscription, open_subscription
from tests.activity.checkouts import cast as till
from tests.cast import SYSTEM
from tests.programme.cast import AT, BEGUN
from tests.rewards.scarce import everybodys

from .history import CLERK, PRODUCTS

DAYS = 26
MEMBERS = 5


def define_what_is_known() -> None:
    """What the shop keeps of its customers, of whatever programme."""
    open_fixed_segment(by=SYSTEM, at=BEGUN, key="loved", name=LocalizedText(en="Loved", fr="Choyés"))
    define_trait(by=SYSTEM, at=BEGUN, name="score", type="number", label=LocalizedText(en="Score", fr="Score"))
    define_custom_field(
        by=SYSTEM,
        at=BEGUN,
        key="nickname",
        type="list",
        choices=("bear", "owl"),
        label=LocalizedText(en="Nick", fr="Surnom"),
    )


class World:
    """A programme by a document, and what happens in it; `number` names its cards, tills and receipts."""

    def __init__(
        self, number: int, document: dict[str, Any], *, seed: int, versions: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.number, self.chance = number, random.Random(seed)
        self.programme = self._open(document)
        self.cards = [f"2990{number}4178820{n}" for n in range(MEMBERS)]
        self.members = [self._member(n, card) for n, card in enumerate(self.cards)]
        everybodys(self.programme, f"MANY{number}", key="many", uses=500, valid_until=date(2026, 12, 31))
        self.versions, self.published = versions, list[ProgrammeVersion]()
        self.count = 0
        self.sold: list[UUID] = []
        self.closed: list[str] = []
        self.plans: dict[int, UUID] = {}
        self.offered: set[int] = set()

    def _open(self, document: dict[str, Any]) -> Programme:
        slug = f"world{self.number}"
        name, points = LocalizedText(en=slug, fr=slug), LocalizedText(en="points", fr="points")
        made = create_programme(
            by=SYSTEM, at=BEGUN, slug=slug, name=name, currency="EUR", time_zone="Europe/Paris",
            points_code=f"P{self.number}", points_name=points,
        )  # fmt: skip
        status = PointsCurrency.objects.create(
            code=f"Q{self.number}", name=LocalizedText(en="status", fr="statut"), scale=0
        )
        add_points_currency(by=SYSTEM, at=BEGUN, programme=made, currency=status, role="qualifying")
        self.publish(made, document, BEGUN)
        return made

    def publish(self, of: Programme, document: dict[str, Any], at: datetime) -> ProgrammeVersion:
        draft = draft_version(by=SYSTEM, at=at, programme=of, document=named(document, self.number))
        return publish_version(by=SYSTEM, at=at, version=draft, in_force_from=at)

    def _member(self, n: int, card: str) -> Enrolment:
        born = date(1990 - n, 3 + n % 2, 4 + n)
        one = NewCustomer(
            source="till", given_name="Florestan", identities=(("card", card),), country="FR", birth_on=born
        )
        made = add_customer(by=SYSTEM, at=BEGUN, customer=one)
        return enrol(by=SYSTEM, at=BEGUN, programme=self.programme, customer_id=made.id, source="till")

    def live(self) -> Iterator[None]:
        """Let things happen hour by hour; the worker follows at once. The choice of what happens asks no rule."""
        for day in range(DAYS):
            for hour in (8, 13, 19):
                at = AT + timedelta(days=day, hours=hour - 9, minutes=self.chance.randrange(50))
                self.chance.choice([self.purchase, self.checkout, self.purchase, self.checkout, self.give_back])(at)
                if self.chance.random() < 0.45:
                    self.chance.choice([self.late, self.lone, self.claimed, self.undo, self.learn, self.learn])(
                        at + timedelta(minutes=2)
                    )
                self.follow(at + timedelta(minutes=5))
                yield
            self.change(day, AT + timedelta(days=day, hours=12))
            if day == DAYS // 2:
                self.merge(AT + timedelta(days=day, hours=12))

    def change(self, day: int, at: datetime) -> None:
        """Where the first world has further versions: one that is withdrawn soon, and one that stays."""
        if not self.versions:
            return
        if day in (DAYS // 3, DAYS // 2):
            self.published.append(self.publish(self.programme, self.versions[day == DAYS // 2], at))
        elif day == DAYS // 3 + 3:
            withdraw_version(by=SYSTEM, at=at, version=self.published[-1])

    def follow(self, at: datetime) -> None:
        with transaction_of_use_case():
            activate_due(by=SYSTEM, at=at, limit=1_000)
            rederive_tiers(at=at, enrolment_ids={one.id for one in self.members}, origin=Origin.LIVE)

    # What customers do

    def request(self, at: datetime, card: str | None) -> PurchaseRequest:
        self.count += 1
        lines = tuple(
            LineRequest(
                code, self.chance.choice([1000, 2000]), self.chance.randrange(300, 6000), category=category,
                brand=self.chance.choice(["", "bialetti"]),
            )
            for code, category in self.chance.sample(PRODUCTS, self.chance.randrange(1, 4))
        )  # fmt: skip
        key = f"w{self.number}-{self.count}"
        return PurchaseRequest(
            idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR", lines=lines,
            programme=self.programme.slug, identity=("card", card) if card is not None else None,
        )  # fmt: skip

    def purchase(self, at: datetime, occurred_at: datetime | None = None) -> None:
        asked = self.request(occurred_at or at, self.chance.choice(self.cards))
        self.sold.append(record_purchase(by=CLERK, at=at, request=asked, source="till").purchase_id)

    def late(self, at: datetime) -> None:
        self.purchase(at, at - timedelta(days=self.chance.randrange(2, 12)))

    def lone(self, at: datetime) -> None:
        record_lone_return(by=CLERK, at=at, request=self.request(at, self.chance.choice(self.cards)), source="till")

    def claimed(self, at: datetime) -> None:
        recorded = record_purchase(by=CLERK, at=at, request=self.request(at, None), source="till")
        card = self.chance.choice(self.cards)
        asked = ClaimRequest(purchase_id=recorded.purchase_id, identity=("card", card))
        claim_purchase(by=CLERK, at=at + timedelta(minutes=1), request=asked)

    def checkout(self, at: datetime) -> None:
        self.count += 1
        lines = tuple(
            BasketLine(code, self.chance.choice([1000, 3000]), self.chance.randrange(300, 4000), 2, category=category)
            for code, category in self.chance.sample(PRODUCTS, self.chance.randrange(1, 4))
        )
        card = self.chance.choice([*self.cards, None])
        asked = CheckoutBasket(
            currency="EUR", lines=lines, identity=("card", card) if card is not None else None,
            programme=self.programme.slug, coupons=(f"MANY{self.number}",) if self.chance.random() < 0.4 else (),
        )  # fmt: skip
        number = f"w{self.number}-{self.count}"
        till.close(number, basket=asked, at=at)
        self.closed.append(number)

    def give_back(self, at: datetime) -> None:
        way = self.chance.random()
        if self.closed and way < 0.6:
            part = ReturnedItem(1, 1000) if way < 0.3 else ReturnedItem(1, amount=250)
            till.give_back(part, number=self.closed.pop(self.chance.randrange(len(self.closed))), at=at)
        elif self.sold:
            self.count += 1
            key = f"w{self.number}-{self.count}"
            asked = ReturnRequest(
                idempotency_key=key, receipt_number=key, occurred_at=at,
                purchase_id=self.sold.pop(self.chance.randrange(len(self.sold))), lines=(ReturnedLine(1, 1000),),
            )  # fmt: skip
            record_return(by=CLERK, at=at, request=asked, source="till")

    def undo(self, at: datetime) -> None:
        if self.closed:
            till.cancel(self.closed.pop(), at=at)

    # What becomes known of them

    def learn(self, at: datetime) -> None:
        n, what = self.chance.randrange(MEMBERS), self.chance.randrange(7)
        one = Customer.objects.get(id=self.members[n].customer_id)
        if one.merged_into_id is not None:
            return
        if what == 0:
            move = self.chance.choice([put_into_segment, take_out_of_segment])
            move(by=SYSTEM, at=at, key="loved", customer_ids=[one.id])
        elif what == 1:
            value = self.chance.choice([1, 5, 9, None])
            with transaction_of_use_case():
                set_traits(by=SYSTEM, at=at, rows=[(one.id, "score", value)], source="tests")
        elif what == 2:
            custom = {"nickname": self.chance.choice(["bear", "owl"])}
            update_customer(by=SYSTEM, at=at, customer_id=one.id, changes={}, custom=custom, source="tests")
        elif what == 3:
            changes = {"country": self.chance.choice(["FR", "BE"])}
            update_customer(by=SYSTEM, at=at, customer_id=one.id, changes=changes, source="tests")
        elif what == 4:
            born = {"birth_on": date(1980, at.month, at.day) + timedelta(days=1)}
            update_customer(by=SYSTEM, at=at, customer_id=one.id, changes=born, source="tests")
        elif what == 5 and n not in self.offered:
            self.offered.add(n)
            activate_offer(by=SYSTEM, at=at, enrolment=self._enrolment(n), offer="week")
        elif what == 6:
            self._subscribe(n, at)

    def _subscribe(self, n: int, at: datetime) -> None:
        if n in self.plans:
            end_subscription(by=SYSTEM, at=at, subscription_id=self.plans.pop(n))
        else:
            self.plans[n] = open_subscription(by=SYSTEM, at=at, enrolment=self._enrolment(n), plan="plus").id

    def _enrolment(self, n: int) -> Enrolment:
        return Enrolment.objects.select_related("programme__points_currency").get(id=self.members[n].id)

    def merge(self, at: datetime) -> None:
        """Two records turn out to be one person: the third is a part of the first from now on."""
        giver, taker = self.members[2].customer_id, self.members[0].customer_id
        merge_customers(by=SYSTEM, at=at, customer_id=giver, into=taker, reason="the same")
        self.follow(at)

    # What came of it

    def given(self) -> list[tuple[str, str, int]]:
        """Return (receipt, kind, points) of every decision of a member, in the order in which they were made."""
        rows = DecisionRecord.objects.filter(purchase__programme_id=self.programme.id).select_related("purchase")
        return [
            (one.purchase.receipt_number.removeprefix(f"w{self.number}-"), one.purchase.kind, one.record["points"])
            for one in rows.order_by("recorded_at", "account_id", "sequence")
            if one.account_id not in (one.purchase_id, one.purchase.returns_purchase_id)
        ]


def named(document: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the document with the status points of the world it is for."""
    text = repr(document).replace("STATUS", f"Q{number}")
    found: dict[str, Any] = eval(text)
    return found
