"""What the shop has to give: series of coupons, gift cards that were sold and spent, rewards, and one limited gift."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fidelia.intake.operations.speaking import Unwatched
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.programme.models import Enrolment, Programme
from fidelia.rewards.models import CouponSeries
from fidelia.rewards.operations import (
    RewardTerms,
    SeriesTerms,
    add_reward,
    add_stock,
    assign_coupons,
    create_series,
    fulfil_redemptions,
    generate_codes,
    redeem_reward,
    sell_gift_card,
    spend_gift_card,
    top_up_gift_card,
)

CODES, GIVEN = 500, 40
# What each card was sold with, what was spent of it, and what it was charged with afterwards.
CARDS = ((50_00, 0, 0), (30_00, 12_40, 20_00), (100_00, 64_90, 0), (25_00, 25_00, 0), (50_00, 7_50, 0), (80_00, 0, 0))
PIECES = 60


def set_out(*, by: Actor, at: datetime, programme: Programme) -> str:
    """Create what is scarce; return what there is, in words."""
    today = local_day(at, zone_of(programme.time_zone))
    create_series(
        by=by, at=at, programme=programme, key="bienvenue", kind=CouponSeries.Kind.GENERIC, pattern="BIENVENUE",
        terms=SeriesTerms(
            name=LocalizedText(en="Five euros of welcome", fr="Cinq euros de bienvenue"),
            valid_from=today - timedelta(days=60), uses_per_member=1,
        ),
    )  # fmt: skip
    feast = create_series(
        by=by, at=at, programme=programme, key="fetes", pattern="FETES-####-####", is_assigned=True,
        terms=SeriesTerms(
            name=LocalizedText(en="Ten euros for the holidays", fr="Dix euros pour les fêtes"),
            valid_from=today, valid_until=today + timedelta(days=40), uses_per_code=1,
        ),
    )  # fmt: skip
    generate_codes(by=by, at=at, series_id=feast.id, count=CODES, progress=Unwatched())
    members = _some_members(programme, GIVEN)
    if members:
        assign_coupons(by=by, at=at, series_id=feast.id, customer_ids=members)
    _sell_cards(by, at, programme)
    add_stock(
        by=by, at=at, programme=programme, key="tasse-collection", pieces=PIECES,
        name=LocalizedText(en="Collector’s mug, limited", fr="Tasse de collection, série limitée"),
    )  # fmt: skip
    rewards = _offer_rewards(by, at, programme)
    return f"2 series, {rewards} rewards, {CODES} codes, {len(CARDS)} gift cards, {PIECES} mugs"


def _sell_cards(by: Actor, at: datetime, programme: Programme) -> None:
    for number, (sold, spent, charged) in enumerate(CARDS):
        sold_at = at - timedelta(days=30 - 4 * number)
        card = sell_gift_card(by=by, at=sold_at, programme=programme, amount=Money(sold, programme.currency))
        if spent:
            amount = Money(spent, programme.currency)
            spend_gift_card(by=by, at=sold_at + timedelta(days=3), card_id=card.id, amount=amount)
        if charged:
            amount = Money(charged, programme.currency)
            top_up_gift_card(by=by, at=sold_at + timedelta(days=6), card_id=card.id, amount=amount)


# Key, names, kind, points, money, pieces, for each member, and what a voucher is worth.
REWARDS = (
    ("sachet-decouverte", "Sachet of the month", "Sachet du mois", "sample", 0, 0, 400, 1, None),
    ("tasse-gres", "Stoneware mug", "Tasse en grès", "gift", 120, 0, 80, 2, None),
    ("theiere-fonte", "Cast-iron teapot", "Théière en fonte", "gift", 240, 9_90, 12, 1, None),
    ("bon-5", "Five-euro voucher", "Bon de 5 €", "voucher", 150, 0, None, None, 5_00),
    ("atelier", "Tasting workshop", "Atelier dégustation", "service", 280, 0, 16, 1, None),
    ("moulin", "Coffee grinder", "Moulin à café", "gift", 900, 0, 5, 1, None),
)
CHOSEN = 6


def _offer_rewards(by: Actor, at: datetime, programme: Programme) -> int:
    """Put rewards into the catalog; a few members have chosen one, of which some wait to be handed over."""
    begun = local_day(at, zone_of(programme.time_zone)) - timedelta(days=90)
    made = [
        add_reward(
            by=by, at=at - timedelta(days=2), programme=programme, key=key,
            terms=RewardTerms(
                name=LocalizedText(en=en, fr=fr), kind=kind, points=points, money=money, pieces=pieces,
                per_member=per_member, voucher_amount=worth, voucher_days=60 if worth else None, valid_from=begun,
            ),
        )
        for key, en, fr, kind, points, money, pieces, per_member, worth in REWARDS
    ]  # fmt: skip
    members = Enrolment.objects.filter(programme=programme, ended_at__isnull=True).select_related("programme")
    chosen = [
        redeem_reward(by=by, at=at, enrolment=one, reward_id=made[0].id)
        for one in members.order_by("enrolled_at", "id")[:CHOSEN]
    ]
    fulfil_redemptions(by=by, at=at, redemption_ids=[one.id for one in chosen[: CHOSEN // 2]])
    return len(made)


def _some_members(programme: Programme, count: int) -> list[UUID]:
    """The first who joined: the same ones each time."""
    enrolled = Enrolment.objects.filter(programme=programme, ended_at__isnull=True).order_by("enrolled_at", "id")
    return list(enrolled.values_list("customer_id", flat=True)[:count])
