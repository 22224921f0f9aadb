"""A history that is imported leaves what it would have left had each purchase come as it happened, with every night."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.activity.operations import (
    LineRequest,
    PurchaseRequest,
    ReturnedLine,
    ReturnRequest,
    record_purchase,
    record_return,
)
from fidelia.activity.queries import find_broken_chain
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import list_tier_periods
from fidelia.programme.reactions import reassess_tiers
from tests.cast import SYSTEM
from tests.programme.cast import AT, DOCUMENT, member, programme
from tests.programme.test_pools import announced
from tests.programme.year import PARIS, night

from .importing import COLUMNS, brought_in, document

CARDS = ["2990441788200", "2990441788217", "2990441788224"]
LAST = AT - timedelta(days=2)
FIRST = LAST - timedelta(days=420)
HEADER = "ticket,date,article,rayon,quantité,prix,client"
RICHER = [
    *DOCUMENT["rules"],
    {
        "key": "loyal",
        "name": {"en": "Half as much again", "fr": "Une fois et demie"},
        "when": 'member.tier == "connaisseur"',
        "multiply_points": {"by": "1.5"},
    },
]
SETS: list[dict[str, Any]] = [
    DOCUMENT["tiers"],
    {"key": "visits", "metric": "purchases", "window": "quarter", "kept": {"periods": 1}, "falls": "one_step",
     "grace": {"days": 10}, "levels": [{"key": "friend", "name": {"en": "F", "fr": "A"}, "threshold": "3"},
                                       {"key": "fan", "name": {"en": "Fan", "fr": "Fan"}, "threshold": "6"}]},
]  # fmt: skip
LIFE = {"validity_months": 24, "ends": "month"}


def main(at: tuple[str, str] = ("100", "500"), **terms: Any) -> dict[str, Any]:
    """The main set of tiers on other terms."""
    levels = [
        {**level, "threshold": threshold} for level, threshold in zip(DOCUMENT["tiers"]["levels"], at, strict=True)
    ]
    return {**terms, "levels": levels}


TERMS: dict[str, dict[str, Any]] = {
    "plain": {"rules": DOCUMENT["rules"], "points": {"validity_months": 24, "ends": "month"}, "tiers": SETS[0]},
    "tier counts": {"rules": RICHER, "points": {"validity_months": 24, "ends": "month"}, "tiers": SETS[0]},
    "two sets": {"rules": RICHER, "points": {"validity_months": 24, "ends": "month"}, "tiers": SETS},
    "short life": {"rules": RICHER, "points": {"validity_months": 3, "ends": "month"}, "tiers": SETS},
    "by money": {"rules": RICHER, "points": LIFE, "tiers": main(metric="spent", window="year", kept={"periods": 1})},
    "by visits": {"rules": RICHER, "points": LIFE, "tiers": main(
        metric="purchases", window="quarter", kept={"periods": 1}, falls="one_step", grace={"days": 10},
        at=("2", "4"))},
    "later": {"rules": RICHER, "points": LIFE, "tiers": main(
        window="quarter", begins="next_period", kept={"periods": 2}, on_return="keep")},
    "anniversary": {"rules": RICHER, "points": LIFE, "tiers": main(window="anniversary", kept={"months": 12})},
    "use it or lose it": {"rules": RICHER, "points": {"validity_days": 30, "ends": "day", "counts_from": "activity"},
                          "tiers": SETS},
    "waiting": {
        "rules": RICHER, "points": {"validity_months": 24, "ends": "month", "pending": {"days": 14}}, "tiers": SETS
    },
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    product: str
    category: str
    quantity: int
    price: int


@dataclass(frozen=True)
class Receipt:
    number: str
    at: datetime
    card: str
    lines: tuple[Line, ...]
    returns: str | None = None


def history(seed: int) -> list[Receipt]:
    """Purchases and returns of three members over fourteen months, in the order in which they happened."""
    draw = random.Random(seed)
    receipts: list[Receipt] = []
    moments = sorted(draw.sample(range(420 * 24), 45))
    for number, hour in enumerate(moments):
        at = FIRST + timedelta(hours=hour)
        open_sales = [sale for sale in receipts if sale.returns is None and not is_returned(sale, receipts)]
        if open_sales and draw.random() < 0.15:
            sale = draw.choice(open_sales)
            line = draw.choice(sale.lines)
            if number % 2:  # an exchange: the receipt of what comes back is that of what is bought
                receipts.append(Receipt(f"B{number}", at, sale.card, (Line(f"cup-{number}", "home", 1, 2490),)))
            receipts.append(Receipt(f"B{number}", at, sale.card, (line,), sale.number))
        else:
            receipts.append(Receipt(f"T{number}", at, draw.choice(CARDS), tuple(basket(draw, number))))
    return receipts


def basket(draw: random.Random, number: int) -> list[Line]:
    """Each product of a receipt is its own, so that a return can mean but one line."""
    kinds = [draw.choice(["coffee", "home"]) for _ in range(draw.randint(1, 3))]
    return [
        Line(f"{kind}-{number}-{i}", kind, draw.randint(1, 3), draw.randint(150, 6000)) for i, kind in enumerate(kinds)
    ]


def is_returned(sale: Receipt, receipts: list[Receipt]) -> bool:
    return any(each.returns == sale.number for each in receipts)


def live(receipts: list[Receipt]) -> None:
    """Let everything happen at its moment, with a night after each day."""
    waiting, served = list(receipts), 0
    day = FIRST.astimezone(PARIS).date()
    while (dark := datetime(day.year, day.month, day.day, 2, 30, tzinfo=PARIS) + timedelta(days=1)) <= AT:
        while waiting and waiting[0].at < dark:
            happen(waiting.pop(0))
        served = reassess(served, dark - timedelta(hours=4))
        night(dark)
        day += timedelta(days=1)
    assert not waiting


def happen(receipt: Receipt) -> None:
    if receipt.returns is None:
        lines = tuple(
            LineRequest(line.product, line.quantity * 1000, line.quantity * line.price, category=line.category)
            for line in receipt.lines
        )
        request = PurchaseRequest(
            idempotency_key=receipt.number, receipt_number=receipt.number, occurred_at=receipt.at, currency="EUR",
            lines=lines, identity=("card", receipt.card),
        )  # fmt: skip
        record_purchase(by=SYSTEM, at=receipt.at, request=request, source="old-till")
        return
    sale = Purchase.objects.get(receipt_number=receipt.returns, kind="sale")
    number = PurchaseLine.objects.get(purchase_id=sale.purchase_id, product_code=receipt.lines[0].product).line_number
    back = ReturnRequest(
        idempotency_key=f"back:{receipt.number}", receipt_number=receipt.number, occurred_at=receipt.at,
        purchase_id=sale.purchase_id, lines=(ReturnedLine(number),),
    )  # fmt: skip
    record_return(by=SYSTEM, at=receipt.at, request=back, source="old-till")


def reassess(served: int, at: datetime) -> int:
    names = ["purchase.recorded", "purchase.returned", "purchase.claimed"]
    events = list(OutboxEvent.objects.filter(event_id__gt=served, name__in=names).order_by("event_id"))
    if not events:
        return served
    with transaction.atomic():
        reassess_tiers([announced(row) for row in events], by=SYSTEM, at=at)
    return events[-1].event_id


def imported(receipts: list[Receipt]) -> None:
    rows = []
    for receipt in receipts:
        for line in receipt.lines:
            quantity = -line.quantity if receipt.returns else line.quantity
            moment = receipt.at.astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S")
            price = f"{line.price / 100:.2f}"
            rows.append(f"{receipt.number},{moment},{line.product},{line.category},{quantity},{price},{receipt.card}")
    random.Random(7).shuffle(rows)
    found = brought_in(*rows, header=HEADER, mapping=document({**COLUMNS, "category": "rayon"}))
    assert found.totals["rejected_rows"] == 0
    night(datetime(AT.year, AT.month, AT.day, 2, 30, tzinfo=PARIS))


def standing(made: Programme) -> dict[str, Any]:
    """What members hold in the end: balance, lots, tiers; and what each receipt gave."""
    held: dict[str, Any] = {}
    for one in Enrolment.objects.filter(programme=made).order_by("enrolled_at", "id"):
        balance = get_balance(account_id=one.account_id, currency=made.points_currency_id, at=AT)
        assert find_broken_chain(one.account_id) is None
        held[card_of(one)] = {
            "points": (balance.available, balance.pending),
            "lots": lots(one),
            "tiers": [
                [(each.tier, each.valid_from, each.valid_until) for each in list_tier_periods(one.id, tier_set)]
                for tier_set in ("", "visits")
            ],
        }
    held["receipts"] = sorted(Purchase.objects.values_list("receipt_number", "kind", "points"))
    assert find_broken_invariants() == []
    return held


def card_of(one: Enrolment) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select value from customers_identity where customer_id = %s", [one.customer_id])
        return str(cursor.fetchone()[0])


def lots(one: Enrolment) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select earned_at, expires_at, remaining from ledger_lot where account_id = %s and remaining <> 0"
            " order by earned_at, expires_at",
            [one.account_id],
        )
        return cursor.fetchall()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("terms", "seed"), [(terms, (1805, 1814)[place % 2]) for place, terms in enumerate(TERMS)])
def test_an_imported_history_is_what_happened(terms: str, seed: int) -> None:
    receipts = history(seed)
    made = programme(TERMS[terms], may_go_negative=True)
    for card in CARDS:
        member(made, card)
    live(receipts)
    happened = standing(made)
    empty()
    made = programme(TERMS[terms], may_go_negative=True)
    for card in CARDS:
        member(made, card)
    imported(receipts)
    assert standing(made) == happened


def empty() -> None:
    from tests.conftest import empty_all_tables

    empty_all_tables()
