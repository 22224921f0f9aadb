"""The same baskets, sent by every way there is, leave the same points, decisions, lots and tiers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from fidelia.activity.models import DecisionRecord, Purchase, PurchaseClaim
from fidelia.activity.operations import (
    ClaimRequest,
    LineRequest,
    PurchaseRequest,
    ReturnedLine,
    ReturnRequest,
    claim_purchase,
    record_purchase,
    record_return,
)
from fidelia.activity.operations.checkouts import (
    BasketLine,
    CheckoutBasket,
    CheckoutCall,
    Evaluation,
    close_checkout,
    evaluate_checkout,
    update_checkout,
)
from fidelia.activity.operations.queued import Queued, record_queued
from fidelia.activity.queries import find_broken_chain
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import create_programme, draft_version, publish_version
from fidelia.programme.queries import list_tier_periods
from tests.cast import SYSTEM
from tests.conftest import empty_all_tables
from tests.programme.cast import AT, AUTHOR, BEGUN, DOCUMENT, member
from tests.programme.year import PARIS, night

from .importing import COLUMNS, brought_in, document
from .test_history_as_it_happened import lots, reassess

CARDS = ["2990441788200", "2990441788217"]
FIRST = AT - timedelta(days=70)
HEADER = "ticket,date,article,rayon,quantité,prix,canal,client"
SOURCE = "old-till"
QUANTITIES = [1000, 1000, 2000, 3000, 7000, 500]  # thousandths


def said(text: str) -> dict[str, str]:
    return {"en": text, "fr": text}


def points(key: str, **terms: Any) -> dict[str, Any]:
    return {"key": key, "name": said(key), **terms}


BASE, COFFEE, _WELCOME = DOCUMENT["rules"]
LIFE = {"validity_months": 24, "ends": "month"}
LATE = 'purchase.weekday in ["saturday", "sunday"] || purchase.hour >= 18'
PER_LINE = {"amount": "0.70", "points": "1", "per": "line", "rounding": "half_up"}
TERMS: dict[str, dict[str, Any]] = {
    "plain": {"rules": DOCUMENT["rules"]},
    "tier": {
        "rules": [BASE, COFFEE, points("loyal", when='member.tier == "connaisseur"', multiply_points={"by": "1.5"})]
    },
    "by line": {
        "rules": [
            points("line", points_per=PER_LINE),
            points("lucky", when='purchase.total >= 40 && purchase.channel == "web"', points="7"),
        ]
    },
    "by unit, at most so many": {
        "rules": [BASE, points("unit", lines='line.category == "coffee"', points_per_unit="3", limit_per_purchase="10")]
    },
    "history": {
        "rules": [
            BASE,
            points("often", when='history.spent(30, "category", "coffee") >= 30', points="11"),
            points("back", when="history.purchases(20) >= 2 && history.units(60) >= 4", multiply_points={"by": "2"}),
        ]
    },
    "best of a group": {
        "groups": [{"key": "one", "policy": "best"}],
        "rules": [
            BASE,
            points("many", when="lines.count() >= 3", points="20", group="one"),
            points("dear", when="lines.exists(l, l.net >= 40)", points="15", group="one"),
        ],
    },
    "calendar": {"rules": [BASE, points("late", when=LATE, multiply_points={"by": "3"})]},
    "cagnotte": {
        "scale": 2,
        "rules": [
            points("part", points="share(purchase.total, 3, half_up)"),
            points("more", lines='line.category.startsWith("home")', points="share(purchase.total, 0.7, floor)"),
        ],
    },
    "waiting": {"rules": [BASE, COFFEE], "points": {**LIFE, "pending": {"days": 14}}},
    "by money": {
        "rules": [BASE],
        "tiers": {
            "levels": DOCUMENT["tiers"]["levels"], "metric": "spent", "window": "quarter", "kept": {"periods": 1}
        },
    },
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    product: str
    category: str
    quantity: int
    price: int

    @property
    def net(self) -> int:
        return self.quantity * self.price // 1000


@dataclass(frozen=True)
class Receipt:
    number: str
    at: datetime
    card: str
    channel: str
    lines: tuple[Line, ...]
    returns: str | None = None


def history(seed: int, *, comes_back_whole: bool) -> list[Receipt]:
    draw = random.Random(seed)
    receipts: list[Receipt] = []
    for number, hour in enumerate(sorted(draw.sample(range(68 * 24), 18))):
        at, sales = FIRST + timedelta(hours=hour), [sale for sale in receipts if sale.returns is None]
        left = [sale for sale in sales if not any(one.returns == sale.number for one in receipts)]
        if left and draw.random() < 0.25:
            sale = draw.choice(left)
            line = draw.choice(sale.lines)
            if not comes_back_whole and line.quantity % 1000 == 0:
                line = Line(line.product, line.category, draw.randint(1, line.quantity // 1000) * 1000, line.price)
            receipts.append(Receipt(f"B{number}", at, sale.card, sale.channel, (line,), sale.number))
        else:
            channel = draw.choice(["store", "web"])
            receipts.append(Receipt(f"T{number}", at, draw.choice(CARDS), channel, basket(draw, number)))
    return receipts


def basket(draw: random.Random, number: int) -> tuple[Line, ...]:
    kinds = [draw.choice(["coffee", "home", "home/kitchen"]) for _ in range(draw.randint(1, 4))]
    return tuple(
        Line(
            f"{kind[:4]}-{number}-{i}",
            kind,
            draw.choice([1000, 1000, 2000, 3000, 7000, 500]),
            2 * draw.randint(1, 3000),
        )
        for i, kind in enumerate(kinds)
    )


def line_requests(receipt: Receipt) -> tuple[LineRequest, ...]:
    return tuple(LineRequest(line.product, line.quantity, line.net, category=line.category) for line in receipt.lines)


def as_purchase(receipt: Receipt, *, named: bool = True) -> PurchaseRequest:
    return PurchaseRequest(
        idempotency_key=receipt.number, receipt_number=receipt.number, occurred_at=receipt.at, currency="EUR",
        lines=line_requests(receipt), identity=("card", receipt.card) if named else None, channel=receipt.channel,
    )  # fmt: skip


def as_basket(receipt: Receipt, *, named: bool = True) -> CheckoutBasket:
    lines = tuple(
        BasketLine(line.product, line.quantity, line.price, 2, category=line.category) for line in receipt.lines
    )
    return CheckoutBasket(
        currency="EUR", lines=lines, identity=("card", receipt.card) if named else None, channel=receipt.channel
    )


def purchased(receipt: Receipt) -> None:
    record_purchase(by=SYSTEM, at=receipt.at, request=as_purchase(receipt), source=SOURCE)


def queued(receipt: Receipt) -> None:
    record_queued(by=SYSTEM, at=receipt.at, queued=Queued(as_purchase(receipt), SOURCE))


def claimed(receipt: Receipt) -> None:
    made = record_purchase(by=SYSTEM, at=receipt.at, request=as_purchase(receipt, named=False), source=SOURCE)
    request = ClaimRequest(purchase_id=made.purchase_id, identity=("card", receipt.card))
    claim_purchase(by=SYSTEM, at=receipt.at, request=request)


def call(receipt: Receipt, step: str, **more: Any) -> CheckoutCall:
    return CheckoutCall(f"{receipt.number}-{step}", step, SOURCE, receipt.number, **more)  # type: ignore[arg-type]


def lived(receipt: Receipt) -> None:
    """Opened with the first line, changed, evaluated, closed."""
    asked = as_basket(receipt)
    first = CheckoutBasket("EUR", asked.lines[:1], channel=receipt.channel)
    for key, wanted in (("open", first), ("update", asked)):
        step = CheckoutCall(f"{receipt.number}-{key}", "update", SOURCE, receipt.number, basket=wanted)
        update_checkout(by=SYSTEM, at=receipt.at, call=step)
    told = evaluate_checkout(by=SYSTEM, at=receipt.at, asked=Evaluation(basket=asked))
    made = close_checkout(by=SYSTEM, at=receipt.at, call=call(receipt, "close")).made
    assert (made.total, made.points) == (told["total"], told["points"])


def claimed_checkout(receipt: Receipt) -> None:
    made = close_checkout(
        by=SYSTEM, at=receipt.at, call=call(receipt, "close", basket=as_basket(receipt, named=False))
    ).made
    request = ClaimRequest(purchase_id=made.purchase_id, identity=("card", receipt.card))
    claim_purchase(by=SYSTEM, at=receipt.at, request=request)


def given_back(receipt: Receipt) -> None:
    sale = Purchase.objects.get(receipt_number=receipt.returns)
    line = next(line for line in sale.lines.all() if line.product_code == receipt.lines[0].product)
    back = ReturnRequest(
        idempotency_key=receipt.number, receipt_number=receipt.number, occurred_at=receipt.at,
        purchase_id=sale.purchase_id, lines=(ReturnedLine(line.line_number, receipt.lines[0].quantity),),
    )  # fmt: skip
    record_return(by=SYSTEM, at=receipt.at, request=back, source=SOURCE)


def imported(receipts: list[Receipt]) -> None:
    rows = []
    for receipt in random.Random(7).sample(receipts, len(receipts)):
        moment = receipt.at.astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S")
        for line in receipt.lines:
            quantity = (-1 if receipt.returns else 1) * line.quantity / 1000
            rows.append(
                f"{receipt.number},{moment},{line.product},{line.category},{quantity},{line.price / 100:.2f},"
                f"{receipt.channel},{receipt.card}"
            )
    columns = {**COLUMNS, "category": "rayon", "channel": "canal"}
    found = brought_in(*rows, header=HEADER, mapping=document(columns))
    assert found.totals["rejected_rows"] == 0


def live(receipts: list[Receipt], way: Callable[[Receipt], None]) -> None:
    waiting, served = list(receipts), 0
    day = FIRST.astimezone(PARIS).date()
    while (dark := datetime(day.year, day.month, day.day, 2, 30, tzinfo=PARIS) + timedelta(days=1)) <= AT:
        while waiting and waiting[0].at < dark:
            receipt = waiting.pop(0)
            (way if receipt.returns is None else given_back)(receipt)
        served = reassess(served, dark - timedelta(hours=4))
        day += timedelta(days=1)
        if day.day in (1, 16):
            night(dark)
    assert not waiting


def shop(terms: dict[str, Any]) -> Programme:
    made = create_programme(
        by=AUTHOR, at=BEGUN, slug="cercle", name=LocalizedText(en="Circle", fr="Cercle"), currency="EUR",
        time_zone="Europe/Paris", points_code="PTS", points_name=LocalizedText(en="points", fr="points"),
        points_scale=terms.get("scale", 0), may_go_negative=True,
    )  # fmt: skip
    content = {"points": LIFE, "tiers": DOCUMENT["tiers"], **{k: v for k, v in terms.items() if k != "scale"}}
    publish_version(
        by=AUTHOR, at=BEGUN, version=draft_version(by=AUTHOR, at=BEGUN, programme=made, document=content),
        in_force_from=BEGUN,
    )  # fmt: skip
    for card in CARDS:
        member(made, card)
    return made


def standing(made: Programme) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for one in Enrolment.objects.filter(programme=made).order_by("enrolled_at", "id"):
        balance = get_balance(account_id=one.account_id, currency=made.points_currency_id, at=AT)
        assert find_broken_chain(one.account_id) is None
        with connection.cursor() as cursor:
            cursor.execute("select value from customers_identity where customer_id = %s", [one.customer_id])
            card = cursor.fetchone()[0]
        held[card] = {
            "points": (balance.available, balance.pending),
            "lots": lots(one),
            "tiers": [(each.tier, each.valid_from, each.valid_until) for each in list_tier_periods(one.id, "")],
        }
    held["receipts"] = {purchase.receipt_number: given(purchase) for purchase in Purchase.objects.all()}
    assert find_broken_invariants() == []
    return held


def given(purchase: Purchase) -> Any:
    claim = PurchaseClaim.objects.filter(purchase_id=purchase.purchase_id).first()
    lines = {
        line.product_code: line.points if claim is None else claim.line_points[i]
        for i, line in enumerate(purchase.lines.order_by("line_number"))
    }
    account_id = claim.account_id if claim is not None else purchase.account_id
    assert account_id is not None
    found = DecisionRecord.objects.filter(purchase_id=purchase.purchase_id, account_id=account_id)
    record = found.values_list("record", flat=True)[0]
    outcomes = [row[:3] for row in record["outcomes"]]
    return (purchase.total, claim.points if claim is not None else purchase.points, lines, outcomes)


WAYS: dict[str, Callable[[Receipt], None]] = {
    "queued": queued,
    "lived": lived,
    "claimed": claimed,
    "claimed checkout": claimed_checkout,
}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("terms", "seed"), [(terms, 1805 + place) for place, terms in enumerate(TERMS)])
def test_every_way_comes_to_the_same(terms: str, seed: int) -> None:
    comes_back_whole = seed % 2 == 0  # a file ties what comes back whole; tills tie any part
    receipts = history(seed, comes_back_whole=comes_back_whole)
    made = shop(TERMS[terms])
    live(receipts, purchased)
    happened = standing(made)
    differing = []
    for name, way in [*WAYS.items(), *([("imported", None)] if comes_back_whole else [])]:
        empty_all_tables()
        made = shop(TERMS[terms])
        if way is None:
            imported(receipts)
            night(datetime(AT.year, AT.month, AT.day, 2, 30, tzinfo=PARIS))
        else:
            live(receipts, way)
        found = standing(made)
        if found != happened:
            differing.append((name, differences(happened, found)))
    assert differing == []


def differences(wanted: Any, found: Any, path: str = "") -> list[Any]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            each for key in sorted({*wanted, *found})
            for each in differences(wanted.get(key), found.get(key), f"{path}/{key}")
        ]  # fmt: skip
    return [] if wanted == found else [(path, wanted, found)]
