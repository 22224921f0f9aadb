"""From a basket to its bill: prices, discounts, taxes, tenders, points, and the way back.

Read `basket.Basket` (what goes in) and `bill.Bill` (what comes out), then `evaluation.evaluate_basket`.
"""

from .basket import Arithmetic, Basket, Coupon, FixedTax, GiftCard, Line, PointsOffered, Product, TaxRate
from .bill import (
    Bill,
    BilledLine,
    Consumed,
    CouponAnswer,
    Custom,
    Discount,
    Gift,
    Issue,
    Piece,
    PointsCost,
    PointsCredit,
    Tender,
    TierCredit,
)
from .checking import InvalidBasket
from .evaluation import evaluate_basket
from .frozen import FrozenBill, FrozenLine, MalformedBill, credits_of, freeze
from .reversal import (
    MoreThanBought,
    Returned,
    Reversal,
    ReversedLine,
    everything_left,
    gifts_brought_back,
    reverse,
    spread_amount,
)

__all__ = [
    "Arithmetic",
    "Basket",
    "Bill",
    "BilledLine",
    "Consumed",
    "Coupon",
    "CouponAnswer",
    "Custom",
    "Discount",
    "FixedTax",
    "FrozenBill",
    "FrozenLine",
    "Gift",
    "GiftCard",
    "InvalidBasket",
    "Issue",
    "Line",
    "MalformedBill",
    "MoreThanBought",
    "Piece",
    "PointsCost",
    "PointsCredit",
    "PointsOffered",
    "Product",
    "Returned",
    "Reversal",
    "ReversedLine",
    "TaxRate",
    "Tender",
    "TierCredit",
    "credits_of",
    "evaluate_basket",
    "everything_left",
    "freeze",
    "gifts_brought_back",
    "reverse",
    "spread_amount",
]
