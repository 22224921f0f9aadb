"""Questions about what is scarce."""

from ..operations.patterns import normalise_code, show_code
from .catalog import (
    Offered,
    get_redemption,
    get_reward,
    list_catalog,
    list_redemptions,
    list_rewards,
    see_redemptions,
)
from .cheques import ChequeStanding, cheque_figures, cheque_standings, list_cheques
from .coupons import (
    count_codes,
    find_coupon,
    get_coupon,
    get_series,
    list_codes,
    list_coupons_of,
    list_series,
    series_figures,
)
from .for_rules import read_for_rules
from .gift_cards import (
    count_gift_cards,
    find_gift_cards,
    get_gift_card,
    list_movements,
    look_up_gift_card,
    what_is_owed,
)
from .limits import limit_uses, list_limits
from .stock import get_stock, list_stock, stock_taken_by
from .vouchers import get_voucher, list_vouchers, voucher_totals, vouchers_of_source

__all__ = [
    "ChequeStanding",
    "Offered",
    "cheque_figures",
    "cheque_standings",
    "count_codes",
    "count_gift_cards",
    "find_coupon",
    "find_gift_cards",
    "get_coupon",
    "get_gift_card",
    "get_redemption",
    "get_reward",
    "get_series",
    "get_stock",
    "get_voucher",
    "limit_uses",
    "list_catalog",
    "list_cheques",
    "list_codes",
    "list_coupons_of",
    "list_limits",
    "list_movements",
    "list_redemptions",
    "list_rewards",
    "list_series",
    "list_stock",
    "list_vouchers",
    "look_up_gift_card",
    "normalise_code",
    "read_for_rules",
    "see_redemptions",
    "series_figures",
    "show_code",
    "stock_taken_by",
    "voucher_totals",
    "vouchers_of_source",
    "what_is_owed",
]
