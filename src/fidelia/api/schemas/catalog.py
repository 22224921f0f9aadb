"""Rewards of the catalog, what members chose of them, and how far the next loyalty cheque is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from fidelia.kernel.money import Money
from fidelia.kernel.points import format_points
from fidelia.rewards.models import Redemption, Reward
from fidelia.rewards.queries import Offered
from fidelia.rewards.queries.cheques import ChequeStanding

from .checkouts import ConfirmationIn
from .programme import TextOut
from .rewards import CUSTOMER_ID, TextIn, text_out
from .types import Amount, Day, Id, Input, Name60, Output, PageQuery, Slug, Text300, Text2000, shown

_REWARD_ID = "019a5c1e-9500-7000-8000-000000000005"
_REDEMPTION_ID = "019a5c1e-9600-7000-8000-000000000006"
_ENROLMENT_ID = "019a5c1e-7f40-7c55-9d6e-3f0c2b9a1d11"
_NAME = {"en": "Stoneware mug", "fr": "Tasse en grès"}


class VoucherTerms(Input):
    """What a voucher is worth that comes as a reward; its life in days from the day of the choice."""

    amount: Amount
    days: int | None = Field(None, ge=0, le=3_660)
    minimum_basket: Amount = "0"
    purpose: Literal["single", "multi"] = "multi"
    is_divisible: bool = False


class VoucherTermsOut(Output):
    """What a voucher is worth that comes as a reward, as it was asked for."""

    amount: str
    days: int | None
    minimum_basket: str
    purpose: str
    is_divisible: bool


class RewardTermsIn(Input):
    """What a reward is and asks for; days of the programme's zone, both included. `pieces` left out: without end."""

    model_config = shown({
        "name": _NAME, "kind": "gift", "points": "150", "valid_from": "2026-12-01", "per_member": 2, "pieces": 200,
    })  # fmt: skip
    name: TextIn
    description: TextIn | None = None
    kind: Literal["gift", "sample", "voucher", "service"]
    points: Amount
    money: Amount = "0"
    condition: Text2000 = ""
    per_member: int | None = Field(None, ge=1, le=10_000)
    pieces: int | None = Field(None, ge=0, le=10**12)
    valid_from: Day
    valid_until: Day | None = None
    voucher: VoucherTerms | None = None


class RewardIn(RewardTermsIn):
    """A reward to put into the catalog."""

    model_config = shown({
        "programme": "fidelio", "key": "mug", "name": _NAME, "kind": "gift", "points": "150",
        "valid_from": "2026-12-01", "per_member": 2, "pieces": 200,
    })  # fmt: skip
    programme: Slug | None = None
    key: Name60


_REWARD: dict[str, object] = {
    "id": _REWARD_ID, "key": "mug", "name": _NAME, "description": None, "kind": "gift", "points": "150",
    "points_currency": "PTS", "money": "0.00", "currency": "EUR", "condition": "", "per_member": 2, "left": 187,
    "voucher_amount": None, "voucher": None, "valid_from": "2026-11-30T23:00:00Z", "valid_until": None,
    "ended_at": None,
    "points_missing": None, "reasons": [],
}  # fmt: skip


class RewardOut(Output):
    """A reward with the pieces left (null: without end). To a member: the points still missing, and why it may not be
    had: not_yet, over, out_of_stock, not_eligible, limit_reached, not_enough_points.
    """

    model_config = shown(_REWARD)
    id: UUID
    key: str
    name: TextOut
    description: TextOut | None
    kind: str
    points: str
    points_currency: str
    money: str
    currency: str
    condition: str
    per_member: int | None
    left: int | None
    voucher_amount: str | None
    voucher: VoucherTermsOut | None
    valid_from: datetime
    valid_until: datetime | None
    ended_at: datetime | None
    points_missing: str | None
    reasons: list[str]


class RewardPage(Output):
    """Rewards, at most 500."""

    model_config = shown({"data": [_REWARD], "next": None})
    data: list[RewardOut]
    next: str | None


class RewardQuery(Input):
    """The catalog of which programme (left out: the only one), and as it stands to which member."""

    programme: Slug | None = None
    enrolment_id: Id | None = None


class RedemptionIn(Input):
    """A member's choice of a reward."""

    model_config = shown({"reward_id": _REWARD_ID, "enrolment_id": _ENROLMENT_ID, "pieces": 1})
    reward_id: Id
    enrolment_id: Id
    pieces: int = Field(1, ge=1, le=1_000)
    confirmation: ConfirmationIn | None = None


_REDEMPTION = {
    "id": _REDEMPTION_ID, "reward_id": _REWARD_ID, "reward": "mug", "enrolment_id": _ENROLMENT_ID,
    "customer_id": CUSTOMER_ID, "state": "reserved", "pieces": 1, "points": "150", "points_currency": "PTS",
    "money": "0.00", "currency": "EUR", "voucher_id": None, "redeemed_at": "2026-12-01T09:30:00Z",
    "fulfilled_at": None, "cancelled_at": None, "reason": "",
}  # fmt: skip


class RedemptionOut(Output):
    """What a member chose. `state`: reserved, fulfilled or cancelled; points and money for all its pieces."""

    model_config = shown(_REDEMPTION)
    id: UUID
    reward_id: UUID
    reward: str
    enrolment_id: UUID
    customer_id: UUID
    state: str
    pieces: int
    points: str
    points_currency: str
    money: str
    currency: str
    voucher_id: UUID | None
    redeemed_at: datetime
    fulfilled_at: datetime | None
    cancelled_at: datetime | None
    reason: str


class RedemptionPage(Output):
    """Choices, the newest first."""

    model_config = shown({"data": [_REDEMPTION], "next": None})
    data: list[RedemptionOut]
    next: str | None


class RedemptionQuery(PageQuery):
    """Whose choices, and in which state."""

    customer_id: Id | None = None
    state: Literal["", "reserved", "fulfilled", "cancelled"] = ""


class CancellationIn(Input):
    """Why a choice is cancelled."""

    model_config = shown({"reason": "Broken on arrival"})
    reason: Text300 = ""


class FulfilmentIn(Input):
    """Choices that were handed over: all are noted, or none."""

    model_config = shown({"redemption_ids": [_REDEMPTION_ID]})
    redemption_ids: list[Id] = Field(min_length=1, max_length=500)


class FulfilmentOut(Output):
    """How many of them were not handed over before."""

    model_config = shown({"fulfilled": 1})
    fulfilled: int


_STANDING = {
    "key": "cheque", "name": {"en": "Loyalty cheque", "fr": "Chèque fidélité"}, "points": "150", "missing": "50",
    "threshold": "200", "amount": "10.00", "currency": "EUR", "next_on": None,
}  # fmt: skip


class ChequeStandingOut(Output):
    """How far the next loyalty cheque is: points that count, those missing, what it will be worth, the day it comes
    (null: as soon as the points are there).
    """

    model_config = shown(_STANDING)
    key: str
    name: TextOut
    points: str
    missing: str
    threshold: str
    amount: str
    currency: str
    next_on: date | None


class ChequeStandings(Output):
    """Each kind of loyalty cheque of the terms in force."""

    model_config = shown({"data": [_STANDING]})
    data: list[ChequeStandingOut]


def reward_out(row: Offered, scale: int, *, to_member: bool = False) -> RewardOut:
    one: Reward = row.reward
    money = one.programme.currency
    plain = ("id", "key", "kind", "points_currency", "condition", "per_member", "valid_from", "valid_until", "ended_at")
    return RewardOut(
        name=text_out(one.name),
        description=None if one.description is None else text_out(one.description),
        points=format_points(one.points, scale),
        money=Money(one.money, money).text(),
        currency=money,
        left=row.left,
        voucher_amount=None if one.voucher_amount is None else Money(one.voucher_amount, money).text(),
        voucher=_voucher_out(one),
        points_missing=format_points(row.points_missing, scale) if to_member else None,
        reasons=list(row.reasons),
        **{name: getattr(one, name) for name in plain},
    )


def _voucher_out(one: Reward) -> VoucherTermsOut | None:
    if one.voucher_amount is None:
        return None
    money = one.programme.currency
    return VoucherTermsOut(
        amount=Money(one.voucher_amount, money).text(),
        days=one.voucher_days,
        minimum_basket=Money(one.voucher_minimum, money).text(),
        purpose=one.voucher_purpose,
        is_divisible=one.voucher_is_divisible,
    )


def redemption_out(one: Redemption, scale: int) -> RedemptionOut:
    money = one.reward.programme.currency
    plain = (
        *("id", "reward_id", "enrolment_id", "customer_id", "state", "pieces", "points_currency", "voucher_id"),
        *("redeemed_at", "fulfilled_at", "cancelled_at", "reason"),
    )
    return RedemptionOut(
        reward=one.reward.key,
        points=format_points(one.points, scale),
        money=Money(one.money, money).text(),
        currency=money,
        **{name: getattr(one, name) for name in plain},
    )


def standing_out(one: ChequeStanding, scale: int, money: str) -> ChequeStandingOut:
    return ChequeStandingOut(
        key=one.policy.key,
        name=text_out(one.policy.name),
        points=format_points(one.points, scale),
        missing=format_points(one.missing, scale),
        threshold=format_points(one.policy.threshold, scale),
        amount=Money(one.amount, money).text(),
        currency=money,
        next_on=one.next_on,
    )
