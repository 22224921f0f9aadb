"""What each side is given, and how it is taken back: by what was frozen when it was given, never by today's terms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.ledger.operations import EarnPart, earning, post_entry, revoke
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.granting import revoke_policy_of, tell_given
from fidelia.programme.queries import account_now, terms_in_force
from fidelia.rewards.errors import UnknownSeries, VoucherUsedUp
from fidelia.rewards.models import CouponCode, CouponSeries
from fidelia.rewards.operations import NewVoucher, withdraw_voucher, write_vouchers
from fidelia.rewards.operations.coupons import give_coupons
from fidelia.rewards.operations.series import locked_series
from fidelia.rules.referral_terms import ReferralGift, ReferralPolicy

from ..models import Referral

SOURCE = "referral"
_NAME = LocalizedText(en="Thank you for bringing a friend", fr="Merci pour votre parrainage")
_WELCOME = LocalizedText(en="Welcome, from a friend", fr="Bienvenue, de la part de votre parrain")


def reward(referral: Referral, policy: ReferralPolicy, *, by: Actor, at: datetime) -> None:
    """Building block: give both sides what was promised, and keep on the row what each got.

    Accounts are posted to in the order of their keys: two friends who bring each other's relations never block.
    """
    sides = [("referrer", referral.referrer, policy.referrer), ("friend", referral.friend, policy.friend)]
    given: dict[str, Any] = {}
    for side, member, gift in sorted(sides, key=lambda each: each[1].account_id):
        if gift is not None and member.ended_at is None:
            given[side] = _give(referral, side, member, gift, by=by, at=at)
    referral.given = given


def take_back(referral: Referral, *, by: Actor, at: datetime) -> None:
    """Building block: take back what both sides got: points by their currency's policy, of the rest what is unused."""
    sides = {"referrer": referral.referrer, "friend": referral.friend}
    for side, member in sorted(sides.items(), key=lambda each: each[1].account_id):
        got = referral.given.get(side)
        if got is not None:
            _take(referral, side, member, got, by=by, at=at)


def _give(
    referral: Referral, side: str, member: Enrolment, gift: ReferralGift, *, by: Actor, at: datetime
) -> dict[str, Any]:
    if gift.kind == "points":
        return _give_points(referral, side, member, gift.amount, by=by, at=at)
    programme = referral.programme
    if gift.kind == "coupon":
        series = CouponSeries.objects.filter(programme=programme, key=gift.series).first()
        if series is None:
            raise UnknownSeries(f"There is no series of coupons “{gift.series}”.")
        lent = by.lent("coupon.assign")
        code = give_coupons(
            by=lent, at=at, series=locked_series(lent, series.id, "coupon.assign"), customer_ids=[member.customer_id]
        )[0]
        return {"kind": "coupon", "coupon_id": code.id}
    today = local_day(at, zone_of(programme.time_zone))
    new = NewVoucher(
        amount=Money(gift.amount, programme.currency), name=_NAME if side == "referrer" else _WELCOME,
        valid_from=today, valid_until=today + timedelta(days=gift.valid_days), customer_id=member.customer_id,
        source_type=SOURCE, source_id=referral.id, partner_id=referral.partner_id,
    )  # fmt: skip
    (made,) = write_vouchers(by=by, at=at, programme=programme, vouchers=[new])
    return {"kind": "voucher", "voucher_id": str(made.id)}


def _give_points(
    referral: Referral, side: str, member: Enrolment, amount: int, *, by: Actor, at: datetime
) -> dict[str, Any]:
    """Points that are there at once: the time for returns is over. They live as those of a purchase of today."""
    terms, currency = terms_in_force(member, at), referral.programme.points_currency_id
    expires_at = None if terms is None else terms.points.expires_at(at, terms.zone)
    part = EarnPart(amount=amount, expires_at=expires_at, rule_version_id=None if terms is None else terms.version_id)
    request = earning(
        account_id=member.account_id, currency=currency, parts=[part], key=f"{SOURCE}:{referral.id}:{side}",
        occurred_at=at, partner_id=member.partner_id, store_id=member.store_id, source_type=SOURCE,
        source_id=referral.id,
    )  # fmt: skip
    posted = post_entry(by=by, at=at, request=request)
    tell_given(member, amount, currency=currency, at=at)
    return {
        "kind": "points", "amount": amount, "posting_id": str(posted.posting_id), "account_id": str(member.account_id),
    }  # fmt: skip


def _take(referral: Referral, side: str, member: Enrolment, got: dict[str, Any], *, by: Actor, at: datetime) -> None:
    if got["kind"] == "voucher":
        try:
            withdraw_voucher(by=by, at=at, voucher_id=UUID(got["voucher_id"]))
        except VoucherUsedUp:
            return  # what was spent in good faith stays spent
    elif got["kind"] == "coupon":
        CouponCode.objects.filter(pk=got["coupon_id"], revoked_at__isnull=True).update(revoked_at=at)
    else:
        currency, posted_on = referral.programme.points_currency, UUID(got["account_id"])
        account_id = account_now(posted_on)
        revoke(
            by=by, at=at, account_id=account_id, currency=currency.code, amount=got["amount"],
            policy=revoke_policy_of(currency), key=f"{SOURCE}:{referral.id}:{side}:back",
            posting_id=UUID(got["posting_id"]), posted_on=posted_on if posted_on != account_id else None,
            occurred_at=at, partner_id=member.partner_id, store_id=member.store_id, source_type=SOURCE,
            source_id=referral.id,
        )  # fmt: skip
        tell_given(member, -got["amount"], currency=currency.code, at=at)
