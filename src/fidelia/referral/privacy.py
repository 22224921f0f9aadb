"""A person's own referrals: give them out, erase them. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.db import require_transaction

from .models import Referral, ReferralCode

TABLES = ("referral_code", "referral_referral")


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return a person's codes, and by whom or whom they brought, as states: the other's name is not theirs."""
    ids = list(customer_ids)
    codes = ReferralCode.objects.filter(enrolment__customer_id__in=ids).order_by("created_at")
    mine = Referral.objects.filter(Q(referrer__customer_id__in=ids) | Q(friend__customer_id__in=ids))
    return {
        "referral_codes": [dict(row) for row in codes.values("code", "created_at")],
        "referrals": [
            dict(row)
            for row in mine.order_by("recorded_at", "id").values("state", "reason", "recorded_at", "decided_at")
        ],
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Take a person out inside the caller's transaction: the code is gone, and what was signed up with."""
    require_transaction()
    ids = list(customer_ids)
    friends = Referral.objects.filter(friend__customer_id__in=ids)
    open_ones = friends.filter(state__in=["pending", "review", "qualified"])
    open_ones.update(state="refused", reason="friend_left", due_at=None, decided_at=at, changed_at=at)
    return {
        "referral_code": ReferralCode.objects.filter(enrolment__customer_id__in=ids).delete()[0],
        "referral_referral": friends.update(ip_hash="", device_hash=""),
    }
