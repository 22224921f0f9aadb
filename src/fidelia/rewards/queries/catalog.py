"""Questions about the catalog of rewards and what members chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from fidelia.kernel.actor import Actor, Scope
from fidelia.ledger.queries import list_balances
from fidelia.programme.models import Enrolment, Programme

from ..errors import UnknownRedemption, UnknownReward
from ..models import Counter, Redemption, Reward
from ..operations.eligibility import who_is_eligible
from .stock import with_given

LIMIT_MAX = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """A reward as it stands to a member (or to nobody): pieces `left` (None: without end), points still missing, and
    why it may not be had: "not_yet", "over", "out_of_stock", "not_eligible", "limit_reached", "not_enough_points".
    """

    reward: Reward
    left: int | None
    chosen: int = 0
    points_missing: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def may_be_had(self) -> bool:
        return not self.reasons


def list_catalog(programme: Programme, *, at: datetime, enrolment: Enrolment | None = None) -> list[Offered]:
    """Return the rewards of a programme that are not over, cheapest first, as they stand to a member."""
    found = Reward.objects.select_related("programme", "stock").filter(programme=programme, ended_at__isnull=True)
    current = [
        one for one in found.order_by("points", "key")[:LIMIT_MAX] if one.valid_until is None or one.valid_until > at
    ]
    return offer(current, at=at, enrolment=enrolment)


def offer(rewards: list[Reward], *, at: datetime, enrolment: Enrolment | None = None) -> list[Offered]:
    """Return rewards of one programme with what is left of each, as they stand to a member."""
    stocks = {row.stock.id: row.left for row in with_given([one.stock for one in rewards if one.stock], at)}
    eligible = [True] * len(rewards)
    chosen: dict[str, int] = {}
    available: dict[str, int] = {}
    if enrolment is not None:
        eligible = who_is_eligible([one.condition for one in rewards], enrolment, at)
        counted = Counter.objects.filter(programme_id=enrolment.programme_id, scope_id=enrolment.customer_id)
        taken = counted.filter(subject__in=[_subject(one) for one in rewards]).values_list("subject", "taken")
        chosen = dict(taken)
        for code in {one.points_currency for one in rewards}:
            balances = list_balances(account_ids=[enrolment.account_id], currency=code, at=at)
            available[code] = sum(each.available for each in balances.values())
    return [
        _offered(
            one, at, None if one.stock is None else stocks[one.stock.id], fits, chosen.get(_subject(one), 0),
            max(0, one.points - available[one.points_currency]) if enrolment is not None else 0,
        )
        for one, fits in zip(rewards, eligible, strict=True)
    ]  # fmt: skip


def get_reward(*, by: Actor, reward_id: UUID) -> Reward:
    """Return a reward. Raises Denied (reward.see), UnknownReward."""
    if not by.may_somewhere("reward.see"):
        by.require("reward.see")
    found = Reward.objects.select_related("programme__points_currency", "stock").filter(
        pk=reward_id, programme__is_sandbox=by.mode == "test"
    ).first()  # fmt: skip
    if found is None or not by.may("reward.see", Scope(found.partner_id)):
        raise UnknownReward("There is no such reward.")
    return found


def list_rewards(*, by: Actor, programme_id: UUID | None = None) -> list[Reward]:
    """Return all the rewards that the actor may see, over or not, the newest first. Raises Denied (reward.see)."""
    if not by.may_somewhere("reward.see"):
        by.require("reward.see")
    found = Reward.objects.select_related("programme__points_currency", "stock").filter(
        programme__is_sandbox=by.mode == "test"
    )
    if programme_id is not None:
        found = found.filter(programme_id=programme_id)
    return [
        one for one in found.order_by("-created_at", "-id")[:LIMIT_MAX] if by.may("reward.see", Scope(one.partner_id))
    ]


def see_redemptions(*, by: Actor) -> QuerySet[Redemption]:
    """Return what members chose, where the actor may see it, to be filtered and paged. Raises Denied (reward.see)."""
    if not by.may_somewhere("reward.see"):
        by.require("reward.see")
    found = Redemption.objects.select_related("reward__programme__points_currency", "voucher").filter(
        reward__programme__is_sandbox=by.mode == "test"
    )
    if by.may("reward.see"):
        return found
    partners = {scope.partner_id for scope in by.scopes_of("reward.see") if scope.store_id is None}
    stores = {scope.store_id for scope in by.scopes_of("reward.see") if scope.store_id is not None}
    return found.filter(partner_id__in=partners) | found.filter(store_id__in=stores)


def list_redemptions(
    *, by: Actor, customer_ids: Iterable[UUID] | None = None, state: str = "", limit: int = LIMIT_MAX
) -> list[Redemption]:
    """Return what was chosen, of one person (all ids) or of everybody, the newest first. Raises Denied (reward.see)."""
    asked: dict[str, Any] = {}
    if customer_ids is not None:
        asked["customer_id__in"] = list(customer_ids)
    if state:
        asked["state"] = state
    return list(see_redemptions(by=by).filter(**asked).order_by("-redeemed_at", "-id")[: min(limit, LIMIT_MAX)])


def get_redemption(*, by: Actor, redemption_id: UUID) -> Redemption:
    """Return one choice. Raises Denied (reward.see), UnknownRedemption."""
    found = see_redemptions(by=by).filter(pk=redemption_id).first()
    if found is None:
        raise UnknownRedemption("There is no such choice of a reward.")
    return found


def _subject(reward: Reward) -> str:
    return f"limit:reward/{reward.key}"


def _offered(  # noqa: PLR0917 - one caller, in the order of the columns
    reward: Reward, at: datetime, left: int | None, is_eligible: bool, chosen: int, missing: int
) -> Offered:  # fmt: skip
    said = (
        ("over", reward.ended_at is not None or (reward.valid_until is not None and reward.valid_until <= at)),
        ("not_yet", reward.valid_from > at),
        ("out_of_stock", left == 0),
        ("not_eligible", not is_eligible),
        ("limit_reached", reward.per_member is not None and chosen >= reward.per_member),
        ("not_enough_points", missing > 0),
    )
    return Offered(reward, left, chosen, missing, tuple(name for name, holds in said if holds))
