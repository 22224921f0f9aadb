"""Gift cards and their movements."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.kernel.money import Money
from fidelia.rewards.models import GiftCard, GiftCardMovement
from fidelia.rewards.queries import show_code

from .rewards import CodeText
from .types import Amount, CurrencyCode, Day, Id, Input, Output, Slug, Text300, shown

_CARD_ID = "019a5c1e-9300-7000-8000-000000000003"


class GiftCardIn(Input):
    """A gift card to sell; `valid_until` is announced to who buys it."""

    model_config = shown({"programme": "fidelio", "amount": "50.00", "currency": "EUR", "valid_until": "2028-12-31"})
    programme: Slug | None = None
    amount: Amount
    currency: CurrencyCode
    valid_until: Day | None = Field(None, description="Left out: the last day that the terms announce, if any.")
    code: CodeText | None = Field(None, description="Printed on the card already; left out, one is drawn.")
    customer_id: Id | None = None
    store: str | None = Field(None, min_length=1, max_length=40)


class SpendingIn(Input):
    """What a card pays outside a checkout of Fidelia's."""

    model_config = shown({"amount": "12.50", "currency": "EUR", "note": "Ticket 4711"})
    amount: Amount
    currency: CurrencyCode
    note: Text300 = ""


class TopUpIn(Input):
    """More money for a card that was sold."""

    model_config = shown({"amount": "25.00", "currency": "EUR", "note": ""})
    amount: Amount
    currency: CurrencyCode
    note: Text300 = ""


class TopUpReversalIn(Input):
    """Why a charge is taken back: the whole of it, while it is on the card."""

    model_config = shown({"note": "Charged twice by mistake"})
    note: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]


class RefundIn(Input):
    """Money paid out to who holds the card: all that is there if no amount is named."""

    model_config = shown({"amount": "12.50", "currency": "EUR", "note": "Card returned within 14 days"})
    amount: Amount | None = None
    currency: CurrencyCode | None = None
    note: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]


class BlockIn(Input):
    """Whether the card is blocked."""

    model_config = shown({"is_blocked": True})
    is_blocked: bool


_CARD = {
    "id": _CARD_ID, "code": "9TQ4-KD72-XHMB-3WRN", "balance": "50.00", "currency": "EUR",
    "sold_at": "2026-12-01T09:30:00Z", "expires_at": "2028-12-31T23:00:00Z", "blocked_at": None, "customer_id": None,
}  # fmt: skip


class GiftCardOut(Output):
    """A gift card. What open checkouts have set aside is in its balance still."""

    model_config = shown(_CARD)
    id: UUID
    code: str
    balance: str
    currency: str
    sold_at: datetime
    expires_at: datetime | None
    blocked_at: datetime | None
    customer_id: UUID | None


_MOVEMENT = {
    "number": 1, "kind": "sold", "amount": "50.00", "balance_after": "50.00", "purchase_id": None, "reverses": None,
    "note": "",
    "occurred_at": "2026-12-01T09:30:00Z",
}  # fmt: skip


class MovementOut(Output):
    """What came onto a card (above zero) or left it: sold, topped_up, spent, given_back, refunded, expired.

    `reverses` is the number of the sale or charge that it takes back.
    """

    model_config = shown(_MOVEMENT)
    number: int
    kind: str
    amount: str
    balance_after: str
    purchase_id: UUID | None
    reverses: int | None
    note: str
    occurred_at: datetime


class MovementPage(Output):
    """The movements of a card, the last first, at most 200."""

    model_config = shown({"data": [_MOVEMENT], "next": None})
    data: list[MovementOut]
    next: str | None


def gift_card_out(card: GiftCard) -> GiftCardOut:
    plain = ("id", "currency", "sold_at", "expires_at", "blocked_at", "customer_id")
    return GiftCardOut(
        code=show_code("####-####-####-####", card.code),
        balance=Money(card.balance, card.currency).text(),
        **{name: getattr(card, name) for name in plain},
    )


def movement_out(moved: GiftCardMovement, currency: str) -> MovementOut:
    plain = ("number", "kind", "purchase_id", "reverses", "note", "occurred_at")
    return MovementOut(
        amount=Money(moved.amount, currency).text(),
        balance_after=Money(moved.balance_after, currency).text(),
        **{name: getattr(moved, name) for name in plain},
    )
