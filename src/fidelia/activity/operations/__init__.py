"""The verbs of activity. Read `record_purchase` first."""

from .lone_returns import record_lone_return
from .purchases import Recorded, record_purchase
from .requests import LineRequest, PurchaseRequest, ReturnedLine, ReturnRequest, SoldReceipt
from .returns import record_return
from .trying import Basket, Trial, try_basket

__all__ = [
    "Basket",
    "LineRequest",
    "PurchaseRequest",
    "Recorded",
    "ReturnRequest",
    "ReturnedLine",
    "SoldReceipt",
    "Trial",
    "record_lone_return",
    "record_purchase",
    "record_return",
    "try_basket",
]
