"""Checkouts: a basket, what it comes to, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from fidelia.activity.operations.checkouts.requests import COUPONS_MAX, GIFT_CARDS_MAX, TAXES_MAX

from .activity import Channel, MemberIn, Price
from .returns import SoldIn
from .types import (
    CurrencyCode,
    Day,
    Id,
    Input,
    Instant,
    Name40,
    Name60,
    Name80,
    PageQuery,
    Quantity,
    Since,
    Slug,
    Text120,
    Text200,
    Text300,
    shown,
)

Percent = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}(\.[0-9]{1,6})?$", max_length=11)]
UnitPrice = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,13}(\.[0-9]{1,9})?$", max_length=23)]
Points = Annotated[str, StringConstraints(pattern=r"^(all|[0-9]{1,12}(\.[0-9]{1,4})?)$", max_length=17)]
# The default of a list is a tuple: pydantic copies a list, a microsecond each, for every line of a basket.
NONE: Any = ()
CheckoutNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~@-]{1,80}$")]
State = Literal["open", "closed", "cancelled"]

BASKET = {
    "currency": "EUR",
    "member": {"identity": "card:2990000000017"},
    "store": "lyon-01",
    "lines": [
        {"product": "TEA-250", "quantity": "2", "unit_price": "4.90", "taxes": [{"name": "vat55", "rate": "5.5"}]},
        {"product": "CUP-01", "quantity": "1", "unit_price": "6.20", "taxes": [{"name": "vat20", "rate": "20"}]},
    ],
    "coupons": ["WELCOME-7K3Q"],
}
BACK = {"sold": {"receipt_number": "T03-000042"}, "lines": [{"line_number": 2, "quantity": "1"}]}


class TaxIn(Input):
    """A tax of a line, as a percentage."""

    name: Name40 = Field(description="Equal names are summed together, such as vat20.")
    rate: Percent = Field(description="In percent.")
    compound: bool = Field(False, description="Counted on the amount with the taxes named before it.")
    included: bool | None = Field(
        None, description="The price holds it, or it comes on top; left out, as `prices_with_tax` says."
    )


class UnitTaxIn(Input):
    """So much for each unit, that no discount lowers: an eco-contribution, a deposit."""

    name: Name40
    amount: Price
    included: bool = Field(True, description="It is part of the unit price.")
    taxed: bool = Field(True, description="The other taxes are counted on it too.")


class SoldCardIn(Input):
    """A gift card that a line sells for its price, or charges again: activated by the closure, taken back with what
    comes back of it.
    """

    code: Name80 | None = Field(None, description="Of the card on the rack; left out, one is drawn.")
    valid_until: Day | None = Field(
        None, description="The last day, as announced to the buyer; left out, that of the terms."
    )
    top_up: bool = Field(False, description="The line puts its price onto a card that was sold before, of this code.")


class BasketLineIn(Input):
    """One line at its price before any discount."""

    product: Name80 = Field(description="The code of the product.")
    quantity: Quantity = Field(description="Above zero, up to three decimals.")
    unit_price: UnitPrice = Field(description="Of one unit, before discounts, with up to six decimals.")
    currency: CurrencyCode | None = Field(None, description="Where given, that of the basket.")
    taxes: list[TaxIn] = Field(NONE, max_length=TAXES_MAX)
    unit_taxes: list[UnitTaxIn] = Field(NONE, max_length=TAXES_MAX)
    description: Text200 = ""
    category: Text300 = Field("", description="Used where the product is not in the file of products.")
    brand: Text120 = Field("", description="Used where the product is not in the file of products.")
    discountable: bool = Field(True, description="False: no rule lowers its price.")
    paid_by_tenders: bool = Field(True, description="False: neither points nor gift cards pay for it.")
    lowest_price: Price | None = Field(None, description="No rule brings a unit below it.")
    gift_card: SoldCardIn | None = Field(
        None, description="The line sells a gift card: never discounted, without points, paid by other means."
    )


class ShippingIn(Input):
    """What delivery costs before discounts."""

    amount: Price
    taxes: list[TaxIn] = Field(NONE, max_length=TAXES_MAX)


class GiftCardTenderIn(Input):
    """A gift card to pay with; without an amount, as much as it has."""

    code: Name80
    amount: Price | None = None


class BasketIn(Input):
    """The whole basket, sent anew with each call. All costs are computed here."""

    model_config = shown(BASKET)
    currency: CurrencyCode
    lines: list[BasketLineIn]
    programme: Slug | None = Field(None, description="Needed only where there are several.")
    member: MemberIn | None = None
    unknown_member: Literal["refuse", "anonymous"] = Field(
        "refuse", description="What becomes of an identity that nobody here has."
    )
    store: Name40 | None = Field(None, description="The code of the store.")
    channel: Channel = "store"
    occurred_at: Instant | None = Field(None, description="Now, where it is left out.")
    prices_with_tax: bool | None = Field(None, description="How prices are stated; else as the programme says.")
    in_cash: bool = Field(False, description="What is due is paid in coins: it is rounded to the smallest.")
    shipping: ShippingIn | None = None
    coupons: list[Name80] = Field(NONE, max_length=COUPONS_MAX, description="Coupons and vouchers, in this order.")
    pay_points: Points | None = Field(None, description="Points to pay with, or all.")
    gift_cards: list[GiftCardTenderIn] = Field(NONE, max_length=GIFT_CARDS_MAX)
    claims: dict[Name60, int] = Field({}, description="Rewards that cost points: how often, by key of the rule.")
    choices: dict[Name60, Name80] = Field({}, description="Which product is taken as a gift, by key of the rule.")


class EvaluationIn(BasketIn):
    """A basket to be tried. It may be dated in the future."""

    model_config = shown({**BASKET, "explain": True})
    explain: bool = Field(False, description="Say of every rule why it gave nothing, and what was missing.")
    version: int | None = Field(None, ge=1, le=1_000_000, description="Try this version of the rules, a draft or not.")
    drafts: list[dict[str, Any]] = Field(
        NONE, max_length=20, description="Rules to try, each in the place of the rule with its key."
    )


class CheckoutIn(BasketIn):
    """The basket of a checkout as it is now."""

    model_config = shown({**BASKET, "expected_total": "14.50"})
    expected_total: Price | None = Field(None, description="What you believe it costs; refused where it differs.")
    revision: int | None = Field(None, ge=0, le=2**31 - 1, description="The revision that you know; 0: there is none.")
    explain: bool = False


class ConfirmationIn(Input):
    """What the member told: the digits of the code that they were sent, with the token of who had it sent."""

    model_config = shown({"token": "nVq2…", "digits": "123 456"})
    token: str = Field(min_length=1, max_length=80)
    digits: str = Field(min_length=1, max_length=20)


class ClosureIn(Input):
    """How a checkout is closed. With a basket, by this one; it need not have been opened then."""

    model_config = shown({"receipt_number": "T03-000042", "expected_total": "14.50"})
    basket: BasketIn | None = None
    receipt_number: Name80 | None = Field(None, description="Without it, the checkout’s own id.")
    occurred_at: Instant | None = Field(None, description="Now, where it is left out.")
    expected_total: Price | None = None
    revision: int | None = Field(None, ge=0, le=2**31 - 1)
    explain: bool = False
    confirmation: ConfirmationIn | None = Field(
        None, description="Where more points are spent at once than the programme lets go without a code."
    )


class ReturnedItemIn(Input):
    """So much of one line: a quantity, or an amount of what it cost; with neither, all that is left of it."""

    line_number: int = Field(ge=1, le=10_000)
    quantity: Quantity | None = None
    amount: Price | None = None


class CheckoutReturnIn(Input):
    """What comes back: lines, or an amount spread over all of them; with neither, all that is left."""

    model_config = shown({"lines": [{"line_number": 1, "quantity": "1"}]})
    lines: list[ReturnedItemIn] = Field([], max_length=2_000)
    amount: Price | None = None
    receipt_number: Name80 | None = None
    occurred_at: Instant | None = None


class BackLineIn(Input):
    """So much of one line of the sale; without a quantity, all that is left of it."""

    line_number: int = Field(ge=1, le=10_000)
    quantity: Quantity | None = None


class BackIn(Input):
    """What is brought back of one sale: the lines named, or all that is left. The sale is named by receipt or id."""

    model_config = shown(BACK)
    sold: SoldIn | None = Field(None, description="The receipt of the sale.")
    purchase_id: Id | None = Field(None, description="The id of the sale: a closed checkout or any other purchase.")
    lines: list[BackLineIn] = Field([], max_length=2_000)
    store: Name40 | None = Field(
        None, description="Where it was brought; left out, the store of the basket sent with it, else that of the sale."
    )

    @model_validator(mode="after")
    def _names_once(self) -> BackIn:
        if (self.sold is None) == (self.purchase_id is None):
            raise ValueError("Name the sale once: by its receipt or by purchase_id.")
        return self


class ExchangeIn(ClosureIn):
    """What comes back, and how the checkout with what is taken instead is closed."""

    model_config = shown({"back": BACK, "basket": BASKET, "receipt_number": "T03-000051", "expected_total": "14.50"})
    back: BackIn


class ExchangeEvaluationIn(Input):
    """An exchange to be tried."""

    model_config = shown({"back": BACK, "basket": BASKET, "explain": True})
    back: BackIn
    basket: BasketIn
    explain: bool = Field(False, description="Say of every rule why it gave nothing, and what was missing.")


class UndoIn(Input):
    """When it was undone, and why."""

    model_config = shown({"occurred_at": "2026-03-02T10:20:00+01:00", "reason": "Charged twice"})
    occurred_at: Instant | None = Field(None, description="Now, where it is left out.")
    revision: int | None = Field(None, ge=0, le=2**31 - 1)
    reason: str = Field("", max_length=200, description="Kept in the audit, where it is given.")


class ReopeningIn(Input):
    """With which basket a checkout is opened again: this one, or the one that it had."""

    model_config = shown({})
    basket: BasketIn | None = None
    revision: int | None = Field(None, ge=0, le=2**31 - 1)


class SourceQuery(Input):
    """Whose checkout."""

    source: Name60 | None = Field(None, description="The stream in which the id is yours; without it, the key’s own.")


class CheckoutQuery(PageQuery):
    """Which checkouts."""

    state: State | None = None
    source: Name60 | None = None
    updated_since: Since | None = Field(
        None, description="An instant, or the `updated_until` of an answer. Changed at this instant or after."
    )
