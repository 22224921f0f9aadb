"""Questions about series of cards."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from fidelia.kernel.actor import Actor, Scope

from ..errors import UnknownCardSeries
from ..models import Card, CardSeries


@dataclass(frozen=True, slots=True)
class SeriesFigures:
    """How many cards of a series there are, by state."""

    made: int
    by_state: dict[str, int]


def list_card_series(*, by: Actor, programme_id: UUID | None = None) -> list[CardSeries]:
    """Return the series that the actor may see, the newest first. Raises Denied (card.see)."""
    if not by.may_somewhere("card.see"):
        by.require("card.see")
    found = CardSeries.objects.select_related("programme").filter(programme__is_sandbox=by.mode == "test")
    if programme_id is not None:
        found = found.filter(programme_id=programme_id)
    return [one for one in found.order_by("-created_at", "id") if by.may("card.see", Scope(one.partner_id))]


def get_card_series(*, by: Actor, series_id: UUID) -> CardSeries:
    """Return one series. Raises Denied (card.see), UnknownCardSeries."""
    for one in list_card_series(by=by):
        if one.id == series_id:
            return one
    raise UnknownCardSeries("There is no such series of cards.")


def figures_of(series_ids: list[UUID]) -> dict[UUID, SeriesFigures]:
    """Return how many cards each series has, by state; one query for all."""
    rows = Card.objects.filter(series_id__in=series_ids).values_list("series_id", "state").annotate(n=Count("id"))
    counted: dict[UUID, dict[str, int]] = {id: {} for id in series_ids}
    for series_id, state, n in rows:
        counted[series_id][state] = n
    return {id: SeriesFigures(sum(states.values()), states) for id, states in counted.items()}
