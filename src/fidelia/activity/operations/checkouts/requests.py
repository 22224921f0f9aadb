"""What a caller sends of a checkout, checked as far as it can be without looking anything up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from fidelia.kernel.money import exponent_of
from fidelia.programme.queries import SpendingProof

from ...errors import BasketTooLarge, MalformedBasket, MalformedLines
from ..requests import QUANTITY_MAX, QUANTITY_SCALE, check_moment

PRICE_MAX = 10**15  # in units of the price's own scale
MONEY_MAX = 10**13
RATE_MAX = 10  # 1,000 %
TAXES_MAX = 5
UNIT_TAX_MAX = 10**9
COUPONS_MAX = 20
GIFT_CARDS_MAX = 10
CLAIMS_MAX = 1_000
BASKET_LINES_MAX = 2_000  # the longest real invoice that we have seen has 1,114
Step = Literal["update", "close", "cancel", "reopen", "return"]


class Tax(msgspec.Struct, frozen=True):
    """A tax of a line as a ratio: 20 % is 20/100. `is_compound`: counted with the taxes named before it.

    `is_included`: the price holds it, or it comes on top; None: as the basket's prices are stated.
    """

    name: str
    numerator: int
    denominator: int
    is_compound: bool = False
    is_included: bool | None = None


class UnitTax(msgspec.Struct, frozen=True):
    """So many minor units for each whole unit, that no discount lowers: an eco-contribution or a deposit."""

    name: str
    amount: int
    is_included: bool = True
    is_taxed: bool = True


class SoldCard(msgspec.Struct, frozen=True):
    """A gift card that a line sells for its price. `code` "" draws one; `valid_until` is announced to the buyer.

    With `tops_up`, the line puts its price onto a card that was sold before, named by its code.
    """

    code: str = ""
    valid_until: date | None = None
    tops_up: bool = False


class BasketLine(msgspec.Struct, frozen=True):
    """One line before discounts. `quantity` in thousandths of a unit; `unit_price` in units of 10^-price_scale.

    A line that `sells` a gift card is money: it is never discounted, earns nothing, and no card or point pays for it.
    Category and brand are used where the product is not in the file of products. No rule brings a unit below `lowest`
    (minor units).
    """

    product_code: str
    quantity: int
    unit_price: int
    price_scale: int
    description: str = ""
    category: str = ""
    brand: str = ""
    taxes: tuple[Tax, ...] = ()
    unit_taxes: tuple[UnitTax, ...] = ()
    is_discountable: bool = True
    is_paid_by_tenders: bool = True
    sells: SoldCard | None = None
    lowest: int = 0


@dataclass(frozen=True, slots=True)
class Shipping:
    """What delivery costs before discounts, in minor units, and its taxes."""

    amount: int
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class GiftCardTender:
    """A gift card to pay with: up to `amount` minor units, or as much as it has."""

    code: str
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class CheckoutBasket:
    """The whole of a basket, sent anew each time. `pay_points` is a decimal of points, None: all.

    The member is named by id or by an identity (scheme and value), or not at all. An identity that nobody has, as of a
    card that is not known here, is refused unless `unknown_is_anonymous`. `claims` says how often a reward that costs
    points is taken, `choices` which product of several is taken as a gift: both by the key of the rule.
    """

    currency: str
    lines: tuple[BasketLine, ...]
    programme: str | None = None
    customer_id: UUID | None = None
    identity: tuple[str, str] | None = None
    unknown_is_anonymous: bool = False
    store: str | None = None
    channel: str = "store"
    occurred_at: datetime | None = None
    prices_with_tax: bool | None = None
    in_cash: bool = False
    shipping: Shipping | None = None
    coupons: tuple[str, ...] = ()
    pays_with_points: bool = False
    pay_points: str | None = None
    gift_cards: tuple[GiftCardTender, ...] = ()
    claims: tuple[tuple[str, int], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def names_member(self) -> bool:
        return (self.customer_id is not None or self.identity is not None) and not self.unknown_is_anonymous

    @property
    def codes_shown(self) -> tuple[str, ...]:
        """The codes that somebody typed: of coupons, vouchers and gift cards."""
        return (*self.coupons, *(card.code for card in self.gift_cards))


read_basket = msgspec.json.Decoder(CheckoutBasket).decode


@dataclass(frozen=True, slots=True)
class CheckoutCall:
    """A call on a checkout of the caller's own `number`: which step, with what, and under which idempotency key.

    `expected_total` (a decimal) and `revision` are what the caller believes; where they are given and are wrong, the
    call is refused. `receipt_number` is the receipt's, where it has another than the checkout; `given` tells one return
    from another. With `explain`, what each rule came to is kept with the evaluation. `proof` is the member's yes to
    spending many points; it is no part of what is asked, so that a call sent again without it is the same. `reason` is
    why a checkout is cancelled, in the words of who does it, and no part of it either.
    """

    idempotency_key: str
    step: Step
    source: str
    number: str
    basket: CheckoutBasket | None = None
    expected_total: str | None = None
    revision: int | None = None
    receipt_number: str | None = None
    occurred_at: datetime | None = None
    given: tuple[Any, ...] = ()
    explain: bool = False
    proof: SpendingProof | None = None
    reason: str = ""

    def hash(self) -> bytes:
        """Return the SHA-256 by which the same idempotency key with another request is told apart."""
        said = self._said()
        for members in _JOINED_LATER:
            said = _without(said, members)
        return hashlib.sha256(said).digest()

    def was_hashed_as(self, kept: bytes) -> bool:
        """Tell whether this release, or one before it, made this hash of the call."""
        said = self._said()
        if hashlib.sha256(said).digest() == kept:
            return True
        for members in _JOINED_LATER:
            said = _without(said, members)
            if hashlib.sha256(said).digest() == kept:
                return True
        return False

    def _said(self) -> bytes:
        content: list[Any] = [
            *(self.step, self.source, self.number, self.basket, self.expected_total, self.revision),
            *(self.receipt_number, self.occurred_at, self.given),
        ]
        return msgspec.json.encode(["checkout", *content], order="deterministic")


# Members that later releases added, the newest first: where they say nothing they are left out of the hash, so that a
# call which a till sends again after an upgrade is known. No text holds these bytes: its quotation marks are escaped.
_JOINED_LATER = ((b',"tops_up":false',), (b',"lowest":0', b',"is_included":null'), (b',"sells":null',))


def _without(said: bytes, members: tuple[bytes, ...]) -> bytes:
    for member in members:
        said = said.replace(member, b"")
    return said


def check_basket(basket: CheckoutBasket, at: datetime, *, as_of: bool = False) -> None:
    """Raise OccurredInFuture, UnknownCurrency, BasketTooLarge, MalformedLines, MalformedBasket.

    With `as_of`, a basket may be dated in the future: it is only tried.
    """
    if basket.occurred_at is not None and not as_of:
        check_moment(basket.occurred_at, at)
    exponent_of(basket.currency)
    if not basket.lines:
        raise MalformedLines("A basket has at least one line.", pointer="/lines")
    if len(basket.lines) > BASKET_LINES_MAX:
        raise BasketTooLarge(
            f"A basket has at most {BASKET_LINES_MAX} lines; this one has {len(basket.lines)}.",
            pointer="/lines",
            lines_max=BASKET_LINES_MAX,
        )
    for i, line in enumerate(basket.lines):
        if not _is_plain(line):
            _refuse(line, f"/lines/{i}")
        if line.sells is not None and line.sells.valid_until is not None:
            _check_last_day(line.sells.valid_until, at, f"/lines/{i}/gift_card/valid_until")
    _check_parts(basket)


def _is_plain(line: BasketLine) -> bool:
    return (
        0 < line.quantity <= QUANTITY_MAX
        and 0 <= line.unit_price <= PRICE_MAX
        and line.quantity * line.unit_price <= MONEY_MAX * 10 ** (QUANTITY_SCALE + line.price_scale)
        and (not line.taxes or _are_taxes(line.taxes))
        and (not line.unit_taxes or _are_unit_taxes(line.unit_taxes))
        and line.product_code.strip() != ""
        and 0 <= line.lowest <= MONEY_MAX
        and (line.sells is None or _can_sell(line))
    )


def _can_sell(line: BasketLine) -> bool:
    """Tell whether a line sells one gift card for whole money without tax: what is bought with it is taxed then."""
    is_money = line.unit_price > 0 and not line.taxes and not line.unit_taxes
    card = line.sells
    if card is not None and card.tops_up and (not card.code or card.valid_until is not None):
        return False
    return is_money and line.quantity == 10**QUANTITY_SCALE


def _check_last_day(day: date, at: datetime, pointer: str) -> None:
    """Refuse what is over in every time zone; whether today has ended where the shop is, its closure knows."""
    if day < (at - timedelta(days=1)).date():
        raise MalformedLines("The last day of a gift card lies ahead.", pointer=pointer)


def _are_taxes(taxes: tuple[Tax, ...]) -> bool:
    return len(taxes) <= TAXES_MAX and all(
        tax.denominator > 0 and 0 <= tax.numerator <= RATE_MAX * tax.denominator for tax in taxes
    )


def _are_unit_taxes(taxes: tuple[UnitTax, ...]) -> bool:
    return len(taxes) <= TAXES_MAX and all(0 <= tax.amount <= UNIT_TAX_MAX for tax in taxes)


def _refuse(line: BasketLine, pointer: str) -> None:
    if not line.product_code.strip():
        raise MalformedLines("A line names its product.", pointer=f"{pointer}/product")
    if not 0 < line.quantity <= QUANTITY_MAX:
        raise MalformedLines("A quantity is above zero and at most a million.", pointer=f"{pointer}/quantity")
    if not 0 <= line.lowest <= MONEY_MAX:
        raise MalformedLines("The lowest price is an amount that can be.", pointer=f"{pointer}/lowest_price")
    if line.unit_taxes and not _are_unit_taxes(line.unit_taxes):
        raise MalformedLines("A tax of each unit is an amount that can be.", pointer=f"{pointer}/unit_taxes")
    if line.taxes and not _are_taxes(line.taxes):
        raise MalformedLines("A tax is from 0 to 1,000 %.", pointer=f"{pointer}/taxes")
    if line.sells is not None and not _can_sell(line):
        raise MalformedLines(
            "A line sells one gift card, with money on it and without tax; one that is charged again is named by its "
            "code, and its last day is that of the terms.",
            pointer=f"{pointer}/gift_card",
        )
    raise MalformedLines("This price times this quantity is no amount that can be.", pointer=f"{pointer}/unit_price")


def _check_parts(basket: CheckoutBasket) -> None:
    sold = [line.sells.code for line in basket.lines if line.sells is not None and line.sells.code]
    if len(set(sold)) < len(sold):
        raise MalformedBasket("A gift card is sold once.", pointer="/lines")
    if not set(sold).isdisjoint(card.code for card in basket.gift_cards):
        raise MalformedBasket("A gift card does not pay for itself.", pointer="/gift_cards")
    if len(basket.coupons) > COUPONS_MAX:
        raise MalformedBasket(f"At most {COUPONS_MAX} coupons are presented at once.", pointer="/coupons")
    if len(set(basket.coupons)) < len(basket.coupons):
        raise MalformedBasket("A coupon is presented once.", pointer="/coupons")
    if len(basket.gift_cards) > GIFT_CARDS_MAX:
        raise MalformedBasket(f"At most {GIFT_CARDS_MAX} gift cards pay at once.", pointer="/gift_cards")
    if len({card.code for card in basket.gift_cards}) < len(basket.gift_cards):
        raise MalformedBasket("A gift card pays once.", pointer="/gift_cards")
    if any(card.amount is not None and not 0 < card.amount <= MONEY_MAX for card in basket.gift_cards):
        raise MalformedBasket("A gift card pays an amount above zero.", pointer="/gift_cards")
    if basket.shipping is not None and not (0 <= basket.shipping.amount <= MONEY_MAX):
        raise MalformedBasket("Shipping costs nothing or more.", pointer="/shipping/amount")
    if basket.shipping is not None and not _are_taxes(basket.shipping.taxes):
        raise MalformedBasket("A tax is from 0 to 1,000 %.", pointer="/shipping/taxes")
    if basket.pays_with_points and basket.customer_id is None and basket.identity is None:
        raise MalformedBasket("Points are a member’s: name one.", pointer="/pay_points")
    if any(not 0 < times <= CLAIMS_MAX for _rule, times in basket.claims):
        raise MalformedBasket(f"A reward is taken 1 to {CLAIMS_MAX} times.", pointer="/claims")
