"""What rewards refuse.

NotFound
├── UnknownSeries, UnknownCode, UnknownCoupon, UnknownVoucher, UnknownGiftCard, UnknownStock
├── UnknownReward, UnknownRedemption
Invalid
├── MalformedSeries, MalformedCode, MalformedVoucher, MalformedGiftCard, MalformedStock, MalformedReward,
│   GiftCardOutOfBounds
Refused
├── KeyTaken, CodeTaken             another has it already
├── SeriesEnded, CodesExhausted
├── CouponExpired, CouponNotYetValid, CouponUsedUp, CouponReserved, CouponBlocked, CouponOfAnother, CouponNeedsMember
├── VoucherExpired, VoucherNotYetValid, VoucherUsedUp, VoucherReserved, VoucherBlocked, VoucherOfAnother,
│   VoucherBesideAnother
├── GiftCardExpired, GiftCardBlocked, GiftCardShort, GiftCardOfAnotherCurrency, GiftCardNotToppedUp, GiftCardFull,
│   TopUpStays
├── StockUsedUp, StockEnded
├── RewardOver, RewardNotYet, RewardOfAnother, RewardChanged, NotEligible, RedemptionEnded
├── LimitReached
└── MoreThanUsed                    more would be given back than was taken
"""

from __future__ import annotations

import json
from typing import Any

from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.errors import FideliaError, Invalid, NotFound, Refused

from .offers import OfferActivated as OfferActivated
from .offers import OfferNotOpen as OfferNotOpen
from .offers import OfferTaken as OfferTaken
from .offers import UnknownOffer as UnknownOffer

SQLSTATE = "FR001"


class UnknownSeries(NotFound):
    """There is no such series of coupons, or not the actor's to see."""

    default_code = "unknown_coupon_series"


class UnknownCode(NotFound):
    """Neither a coupon, nor a voucher, nor a gift card has this code."""

    default_code = "unknown_code"


class UnknownCoupon(NotFound):
    """No coupon has this code."""

    default_code = "unknown_coupon"


class UnknownVoucher(NotFound):
    """No voucher has this code."""

    default_code = "unknown_voucher"


class UnknownGiftCard(NotFound):
    """No gift card has this code."""

    default_code = "unknown_gift_card"


class UnknownStock(NotFound):
    """There is no such stock."""

    default_code = "unknown_stock"


class MalformedSeries(Invalid):
    """The key, pattern, dates or limits of a series of coupons cannot be such."""

    default_code = "malformed_coupon_series"


class MalformedCode(Invalid):
    """A code is 4 to 64 letters and digits; spaces and hyphens count for nothing."""

    default_code = "malformed_coupon_code"


class MalformedVoucher(Invalid):
    """The amount, the dates or the part used of a voucher cannot be such."""

    default_code = "malformed_voucher"


class MalformedGiftCard(Invalid):
    """The amount or the dates of a gift card cannot be such."""

    default_code = "malformed_gift_card"


class MalformedStock(Invalid):
    """The key or the pieces of a stock cannot be such."""

    default_code = "malformed_stock"


class KeyTaken(Refused):
    """Another series or stock of the programme has this key."""

    default_code = "key_taken"


class CodeTaken(Refused):
    """Another coupon, voucher or gift card of the programme has this code."""

    default_code = "coupon_code_taken"


class SeriesEnded(Refused):
    """The series of coupons was ended: it gets no more codes."""

    default_code = "coupon_series_ended"


class CodesExhausted(Refused):
    """The pattern has too few codes for so many that nobody can guess."""

    default_code = "codes_exhausted"


class CouponExpired(Refused):
    """The coupon's time is over."""

    default_code = "coupon_expired"


class CouponNotYetValid(Refused):
    """The coupon's time has not come."""

    default_code = "coupon_not_yet_valid"


class CouponUsedUp(Refused):
    """The coupon was used as often as it may be; details: left."""

    default_code = "coupon_used_up"


class CouponReserved(Refused):
    """Another open checkout holds the last use of the coupon; it may come free."""

    default_code = "coupon_reserved"


class CouponBlocked(Refused):
    """The coupon was revoked, or its series ended."""

    default_code = "coupon_blocked"


class CouponOfAnother(Refused):
    """The coupon was given to another member."""

    default_code = "coupon_of_another_member"


class CouponNeedsMember(Refused):
    """The coupon works for a member only, and none was named."""

    default_code = "coupon_needs_member"


class VoucherExpired(Refused):
    """The voucher's time is over."""

    default_code = "voucher_expired"


class VoucherNotYetValid(Refused):
    """The voucher's time has not come."""

    default_code = "voucher_not_yet_valid"


class VoucherUsedUp(Refused):
    """The voucher was used."""

    default_code = "voucher_used_up"


class VoucherReserved(Refused):
    """Another open checkout holds the voucher; it may come free."""

    default_code = "voucher_reserved"


class VoucherBlocked(Refused):
    """The voucher was revoked."""

    default_code = "voucher_blocked"


class VoucherBesideAnother(Refused):
    """One checkout takes no more vouchers of this kind."""

    default_code = "voucher_beside_another"


class VoucherOfAnother(Refused):
    """The voucher belongs to another member, or to a member where none was named."""

    default_code = "voucher_of_another_member"


class GiftCardExpired(Refused):
    """The gift card has expired, as was announced when it was sold."""

    default_code = "gift_card_expired"


class GiftCardBlocked(Refused):
    """The gift card was blocked."""

    default_code = "gift_card_blocked"


class GiftCardShort(Refused):
    """Less money is on the gift card than asked for; details: asked, balance."""

    default_code = "gift_card_short"


class GiftCardOutOfBounds(Invalid):
    """The terms let no such amount onto a gift card at once; details: least, most, choices (minor units)."""

    default_code = "gift_card_out_of_bounds"


class GiftCardNotToppedUp(Refused):
    """The terms of the programme let no money onto a gift card that is sold."""

    default_code = "gift_card_not_topped_up"


class GiftCardFull(Refused):
    """A gift card would hold more than the terms allow; details: most, balance (minor units)."""

    default_code = "gift_card_full"


class TopUpStays(Refused):
    """What was put onto a gift card is not taken back: it was already, too long ago, or it came with a purchase."""

    default_code = "top_up_stays"


class GiftCardOfAnotherCurrency(Refused):
    """The gift card holds money of another currency."""

    default_code = "gift_card_of_another_currency"


class StockUsedUp(Refused):
    """Fewer pieces are left than asked for, those reserved by other checkouts not counted; details: left."""

    default_code = "stock_used_up"


class StockEnded(Refused):
    """This is not given away any more."""

    default_code = "stock_ended"


class LimitReached(Refused):
    """What a rule may still give is less than this would take; details: id (rule and limit), left."""

    default_code = "limit_reached"


class MoreThanUsed(Refused):
    """More would be given back than the purchase took; details: kind, id, used."""

    default_code = "more_than_used"


# What the functions of the database say (sql/), with the refusal and its sentence.
class UnknownReward(NotFound):
    """There is no such reward, or not the actor's to see."""

    default_code = "unknown_reward"


class UnknownRedemption(NotFound):
    """There is no such choice of a reward, or not the actor's to see."""

    default_code = "unknown_redemption"


class MalformedReward(Invalid):
    """A reward, or the choice of one, is not as it must be."""

    default_code = "malformed_reward"


class RewardOver(Refused):
    """This reward is not in the catalog any more."""

    default_code = "reward_over"


class RewardNotYet(Refused):
    """This reward cannot be chosen yet."""

    default_code = "reward_not_yet"


class RewardOfAnother(Refused):
    """This reward is of another programme than the member's."""

    default_code = "reward_of_another_programme"


class RewardChanged(Refused):
    """This reward was changed while it was being chosen; look at it again."""

    default_code = "reward_changed"


class NotEligible(Refused):
    """The member does not meet the condition of this reward."""

    default_code = "not_eligible"


class RedemptionEnded(Refused):
    """This choice was cancelled, and is not handed over."""

    default_code = "redemption_ended"


RAISED: dict[str, tuple[type[FideliaError], str | Promise]] = {
    "coupon_unknown": (UnknownCoupon, _("No coupon has this code.")),
    "coupon_expired": (CouponExpired, _("This coupon has expired.")),
    "coupon_not_yet": (CouponNotYetValid, _("This coupon is not valid yet.")),
    "coupon_used_up": (CouponUsedUp, _("This coupon has been used as often as it may be.")),
    "coupon_reserved": (CouponReserved, _("This coupon is reserved by another checkout.")),
    "coupon_blocked": (CouponBlocked, _("This coupon was withdrawn.")),
    "coupon_of_another_member": (CouponOfAnother, _("This coupon was given to another member.")),
    "coupon_needs_member": (CouponNeedsMember, _("This coupon works for members only; name the member.")),
    "voucher_unknown": (UnknownVoucher, _("No voucher has this code.")),
    "voucher_expired": (VoucherExpired, _("This voucher has expired.")),
    "voucher_not_yet": (VoucherNotYetValid, _("This voucher is not valid yet.")),
    "voucher_used_up": (VoucherUsedUp, _("This voucher has been used.")),
    "voucher_reserved": (VoucherReserved, _("This voucher is reserved by another checkout.")),
    "voucher_blocked": (VoucherBlocked, _("This voucher was withdrawn.")),
    "voucher_of_another_member": (VoucherOfAnother, _("This voucher belongs to another member.")),
    "voucher_needs_member": (VoucherOfAnother, _("This voucher belongs to a member; name the member.")),
    "voucher_of_another_currency": (MalformedVoucher, _("This voucher is of another currency.")),
    "voucher_beside_another": (VoucherBesideAnother, _("One checkout takes no more vouchers of this kind.")),
    "voucher_malformed": (MalformedVoucher, _("A voucher pays more than nothing.")),
    "gift_card_unknown": (UnknownGiftCard, _("No gift card has this code.")),
    "gift_card_expired": (GiftCardExpired, _("This gift card has expired.")),
    "gift_card_blocked": (GiftCardBlocked, _("This gift card is blocked.")),
    "gift_card_short": (GiftCardShort, _("There is less money on this gift card.")),
    "gift_card_of_another_currency": (GiftCardOfAnotherCurrency, _("This gift card is of another currency.")),
    "gift_card_malformed": (MalformedGiftCard, _("A gift card pays more than nothing.")),
    "stock_unknown": (UnknownStock, _("There is no such stock.")),
    "stock_used_up": (StockUsedUp, _("Too few pieces are left: {left}.")),
    "stock_reserved": (StockUsedUp, _("Too few pieces are left: the last ones are reserved by another checkout.")),
    "stock_blocked": (StockEnded, _("This is not given away any more.")),
    "stock_malformed": (MalformedStock, _("At least one piece is given.")),
    "series_unknown": (UnknownSeries, _("There is no series of coupons “{id}”.")),
    "codes_exhausted": (CodesExhausted, _("Too many codes of this pattern are taken.")),
    "limit_reached": (LimitReached, _("The limit “{id}” is reached.")),
    "reward_unknown": (UnknownReward, _("There is no such reward.")),
    "reward_of_another_programme": (RewardOfAnother, _("This reward is of another programme than the member’s.")),
    "reward_over": (RewardOver, _("This reward is not in the catalog any more.")),
    "reward_not_yet": (RewardNotYet, _("This reward cannot be chosen yet.")),
    "reward_changed": (RewardChanged, _("This reward was changed meanwhile; look at it again.")),
    "reward_malformed": (MalformedReward, _("At least one piece is chosen.")),
    "more_than_used": (MoreThanUsed, _("More would be given back than was taken ({used}).")),
}


def refusal_of(error: DatabaseError) -> FideliaError | None:
    """Return the refusal that a function of rewards raised, or None for an error that is not one."""
    cause = error.__cause__ if getattr(error, "sqlstate", None) is None else error
    if getattr(cause, "sqlstate", None) != SQLSTATE:
        return None
    diagnosis = cause.diag  # type: ignore[union-attr]
    return refusal_for(diagnosis.message_primary, json.loads(diagnosis.message_detail))


def refusal_for(code: str, details: dict[str, Any]) -> FideliaError:
    """Return the refusal of this name."""
    kind, sentence = RAISED[code]
    return kind(str(sentence).format_map(details), **details)
