"""A sale as the page of the till sends it, and as activity takes it: a checkout, or a purchase with final prices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnedLine, ReturnRequest
from fidelia.activity.operations.checkouts import BasketLine, CheckoutBasket, GiftCardTender, SoldCard
from fidelia.kernel.money import exponent_of
from fidelia.programme.models import Programme
from fidelia.rewards.operations.patterns import normalise_code

UNIT = 1000
PAY_WITH_POINTS = "points"
CLAIM = "claim:"


class TillCard(msgspec.Struct):
    """A gift card that a line sells: its number, or none where one is to be drawn; `tops_up` one sold before."""

    code: str = ""
    tops_up: bool = False


class TillLine(msgspec.Struct):
    """A line of the basket: quantity in thousandths, the price of one unit in minor units of the currency."""

    product: str
    quantity: int
    price: int
    name: str = ""
    card: TillCard | None = None

    @property
    def net(self) -> int:
        """The money of the line, half a minor unit rounded up."""
        return (2 * self.quantity * self.price + UNIT) // (2 * UNIT)


class TillConfirmation(msgspec.Struct):
    """The digits that the member told the cashier, with the token of the code that was sent."""

    token: str
    digits: str


class BackLine(msgspec.Struct):
    """So much of a line brought back, in thousandths."""

    line_number: int
    quantity: int


class TillBack(msgspec.Struct):
    """What is brought back of one purchase and exchanged for the basket."""

    purchase_id: UUID
    lines: list[BackLine]


class TillSale(msgspec.Struct):
    """A sale, or a basket on its way to be one. `key` and `receipt` are of the page and stay with the sale.

    `expected` is what the page said is to pay, after discounts: it is closed as a checkout. Without it the sale was
    made off line at its listed prices, and is recorded as it was charged. `named` is what was scanned off line: it
    names a member only once it is sent. `chosen` are the offers taken, `coupons` and `gift_cards` codes presented.
    `back` is what is exchanged for the basket.
    """

    store: str
    till: str
    lines: list[TillLine]
    occurred_at: datetime | None = None
    customer_id: UUID | None = None
    key: str = ""
    receipt: str = ""
    named: str = ""
    chosen: dict[str, bool] = {}
    coupons: list[str] = []
    gift_cards: list[str] = []
    expected: int | None = None
    confirmation: TillConfirmation | None = None
    back: TillBack | None = None

    @property
    def needs_network(self) -> bool:
        """Whether it cannot be recorded as it was charged off line: a card must be put in force, goods be known."""
        return self.back is not None or any(line.card is not None for line in self.lines)


def as_basket(sale: TillSale, programme: Programme, *, pays_with_points: bool | None = None) -> CheckoutBasket:
    """Return the basket to evaluate or to close; it pays with points as was chosen, or as told."""
    chosen = sale.chosen.get(PAY_WITH_POINTS, False) if pays_with_points is None else pays_with_points
    scale = exponent_of(programme.currency)
    return CheckoutBasket(
        currency=programme.currency,
        lines=tuple(_basket_line(line, scale) for line in sale.lines),
        programme=programme.slug,
        customer_id=sale.customer_id,
        store=sale.store,
        occurred_at=sale.occurred_at,
        coupons=tuple(dict.fromkeys(sale.coupons)),
        gift_cards=tuple(GiftCardTender(code) for code in dict.fromkeys(sale.gift_cards)),
        pays_with_points=chosen and sale.customer_id is not None,
        claims=tuple(
            (key.removeprefix(CLAIM), 1) for key, is_on in sale.chosen.items() if is_on and key.startswith(CLAIM)
        ),
    )


def as_return(back: TillBack, sale: TillSale, at: datetime) -> ReturnRequest:
    """Return the request that takes goods back on the receipt of a sale, under the key of that sale."""
    return ReturnRequest(
        idempotency_key=sale.key,
        receipt_number=sale.receipt,
        occurred_at=sale.occurred_at or at,
        purchase_id=back.purchase_id,
        lines=tuple(ReturnedLine(line.line_number, line.quantity) for line in back.lines),
        store=sale.store,
    )


def _basket_line(line: TillLine, scale: int) -> BasketLine:
    sells = _sold_card(line.card)
    return BasketLine(line.product, line.quantity, line.price, scale, description=line.name, sells=sells)


def _sold_card(card: TillCard | None) -> SoldCard | None:
    return None if card is None else SoldCard(code=normalise_code(card.code), tops_up=card.tops_up)


def as_purchase(sale: TillSale, programme: Programme, at: datetime) -> PurchaseRequest:
    """Return the request that records a sale that was charged already."""
    return PurchaseRequest(
        idempotency_key=sale.key,
        receipt_number=sale.receipt,
        occurred_at=sale.occurred_at or at,
        currency=programme.currency,
        lines=tuple(_line(line, programme.currency) for line in sale.lines),
        programme=programme.slug,
        customer_id=sale.customer_id,
        store=sale.store,
    )


def _line(line: TillLine, currency: str) -> LineRequest:
    return LineRequest(
        product_code=line.product,
        quantity=line.quantity,
        net=line.net,
        description=line.name,
        unit_price=line.price,
        unit_price_scale=exponent_of(currency),
    )
