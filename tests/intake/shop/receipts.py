"""Three hundred receipts of an invented shop: what every file of them must come to, whatever it looks like."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
CENT = Decimal("0.01")
PRODUCTS = tuple(
    (f"30176{number:03}", name, Decimal(price))
    for number, (name, price) in enumerate((
        ("Café moulu 250 g", "4.95"), ("Crème brûlée", "12.50"), ("Théière en fonte", "1049.00"), ("Écharpe", "29.90"),
        ("Chemise lin", "59.00"), ("Mug bleu", "8.25"), ("Bougie figue", "19.99"), ("Lampe d’appoint", "149.50"),
        ("Tapis, laine", "1299.00"), ("Savon 3 x 100 g", "6.40"), ("Carnet A5", "3.10"), ("Fauteuil", "2450.00"),
    ))
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line; `net` = quantity × unit − discount, with taxes of a fifth; what comes back is below zero."""

    receipt: int
    at: datetime
    customer: int  # 0: nobody
    product: int
    quantity: int
    discount: Decimal
    store: int

    @property
    def code(self) -> str:
        return PRODUCTS[self.product][0]

    @property
    def name(self) -> str:
        return PRODUCTS[self.product][1]

    @property
    def unit(self) -> Decimal:
        return PRODUCTS[self.product][2]

    @property
    def gross(self) -> Decimal:
        return self.quantity * self.unit

    @property
    def net(self) -> Decimal:
        return self.gross - self.discount

    @property
    def before_tax(self) -> Decimal:
        return (self.net / Decimal("1.2")).quantize(CENT)

    @property
    def is_back(self) -> bool:
        return self.quantity < 0


@cache
def lines() -> tuple[Line, ...]:
    """Return all lines in the order of time: receipts 1001 to 1300, every twelfth of them a return."""
    chance = random.Random(20250101)
    at = datetime(2025, 1, 2, 9, 30, tzinfo=PARIS)
    found: list[Line] = []
    for receipt in range(1001, 1301):
        at += timedelta(minutes=chance.randrange(1000, 2400))
        at = at.replace(hour=9 + chance.randrange(10))
        customer = chance.choice((0, *range(1, 41))) if chance.random() > 0.2 else 0
        is_back = receipt % 12 == 0
        store = chance.choice((1, 2, 3))
        for product in chance.sample(range(len(PRODUCTS)), 1 if is_back else chance.choice((1, 1, 2, 3))):
            quantity = -1 if is_back else chance.choice((1, 1, 1, 2, 3))
            discount = chance.choice((0, 0, 0, 0, "0.50", "1.05")) if not is_back else 0
            found.append(Line(receipt, at, customer, product, quantity, Decimal(discount), store))
    return tuple(found)


@cache
def receipts() -> tuple[tuple[Line, ...], ...]:
    """Return the lines of each receipt."""
    return tuple(tuple(own) for _receipt, own in groupby(lines(), key=lambda line: line.receipt))


@dataclass(frozen=True)
class Truth:
    """What a check must find: amounts in cents. A file of whole receipts says nothing of lines and pieces."""

    net: int
    by_receipt: Counter[tuple[str, int]]  # day of Paris, amount
    by_customer: tuple[int, ...]  # sums of those who are named, sorted
    anonymous: int
    lines: int
    pieces: int


def truth() -> Truth:
    """Return the totals of the shop."""
    by_customer: Counter[int] = Counter()
    for line in lines():
        by_customer[line.customer] += cents(line.net)
    return Truth(
        net=sum(cents(line.net) for line in lines()),
        by_receipt=Counter((f"{own[0].at:%Y-%m-%d}", sum(cents(line.net) for line in own)) for own in receipts()),
        by_customer=tuple(sorted(amount for customer, amount in by_customer.items() if customer)),
        anonymous=by_customer[0],
        lines=len(lines()),
        pieces=sum(line.quantity for line in lines()),
    )


def cents(amount: Decimal) -> int:
    return int(amount * 100)
