"""Series of cards, cards, and what becomes of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.cards.models import Card, CardSeries
from fidelia.cards.queries.cards import show_number
from fidelia.cards.queries.usable import state_of
from fidelia.rewards.operations.patterns import ALPHABET

from .programme import TextOut
from .rewards import CUSTOMER_ID, TextIn, text_out
from .types import Id, Input, Name60, Output, PageQuery, Slug, Text300, shown

_SERIES_ID = "019a5c1e-9700-7000-8000-000000000007"
_CARD_ID = "019a5c1e-9800-7000-8000-000000000008"
_NAME = {"en": "Shop cards", "fr": "Cartes du magasin"}
NumberText = Annotated[str, StringConstraints(min_length=1, max_length=100)]
StateText = Literal["issued", "provisional", "active", "lost", "replaced", "blocked", "expired"]


class CardSeriesIn(Input):
    """A series of cards: EAN-13 numbers behind a prefix, drawn or running, or a pattern of letters drawn."""

    model_config = shown({"programme": "fidelio", "key": "shop", "name": _NAME, "prefix": "299"})
    programme: Slug | None = None
    key: Name60
    name: TextIn
    kind: Literal["ean13", "pattern"] = "ean13"
    prefix: str = Field("", max_length=9, description="Of EAN-13: the digits they all begin with.")
    pattern: str = Field("", max_length=64, description="Each # is a letter of the alphabet, drawn.")
    alphabet: str = Field(ALPHABET, min_length=10, max_length=36)
    is_running: bool = Field(False, description="Of EAN-13: one after the other, from first_number on.")
    first_number: int = Field(0, ge=0, le=10**12)
    is_digital: bool = Field(False, description="Given to members who have no card, to show on a screen.")
    validity_months: int | None = Field(None, ge=1, le=600, description="From the day a card is given.")


_SERIES = {
    "id": _SERIES_ID, "key": "shop", "name": _NAME, "kind": "ean13", "prefix": "299", "pattern": "",
    "is_running": False, "is_digital": False, "validity_months": None, "created_at": "2026-11-02T09:30:00Z",
    "ended_at": None, "cards": {"issued": 4_000, "active": 950, "provisional": 50},
}  # fmt: skip


class CardSeriesOut(Output):
    """A series of cards, with how many of its cards are in which state."""

    model_config = shown(_SERIES)
    id: UUID
    key: str
    name: TextOut
    kind: str
    prefix: str
    pattern: str
    is_running: bool
    is_digital: bool
    validity_months: int | None
    created_at: datetime
    ended_at: datetime | None
    cards: dict[str, int]


class CardSeriesPage(Output):
    """The series, the newest first."""

    model_config = shown({"data": [_SERIES], "next": None})
    data: list[CardSeriesOut]
    next: str | None


class CardsIn(Input):
    """Cards to make (`count`, by a job), or numbers printed elsewhere (`numbers`): one of the two."""

    model_config = shown({"count": 5_000})
    count: int | None = Field(None, ge=1, le=5_000_000)
    numbers: list[NumberText] | None = Field(None, min_length=1, max_length=10_000)


class CardsOut(Output):
    """The job that makes cards, or how many numbers were brought in."""

    model_config = shown({"job_id": "019a5c1e-9500-7000-8000-000000000005", "brought": 0})
    job_id: UUID | None
    brought: int


class CardIn(Input):
    """A card to give to a customer, or to hand out with no person yet (`customer_id` left out): by its number, or a
    new one of a series.
    """

    model_config = shown({"number": "2990000000019", "customer_id": CUSTOMER_ID})
    number: NumberText | None = None
    series_id: Id | None = None
    customer_id: Id | None = None
    store: str | None = Field(None, min_length=1, max_length=40)


class RegistrationIn(Input):
    """Who a provisional card is registered to: a customer of the file, or a name and where to reach them."""

    model_config = shown({"given_name": "Leonore", "email": "leonore@fidelio.example", "language": "fr"})
    customer_id: Id | None = None
    given_name: str = Field("", max_length=150)
    family_name: str = Field("", max_length=150)
    email: str = Field("", max_length=254)
    phone: str = Field("", max_length=40)
    language: Literal["", "fr", "en"] = ""
    country: str = Field("", max_length=2)


class CardReasonIn(Input):
    """Why."""

    model_config = shown({"reason": "Left in the tram"})
    reason: Text300 = ""


class ReplacementIn(Input):
    """The card that takes the place, one that is with nobody; left out, a new one of the same series."""

    model_config = shown({"number": "2990000000026", "reason": "Broken"})
    number: NumberText | None = None
    reason: Text300 = ""


class CardBlockIn(Input):
    """Whether the card is blocked, and why."""

    model_config = shown({"is_blocked": True, "reason": "Used by somebody else"})
    is_blocked: bool
    reason: Text300 = ""


class CardQuery(PageQuery):
    """Cards of a customer, or the one of a number."""

    customer_id: Id | None = None
    number: NumberText | None = None


_CARD = {
    "id": _CARD_ID, "number": "2990000000019", "shown": "2 990000 000019", "state": "active",
    "series_id": _SERIES_ID, "customer_id": CUSTOMER_ID, "made_at": "2026-11-02T09:30:00Z",
    "given_at": "2026-11-03T10:00:00Z", "registered_at": "2026-11-03T10:00:00Z", "expires_at": None, "reason": "",
    "replaced_by": None,
}  # fmt: skip


class CardOut(Output):
    """A card. It names its customer while it is provisional or active; `expires_at` is the first instant after."""

    model_config = shown(_CARD)
    id: UUID
    number: str
    shown: str
    state: StateText
    series_id: UUID | None
    customer_id: UUID | None
    made_at: datetime
    given_at: datetime | None
    registered_at: datetime | None
    expires_at: datetime | None
    reason: str
    replaced_by: UUID | None


class CardPage(Output):
    """The cards asked for."""

    model_config = shown({"data": [_CARD], "next": None})
    data: list[CardOut]
    next: str | None


def card_series_out(series: CardSeries, cards: dict[str, int]) -> CardSeriesOut:
    plain = ("id", "key", "kind", "prefix", "pattern", "is_running", "is_digital", "validity_months", "created_at")
    return CardSeriesOut(
        name=text_out(series.name), ended_at=series.ended_at, cards=cards,
        **{name: getattr(series, name) for name in plain},
    )  # fmt: skip


def card_out(card: Card, at: datetime) -> CardOut:
    plain = ("id", "number", "series_id", "customer_id", "made_at", "given_at", "registered_at", "expires_at")
    read: dict[str, Any] = {name: getattr(card, name) for name in plain}
    return CardOut(
        shown=show_number(card.number), reason=card.reason, replaced_by=card.replaced_by_id,
        **read | {"state": state_of(card, at)},
    )  # fmt: skip
