"""Read a basket: from decimals to whole numbers, each refusal with its place."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from fidelia.activity.errors import MixedCurrencies
from fidelia.activity.operations.checkouts import (
    BasketLine,
    CheckoutBasket,
    GiftCardTender,
    Shipping,
    SoldCard,
    Tax,
    UnitTax,
)
from fidelia.activity.queries.checkouts import find_checkout
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import MalformedAmount, Money, exponent_of, parse_scaled
from fidelia.rewards.operations import read_code
from fidelia.rewards.queries import normalise_code

from .activity import identity_of
from .errors import located
from .schemas.checkouts import BasketIn

PRICE_SCALE_MAX = 6
PERCENT_SCALE = 6
HUNDRED_PERCENT = 100 * 10**PERCENT_SCALE
EVERYTHING = "all"
TAXES_KEPT = 1_000  # a shop has a few, on every line
_OF_BASKETS = frozenset(BasketIn.model_fields) - {"occurred_at"}


def asked_basket(body: Any, place: str = "") -> CheckoutBasket:
    """Return the basket that a body says. Raises what its amounts and identities are refused for, with their place."""
    with located(f"{place}/currency"):
        exponent_of(body.currency)
    member = body.member
    return CheckoutBasket(
        currency=body.currency,
        lines=tuple([_line(line, body.currency, f"{place}/lines/{i}") for i, line in enumerate(body.lines)]),
        programme=body.programme,
        customer_id=member.customer_id if member else None,
        identity=identity_of(member.identity) if member and member.identity else None,
        unknown_is_anonymous=body.unknown_member == "anonymous",
        store=body.store,
        channel=body.channel,
        occurred_at=body.occurred_at,
        prices_with_tax=body.prices_with_tax,
        in_cash=body.in_cash,
        shipping=_shipping(body, place),
        coupons=tuple([normalise_code(code) for code in body.coupons]),
        pays_with_points=body.pay_points is not None,
        pay_points=None if body.pay_points == EVERYTHING else body.pay_points,
        gift_cards=tuple(
            [
                GiftCardTender(
                    normalise_code(card.code), minor(card.amount, body.currency, f"{place}/gift_cards/{i}/amount")
                )
                for i, card in enumerate(body.gift_cards)
            ]
        ),
        claims=tuple(body.claims.items()),
        choices=tuple(body.choices.items()),
    )


def _line(line: Any, currency: str, pointer: str) -> BasketLine:
    if line.currency is not None and line.currency != currency:
        raise MixedCurrencies(
            f"This line is in {line.currency}, the basket in {currency}.", pointer=f"{pointer}/currency"
        )
    price, scale = read_price(line.unit_price, currency, f"{pointer}/unit_price")
    return BasketLine(
        product_code=line.product,
        quantity=parse_scaled(line.quantity, 3),
        unit_price=price,
        price_scale=scale,
        description=line.description,
        category=line.category,
        brand=line.brand,
        taxes=_taxes(line.taxes) if line.taxes else (),
        unit_taxes=_unit_taxes(line.unit_taxes, currency, pointer) if line.unit_taxes else (),
        is_discountable=line.discountable,
        is_paid_by_tenders=line.paid_by_tenders,
        lowest=minor(line.lowest_price, currency, f"{pointer}/lowest_price") or 0,
        sells=None if line.gift_card is None else _sold_card(line.gift_card, pointer),
    )


def _sold_card(card: Any, pointer: str) -> SoldCard:
    with located(f"{pointer}/gift_card/code"):
        code = "" if card.code is None else read_code(card.code)
    return SoldCard(code, card.valid_until, card.top_up)


def read_price(text: str, currency: str, pointer: str) -> tuple[int, int]:
    """Read a price at the currency's scale, or at the finer one that it is written with, up to six decimals."""
    scale = max(exponent_of(currency), len(text.partition(".")[2].rstrip("0")))
    if scale > PRICE_SCALE_MAX:
        raise MalformedAmount(f"“{text}” has more than {PRICE_SCALE_MAX} decimals.", pointer=pointer)
    return parse_scaled(text, scale), scale


def _taxes(taxes: list[Any]) -> tuple[Tax, ...]:
    return tuple([read_tax(tax.name, tax.rate, tax.compound, tax.included) for tax in taxes])


@lru_cache(maxsize=TAXES_KEPT)
def read_tax(name: str, rate: str, is_compound: bool, is_included: bool | None) -> Tax:
    """Return a tax whose rate is written in percent. Raises MalformedAmount."""
    return Tax(name, parse_scaled(rate, PERCENT_SCALE), HUNDRED_PERCENT, is_compound, is_included)


def _unit_taxes(taxes: list[Any], currency: str, pointer: str) -> tuple[UnitTax, ...]:
    read = []
    for i, tax in enumerate(taxes):
        amount = minor(tax.amount, currency, f"{pointer}/unit_taxes/{i}/amount")
        assert amount is not None, "a tax of each unit has an amount"
        read.append(UnitTax(tax.name, amount, tax.included, tax.taxed))
    return tuple(read)


def _shipping(body: Any, place: str) -> Shipping | None:
    if body.shipping is None:
        return None
    amount = minor(body.shipping.amount, body.currency, f"{place}/shipping/amount")
    assert amount is not None, "shipping has an amount"
    return Shipping(amount, _taxes(body.shipping.taxes))


def minor(text: str | None, currency: str | None, pointer: str) -> int | None:
    """Return an amount in minor units of its currency, None where there is none. Raises MalformedAmount."""
    if text is None:
        return None
    assert currency is not None, "who sends an amount knows its currency"
    try:
        return Money.parse(text, currency).minor
    except FideliaError as error:
        error.pointer = error.pointer or pointer
        raise


def lead_to_basket(error: FideliaError, basket: CheckoutBasket | None, dated: datetime | None = None) -> None:
    """Lead the place of a refusal to the basket, where that is a member of the body. Verbs know no bodies.

    A moment is that of the basket unless the call is `dated` itself.
    """
    if basket is None or error.pointer is None:
        return
    member = error.pointer.split("/")[1]
    if member in _OF_BASKETS or (member == "occurred_at" and dated is None):
        error.pointer = f"/basket{error.pointer}"


def currency_of(by: Actor, source: str, number: str) -> str:
    """Return the currency of a checkout; of one that is not there any, because the verb says that it is not."""
    found = find_checkout(source=source, number=number)
    return str(found["currency"]) if found is not None else "EUR"
