"""The verbs of activity. Read `record_purchase` first."""

from .purchases import Recorded, record_purchase
from .requests import LineRequest, PurchaseRequest, ReturnedLine, ReturnRequest
from .returns import record_return
from .trying import Basket, Trial, try_basket

__all__ = [
    "Basket",
    "LineRequest",
    "PurchaseRequest",
    "Recorded",
    "ReturnRequest",
    "ReturnedLine",
    "Trial",
    "record_purchase",
    "record_return",
    "try_basket",
]
