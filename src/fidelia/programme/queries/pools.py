"""Who is in a pool, and where the points of a former account are now."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ..models import PointsPool, PoolMembership


def pool_of(enrolment_id: UUID) -> PoolMembership | None:
    """Return the membership of the pool that a member is in, the pool with it."""
    found = PoolMembership.objects.filter(enrolment_id=enrolment_id, left_at__isnull=True)
    return found.select_related("pool__programme__points_currency").first()


def list_pool_members(pool: PointsPool) -> list[PoolMembership]:
    """Return who is in a pool, in the order of joining."""
    found = pool.memberships.filter(left_at__isnull=True).select_related("enrolment")
    return list(found.order_by("joined_at", "id"))


def members_of_pools(pool_ids: Iterable[UUID]) -> set[UUID]:
    """Return the memberships of all who are in one of the pools."""
    found = PoolMembership.objects.filter(pool_id__in=list(pool_ids), left_at__isnull=True)
    return set(found.values_list("enrolment_id", flat=True))


def account_now(account_id: UUID) -> UUID:
    """Return where the points of an account are: at the pool that its member is in, or there still."""
    found = PoolMembership.objects.filter(own_account_id=account_id, left_at__isnull=True).select_related("pool")
    membership = found.first()
    return membership.pool.account_id if membership is not None else account_id
