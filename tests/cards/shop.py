"""What the tests of cards are about: a programme, a series, cards in each state, and purchases made with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.cards.models import Card, CardSeries
from fidelia.cards.operations import NewCardSeries, bring_cards, create_card_series, hand_out
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import get_balance
from fidelia.programme.models import Enrolment, Programme
from tests.cast import SYSTEM
from tests.programme.cast import AT

NAME = LocalizedText(en="Shop cards", fr="Cartes du magasin")
FIRST, SECOND = "2990000000019", "2990000000026"


def series(of: Programme, key: str = "shop", **changes: Any) -> CardSeries:
    given = {"key": key, "name": NAME, "prefix": "299", **changes}
    return create_card_series(by=SYSTEM, at=AT, programme=of, series=NewCardSeries(**given))


def printed(of: Programme, *numbers: str, **changes: Any) -> CardSeries:
    """A series whose numbers were printed elsewhere."""
    made = series(of, **changes)
    bring_cards(by=SYSTEM, at=AT, series_id=made.id, numbers=numbers or (FIRST, SECOND))
    return made


def provisional(of: Programme, number: str = FIRST) -> Card:
    printed(of)
    return hand_out(by=SYSTEM, at=AT, number=number)


def buy(card: str, euros: int, key: str, at: datetime = AT) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR",
        lines=(LineRequest("mug", 1000, euros * 100),), identity=("card", card),
    )  # fmt: skip
    recorded = record_purchase(by=SYSTEM, at=at, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def points(enrolment: Enrolment, at: datetime = AT) -> int:
    enrolment.refresh_from_db()
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=at).available
