"""What coupons, vouchers, gift cards and stock refuse, by code: for whom the domain's own English is not enough."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Mapping[str, str | Promise] = {
    "unknown_coupon_series": _("There is no such series of coupons."),
    "malformed_coupon_series": _("The key, pattern, dates or limits of this series cannot be such."),
    "malformed_coupon_code": _("A code is 4 to 64 letters A to Z and digits."),
    "coupon_code_taken": _("A coupon, voucher or gift card has this code already."),
    "key_taken": _("This key is used already."),
    "coupon_series_ended": _("This series was ended."),
    "codes_exhausted": _("This pattern makes too few codes for so many that nobody can guess: add # to it."),
    "coupon_blocked": _("This coupon was withdrawn."),
    "malformed_gift_card": _("A gift card has an amount above zero and a last day that lies ahead."),
    "gift_card_short": _("There is less money on this gift card."),
    "gift_card_blocked": _("This gift card is blocked."),
    "gift_card_expired": _("This gift card has expired."),
    "unknown_gift_card": _("No gift card has this code."),
    "malformed_stock": _("Fewer pieces than were given already, or a key that cannot be such."),
    "unknown_stock": _("There is no such stock."),
    "malformed_policy": _("The country, dates or terms of this policy cannot be such."),
}
