"""Questions about gift cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from fidelia.kernel.actor import Actor, Scope

from ..errors import UnknownGiftCard
from ..models import GiftCard, GiftCardMovement
from ..operations.patterns import normalise_code

LIMIT_MAX = 200


@dataclass(frozen=True, slots=True)
class GiftCardFilters:
    """What a list of gift cards is narrowed to. `text`: a whole code. `state`: "", open, empty, expired, blocked."""

    text: str = ""
    state: str = ""
    programme_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class GiftCardTotals:
    """What is owed on gift cards of one currency: cards with money on them, and the money, in minor units."""

    currency: str
    cards: int
    balance: int


def get_gift_card(*, by: Actor, card_id: UUID) -> GiftCard:
    """Return one card. Raises Denied (gift_card.see), UnknownGiftCard."""
    return _found(by, Q(pk=card_id))


def look_up_gift_card(*, by: Actor, programme_id: UUID, code: str) -> GiftCard:
    """Return the card with this code, as people type it. Raises Denied (gift_card.see), UnknownGiftCard."""
    return _found(by, Q(programme_id=programme_id, code=normalise_code(code)))


def find_gift_cards(
    *,
    by: Actor,
    at: datetime,
    filters: GiftCardFilters | None = None,
    after: tuple[datetime, UUID] | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[GiftCard]:
    """Return cards, the one sold last first. Raises Denied (gift_card.see)."""
    found = _narrowed(by, at, filters or GiftCardFilters())
    count = min(limit, LIMIT_MAX)
    if before is not None:
        later = found.filter(Q(sold_at__gt=before[0]) | Q(sold_at=before[0], id__gt=before[1]))
        return list(later.order_by("sold_at", "id")[:count])[::-1]
    if after is not None:
        found = found.filter(Q(sold_at__lt=after[0]) | Q(sold_at=after[0], id__lt=after[1]))
    return list(found.order_by("-sold_at", "-id")[:count])


def count_gift_cards(*, by: Actor, at: datetime, filters: GiftCardFilters | None = None) -> int:
    """Return how many cards `find_gift_cards` goes through. Raises Denied (gift_card.see)."""
    return _narrowed(by, at, filters or GiftCardFilters()).count()


def list_movements(*, by: Actor, card: GiftCard, limit: int = LIMIT_MAX) -> list[GiftCardMovement]:
    """Return what came onto a card and left it, the last first. Raises Denied (gift_card.see)."""
    by.require("gift_card.see", Scope(card.partner_id, card.store_id))
    return list(GiftCardMovement.objects.filter(card=card).order_by("-number")[: min(limit, LIMIT_MAX)])


def what_is_owed(*, by: Actor, at: datetime) -> list[GiftCardTotals]:
    """Return what the shop owes on its gift cards, by currency. Raises Denied (gift_card.see)."""
    found = _narrowed(by, at, GiftCardFilters(state="open")).values("currency")
    totals = found.annotate(cards=Count("id"), owed=Sum("balance")).order_by("currency")
    return [GiftCardTotals(one["currency"], one["cards"], one["owed"]) for one in totals]


def _found(by: Actor, named: Q) -> GiftCard:
    if not by.may_somewhere("gift_card.see"):
        by.require("gift_card.see")
    card = GiftCard.objects.select_related("programme").filter(
        named, programme__is_sandbox=by.mode == "test"
    ).first()  # fmt: skip
    if card is None or not by.may("gift_card.see", Scope(card.partner_id, card.store_id)):
        raise UnknownGiftCard("No gift card has this code.")
    return card


def _narrowed(by: Actor, at: datetime, filters: GiftCardFilters) -> QuerySet[GiftCard]:
    if not by.may_somewhere("gift_card.see"):
        by.require("gift_card.see")
    reach = Q()
    scopes = by.scopes_of("gift_card.see")
    if not any(scope == Scope() for scope in scopes):
        reach = Q(pk__in=[])
        for scope in scopes:
            store = {} if scope.store_id is None else {"store_id": scope.store_id}
            reach |= Q(partner_id=scope.partner_id, **store)
    found = GiftCard.objects.select_related("programme").filter(reach, programme__is_sandbox=by.mode == "test")
    if filters.programme_id is not None:
        found = found.filter(programme_id=filters.programme_id)
    if filters.text:
        found = found.filter(code=normalise_code(filters.text))
    alive = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    match filters.state:
        case "open":
            found = found.filter(alive, balance__gt=0)
        case "empty":
            found = found.filter(balance=0)
        case "expired":
            found = found.filter(expires_at__lte=at)
        case "blocked":
            found = found.filter(blocked_at__isnull=False)
    return found
