"""Gift cards are locked in one order, that of their ids, whatever happens to them: nobody waits in a circle.

A checkout locks those that pay and those that its lines sell or charge in one go (sql/gift_cards.sql).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from fidelia.kernel.db import require_transaction
from fidelia.programme.models import Programme

from ..models import GiftCard, GiftCardMovement


def lock_cards(programme: Programme, codes: Sequence[str]) -> None:
    """Building block: lock the cards of a programme that have these codes."""
    _lock(GiftCard.objects.filter(programme=programme, code__in=codes))


def lock_cards_of(purchase_id: UUID) -> None:
    """Building block: lock the cards that a purchase sold, charged or was paid by."""
    moved = GiftCardMovement.objects.filter(purchase_id=purchase_id).values("card_id")
    _lock(GiftCard.objects.filter(pk__in=moved))


def _lock(cards: QuerySet[GiftCard]) -> None:
    require_transaction()
    list(cards.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))
