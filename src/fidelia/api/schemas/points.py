"""The points of a member beside purchases: movements in words, standing, what is ahead, what is done by hand, pools."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.kernel.money import Money
from fidelia.kernel.points import format_points
from fidelia.ledger.queries import AccountBalance
from fidelia.programme.models import AskedAdjustment, Enrolment, PointsCurrency, PointsPool, PoolMembership
from fidelia.programme.operations.converting import Conversion
from fidelia.programme.queries import Foresight, Movement

from .checkouts import ConfirmationIn
from .types import Amount, Id, Input, Instant, Name200, Output, Text300, shown

_POSTING_ID = "019a5c1e-9000-7a00-8000-000000000005"
_LOT_ID = "019a5c1e-9000-7a00-8000-000000000006"
_POOL_ID = "019a5c1e-9000-7a00-8000-000000000007"
_ENROLMENT_ID = "019a5c1e-8f00-7b00-8000-000000000003"
PointsCode = Annotated[str, StringConstraints(min_length=1, max_length=12)]


class LotOut(Output):
    """Points of one earning that a movement took, and when they would have died."""

    lot_id: UUID
    amount: str
    earned_at: datetime
    expires_at: datetime | None


_MOVEMENT = {
    "posting_id": _POSTING_ID,
    "kind": "redeem",
    "points_currency": "NOTES",
    "amount": "-100",
    "pending": "0",
    "occurred_at": "2026-03-02T09:15:00Z",
    "recorded_at": "2026-03-02T09:15:00Z",
    "source_type": "reward",
    "source_id": None,
    "note": "",
    "says": ["You used 100 notes.", "Of what you earned on 2 January 2026."],
    "lots": [
        {
            "lot_id": _LOT_ID,
            "amount": "100",
            "earned_at": "2026-01-02T10:00:00Z",
            "expires_at": "2028-01-31T23:00:00Z",
        }
    ],
}


class PointsMovementOut(Output):
    """One posting as the member meets it: its points added up, what it was in words, and the lots that it took from."""

    model_config = shown(_MOVEMENT)
    posting_id: UUID
    kind: str
    points_currency: str
    amount: str
    pending: str = Field(description="What was promised by it, or is promised no longer.")
    occurred_at: datetime
    recorded_at: datetime
    source_type: str
    source_id: UUID | None
    note: str
    says: list[str] = Field(description="In the language of Accept-Language, English or French.")
    lots: list[LotOut]


class PointsMovementPage(Output):
    """Movements, the newest first."""

    model_config = shown({"data": [_MOVEMENT], "next": None})
    data: list[PointsMovementOut]
    next: str | None


class ForeseenOut(Output):
    """What happens by itself: points come to life, are given up, die, or become a chèque of `money`; a tier begins."""

    at: datetime
    kind: Literal["activates", "cancelled", "expires", "tier", "cheque"]
    amount: str
    tier_set: str
    tier: str
    money: str | None


class ForesightOut(Output):
    """What a member has at the end of a local day if nothing more is earned or spent."""

    model_config = shown(
        {
            "enrolment_id": _ENROLMENT_ID, "on": "2026-03-31", "available": "360", "pending": "0",
            "tiers": {"": "gold"},
            "events": [{"at": "2026-03-16T23:00:00Z", "kind": "activates", "amount": "40", "tier_set": "", "tier": "",
                        "money": None}],
        }
    )  # fmt: skip
    enrolment_id: UUID
    on: date
    available: str
    pending: str
    tiers: dict[str, str]
    events: list[ForeseenOut]


class GrantIn(Input):
    """Points to give, in the programme’s points currency or a further one of it."""

    model_config = {**Input.model_config, **shown({"points": "50", "reason": "Welcome"})}
    points: Amount
    reason: Text300
    points_currency: PointsCode | None = None
    occurred_at: Instant | None = None


class PromisedIn(Input):
    """What was promised: the purchase, or the posting itself."""

    model_config = {**Input.model_config, **shown({"source_id": "019a5c1e-8f00-7b00-8000-000000000004"})}
    source_id: Id
    points_currency: PointsCode | None = None


class ExtensionIn(Input):
    """Until the end of which local day points live, all of them or one lot."""

    model_config = {**Input.model_config, **shown({"until": "2027-06-30T12:00:00+02:00", "reason": "Works"})}
    until: Instant
    reason: Text300
    lot_id: Id | None = None


class ReinstatementIn(Input):
    """Why expired points come back."""

    model_config = {**Input.model_config, **shown({"reason": "Called the day after"})}
    reason: Text300


class TransferIn(Input):
    """Points to another member of the same programme."""

    model_config = {**Input.model_config, **shown({"to": _ENROLMENT_ID, "points": "50", "reason": "A present"})}
    to: Id
    points: Amount
    reason: Text300
    confirmation: ConfirmationIn | None = None


class ConversionIn(Input):
    """Points of a currency (the main one) to exchange, and for which."""

    model_config = {**Input.model_config, **shown({"points": "500", "to": "EURC"})}
    points: Amount
    to: PointsCode
    points_currency: PointsCode | None = None
    confirmation: ConfirmationIn | None = None


class ConversionOut(Output):
    """What was taken, of which the fee was kept, and what was given for the rest."""

    model_config = shown({"points_currency": "PTS", "taken": "500", "fee": "0", "to": "EURC", "given": "5.00"})
    points_currency: str
    taken: str
    fee: str
    to: str
    given: str


class AdjustmentIn(Input):
    """A correction, above or below zero, with its reason."""

    model_config = {**Input.model_config, **shown({"points": "-50", "reason": "Counted twice"})}
    points: Amount
    reason: Text300


class AdjustmentOut(Output):
    """A correction: done, or waiting for a second person."""

    model_config = shown(
        {
            "id": None,
            "state": "done",
            "points": "-50",
            "reason": "Counted twice",
            "posting_id": _POSTING_ID,
        }
    )
    id: UUID | None
    state: Literal["asked", "done", "refused"]
    points: str
    reason: str
    posting_id: UUID | None


class DecisionIn(Input):
    """A second person’s word on a correction."""

    model_config = {**Input.model_config, **shown({"approved": True})}
    approved: bool
    note: Text300 = ""


class PoolIn(Input):
    """A pool to open."""

    model_config = {**Input.model_config, **shown({"programme": "cercle", "name": "Family Rocco"})}
    programme: str | None = Field(None, max_length=60)
    name: Name200
    members_max: int = Field(10, ge=1, le=1000)


class JoinerIn(Input):
    """Who joins."""

    model_config = {**Input.model_config, **shown({"enrolment_id": _ENROLMENT_ID})}
    enrolment_id: Id


class DepartureIn(Input):
    """Who leaves, and with what."""

    model_config = {**Input.model_config, **shown({"enrolment_id": _ENROLMENT_ID, "takes": "share"})}
    enrolment_id: Id
    takes: Literal["nothing", "share"] = "nothing"


class PoolOut(Output):
    """A pool of points, and who is in it."""

    model_config = shown(
        {
            "id": _POOL_ID,
            "programme": "cercle",
            "name": "Family Rocco",
            "account_id": "019a5c1e-8f00-7b00-8000-000000000008",
            "available": "480",
            "members": [_ENROLMENT_ID],
        }
    )
    id: UUID
    programme: str
    name: str
    account_id: UUID
    available: str
    members: list[UUID]


def movement_out(move: Movement, says: Sequence[str], scale: int) -> PointsMovementOut:
    posting = move.posting
    return PointsMovementOut(
        posting_id=posting.posting_id,
        kind=posting.kind,
        points_currency=posting.currency,
        amount=format_points(move.amount, scale),
        pending=format_points(move.pending, scale),
        occurred_at=posting.occurred_at,
        recorded_at=posting.recorded_at,
        source_type=posting.source_type,
        source_id=posting.source_id,
        note=posting.note,
        says=list(says),
        lots=[
            LotOut(
                lot_id=lot.lot_id, amount=format_points(lot.amount, scale), earned_at=lot.earned_at,
                expires_at=lot.expires_at,
            )
            for lot in move.lots
        ],
    )  # fmt: skip


def foresight_out(enrolment: Enrolment, found: Foresight) -> ForesightOut:
    scale, currency = enrolment.programme.points_currency.scale, enrolment.programme.currency
    return ForesightOut(
        enrolment_id=enrolment.id, on=found.on,
        available=format_points(found.available, scale),
        pending=format_points(found.pending, scale),
        tiers=found.tiers,
        events=[
            ForeseenOut(
                at=each.at, kind=each.kind, amount=format_points(each.amount, scale), tier_set=each.tier_set,
                tier=each.tier, money=Money(each.money, currency).text() if each.kind == "cheque" else None,
            )
            for each in found.events
        ],
    )  # fmt: skip


def adjustment_out(asked: AskedAdjustment, scale: int) -> AdjustmentOut:
    state: Any = asked.state
    return AdjustmentOut(
        id=asked.id, state=state, points=format_points(asked.amount, scale), reason=asked.reason,
        posting_id=asked.posting_id,
    )  # fmt: skip


def pool_out(pool: PointsPool, balance: AccountBalance, members: Sequence[PoolMembership]) -> PoolOut:
    return PoolOut(
        id=pool.id,
        programme=pool.programme.slug,
        name=pool.name,
        account_id=pool.account_id,
        available=format_points(balance.available, pool.programme.points_currency.scale),
        members=[one.enrolment_id for one in members],
    )


def conversion_out(done: Conversion, source: PointsCurrency, target: PointsCurrency) -> ConversionOut:
    return ConversionOut(
        points_currency=source.code, taken=format_points(done.taken, source.scale),
        fee=format_points(done.fee, source.scale), to=target.code, given=format_points(done.given, target.scale),
    )  # fmt: skip
