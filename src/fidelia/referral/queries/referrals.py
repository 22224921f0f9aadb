"""Referrals as the people who run the programme see them: how many came how far, and one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from fidelia.kernel.actor import Actor, Scope

from ..errors import UnknownReferral
from ..models import Referral

LIMIT_MAX = 200
State = Referral.State


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many friends came, how many of them were let in, bought enough, and were rewarded for; and the rest."""

    came: int
    let_in: int
    qualified: int
    rewarded: int
    review: int
    refused: int
    taken_back: int


@dataclass(frozen=True, slots=True)
class ReferralFilters:
    """What narrows a list: a state, a programme, the member who brought."""

    state: str = ""
    programme_id: UUID | None = None
    referrer_id: UUID | None = None


def funnel_of(*, by: Actor, since: datetime | None = None) -> Funnel:
    """Return how far the friends came who came since a moment. Raises Denied (referral.see)."""
    found = _visible(by)
    if since is not None:
        found = found.filter(recorded_at__gte=since)
    n = dict(found.values_list("state").annotate(n=Count("id")))
    came = sum(n.values())
    reached = {state: n.get(state, 0) for state in State.values}
    let_in = came - reached["refused"] - reached["review"]
    qualified = reached["qualified"] + reached["rewarded"] + reached["taken_back"]
    return Funnel(
        came, let_in, qualified, reached["rewarded"], reached["review"], reached["refused"], reached["taken_back"]
    )


def list_referrals(
    *, by: Actor, filters: ReferralFilters, after: tuple[datetime, UUID] | None = None,
    before: tuple[datetime, UUID] | None = None, limit: int = 50,
) -> list[Referral]:  # fmt: skip
    """Return referrals, the last changed first. Raises Denied (referral.see)."""
    found, count = _visible(by), min(limit, LIMIT_MAX)
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.programme_id is not None:
        found = found.filter(programme_id=filters.programme_id)
    if filters.referrer_id is not None:
        found = found.filter(referrer_id=filters.referrer_id)
    if before is not None:
        later = found.filter(Q(changed_at__gt=before[0]) | Q(changed_at=before[0], id__gt=before[1]))
        return list(later.order_by("changed_at", "id")[:count])[::-1]
    if after is not None:
        found = found.filter(Q(changed_at__lt=after[0]) | Q(changed_at=after[0], id__lt=after[1]))
    return list(found.order_by("-changed_at", "-id")[:count])


def get_referral(*, by: Actor, referral_id: UUID) -> Referral:
    """Return one referral. Raises Denied (referral.see), UnknownReferral."""
    found = _visible(by).filter(pk=referral_id).first()
    if found is None:
        raise UnknownReferral("There is no such referral.")
    return found


def _visible(by: Actor) -> QuerySet[Referral]:
    if not by.may_somewhere("referral.see"):
        by.require("referral.see")
    found = Referral.objects.select_related("referrer", "friend", "programme").filter(
        programme__is_sandbox=by.mode == "test"
    )
    scopes = by.scopes_of("referral.see")
    if any(scope == Scope() for scope in scopes):
        return found
    return found.filter(partner_id__in=[scope.partner_id for scope in scopes if scope.store_id is None])
