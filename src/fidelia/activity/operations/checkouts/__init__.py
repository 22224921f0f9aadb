"""The life cycle of a checkout: evaluated, opened, updated, closed, returned, cancelled, reopened.

Read `close_checkout` first; every other verb does a part of what it does, or undoes it.
"""

from .calls import CheckoutOutcome
from .closing import close_checkout
from .evaluating import Evaluation, evaluate_checkout
from .opening import update_checkout
from .reading import reading_of_basket, reading_of_call
from .requests import (
    BasketLine,
    CheckoutBasket,
    CheckoutCall,
    GiftCardTender,
    Shipping,
    SoldCard,
    Tax,
    UnitTax,
)
from .reversing import ReturnedItem
from .undoing import GivenBack, cancel_checkout, reopen_checkout, return_from_checkout

__all__ = [
    "BasketLine",
    "CheckoutBasket",
    "CheckoutCall",
    "CheckoutOutcome",
    "Evaluation",
    "GiftCardTender",
    "GivenBack",
    "ReturnedItem",
    "Shipping",
    "SoldCard",
    "Tax",
    "UnitTax",
    "cancel_checkout",
    "close_checkout",
    "evaluate_checkout",
    "reading_of_basket",
    "reading_of_call",
    "reopen_checkout",
    "return_from_checkout",
    "update_checkout",
]
