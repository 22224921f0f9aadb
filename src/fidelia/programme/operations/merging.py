"""Two memberships of one person become one: points, what is pending and what counts for tiers come together.

neither is in a pool       the points of the one move to the other's account
both are in one pool       nothing moves: their points are together already
one of them is in a pool   the other's points move into the pool, and the seat is the person's
each is in another pool    refused: with whom the points are kept is for the families to say
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction

from ..errors import TwoPools
from ..models import Enrolment, PointsPool, PoolMembership
from .audit import audit
from .bringing import bring_all
from .enrolments import close_enrolment
from .tiers import rederive_tiers


def merge_members(*, by: Actor, at: datetime, enrolment: Enrolment, to: Enrolment) -> int:
    """Building block: let a membership end in another of the same person; return the points of the main currency moved.

    Pools are locked before memberships, as by who joins and leaves. Tiers are derived in the same transaction. Raises
    NotSettled (points are held, or owed), TwoPools, EnrolmentEnded.
    """
    require_transaction()
    seat, own_seat = _locked_seats(enrolment, to)
    if seat is not None and own_seat is not None and seat.pool_id != own_seat.pool_id:
        raise TwoPools("They are in two pools: let one of them leave first.")
    moved = 0
    if seat is None:
        moved = _bring(by, at, enrolment, enrolment, to)
    elif own_seat is None:
        moved = _bring(by, at, enrolment, to, enrolment)
        PoolMembership.objects.create(pool=seat.pool, enrolment=to, own_account_id=to.account_id, joined_at=at)
        Enrolment.objects.filter(id=to.id).update(account_id=seat.pool.account_id)
        to.account_id = seat.pool.account_id
    if seat is not None:
        PoolMembership.objects.filter(id=seat.id).update(left_at=at)
    _end(by, at, enrolment, to, enrolment.account_id if seat is None else seat.own_account_id)
    audit(by, at, "enrolment.end", enrolment.id, after={"followed_by": str(to.id), "points": str(moved)})
    rederive_tiers(at=at, enrolment_ids=[to.id])
    return moved


def _locked_seats(one: Enrolment, other: Enrolment) -> tuple[PoolMembership | None, PoolMembership | None]:
    """Lock the pools of two members, then the members, and return their seats as they are then."""
    ids = [one.id, other.id]
    seats = PoolMembership.objects.filter(enrolment__in=ids, left_at__isnull=True)
    list(PointsPool.objects.select_for_update().filter(id__in=seats.values("pool_id")).order_by("id"))
    list(Enrolment.objects.select_for_update().filter(id__in=ids).order_by("id"))
    one.refresh_from_db()
    other.refresh_from_db()
    found = {seat.enrolment_id: seat for seat in seats.select_related("pool")}
    return found.get(one.id), found.get(other.id)


def _bring(by: Actor, at: datetime, merged: Enrolment, giver: Enrolment, taker: Enrolment) -> int:
    return bring_all(
        by=by, at=at, programme=merged.programme, account_id=giver.account_id, to_account_id=taker.account_id,
        key=f"merge:{merged.id}:{giver.id}",
    )  # fmt: skip


def _end(by: Actor, at: datetime, enrolment: Enrolment, to: Enrolment, own_account_id: UUID) -> None:
    """End the membership; what had followed it follows the other from now on, so that nobody walks a chain."""
    close_enrolment(by=by, at=at, enrolment=enrolment)
    Enrolment.objects.filter(id=enrolment.id).update(followed_by=to, account_id=own_account_id)
    Enrolment.objects.filter(followed_by=enrolment).update(followed_by=to)
