"""Choose a reward, hand it over, or cancel the choice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import end_of_day, local_day, zone_of
from fidelia.kernel.db import prepared_cursor, read_jsonb, transaction_of_use_case
from fidelia.kernel.idempotency import IdempotencyKeyReused, RequestKey, RequestRepeated, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import announce
from fidelia.ledger.errors import AccountClosed
from fidelia.ledger.errors import refusal_of as ledger_refusal_of
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import SpendingProof, check_may_spend, check_member_agrees, terms_in_force

from ..errors import (
    MalformedReward,
    NotEligible,
    RedemptionEnded,
    RewardChanged,
    UnknownRedemption,
    UnknownReward,
)
from ..events import RedemptionEnded as Ended
from ..models import Redemption, Reward
from .audit import audit
from .eligibility import who_is_eligible
from .executing import GivingBack, give_back, refusals
from .vouchers import withdraw_voucher
from .withdrawing import give_points_back

PIECES_MAX = 1_000
AT_ONCE_MAX = 500
TRIES = 4


def redeem_reward(
    *,
    by: Actor,
    at: datetime,
    enrolment: Enrolment,
    reward_id: UUID,
    pieces: int = 1,
    store_id: UUID | None = None,
    once: RequestKey | None = None,
    proof: SpendingProof | None = None,
) -> Redemption:
    """Let a member choose a reward: its points, pieces and limit are taken by one call of the database, or nothing is.

    A voucher is issued with it and the choice is fulfilled; anything else waits to be handed over. Raises Denied
    (reward.redeem), EnrolmentProvisional, UnknownReward, RewardOver, RewardNotYet, NotEligible, InsufficientPoints,
    StockUsedUp, LimitReached, MalformedReward, RequestRepeated, IdempotencyKeyReused; ConfirmationNeeded
    where so many points are spent with a `proof` only.
    """
    by.require("reward.redeem", Scope(enrolment.partner_id, store_id or enrolment.store_id))
    check_may_spend(enrolment)
    if not 1 <= pieces <= PIECES_MAX:
        raise MalformedReward(f"Choose 1 to {PIECES_MAX} pieces.", pointer="/pieces")
    if proof is not None:
        proof.enter(at=at)
    for attempt in range(TRIES):
        reward = _reward(by, reward_id)
        if reward.programme_id == enrolment.programme_id and not who_is_eligible([reward.condition], enrolment, at)[0]:
            raise NotEligible("This reward is not for this member.")
        try:
            made = _redeem(
                _request(by, at, enrolment, reward, pieces, store_id, once), _Confirming(enrolment, at, proof)
            )
        except (AccountClosed, RewardChanged):
            if attempt == TRIES - 1:
                raise
            continue  # the member joined a pool, or the reward was changed, after it was read: read again
        if made["is_repeated"] and not made["is_same"]:
            raise IdempotencyKeyReused("This idempotency key was used for another request.")
        if made["is_repeated"]:
            raise RequestRepeated("redemption", made["id"])
        return Redemption.objects.select_related("reward__programme", "voucher").get(pk=made["id"])
    raise AssertionError("the last try returns or raises")


def fulfil_redemptions(
    *, by: Actor, at: datetime, redemption_ids: Sequence[UUID], once: RequestKey | None = None
) -> int:
    """Note that chosen rewards were handed over; return how many were not before.

    All or none. Raises Denied (reward.fulfil), UnknownRedemption, RedemptionEnded (one was cancelled).
    """
    assert len(redemption_ids) <= AT_ONCE_MAX, "faces bound what is marked at once"
    with transaction_of_use_case():
        claim(once, at=at, resource_type="redemption", resource_id=redemption_ids[0] if redemption_ids else None)
        found = _locked(by, redemption_ids, "reward.fulfil")
        for one in found:
            if one.state == Redemption.State.CANCELLED:
                raise RedemptionEnded("This choice was cancelled.", id=str(one.id))
        waiting = [one for one in found if one.state == Redemption.State.RESERVED]
        for one in waiting:
            one.state, one.fulfilled_at = Redemption.State.FULFILLED, at
            one.save(update_fields=["state", "fulfilled_at"])
            _tell(by, at, one, "reward.fulfil")
    return len(waiting)


def cancel_redemption(
    *, by: Actor, at: datetime, redemption_id: UUID, reason: str, once: RequestKey | None = None
) -> Redemption:
    """Take a choice back: points into their lots, pieces into stock, the limit free again, an unused voucher withdrawn.

    A member may cancel what waits; what was handed over, only who may fulfil. Cancelled before, nothing changes.
    Raises Denied (reward.cancel), UnknownRedemption, VoucherUsedUp, RedemptionEnded (handed over).
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="redemption", resource_id=redemption_id)
        (one,) = _locked(by, [redemption_id], "reward.cancel")
        if one.state == Redemption.State.CANCELLED:
            return one
        if one.state == Redemption.State.FULFILLED and one.voucher_id is None:
            by.require("reward.fulfil", Scope(one.partner_id, one.store_id))
        if one.posting_id is not None:
            give_points_back(
                by=by, at=at, account_id=one.account_id, currency=one.points_currency, posting_id=one.posting_id,
                source_type="reward", source_id=one.id,
            )  # fmt: skip
        if one.voucher_id is not None:
            withdraw_voucher(by=by.lent("voucher.revoke"), at=at, voucher_id=one.voucher_id)
        give_back(GivingBack(purchase_id=one.id, at=at, now=at, whole=True))
        one.state, one.cancelled_at, one.reason = Redemption.State.CANCELLED, at, reason[:300]
        one.save(update_fields=["state", "cancelled_at", "reason"])
        _tell(by, at, one, "reward.cancel")
    return one


def _reward(by: Actor, reward_id: UUID) -> Reward:
    found = Reward.objects.select_related("programme").filter(
        pk=reward_id, programme__is_sandbox=by.mode == "test"
    ).first()  # fmt: skip
    if found is None:
        raise UnknownReward("There is no such reward.")
    return found


def _request(  # noqa: PLR0917 - what the verb was given, once more
    by: Actor, at: datetime, enrolment: Enrolment, reward: Reward, pieces: int, store_id: UUID | None,
    once: RequestKey | None,
) -> dict[str, Any]:  # fmt: skip
    """Return what rewards_redeem reads. `known_at`: the reward as it was judged; changed since, it is judged again."""
    zone = zone_of(reward.programme.time_zone)
    terms = terms_in_force(enrolment, at)
    life = None if terms is None else terms.points_of(reward.points_currency).renewed_until("redeem", at, zone)
    until = (
        None
        if reward.voucher_days is None
        else end_of_day(local_day(at, zone) + timedelta(days=reward.voucher_days), zone)
    )
    asked = {
        "redemption_id": str(new_id()), "reward_id": str(reward.id), "enrolment_id": str(enrolment.id),
        "known_at": reward.changed_at.isoformat(), "pieces": pieces, "currency": reward.programme.currency,
        "store_id": str(store_id) if store_id else None, "at": at.isoformat(), "now": at.isoformat(),
        "voucher_until": until.isoformat() if until else None, "lives_until": life.isoformat() if life else None,
        "actor_kind": by.kind, "actor_id": str(by.id) if by.id else None, "actor_label": by.label,
    }  # fmt: skip
    if once is not None:
        asked["once"] = {"owner": once.owner, "key": once.key, "hash": once.request_hash.hex()}
    return asked


@dataclass(frozen=True, slots=True)
class _Confirming:
    """Who spends when, and what shows that they agree."""

    enrolment: Enrolment
    at: datetime
    proof: SpendingProof | None

    def check(self, redemption_id: UUID) -> None:
        """Use up the proof where so many points need one."""
        made = Redemption.objects.get(pk=redemption_id)
        check_member_agrees(
            terms_in_force(self.enrolment, self.at), self.proof, enrolment=self.enrolment,
            currency=made.points_currency, amount=made.points, at=self.at,
        )  # fmt: skip


def _redeem(asked: dict[str, Any], confirming: _Confirming) -> dict[str, Any]:
    with transaction_of_use_case():
        try:
            with refusals(), prepared_cursor() as cursor:
                cursor.execute("select rewards_redeem(%s::jsonb)", [json.dumps(asked)])
                made: dict[str, Any] = read_jsonb(cursor.fetchone()[0])
            if not made["is_repeated"]:
                confirming.check(made["id"])
            return made
        except DatabaseError as error:
            refusal = ledger_refusal_of(error)
            if refusal is None:
                raise
            raise refusal from error


def _locked(by: Actor, redemption_ids: Sequence[UUID], right: str) -> list[Redemption]:
    if not by.may_somewhere(right):
        by.require(right)
    found = list(
        Redemption.objects.select_for_update(of=("self",))
        .select_related("reward__programme", "voucher")
        .filter(pk__in=set(redemption_ids), reward__programme__is_sandbox=by.mode == "test")
        .order_by("pk")
    )
    if len(found) < len(set(redemption_ids)):
        raise UnknownRedemption("There is no such choice of a reward.")
    for one in found:
        by.require(right, Scope(one.partner_id, one.store_id))
    return found


def _tell(by: Actor, at: datetime, one: Redemption, verb: str) -> None:
    audit(by, at, verb, one.id, partner_id=one.partner_id, after={"state": one.state, "reason": one.reason})
    announce(
        Ended(
            occurred_at=at, customer_id=one.customer_id, redemption_id=one.id, reward_id=one.reward_id,
            programme_id=one.programme_id, state=one.state, points=one.points,
        )
    )  # fmt: skip
