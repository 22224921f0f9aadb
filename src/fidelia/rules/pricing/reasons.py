"""Why a rule gave nothing at the checkout, besides the reasons that every evaluation knows."""

from __future__ import annotations

from ..settlement import CONTROL, EXPIRED, NOT_YET_VALID, REASONS

NO_ADVANTAGE = "no_advantage"
TOO_FEW_UNITS = "too_few_units"
AMOUNT_SHORT = "amount_short"
EXCLUDED = "excluded"
NOT_ALL_TRIED = "not_all_tried"
UNDONE = "undone"
CAP_REACHED = "cap_reached"
# How the `by` of an outcome begins that a cap over several rules lowered or set aside; then the key of the cap.
CAP_OF = "cap:"
COUPON_MISSING = "coupon_missing"
COUPON_STATES = {
    "unknown": "coupon_unknown",
    "expired": "coupon_expired",
    "not_yet_valid": "coupon_not_yet_valid",
    "used_up": "coupon_used_up",
    "not_yours": "coupon_not_yours",
    "cancelled": "coupon_cancelled",
}
NOT_CLAIMED = "not_claimed"
POINTS_SHORT = "points_short"
NEEDS_MEMBER = "needs_member"
OUT_OF_STOCK = "out_of_stock"
GIFT_NOT_IN_BASKET = "gift_not_in_basket"
EFFECT_FAILED = "effect_failed"
CHECKOUT_REASONS = (
    *REASONS,
    NO_ADVANTAGE,
    TOO_FEW_UNITS,
    AMOUNT_SHORT,
    EXCLUDED,
    NOT_ALL_TRIED,
    UNDONE,
    CAP_REACHED,
    COUPON_MISSING,
    *COUPON_STATES.values(),
    NOT_CLAIMED,
    POINTS_SHORT,
    NEEDS_MEMBER,
    OUT_OF_STOCK,
    GIFT_NOT_IN_BASKET,
    EFFECT_FAILED,
)
# What a basket cannot get whatever the other rules take off: prices change none of it.
NEVER_HERE = frozenset(
    {
        NOT_YET_VALID,
        EXPIRED,
        CONTROL,
        COUPON_MISSING,
        *COUPON_STATES.values(),
        NOT_CLAIMED,
        NEEDS_MEMBER,
    }
)
