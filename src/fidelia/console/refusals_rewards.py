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
    "unknown_card": _("There is no card of this number."),
    "unknown_card_series": _("There is no such series of cards."),
    "malformed_card_series": _("The key, the beginning, the pattern or the numbers of this series cannot be such."),
    "malformed_card_number": _("A card number is 4 to 64 letters and digits, of a card that is with nobody here."),
    "card_series_key_taken": _("This key is used already."),
    "card_number_taken": _("This number is in use already."),
    "card_series_ended": _("This series was ended."),
    "card_numbers_exhausted": _("This series has too few numbers left for so many cards."),
    "card_lost": _("This card was reported lost."),
    "card_replaced": _("This card was replaced by another."),
    "card_blocked": _("This card is blocked."),
    "card_expired": _("This card has expired."),
    "card_not_given": _("This card is with nobody yet."),
    "card_given": _("This card is somebody’s already."),
    "card_registered": _("This card has its member already."),
    "card_not_provisional": _("This card is with nobody yet: give it to the member."),
    "card_not_back": _("This card does not work again: give the member another."),
    "nobody_named": _("Say who it is: a name, an e-mail address or a telephone number."),
    "enrolment_provisional": _("These points wait until the card is registered."),
    "malformed_reward": _("The price, dates, limits or condition of this reward cannot be such."),
    "unknown_reward": _("There is no such reward."),
    "reward_over": _("This reward is not in the catalog any more."),
    "reward_not_yet": _("This reward cannot be chosen yet."),
    "reward_of_another_programme": _("This reward is of another programme than the member’s."),
    "reward_changed": _("This reward was changed meanwhile; look at it again."),
    "not_eligible": _("This reward is not for this member."),
    "redemption_ended": _("This choice was cancelled, and is not handed over."),
    "unknown_redemption": _("There is no such choice of a reward."),
    "stock_used_up": _("Too few pieces are left."),
    "limit_reached": _("The member has chosen it as often as it may be."),
    "nothing_to_review": _("This referral has come to its end, or waits for nobody’s word."),
    "unknown_referral": _("There is no such referral."),
    "malformed_policy": _("The country, dates or terms of this policy cannot be such."),
}
