"""What rewards announce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fidelia.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponSeriesOpened(Event):
    """A series of coupons was created."""

    name: ClassVar[str] = "coupon_series.opened"
    series_id: UUID
    programme_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponSeriesEnded(Event):
    """A series of coupons was ended by hand, before its last day."""

    name: ClassVar[str] = "coupon_series.ended"
    series_id: UUID
    programme_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponsGenerated(Event):
    """A series got codes."""

    name: ClassVar[str] = "coupons.generated"
    series_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponAssigned(Event):
    """A member was given a coupon; `is_told` where the one who gave it wants a letter to say so."""

    name: ClassVar[str] = "coupon.assigned"
    series_id: UUID
    coupon_id: int
    is_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherIssued(Event):
    """A voucher was issued; its amount in minor units."""

    name: ClassVar[str] = "voucher.issued"
    voucher_id: UUID
    programme_id: UUID
    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherRevoked(Event):
    """A voucher was taken back."""

    name: ClassVar[str] = "voucher.revoked"
    voucher_id: UUID
    programme_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardSold(Event):
    """A gift card was sold; its amount in minor units."""

    name: ClassVar[str] = "gift_card.sold"
    gift_card_id: UUID
    programme_id: UUID
    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardMoved(Event):
    """A gift card was spent or refunded outside a checkout: `amount`, with its sign, in minor units."""

    name: ClassVar[str] = "gift_card.moved"
    gift_card_id: UUID
    programme_id: UUID
    kind: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardLapsed(Event):
    """What was left on a gift card lapsed, for a `reason` ("expired"): `amount` in minor units, at the card's end."""

    name: ClassVar[str] = "gift_card.lapsed"
    gift_card_id: UUID
    programme_id: UUID
    amount: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherLapsed(Event):
    """What was left of a voucher lapsed, for a `reason` ("expired"): `amount` in minor units, at the voucher's end.

    `source` is what had issued it: a "cheque", a "redemption", a "purchase", an "import".
    """

    name: ClassVar[str] = "voucher.lapsed"
    voucher_id: UUID
    programme_id: UUID
    amount: int
    currency: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitNeared(Event):
    """So many hundredths (`share`) of a limit are gone; told once for each share. Announced by sql/limits.sql.

    `limit` is its subject; `scope_id` the member's or store's it is counted for; amounts as the limit counts.
    """

    name: ClassVar[str] = "limit.neared"
    programme_id: UUID
    limit: str
    scope_id: UUID | None
    starts_on: str | None
    share: int
    taken: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChequeIssued(Event):
    """Points became a voucher: a chèque fidélité. Announced by sql/cheques.sql.

    `points` are minor units of their currency, `amount` of money; `valid_until` is the first instant it is no longer.
    """

    name: ClassVar[str] = "cheque.issued"
    cheque_id: UUID
    voucher_id: UUID
    programme_id: UUID
    enrolment_id: UUID
    points: int
    points_currency: str
    amount: int
    currency: str
    valid_until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChequeWithdrawn(Event):
    """A return took the purchase behind a chèque that nobody had used: it is withdrawn, its points are back."""

    name: ClassVar[str] = "cheque.withdrawn"
    cheque_id: UUID
    voucher_id: UUID
    programme_id: UUID
    enrolment_id: UUID
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherEnding(Event):
    """A voucher that nobody has used up ends within so many days; told once for each number of days declared."""

    name: ClassVar[str] = "voucher.ending"
    voucher_id: UUID
    programme_id: UUID
    left: int
    currency: str
    days: int
    ends_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardRedeemed(Event):
    """A member chose a reward; points in minor units. Announced by sql/redeeming.sql."""

    name: ClassVar[str] = "reward.redeemed"
    redemption_id: UUID
    reward_id: UUID
    programme_id: UUID
    enrolment_id: UUID
    pieces: int
    points: int
    voucher_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionEnded(Event):
    """A chosen reward was handed over (`state` fulfilled), or cancelled and its points given back."""

    name: ClassVar[str] = "redemption.ended"
    redemption_id: UUID
    reward_id: UUID
    programme_id: UUID
    state: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWasActivated(Event):
    """A member activated an offer: rules that ask for it count for her from now on."""

    name: ClassVar[str] = "offer.activated"
    programme_id: UUID
    enrolment_id: UUID
    offer: str
