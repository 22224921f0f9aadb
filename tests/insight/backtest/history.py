"""A history with everything in it: budgets, tiers, coupons, returns, claims and late facts, by an engine at work."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

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
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import enrol, rederive_tiers
from tests.activity.checkouts import cast as till
from tests.activity.checkouts.rules import TENTH, said
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, BEGUN, DOCUMENT, florestan, programme
from tests.rewards.scarce import everybodys

CLERK = actor_with(
    "purchase.record", "purchase.return", "purchase.see", "purchase.claim", "customer.see", label="Marzelline", number=3
)
GOLD = {"key": "gold", "name": said("Grand Cru: half as many again"), "when": 'member.tier == "grand_cru"',
        "multiply_points": {"by": "1.5"}}  # fmt: skip
MORNING = {"key": "morning", "name": said("Morning"), "when": "purchase.hour < 12 && lines.exists(l, l.net >= 20)",
           "points": "7"}  # fmt: skip
BUDGET = {"key": "budget", "name": said("Launch, 300 points in all"), "when": "purchase.total >= 30", "points": "40",
          "limits": [{"of": "points", "at_most": 300, "partial": True}]}  # fmt: skip
ONCE_A_DAY = {"key": "day", "name": said("Three euros, once a member and day"),
              "amount_off": {"amount": "3.00", "of": "order"},
              "limits": [{"of": "uses", "at_most": 1, "per": "member", "period": "day"},
                         {"of": "money", "at_most": "60.00", "period": "month"}]}  # fmt: skip
FIRST: dict[str, Any] = {
    **DOCUMENT,
    "rules": [*DOCUMENT["rules"], GOLD, MORNING, BUDGET, ONCE_A_DAY, {**TENTH, "coupon": "many"}],
}
PRODUCTS = (("moka", "coffee"), ("mug", "ware"), ("kettle", "ware"))


class Shop:
    """An engine at work, at random but always the same: each call is one thing that happens."""

    def __init__(self, seed: int = 7, members: int = 4, document: dict[str, Any] = FIRST) -> None:
        self.chance = random.Random(seed)
        self.programme: Programme = programme(document)
        self.cards = [f"29904417882{n:02}" for n in range(members)]
        self.members = [self._member(card) for card in self.cards]
        everybodys(self.programme, "MANY", uses=500, valid_until=date(2026, 12, 31))
        self.sold: list[UUID] = []
        self.closed: list[str] = []
        self.count = 0

    def _member(self, card: str) -> Enrolment:
        customer = florestan(card)
        return enrol(by=SYSTEM, at=BEGUN, programme=self.programme, customer_id=customer.id, source="till")

    def live(self, days: int = 40) -> None:
        """Let things happen day by day; the worker follows at once."""
        for day in range(days):
            for hour in (9, 14, 18):
                at = AT + timedelta(days=day, hours=hour - 9, minutes=self.chance.randrange(50))
                self.chance.choice([self.purchase, self.checkout, self.purchase, self.give_back])(at)
                if self.chance.random() < 0.15:
                    self.chance.choice([self.late, self.lone, self.claimed, self.undo])(at + timedelta(minutes=2))
                with transaction_of_use_case():
                    rederive_tiers(at=at, enrolment_ids={one.id for one in self.members}, origin=Origin.LIVE)

    def request(self, at: datetime, card: str | None) -> PurchaseRequest:
        self.count += 1
        lines = tuple(
            LineRequest(code, self.chance.choice([1000, 2000]), self.chance.randrange(300, 6000), category=category)
            for code, category in self.chance.sample(PRODUCTS, self.chance.randrange(1, 4))
        )
        return PurchaseRequest(
            idempotency_key=f"k{self.count}", receipt_number=f"R{self.count}", occurred_at=at, currency="EUR",
            lines=lines, programme="cercle", identity=("card", card) if card is not None else None,
        )  # fmt: skip

    def purchase(self, at: datetime, occurred_at: datetime | None = None) -> None:
        asked = self.request(occurred_at or at, self.chance.choice(self.cards))
        self.sold.append(record_purchase(by=CLERK, at=at, request=asked, source="till").purchase_id)

    def late(self, at: datetime) -> None:
        self.purchase(at, at - timedelta(days=self.chance.randrange(2, 20)))

    def lone(self, at: datetime) -> None:
        record_lone_return(by=CLERK, at=at, request=self.request(at, self.chance.choice(self.cards)), source="till")

    def claimed(self, at: datetime) -> None:
        recorded = record_purchase(by=CLERK, at=at, request=self.request(at, None), source="till")
        customer = self.chance.choice(self.members).customer_id
        asked = ClaimRequest(purchase_id=recorded.purchase_id, customer_id=customer)
        claim_purchase(by=CLERK, at=at + timedelta(minutes=1), request=asked)

    def give_back(self, at: datetime) -> None:
        if self.closed and self.chance.random() < 0.5:
            till.give_back(ReturnedItem(1, 1000), number=self.closed.pop(), at=at)
        elif self.sold:
            self.count += 1
            asked = ReturnRequest(
                idempotency_key=f"k{self.count}", receipt_number=f"B{self.count}", occurred_at=at,
                purchase_id=self.sold.pop(), lines=(ReturnedLine(1, 1000),),
            )  # fmt: skip
            record_return(by=CLERK, at=at, request=asked, source="till")

    def checkout(self, at: datetime) -> None:
        self.count += 1
        lines = tuple(
            BasketLine(code, self.chance.choice([1000, 3000]), self.chance.randrange(300, 4000), 2, category=category)
            for code, category in self.chance.sample(PRODUCTS, self.chance.randrange(1, 4))
        )
        card = self.chance.choice([*self.cards, None])
        asked = CheckoutBasket(
            currency="EUR", lines=lines, identity=("card", card) if card is not None else None, programme="cercle",
            coupons=("MANY",) if self.chance.random() < 0.4 else (),
        )  # fmt: skip
        till.close(f"C{self.count}", basket=asked, at=at)
        self.closed.append(f"C{self.count}")

    def undo(self, at: datetime) -> None:
        if self.closed:
            till.cancel(self.closed.pop(), at=at)
