"""Offers that members activate."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from fidelia.kernel.localized import LocalizedText
from fidelia.rewards.queries.offers import OfferOfMember

from .programme import TextOut
from .types import Input, Output, shown


class ActivationIn(Input):
    """The offer that a member activates, by its key."""

    model_config = shown({"offer": "double_week"})
    offer: Annotated[str, StringConstraints(min_length=1, max_length=60)]


_OFFER = {
    "offer": "double_week", "name": {"en": "Double week", "fr": "Semaine double"},
    "description": {"en": "Twice the points on tea.", "fr": "Deux fois plus de points sur le thé."}, "state": "active",
    "valid_from": "2026-11-30T23:00:00Z", "valid_until": "2026-12-07T23:00:00Z", "left": 412,
    "activated_at": "2026-12-01T09:00:00Z", "holds_until": "2026-12-07T23:00:00Z",
}  # fmt: skip


class OfferOut(Output):
    """An offer as it stands to a member. `left` is how many members may still activate it; null: any number."""

    model_config = shown(_OFFER)
    offer: str
    name: TextOut
    description: TextOut | None
    state: Literal["open", "active", "over", "not_yet", "closed", "taken"]
    valid_from: datetime | None
    valid_until: datetime | None
    left: int | None
    activated_at: datetime | None
    holds_until: datetime | None


class OfferList(Output):
    """The offers of the terms in force, as they are declared."""

    model_config = shown({"data": [_OFFER]})
    data: list[OfferOut]


def offer_out(found: OfferOfMember) -> OfferOut:
    names = ("state", "left", "activated_at", "holds_until")
    own: dict[str, Any] = {name: getattr(found, name) for name in names}
    terms = found.terms
    return OfferOut(
        offer=terms.key, name=TextOut(en=terms.name.en, fr=terms.name.fr), valid_from=terms.valid_from,
        valid_until=terms.valid_until, description=_text_out(terms.description), **own,
    )  # fmt: skip


def _text_out(text: LocalizedText | None) -> TextOut | None:
    return None if text is None else TextOut(en=text.en, fr=text.fr)
