"""What becomes of a referral as its friend buys, and brings back: qualified, rewarded, taken back. Safe to repeat."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from fidelia.activity.queries.kept import list_kept_purchases
from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import end_of_day, local_day, zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.rules.referral_terms import ReferralPolicy

from ..models import Referral
from .audit import change_state
from .rewarding import reward, take_back

State = Referral.State
FOLLOW = "referral.follow"
OPEN = (State.PENDING, State.QUALIFIED, State.REWARDED)


def locked_referral(referral_id: UUID) -> Referral | None:
    """Building block: one referral, its row locked."""
    require_transaction()
    return (
        Referral.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme__points_currency", "referrer", "friend")
        .filter(pk=referral_id)
        .first()
    )


def follow(referral: Referral, *, by: Actor, at: datetime) -> None:
    """Building block: bring a locked referral to where its friend's purchases have brought it by now."""
    policy = policy_of(referral)
    if referral.state not in OPEN:
        return
    if referral.state != State.REWARDED and (referral.friend.ended_at is not None):
        change_state(referral, State.REFUSED, by=by, at=at, verb=FOLLOW, reason="friend_left")
        return
    reached = _reached_at(referral, policy)
    if referral.state == State.REWARDED:
        if reached is None:
            take_back(referral, by=by, at=at)
            change_state(referral, State.TAKEN_BACK, by=by, at=at, verb=FOLLOW, reason="returned")
    elif reached is None:
        _wait_on(referral, policy, by=by, at=at)
    else:
        _go_on(referral, policy, reached, by=by, at=at)


def follow_due(*, by: Actor, at: datetime, limit: int = 500) -> tuple[int, int]:
    """Reward what is due, and refuse what came too late; return how many changed, and how many have to wait on.

    Each in a transaction of its own: what one of them refuses (no coupon is free) stops no other. A verb of the
    nightly job. Raises Denied (referral.follow).
    """
    by.require(FOLLOW)
    due = Referral.objects.filter(state=State.QUALIFIED, due_at__lte=at).order_by("due_at", "id")
    ids = list(due.values_list("id", flat=True)[:limit])
    old = Referral.objects.filter(state=State.PENDING, policy__within_days__gt=0).order_by("recorded_at", "id")
    ids += [one.id for one in old[:limit] if _is_too_late(one, policy_of(one), at)]
    changed = waiting = 0
    for id in ids:
        try:
            with transaction_of_use_case():
                found = locked_referral(id)
                before = "" if found is None else found.state
                if found is not None:
                    follow(found, by=by, at=at)
                    changed += found.state != before
        except FideliaError:
            waiting += 1
    return changed, waiting


def policy_of(referral: Referral) -> ReferralPolicy:
    """Return what was promised when the friend came."""
    return msgspec.convert(referral.policy, ReferralPolicy)


def _reached_at(referral: Referral, policy: ReferralPolicy) -> datetime | None:
    """Return when the friend's purchases were enough, by those that stand today; None: they are not."""
    kept = list_kept_purchases(
        customer_ids=ids_of(referral.friend.customer_id), programme_id=referral.programme_id,
        since=referral.friend.enrolled_at, least=policy.minimum,
    )  # fmt: skip
    last = _last_instant(referral, policy)
    in_time = [at for _id, at, _left in kept if last is None or at < last]
    return in_time[policy.purchases - 1] if len(in_time) >= policy.purchases else None


def _last_instant(referral: Referral, policy: ReferralPolicy) -> datetime | None:
    if not policy.within_days:
        return None
    zone = zone_of(referral.programme.time_zone)
    return end_of_day(local_day(referral.recorded_at, zone) + timedelta(days=policy.within_days), zone)


def _is_too_late(referral: Referral, policy: ReferralPolicy, at: datetime) -> bool:
    last = _last_instant(referral, policy)
    return last is not None and last <= at


def _wait_on(referral: Referral, policy: ReferralPolicy, *, by: Actor, at: datetime) -> None:
    if _is_too_late(referral, policy, at):
        change_state(referral, State.REFUSED, by=by, at=at, verb=FOLLOW, reason="too_late")
    elif referral.state == State.QUALIFIED:
        referral.qualified_at = referral.due_at = None
        change_state(referral, State.PENDING, by=by, at=at, verb=FOLLOW, reason="returned")


def _go_on(referral: Referral, policy: ReferralPolicy, reached: datetime, *, by: Actor, at: datetime) -> None:
    zone = zone_of(referral.programme.time_zone)
    waits = timedelta(days=policy.wait_days)
    due = end_of_day(local_day(reached, zone) + waits, zone) if policy.wait_days else reached
    if referral.state == State.PENDING or referral.due_at != due:
        referral.qualified_at, referral.due_at = reached, due
        if referral.state == State.PENDING:
            change_state(referral, State.QUALIFIED, by=by, at=at, verb=FOLLOW)
        else:
            referral.save(update_fields=["qualified_at", "due_at"])
    if due <= at:
        reward(referral, policy, by=by, at=at)
        change_state(referral, State.REWARDED, by=by, at=at, verb=FOLLOW)
