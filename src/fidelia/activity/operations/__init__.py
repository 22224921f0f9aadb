"""The verbs of activity. Read `record_purchase` first."""

from .purchases import Recorded, record_purchase
from .requests import LineRequest, PurchaseRequest, ReturnedLine, ReturnRequest
from .returns import record_return

__all__ = [
    "LineRequest",
    "PurchaseRequest",
    "Recorded",
    "ReturnRequest",
    "ReturnedLine",
    "record_purchase",
    "record_return",
]
