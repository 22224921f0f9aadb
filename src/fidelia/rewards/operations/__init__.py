"""The verbs of rewards. Read `executing` first: what a checkout takes."""

from .card_locks import lock_cards, lock_cards_of
from .catalog import RewardTerms, add_reward, change_reward, end_reward
from .coupons import (
    ask_codes,
    assign_coupons,
    bring_codes,
    export_codes,
    generate_codes,
    give_coupons,
    revoke_coupon,
)
from .executing import GivingBack, LimitItem, Taking, consume, give_back, refusals, release, reserve
from .gift_cards import (
    block_gift_card,
    draw_gift_card_code,
    expire_gift_cards,
    refund_gift_card,
    sell_gift_card,
    sell_gift_card_on_line,
    spend_gift_card,
    take_gift_card_back,
)
from .issuing import issues_of
from .limits import left_of_limits, limit_items
from .looking_up import LookedUp, look_up_code
from .offers import activate_offer
from .patterns import read_code
from .redeeming import cancel_redemption, fulfil_redemptions, redeem_reward
from .segment_gifts import ask_coupons_for_segment, give_segment
from .series import SeriesTerms, change_series, create_series, end_series
from .stock import add_stock, end_stock, set_pieces
from .topping_up import take_top_up_back, top_up_gift_card, top_up_gift_card_on_line
from .vouchers import NewVoucher, issue_voucher, revoke_voucher, withdraw_voucher, write_vouchers

__all__ = [
    "GivingBack",
    "LimitItem",
    "LookedUp",
    "NewVoucher",
    "RewardTerms",
    "SeriesTerms",
    "Taking",
    "activate_offer",
    "add_reward",
    "add_stock",
    "ask_codes",
    "ask_coupons_for_segment",
    "assign_coupons",
    "block_gift_card",
    "bring_codes",
    "cancel_redemption",
    "change_reward",
    "change_series",
    "consume",
    "create_series",
    "draw_gift_card_code",
    "end_reward",
    "end_series",
    "end_stock",
    "expire_gift_cards",
    "export_codes",
    "fulfil_redemptions",
    "generate_codes",
    "give_back",
    "give_coupons",
    "give_segment",
    "issue_voucher",
    "issues_of",
    "left_of_limits",
    "limit_items",
    "lock_cards",
    "lock_cards_of",
    "look_up_code",
    "read_code",
    "redeem_reward",
    "refund_gift_card",
    "refusals",
    "release",
    "reserve",
    "revoke_coupon",
    "revoke_voucher",
    "sell_gift_card",
    "sell_gift_card_on_line",
    "set_pieces",
    "spend_gift_card",
    "take_gift_card_back",
    "take_top_up_back",
    "top_up_gift_card",
    "top_up_gift_card_on_line",
    "withdraw_voucher",
    "write_vouchers",
]
