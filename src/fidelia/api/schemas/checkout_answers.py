"""What a basket comes to, and what became of it: the answers about checkouts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from .activity import PURCHASE, PURCHASE_ID, PurchaseOut
from .types import UPDATED_UNTIL, Output, shown

State = Literal["open", "closed", "cancelled"]

_TEA = {
    "line_number": 1,
    "product": "TEA-250",
    "is_gift": False,
    "is_shipping": False,
    "quantity": "2.000",
    "listed": "9.80",
    "discount": "0.98",
    "amount": "8.82",
    "untaxed": "8.36",
    "tax": "0.46",
    "total": "8.82",
    "points_paid": "0",
    "paid_by_points": "0.00",
    "paid_by_gift_cards": "0.00",
    "points": "8",
    "discounts": [{"rule": "welcome", "amount": "0.98"}],
    "taxes": [{"name": "vat55", "amount": "0.46"}],
    "pieces": [{"quantity": "2.000", "amount": "8.82"}],
}
EVALUATION = {
    "as_of": "2026-03-02T09:15:00Z",
    "programme": "fidelio",
    "rule_version_id": "019a5c1e-5500-7000-8000-00000000000a",
    "is_member": True,
    "tier": "",
    "currency": "EUR",
    "listed": "9.80",
    "discount": "0.98",
    "amount": "8.82",
    "untaxed": "8.36",
    "tax": "0.46",
    "total": "8.82",
    "rounding": "0.00",
    "due": "8.82",
    "points_currency": "NOTES",
    "points": "8",
    "points_spent": "0",
    "lines": [_TEA],
    "taxes": [{"name": "vat55", "base": "8.36", "amount": "0.46"}],
    "tenders": [],
    "effects": [
        {
            "kind": "discount",
            "rule": "welcome",
            "line": "1",
            "quantity": "2.000",
            "amount": "0.98",
            "on_shipping": False,
        }
    ],
    "coupons": [{"code": "WELCOME7K3Q", "used": True, "reason": "used", "rules": ["welcome"]}],
    "gift_cards": [],
    "warnings": [],
    "explanation": [
        {
            "rule": "free-shipping",
            "applied": False,
            "reason": "condition_false",
            "missing": "41.18",
            "missing_type": "money",
            "discount": "0.00",
            "points": "0",
            "by": None,
        }
    ],
}
CHECKOUT = {
    "id": "019a5c1e-9000-7b00-8000-000000000001",
    "number": "T03-000042",
    "source": "key:019a5c1e-1000-7000-8000-000000000002",
    "state": "closed",
    "revision": 2,
    "programme": "fidelio",
    "customer_id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10",
    "store_id": "019a5c1e-0002-7000-8000-000000000001",
    "channel": "store",
    "currency": "EUR",
    "total": "8.82",
    "points": "8",
    "balance_after": "488",
    "purchase_id": PURCHASE_ID,
    "reserved_until": None,
    "opened_at": "2026-03-02T09:12:00Z",
    "updated_at": "2026-03-02T09:15:00Z",
    "closed_at": "2026-03-02T09:15:00Z",
    "cancelled_at": None,
    "evaluation": {**EVALUATION, "explanation": None},
    "issued": [],
}


class RuleShareOut(Output):
    """What one rule took off."""

    rule: str
    amount: str


class TaxShareOut(Output):
    """What one tax comes to."""

    name: str
    amount: str


class TaxOut(Output):
    """What one tax comes to over the whole basket."""

    name: str
    base: str
    amount: str


class PieceOut(Output):
    """Units of a line that cost the same."""

    quantity: str
    amount: str


class PricedLineOut(Output):
    """One line as it is paid. Prices as they are stated: `listed` − `discount` = `amount`; `total`: with taxes."""

    line_number: int
    product: str
    is_gift: bool
    is_shipping: bool
    quantity: str
    listed: str
    discount: str
    amount: str
    untaxed: str
    tax: str
    total: str
    paid_by_points: str
    points_paid: str
    paid_by_gift_cards: str
    points: str
    discounts: list[RuleShareOut]
    taxes: list[TaxShareOut]
    pieces: list[PieceOut]


class TenderOut(Output):
    """What points or a gift card pay."""

    kind: Literal["points", "gift_card"]
    gift_card_id: UUID | None
    amount: str
    points: str


class PresentedCouponOut(Output):
    """What became of a code."""

    code: str
    used: bool
    reason: str
    rules: list[str]


class PresentedGiftCardOut(Output):
    """What a gift card had before."""

    code: str
    state: str
    balance: str | None


class RuleOutcomeOut(Output):
    """What one rule came to, and why (a reason code)."""

    rule: str
    applied: bool
    reason: str
    missing: str | None = Field(description="How much more would have met its condition.")
    missing_type: str | None
    discount: str
    points: str
    by: str | None = Field(description="The rule that set it aside.")


class LawWarningOut(Output):
    """What a policy of the law finds on a line: more off than is allowed, or a cut from a price above the lowest."""

    kind: str = Field(description="promotion_ceiling or prior_price.")
    line: str
    found: str
    allowed: str
    refused: bool = Field(description="A basket like this is not closed.")


class EvaluationOut(Output):
    """What a basket comes to."""

    model_config = shown(EVALUATION)
    as_of: datetime
    programme: str
    rule_version_id: UUID
    is_member: bool
    tier: str
    currency: str
    listed: str
    discount: str
    amount: str
    untaxed: str
    tax: str
    total: str = Field(description="What it costs, with all taxes.")
    rounding: str = Field(description="What rounding to coins adds.")
    due: str = Field(description="What is left to pay in money.")
    points_currency: str
    points: str = Field(description="What it earns.")
    points_spent: str
    lines: list[PricedLineOut]
    taxes: list[TaxOut]
    tenders: list[TenderOut]
    effects: list[dict[str, Any]] = Field(description="What the till carries out, each with its kind and its rule.")
    coupons: list[PresentedCouponOut]
    gift_cards: list[PresentedGiftCardOut]
    warnings: list[LawWarningOut] = Field(description="What the law of promotions says of it.")
    explanation: list[RuleOutcomeOut] | None = Field(description="Where it was asked for.")


class CheckoutOut(Output):
    """A checkout as it is now."""

    model_config = shown(CHECKOUT)
    id: UUID
    number: str
    source: str
    state: State
    revision: int
    programme: str
    customer_id: UUID | None
    store_id: UUID | None
    channel: str
    currency: str
    total: str
    points: str
    balance_after: str | None = Field(description="The points of the member after this call.")
    purchase_id: UUID | None = Field(description="Closed, it is this purchase.")
    reserved_until: datetime | None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    cancelled_at: datetime | None
    evaluation: EvaluationOut
    issued: list[dict[str, Any]] = Field(
        description="Codes that the closure issued, and gift cards that it sold or charged again."
    )


class CheckoutPage(Output):
    """Checkouts, the last opened first."""

    model_config = shown({"data": [CHECKOUT], "next": None, "updated_until": None})
    data: list[CheckoutOut]
    next: str | None
    updated_until: str | None = Field(None, description=UPDATED_UNTIL)


class RefundOut(Output):
    """What goes back to the customer, as it was paid; and the points that were earned and are taken back."""

    total: str
    money: str
    gift_cards: str
    paid_by_points: str = Field(description="The share that points had paid, as money.")
    points_given_back: str
    points_taken_back: str


REFUND = {
    "total": "4.90",
    "money": "4.90",
    "gift_cards": "0.00",
    "paid_by_points": "0.00",
    "points_given_back": "0",
    "points_taken_back": "4",
}
RETURNED = {**PURCHASE, "kind": "return", "returns_purchase_id": PURCHASE_ID}


class CheckoutReturnOut(Output):
    """What came back."""

    model_config = shown({"refund": REFUND, "purchase": RETURNED})
    refund: RefundOut
    purchase: PurchaseOut


class ExchangeOut(Output):
    """What came back, what was taken instead, and what is left to settle between the two."""

    model_config = shown(
        {
            "to_pay": "9.60",
            "to_give_back": "0.00",
            "returned": {"refund": REFUND, "purchase": RETURNED},
            "checkout": CHECKOUT,
        }
    )
    to_pay: str = Field(description="What the customer pays in money: what is due less the money that came back.")
    to_give_back: str = Field(description="What the customer is given in money, where more came back than is due.")
    returned: CheckoutReturnOut
    checkout: CheckoutOut


class ExchangeEvaluationOut(Output):
    """What an exchange would come to."""

    model_config = shown({"to_pay": "9.60", "to_give_back": "0.00", "refund": "4.90", "evaluation": EVALUATION})
    to_pay: str = Field(description="What the customer would pay in money.")
    to_give_back: str = Field(description="What the customer would be given in money.")
    refund: str = Field(description="The money that what comes back is worth.")
    evaluation: EvaluationOut
