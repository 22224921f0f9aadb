"""The verbs of subscriptions. Read `open_subscription` first, then `renew_subscription`, then `follow_due`."""

from .buying import buy_line, give_line_back
from .changing import ChangeQuote, change_plan, quote_change
from .ending import RefundQuote, end_subscription, quote_refund, stop_at_end
from .nightly import follow_due, notice_due
from .opening import open_subscription
from .renewing import renew_subscription

__all__ = [
    "ChangeQuote",
    "RefundQuote",
    "buy_line",
    "change_plan",
    "end_subscription",
    "follow_due",
    "give_line_back",
    "notice_due",
    "open_subscription",
    "quote_change",
    "quote_refund",
    "renew_subscription",
    "stop_at_end",
]
