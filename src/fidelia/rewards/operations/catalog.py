"""Keep the catalog of rewards: add, change, restock, end."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import end_of_day, start_of_day, zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme

from ..errors import KeyTaken, MalformedReward, UnknownReward
from ..models import Reward, Stock
from .audit import audit
from .eligibility import check_condition
from .stock import write_pieces, write_stock

POINTS_MAX, MONEY_MAX, PER_MEMBER_MAX, DAYS_MAX = 10**12, 10**11, 10_000, 3_660


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardTerms:
    """What a reward is and asks for. Points and money in minor units; days of the programme's zone, both included.

    `pieces` None: without end. Of a voucher, `voucher_amount` and `voucher_days` (None: for ever).
    """

    name: LocalizedText
    kind: str
    points: int
    valid_from: date
    valid_until: date | None = None
    description: LocalizedText | None = None
    picture_id: UUID | None = None
    points_currency: str = ""
    money: int = 0
    condition: str = ""
    per_member: int | None = None
    pieces: int | None = None
    voucher_amount: int | None = None
    voucher_days: int | None = None
    voucher_minimum: int = 0
    voucher_purpose: str = "multi"
    voucher_is_divisible: bool = False


OWN = tuple(
    each.name for each in fields(RewardTerms) if each.name not in ("pieces", "valid_from", "valid_until")
)  # fmt: skip


def add_reward(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    key: str,
    terms: RewardTerms,
    partner_id: UUID | None = None,
    once: RequestKey | None = None,
) -> Reward:
    """Put a reward into the catalog. Raises Denied (reward.change), MalformedReward, KeyTaken."""
    by.require("reward.change", Scope(partner_id))
    _check_key(key)
    _check(programme, terms)
    with transaction_of_use_case():
        reward = Reward(
            id=new_id(), programme=programme, partner_id=partner_id, key=key, created_at=at, changed_at=at,
            **_columns(programme, terms),
        )  # fmt: skip
        claim(once, at=at, resource_type="reward", resource_id=reward.id)
        _restock(by, at, reward, terms.pieces)
        try:
            with transaction.atomic():
                reward.save(force_insert=True)
        except IntegrityError as error:
            if "its own key" not in str(error):
                raise
            raise KeyTaken(f"There is a reward “{key}” already.", pointer="/key") from None
        audit(by, at, "reward.change", reward.id, partner_id=partner_id, after={"key": key, **_told(reward)})
    return reward


def change_reward(
    *, by: Actor, at: datetime, reward_id: UUID, terms: RewardTerms, once: RequestKey | None = None
) -> Reward:
    """Say anew what a reward is and asks for; choices made keep theirs, and its kind stays.

    Raises Denied (reward.change), UnknownReward, MalformedReward (fewer pieces than were given).
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="reward", resource_id=reward_id)
        reward = _locked(by, reward_id)
        _check(reward.programme, terms)
        if terms.kind != reward.kind:
            raise MalformedReward("A reward stays what it is; add another one.", pointer="/kind")
        before = _told(reward)
        for name, value in _columns(reward.programme, terms).items():
            setattr(reward, name, value)
        _restock(by, at, reward, terms.pieces)
        reward.changed_at = at
        reward.save()
        audit(by, at, "reward.change", reward.id, partner_id=reward.partner_id, before=before, after=_told(reward))
    return reward


def end_reward(*, by: Actor, at: datetime, reward_id: UUID, once: RequestKey | None = None) -> Reward:
    """Take a reward out of the catalog; what was chosen is still handed over. Raises Denied, UnknownReward."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="reward", resource_id=reward_id)
        reward = _locked(by, reward_id)
        reward.ended_at = reward.ended_at or at
        reward.save(update_fields=["ended_at"])
        audit(by, at, "reward.change", reward.id, partner_id=reward.partner_id, after={"ended_at": reward.ended_at})
    return reward


def _locked(by: Actor, reward_id: UUID) -> Reward:
    found = Reward.objects.select_for_update(of=("self",)).filter(
        pk=reward_id, programme__is_sandbox=by.mode == "test"
    ).select_related("programme", "stock").first()  # fmt: skip
    by.require("reward.change", Scope(None if found is None else found.partner_id))
    if found is None:
        raise UnknownReward("There is no such reward.")
    return found


def _restock(by: Actor, at: datetime, reward: Reward, pieces: int | None) -> None:
    if reward.stock is not None:
        if pieces != reward.stock.pieces:
            write_pieces(by=by, at=at, stock=reward.stock, pieces=pieces)
    elif pieces is not None:
        stock = Stock(
            id=new_id(), programme=reward.programme, partner_id=reward.partner_id, key=f"reward-{reward.key}",
            name=reward.name, pieces=pieces, created_at=at, changed_at=at,
        )  # fmt: skip
        reward.stock = write_stock(by=by, at=at, stock=stock)


def _columns(programme: Programme, terms: RewardTerms) -> dict[str, Any]:
    zone = zone_of(programme.time_zone)
    return {
        **{name: getattr(terms, name) for name in OWN},
        "points_currency": terms.points_currency or programme.points_currency_id,
        "valid_from": start_of_day(terms.valid_from, zone),
        "valid_until": None if terms.valid_until is None else end_of_day(terms.valid_until, zone),
    }


def _told(reward: Reward) -> dict[str, Any]:
    names = ("name", "kind", "points", "money", "condition", "per_member", "valid_from", "valid_until")
    return {
        **{name: getattr(reward, name) for name in names},
        "pieces": None if reward.stock is None else reward.stock.pieces,
    }


def _check_key(key: str) -> None:
    if not key or len(key) > 50 or not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
        raise MalformedReward("A key is letters, digits, hyphens and underscores, at most 50.", pointer="/key")


def _check(programme: Programme, terms: RewardTerms) -> None:
    """Raise MalformedReward, naming the member, for what no reward could be."""
    if terms.kind not in Reward.Kind.values:
        raise MalformedReward("A reward is a gift, a sample, a voucher or a service.", pointer="/kind")
    bounds = (
        ("points", terms.points, 0, POINTS_MAX), ("money", terms.money, 0, MONEY_MAX),
        ("per_member", terms.per_member, 1, PER_MEMBER_MAX), ("voucher_days", terms.voucher_days, 0, DAYS_MAX),
        ("voucher_minimum", terms.voucher_minimum, 0, MONEY_MAX),
    )  # fmt: skip
    for name, value, least, most in bounds:
        if value is not None and not least <= value <= most:
            raise MalformedReward(f"Write a number from {least} to {most}.", pointer=f"/{name}")
    if terms.kind == Reward.Kind.SAMPLE and (terms.points or terms.money or terms.per_member != 1):
        raise MalformedReward("A sample is free, and one for each member.", pointer="/points")
    is_voucher = terms.kind == Reward.Kind.VOUCHER
    if is_voucher != (terms.voucher_amount is not None) or (
        terms.voucher_amount is not None and terms.voucher_amount <= 0
    ):
        raise MalformedReward("A voucher, and nothing else, is worth an amount.", pointer="/voucher_amount")
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        raise MalformedReward("The last day comes after the first.", pointer="/valid_until")
    known = {"", programme.points_currency_id, *programme.more_currencies.values_list("currency_id", flat=True)}
    if terms.points_currency not in known:
        raise MalformedReward("This programme does not count in these points.", pointer="/points_currency")
    check_condition(terms.condition)
