"""Tables of rewards. Read `counting` first: what everything else is counted in."""

from .catalog import Redemption, Reward
from .cheques import Cheque, ChequeDebt
from .codes import CouponCode, CouponSeries, Voucher
from .counting import Counter, Reservation, Slot, Use
from .gift_cards import GiftCard, GiftCardMovement
from .offers import OfferActivation, OfferCount
from .stock import Stock

__all__ = [
    "Cheque",
    "ChequeDebt",
    "Counter",
    "CouponCode",
    "CouponSeries",
    "GiftCard",
    "GiftCardMovement",
    "OfferActivation",
    "OfferCount",
    "Redemption",
    "Reservation",
    "Reward",
    "Slot",
    "Stock",
    "Use",
    "Voucher",
]
