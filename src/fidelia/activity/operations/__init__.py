"""The verbs of activity. Read `record_purchase` first."""

from .claims import ClaimRequest, ReceiptProof, claim_purchase
from .exchanging import Exchanged, exchange_goods, key_of_back, refund_of, rehearse_exchange
from .lone_returns import record_lone_return
from .purchases import Recorded, record_purchase
from .queued import Queued, record_queued
from .reading import reading_of
from .requests import LineRequest, PurchaseRequest, ReturnedLine, ReturnRequest, SoldReceipt
from .returns import record_return
from .trying import Basket, Trial, try_basket

__all__ = [
    "Basket",
    "ClaimRequest",
    "Exchanged",
    "LineRequest",
    "PurchaseRequest",
    "Queued",
    "ReceiptProof",
    "Recorded",
    "ReturnRequest",
    "ReturnedLine",
    "SoldReceipt",
    "Trial",
    "claim_purchase",
    "exchange_goods",
    "key_of_back",
    "reading_of",
    "record_lone_return",
    "record_purchase",
    "record_queued",
    "record_return",
    "refund_of",
    "rehearse_exchange",
    "try_basket",
]
