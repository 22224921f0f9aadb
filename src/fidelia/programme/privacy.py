"""A person's own data in programmes: give it out, erase it. `persons` calls this for every module in order.

Whose account it is, only a programme knows: what the ledger keeps of it is asked for here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.ledger import privacy as ledger_privacy

from .models import (
    AskedAdjustment,
    Enrolment,
    ExpiryNotice,
    OpeningLot,
    PointsPool,
    PoolMembership,
    TierGrant,
    TierPeriod,
)

TABLES = ("programme_enrolment", "programme_tierperiod", "programme_tier_grant", "programme_opening_member",
          "programme_opening_lot", "programme_pool_membership", "programme_points_pool",
          "programme_asked_adjustment", "programme_expiry_notice")  # fmt: skip


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return memberships, tiers, balances brought along and movements of points; points in minor units.

    Of an account that a family shares, nothing of the others is given out: only the membership is named.
    """
    ids = list(customer_ids)
    memberships = Enrolment.objects.filter(customer_id__in=ids).order_by("enrolled_at", "id")
    of_tiers = {"enrolment__customer_id__in": ids}
    accounts = own_accounts(ids)
    opened = OpeningLot.objects.filter(account_id__in=accounts).order_by("opening__cut_over", "row_number", "place")
    return {
        "memberships": _rows(memberships, "programme__slug", "enrolled_at", "ended_at", "source"),
        "tiers": _rows(
            TierPeriod.objects.filter(**of_tiers, superseded_at__isnull=True).order_by("valid_from", "id"),
            *("enrolment__programme__slug", "tier", "valid_from", "valid_until"),
        ),
        "granted_tiers": _rows(
            TierGrant.objects.filter(**of_tiers).order_by("valid_from", "id"),
            *("enrolment__programme__slug", "tier", "valid_from", "valid_until", "withdrawn_at"),
        ),
        "opening_balances": _rows(opened, "opening__source", "opening__cut_over", "amount", "expires_on"),
        "pools": _rows(
            PoolMembership.objects.filter(**of_tiers).order_by("joined_at", "id"),
            *("pool__name", "joined_at", "left_at"),
        ),
        "asked_corrections": _rows(
            AskedAdjustment.objects.filter(**of_tiers).order_by("asked_at", "id"),
            *("amount", "reason", "state", "asked_at", "decided_at"),
        ),
        "told_beforehand": _rows(
            ExpiryNotice.objects.filter(account_id__in=accounts).order_by("expires_at", "days"),
            *("amount", "expires_at", "days", "told_at"),
        ),
        **ledger_privacy.collect(account_ids=accounts),
    }


def _rows(rows: QuerySet[Any], *columns: str) -> list[dict[str, Any]]:
    return list(rows.values(*columns))


def own_accounts(customer_ids: Sequence[UUID]) -> list[UUID]:
    """Return the points accounts that nobody else was ever a member by."""
    ids = list(customer_ids)
    theirs = set(Enrolment.objects.filter(customer_id__in=ids).values_list("account_id", flat=True))
    before_pools = PoolMembership.objects.filter(enrolment__customer_id__in=ids)
    theirs |= set(before_pools.values_list("own_account_id", flat=True))
    theirs -= set(PointsPool.objects.filter(account_id__in=theirs).values_list("account_id", flat=True))
    shared = Enrolment.objects.filter(account_id__in=theirs).exclude(customer_id__in=ids)
    return sorted(theirs - set(shared.values_list("account_id", flat=True)))


def erase(customer_ids: Sequence[UUID], *, by: Actor, at: datetime) -> dict[str, int]:
    """End the memberships of a person and blank what was written beside their points, in the caller's transaction.

    The memberships themselves stay, of a customer without a name: points and tiers elsewhere keep adding up.
    """
    require_transaction()
    ids = list(customer_ids)
    notes = ledger_privacy.erase(by=by, at=at, account_ids=own_accounts(ids))
    asked = AskedAdjustment.objects.filter(enrolment__customer_id__in=ids).exclude(reason="").update(reason="")
    left, unnamed = _leave_pools(ids, at)
    ended = Enrolment.objects.filter(customer_id__in=ids, ended_at__isnull=True).update(ended_at=at)
    return {
        **dict.fromkeys(TABLES, 0),
        "programme_enrolment": ended,
        "programme_asked_adjustment": asked,
        "programme_pool_membership": left,
        "programme_points_pool": unnamed,
        "ledger_posting": notes,
    }


def _leave_pools(customer_ids: Sequence[UUID], at: datetime) -> tuple[int, int]:
    """Leave what the pools have to those who stay; a pool in which nobody stays loses its name."""
    own = PoolMembership.objects.filter(enrolment__customer_id__in=customer_ids)
    pools = list(own.values_list("pool_id", flat=True))
    left = own.filter(left_at__isnull=True).update(left_at=at)
    lived_in = PoolMembership.objects.filter(pool_id__in=pools, left_at__isnull=True).values("pool_id")
    empty = PointsPool.objects.filter(id__in=pools).exclude(id__in=lived_in).exclude(name="")
    return left, empty.update(name="")
