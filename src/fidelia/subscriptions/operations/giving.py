"""What a period gives, and how it is taken back: points, a tier, and for how long it holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.ledger.operations import post_entry, revoke
from fidelia.programme.models import Enrolment, TierGrant
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.operations.granting import granting, revoke_policy_of
from fidelia.programme.queries import Terms, account_now

from ..models import Subscription, SubscriptionPeriod

SOURCE = "subscription"


def member_now(held: Subscription) -> Enrolment:
    """Return the membership that the subscription counts for by now: what it was bought for, or what that came to."""
    own = Enrolment.objects.select_related("followed_by", "programme__points_currency").get(id=held.enrolment_id)
    return own if own.followed_by is None else own.followed_by


def give_points(period: SubscriptionPeriod, amount: int, *, terms: Terms, by: Actor, at: datetime) -> dict[str, Any]:
    """Building block: give the points of a period, there at once or pending as the terms say; return what to keep."""
    if amount <= 0:
        return {}
    held = period.subscription
    member = member_now(held)
    request = granting(
        terms=terms, account_id=member.account_id, currency=held.programme.points_currency_id, amount=amount,
        key=f"{SOURCE}:{period.id}", occurred_at=at, partner_id=member.partner_id, store_id=member.store_id,
        source_type=SOURCE, source_id=period.id,
    )  # fmt: skip
    posted = post_entry(by=by.lent("points.earn"), at=at, request=request)
    return {"points": amount, "posting_id": str(posted.posting_id), "account_id": str(member.account_id)}


def take_points_back(period: SubscriptionPeriod, amount: int, *, by: Actor, at: datetime) -> None:
    """Building block: take back points that a period gave, by the policy of their currency; once for each period."""
    got = period.given
    amount = min(amount, got.get("points", 0))
    if amount <= 0 or got.get("taken") is not None:
        return
    held = period.subscription
    member, posted_on = member_now(held), UUID(got["account_id"])
    account_id = account_now(posted_on)
    revoke(
        by=by.lent("points.revoke"), at=at, account_id=account_id, currency=held.programme.points_currency_id,
        amount=amount, policy=revoke_policy_of(held.programme.points_currency), key=f"{SOURCE}:{period.id}:back",
        posting_id=UUID(got["posting_id"]), posted_on=posted_on if posted_on != account_id else None,
        occurred_at=at, partner_id=member.partner_id, store_id=member.store_id, source_type=SOURCE,
        source_id=period.id,
    )  # fmt: skip
    period.given = {**got, "taken": amount}


def hold(period: SubscriptionPeriod, until: datetime | None, *, at: datetime) -> None:
    """Building block: let what a period gives hold until an instant, and with it its tier."""
    period.holds_until = None if until is None else max(until, period.begins_at)
    granted = TierGrant.objects.filter(source_type=SOURCE, source_id=period.id, withdrawn_at__isnull=True)
    known = granted.first()
    holds = period.holds_until is None or period.holds_until > period.begins_at
    wanted = period.tier if holds else ""
    if known is not None and (known.tier, known.valid_until) == (wanted, period.holds_until):
        return
    granted.update(withdrawn_at=at)
    if wanted:
        TierGrant.objects.create(
            enrolment_id=period.subscription.enrolment_id, tier=wanted, valid_from=period.begins_at,
            valid_until=period.holds_until, source_type=SOURCE, source_id=period.id, recorded_at=at,
        )  # fmt: skip


def follow_tier(held: Subscription, *, at: datetime) -> None:
    """Building block: derive the tiers of the member again."""
    rederive_tiers(at=at, enrolment_ids=[member_now(held).id])
