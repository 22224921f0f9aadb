"""A programme with everything in it at once, and a life that uses all of it: for backtests and receipts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fidelia.activity.operations.checkouts import BasketLine, CheckoutBasket, ReturnedItem
from fidelia.activity.operations.checkouts.requests import GiftCardTender, Shipping
from fidelia.activity.reactions import follow_plans
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.ledger.operations import activate_due
from fidelia.ledger.queries import get_balance
from fidelia.programme.models import PointsCurrency
from fidelia.programme.operations import draft_version, enrol, publish_version, rederive_tiers
from fidelia.programme.operations.converting import convert_points
from fidelia.programme.operations.points import add_points_currency
from fidelia.referral.models import Referral
from fidelia.referral.operations import code_of_member, follow, locked_referral, record_referral
from fidelia.rewards.models import GiftCard
from tests.activity.checkouts import cast as till
from tests.activity.checkouts.rules import said
from tests.cast import SYSTEM
from tests.programme.cast import AT, BEGUN, DOCUMENT, florestan
from tests.rewards.scarce import gift_card

from .history import FIRST, Shop

PRODUCTS = (("moka", "coffee"), ("mug", "ware"), ("kettle", "ware"), ("PLUS", "plans"))
RULES: list[dict[str, Any]] = [
    *DOCUMENT["rules"],
    {"key": "three", "name": said("Three different products"), "points": "11",
     "when": "lines.distinct(l, l.product) >= 3"},
    {"key": "mornings", "name": said("Half of all people"), "points": "6", "control": 50},
    {"key": "plus", "name": said("Who holds a plan"), "when": '"vip" in customer.entitlements',
     "multiply_points": {"by": "1.5"}},
    {"key": "gold", "name": said("Grand Cru"), "when": 'member.tier == "grand_cru"', "multiply_points": {"by": 2}},
    {"key": "ware", "name": said("Ware, a seventh off"), "lines": 'line.category == "ware"', "stops": "lines",
     "percent_off": {"percent": "7", "per": "all"}, "when": "purchase.hour < 12"},
    {"key": "either", "name": said("Two euros"), "not_with": ["or"], "amount_off": {"amount": "2.00", "of": "order"}},
    {"key": "or", "name": said("Six in a hundred"), "percent_off": {"percent": "6", "of": "order"},
     "when": "purchase.listed >= 30"},
    {"key": "euro", "name": said("A euro, for some"), "control": 50, "amount_off": {"amount": "1.00", "of": "order"},
     "always": True},
    {"key": "sets", "name": said("Third piece free"), "lines": 'line.category == "coffee"',
     "sets": {"of": 3, "take": 1, "shared": True}},
    {"key": "ship", "name": said("No delivery"), "when": '"vip" in customer.entitlements',
     "fixed_price": {"price": 0, "of": "shipping"}},
    {"key": "cup", "name": said("Three euros for 60 points"), "costs_points": 60,
     "amount_off": {"amount": "3.00", "of": "order"}},
    {"key": "tenth", "name": said("A tenth off"), "coupon": "many", "percent_off": {"percent": "10", "of": "order"}},
    {"key": "step", "name": said("Towards the tier"), "when": "purchase.total >= 60", "credit_tier": 30},
    {"key": "cagnotte", "name": said("Three in a hundred"),
     "credit_points": {"currency": "EURC", "points": "share(purchase.total, 3, half_up)"}},
    {"key": "past", "name": said("Came often"), "when": "history.purchases(20) >= 4", "points": "3"},
    {"key": "budget", "name": said("300 in all"), "points": "40", "when": "purchase.total >= 30",
     "limits": [{"of": "points", "at_most": 300, "partial": True}]},
]  # fmt: skip
CROWDED: dict[str, Any] = {
    "rules": RULES,
    "points": {"validity_months": 1, "ends": "month", "pending": {"dates": ["03-16", "04-01", "04-16"]}},
    "tiers": {**DOCUMENT["tiers"], "window": "month", "begins": "next_period", "kept_days": 90},
    "purchases": {"arithmetic": {"sharing": "carried"}, "claim_days": 10},
    "checkout": {"combining": "best", "earning": {"paid_by_points": False, "paid_by_gift_cards": False}},
    "plans": [{"key": "club", "name": said("Club"), "price": "9.00", "period": "month", "products": ["PLUS"],
               "entitlements": ["vip"], "tier": "connaisseur", "welcome": "25", "each_period": "5",
               "refund": {"within_days": 30, "then": "day", "fee": "0", "points": "take_back"}}],
    "conversions": [{"from": "", "to": "EURC", "points": "10", "gives": "0.10", "minimum": "10", "step": "10"}],
    "referral": {"purchases": 1, "minimum": "5.00", "wait_days": 1, "referrer": {"points": "70"},
                 "friend": {"points": "30"}},
    "currencies": {"EURC": {"validity_months": 2}},
}  # fmt: skip
del CROWDED["tiers"]["window_days"]


class Crowd(Shop):
    """The shop of the history, with plans, gift cards, points that pay, exchanges and friends besides."""

    def __init__(self, seed: int = 7, members: int = 5, document: dict[str, Any] = CROWDED) -> None:
        super().__init__(seed, members, FIRST)
        made = PointsCurrency.objects.create(code="EURC", name=LocalizedText(en="euros", fr="euros"), scale=2)
        add_points_currency(by=SYSTEM, at=BEGUN, programme=self.programme, currency=made, role="cagnotte")
        at = BEGUN + timedelta(days=1)
        draft = draft_version(by=SYSTEM, at=at, programme=self.programme, document=document)
        publish_version(by=SYSTEM, at=at, version=draft, in_force_from=at)
        self.gift_cards: list[GiftCard] = []
        self.referred: list[Referral] = []
        self.served: set[Any] = set()
        self.refused: list[str] = []

    def live(self, days: int = 40) -> None:
        for day in range(days):
            for hour in (9, 14, 18):
                at = AT + timedelta(days=day, hours=hour - 9, minutes=self.chance.randrange(50))
                self.chance.choice([self.purchase, self.checkout, self.checkout, self.give_back])(at)
                if self.chance.random() < 0.5:
                    acts = [self.late, self.lone, self.claimed, self.undo, self.convert, self.befriend, self.card]
                    self.chance.choice(acts)(at + timedelta(minutes=2))
                self.follow(at + timedelta(minutes=5))

    def follow(self, at: datetime) -> None:
        """Let the worker follow at once: plans, points that come to life, tiers, friends."""
        rows = OutboxEvent.objects.filter(name__startswith="purchase.").exclude(event_id__in=self.served)
        events = [
            Announced(
                event_id=row.event_id, name=row.name, occurred_at=row.occurred_at, origin=Origin(row.origin),
                customer_id=row.customer_id, payload=row.payload, schema_version=row.schema_version,
                recorded_at=row.recorded_at,
            )
            for row in rows.order_by("event_id")
        ]  # fmt: skip
        self.served |= {event.event_id for event in events}
        with transaction_of_use_case():
            follow_plans(events, by=SYSTEM, at=at)
            activate_due(by=SYSTEM, at=at, limit=1_000)
            rederive_tiers(at=at, enrolment_ids={one.id for one in self.members}, origin=Origin.LIVE)
            for each in self.referred:
                found = locked_referral(each.id)
                assert found is not None
                follow(found, by=SYSTEM, at=at)

    def held(self, n: int, at: datetime, code: str = "PTS") -> int:
        return get_balance(account_id=self.members[n].account_id, currency=code, at=at).available

    def checkout(self, at: datetime) -> None:
        self.count += 1
        lines = tuple(
            BasketLine(code, self.chance.choice([1000, 3000]), self.chance.randrange(300, 4000), 2, category=category)
            for code, category in self.chance.sample(PRODUCTS, self.chance.randrange(1, 5))
        )
        n = self.chance.choice([*range(len(self.cards)), None])
        spends = n is not None and self.held(n, at) >= 80
        pays = spends and self.chance.random() < 0.4
        cards = [one for one in self.gift_cards if self.chance.random() < 0.3][:1]
        asked = CheckoutBasket(
            currency="EUR", lines=lines, identity=("card", self.cards[n]) if n is not None else None,
            programme="cercle", coupons=("MANY",) if self.chance.random() < 0.4 else (),
            shipping=Shipping(490) if self.chance.random() < 0.4 else None,
            claims=(("cup", 1),) if spends and self.chance.random() < 0.5 else (),
            pays_with_points=pays, pay_points="20" if pays else None,
            gift_cards=tuple(GiftCardTender(one.code, self.chance.choice([None, 500])) for one in cards),
        )  # fmt: skip
        number = f"C{self.count}"
        till.close(number, basket=asked, at=at)
        self.closed.append(number)

    def give_back(self, at: datetime) -> None:
        if self.closed and self.chance.random() < 0.4:
            item = self.chance.choice([ReturnedItem(1, 1000), ReturnedItem(1, amount=123)])
            try:
                till.give_back(item, number=self.chance.choice(self.closed[-6:]), at=at)
            except FideliaError as refusal:  # nothing is left of that line
                self.refused.append(refusal.code)
        else:
            super().give_back(at)

    def card(self, at: datetime) -> None:
        self.gift_cards.append(gift_card(self.programme, 3_000))

    def convert(self, at: datetime) -> None:
        n = self.chance.randrange(len(self.members))
        if self.held(n, at) >= 20:
            self.count += 1
            convert_points(by=SYSTEM, at=at, enrolment=self.members[n], amount=20, to="EURC", key=f"x{self.count}")

    def befriend(self, at: datetime) -> None:
        """A newcomer comes by a member's code, and buys like the others."""
        if len(self.members) > 8:
            return
        number = f"29904417883{len(self.members):02}"
        one = enrol(by=SYSTEM, at=at, programme=self.programme, customer_id=florestan(number).id, source="web")
        code = code_of_member(by=SYSTEM, at=at, enrolment=self.members[0])
        self.referred.append(record_referral(by=SYSTEM, at=at, code=code, enrolment=one))
        self.members.append(one)
        self.cards.append(number)
