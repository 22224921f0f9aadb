"""Pools of points: a family or a company has its points together; one joins with what one has, and leaves with a share.

A pool is an account; who joins points his enrolment at it, and his own account waits meanwhile, empty and shut. So
every purchase earns for the pool by itself, and what somebody still sends to the old account is refused and asked
again, never lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import announce
from fidelia.ledger.operations import lock_balance, open_account, shut_account, transfer
from fidelia.ledger.queries import get_balance

from ..errors import InAPool, NotInAPool, PoolFull, UnknownPool
from ..events import PoolJoined, PoolLeft
from ..models import Enrolment, PointsPool, PoolMembership, Programme
from ..queries.membership import check_may_spend
from .bringing import bring_all

Leaving = Literal["nothing", "share"]


def create_pool(
    *, by: Actor, at: datetime, programme: Programme, name: str, members_max: int = 10,
    partner_id: UUID | None = None, once: RequestKey | None = None,
) -> PointsPool:  # fmt: skip
    """Open an empty pool. Raises Denied (pool.create)."""
    by.require("pool.create", Scope(partner_id))
    pool_id = new_id()
    with transaction_of_use_case():
        claim(once, at=at, resource_type="pool", resource_id=pool_id)
        points = programme.points_currency
        account_id = open_account(
            by=by, at=at, currency=points.code, partner_id=partner_id, may_go_negative=points.may_go_negative
        )
        pool = PointsPool.objects.create(
            id=pool_id, programme=programme, account_id=account_id, name=name, members_max=members_max, created_at=at
        )
        record_audit(
            by=by, at=at, verb="pool.create", object_type="pool", object_id=pool.id, after={"name": name},
            scope=Scope(partner_id),
        )  # fmt: skip
    return pool


def join_pool(
    *, by: Actor, at: datetime, enrolment: Enrolment, pool_id: UUID, once: RequestKey | None = None
) -> PoolMembership:
    """Let a member join a pool with all the points there are, pending ones too; his own account is shut meanwhile.

    What has expired stays behind, written down. Raises Denied (pool.change), UnknownPool, PoolFull, InAPool, NotSettled
    (something is held, or owed).
    """
    by.require("pool.change", Scope(enrolment.partner_id, enrolment.store_id))
    with transaction_of_use_case():
        claim(once, at=at, resource_type="pool", resource_id=pool_id)
        pool = _locked(pool_id, enrolment.programme_id)
        member = Enrolment.objects.select_for_update().get(id=enrolment.id)
        check_may_spend(member)
        if PoolMembership.objects.filter(enrolment=member, left_at__isnull=True).exists():
            raise InAPool("This member is in a pool already.")
        if pool.memberships.filter(left_at__isnull=True).count() >= pool.members_max:
            raise PoolFull(f"“{pool.name}” has {pool.members_max} members.")
        membership = PoolMembership.objects.create(
            pool=pool, enrolment=member, own_account_id=member.account_id, joined_at=at
        )
        points = bring_all(
            by=by, at=at, programme=pool.programme, account_id=member.account_id, to_account_id=pool.account_id,
            key=f"pool:join:{membership.id}",
        )  # fmt: skip
        Enrolment.objects.filter(id=member.id).update(account_id=pool.account_id)
        enrolment.account_id = pool.account_id
        _tell(by, at, PoolJoined, membership, points)
    return membership


def leave_pool(
    *, by: Actor, at: datetime, enrolment: Enrolment, takes: Leaving = "nothing", once: RequestKey | None = None
) -> PoolMembership:
    """Let a member leave: his own account is open again, with nothing, or with an equal share of what is available.

    Raises Denied (pool.change), NotInAPool.
    """
    by.require("pool.change", Scope(enrolment.partner_id, enrolment.store_id))
    with transaction_of_use_case():
        claim(once, at=at, resource_type="enrolment", resource_id=enrolment.id)
        found = PoolMembership.objects.filter(enrolment=enrolment, left_at__isnull=True).select_related("pool").first()
        if found is None:
            raise NotInAPool("This member is in no pool.")
        pool = _locked(found.pool_id, enrolment.programme_id)
        member = Enrolment.objects.select_for_update().get(id=enrolment.id)
        membership = PoolMembership.objects.select_for_update().get(id=found.id)
        if membership.left_at is not None:
            raise NotInAPool("This member is in no pool.")
        shut_account(by=by, at=at, account_id=membership.own_account_id, is_shut=False)
        points = _take_share(by, at, membership, pool) if takes == "share" else 0
        membership.left_at = at
        membership.save(update_fields=["left_at"])
        Enrolment.objects.filter(id=member.id).update(account_id=membership.own_account_id)
        enrolment.account_id = membership.own_account_id
        _tell(by, at, PoolLeft, membership, points)
    return membership


def _locked(pool_id: UUID, programme_id: UUID) -> PointsPool:
    """Hold the pool: who joins and leaves is counted one at a time."""
    pool = PointsPool.objects.select_for_update().filter(
        id=pool_id, programme_id=programme_id, closed_at__isnull=True
    ).first()  # fmt: skip
    if pool is None:
        raise UnknownPool("There is no such pool.")
    return pool


def _take_share(by: Actor, at: datetime, membership: PoolMembership, pool: PointsPool) -> int:
    currency = pool.programme.points_currency_id
    members = pool.memberships.filter(left_at__isnull=True).count()
    lock_balance(account_id=pool.account_id, currency=currency)  # or who spends meanwhile would make the share too big
    share = max(get_balance(account_id=pool.account_id, currency=currency, at=at).available, 0) // members
    if share:
        transfer(
            by=by, at=at, from_account_id=pool.account_id, to_account_id=membership.own_account_id, currency=currency,
            amount=share, key=f"pool:leave:{membership.id}",
        )  # fmt: skip
    return share


def _tell(by: Actor, at: datetime, event: type[PoolJoined | PoolLeft], membership: PoolMembership, points: int) -> None:
    member = membership.enrolment
    record_audit(
        by=by, at=at, verb="pool.change", object_type="enrolment", object_id=member.id,
        after={"pool": str(membership.pool_id), "does": event.name, "points": str(points)},
        scope=Scope(member.partner_id, member.store_id),
    )  # fmt: skip
    announce(
        event(
            occurred_at=at, customer_id=member.customer_id, enrolment_id=member.id, pool_id=membership.pool_id,
            points=points,
        )
    )  # fmt: skip
