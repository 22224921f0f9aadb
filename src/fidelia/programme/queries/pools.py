"""Who is in a pool, and where the points of a former account are now."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from fidelia.kernel.actor import Actor, Scope

from ..errors import NothingWaits, UnknownPool
from ..models import AskedAdjustment, Enrolment, PointsPool, PoolMembership


def pool_of(enrolment_id: UUID) -> PoolMembership | None:
    """Return the membership of the pool that a member is in, the pool with it."""
    found = PoolMembership.objects.filter(enrolment_id=enrolment_id, left_at__isnull=True)
    return found.select_related("pool__programme__points_currency").first()


def list_pool_members(pool: PointsPool) -> list[PoolMembership]:
    """Return who is in a pool, in the order of joining."""
    found = pool.memberships.filter(left_at__isnull=True).select_related("enrolment")
    return list(found.order_by("joined_at", "id"))


def see_pool(*, by: Actor, pool_id: UUID, right: str = "points.see") -> PointsPool:
    """Return a pool of a programme that the actor may reach. Raises Denied, UnknownPool."""
    by.require(right)
    pool = PointsPool.objects.select_related("programme__points_currency").filter(id=pool_id).first()
    if pool is None or pool.programme.is_sandbox != (by.mode == "test"):
        raise UnknownPool("There is no such pool.")
    return pool


def see_adjustment(*, by: Actor, adjustment_id: UUID) -> AskedAdjustment:
    """Return a correction that waits or was decided. Raises Denied, NothingWaits."""
    by.require("points.approve")
    found = AskedAdjustment.objects.select_related("enrolment__programme__points_currency").filter(id=adjustment_id)
    asked = found.first()
    if asked is None:
        raise NothingWaits("This correction does not wait any more.")
    return asked


def list_asked_adjustments(*, by: Actor) -> list[AskedAdjustment]:
    """Return the corrections that wait for a second person over whose members the actor holds the right to it."""
    found = AskedAdjustment.objects.filter(state=AskedAdjustment.State.ASKED).order_by("asked_at")
    return [
        one
        for one in found.select_related("enrolment__programme__points_currency")
        if by.may("points.approve", Scope(one.enrolment.partner_id, one.enrolment.store_id))
    ]


def members_of_pools(pool_ids: Iterable[UUID]) -> set[UUID]:
    """Return the memberships of all who are in one of the pools."""
    found = PoolMembership.objects.filter(pool_id__in=list(pool_ids), left_at__isnull=True)
    return set(found.values_list("enrolment_id", flat=True))


def account_now(account_id: UUID) -> UUID:
    """Return where the points of an account are: with whom a card's followed, at the member's pool, or there still."""
    followed = Enrolment.objects.filter(account_id=account_id, followed_by__isnull=False)
    for member in followed.select_related("followed_by"):
        assert member.followed_by is not None, "asked for just above"
        return member.followed_by.account_id  # the one of now, which is a pool's where the member is in one
    found = PoolMembership.objects.filter(own_account_id=account_id, left_at__isnull=True).select_related("pool")
    membership = found.first()
    return membership.pool.account_id if membership is not None else account_id
