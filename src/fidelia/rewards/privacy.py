"""A person's own data in rewards: give it out, erase it. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.db import require_transaction

from .models import Cheque, Counter, CouponCode, GiftCard, OfferActivation, Redemption, Use, Voucher

TABLES = (
    "rewards_cheque",
    "rewards_coupon_code",
    "rewards_gift_card",
    "rewards_offer_activation",
    "rewards_redemption",
    "rewards_use",
    "rewards_voucher",
)


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return what a person was given and used: coupons, vouchers, gift cards and uses."""
    ids = list(customer_ids)
    coupons = CouponCode.objects.filter(customer_id__in=ids).order_by("id")
    vouchers = Voucher.objects.filter(customer_id__in=ids).order_by("issued_at")
    cards = GiftCard.objects.filter(customer_id__in=ids).order_by("sold_at")
    uses = Use.objects.filter(customer_id__in=ids).order_by("id")
    cheques = Cheque.objects.filter(customer_id__in=ids).order_by("issued_at", "place")
    choices = Redemption.objects.filter(customer_id__in=ids).order_by("redeemed_at", "id")
    offers = OfferActivation.objects.filter(customer_id__in=ids).order_by("activated_at", "id")
    return {
        "activated_offers": [dict(row) for row in offers.values("offer", "activated_at", "holds_until")],
        "rewards_chosen": [
            dict(row) for row in choices.values("reward__key", "pieces", "points", "money", "state", "redeemed_at")
        ],
        "loyalty_cheques": [
            dict(row) for row in cheques.values("points", "amount", "currency", "issued_at", "withdrawn_at")
        ],
        "coupons": [dict(row) for row in coupons.values("series__key", "code", "assigned_at", "revoked_at")],
        "vouchers": [
            dict(row) for row in vouchers.values("code", "amount", "currency", "valid_from", "valid_until", "issued_at")
        ],
        "gift_cards": [dict(row) for row in cards.values("code", "balance", "currency", "sold_at", "expires_at")],
        "reward_uses": [dict(row) for row in uses.values("purchase_id", "subject", "amount", "occurred_at")],
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Take a person out inside the caller's transaction: what was given to him works no more, the counts stay.

    A gift card is money of whoever holds it: it stays, and forgets whose it was.
    """
    require_transaction()
    ids = list(customer_ids)
    coupons = CouponCode.objects.filter(customer_id__in=ids)
    coupons.filter(revoked_at__isnull=True).update(revoked_at=at)
    vouchers = Voucher.objects.filter(customer_id__in=ids)
    vouchers.filter(revoked_at__isnull=True).update(revoked_at=at)
    Counter.objects.filter(scope_id__in=ids).delete()
    return {
        "rewards_cheque": Cheque.objects.filter(customer_id__in=ids).update(customer_id=UUID(int=0)),
        "rewards_coupon_code": coupons.update(customer_id=None),
        "rewards_gift_card": GiftCard.objects.filter(customer_id__in=ids).update(customer_id=None),
        "rewards_offer_activation": OfferActivation.objects.filter(customer_id__in=ids).delete()[0],
        "rewards_redemption": Redemption.objects.filter(customer_id__in=ids).update(customer_id=UUID(int=0), reason=""),
        "rewards_use": Use.objects.filter(customer_id__in=ids).update(customer_id=None),
        "rewards_voucher": vouchers.update(customer_id=None),
    }
