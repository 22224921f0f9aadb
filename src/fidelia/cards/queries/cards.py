"""Questions about cards: whose a number is, what a till says of it, which cards a member has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from fidelia.customers.queries import list_identities
from fidelia.kernel.actor import Actor, Scope
from fidelia.ui.codes import is_ean13

from ..errors import UnknownCard
from ..models import Card
from .usable import WORKING, check_usable, normalise_number, state_of

LIMIT_MAX = 200
READ_AT_ONCE = 10_000
GROUP = 4


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card of a member as one reads it; `card_id` None: a plain identity, which works and has no life yet."""

    number: str
    shown: str
    state: str
    card_id: UUID | None
    series_key: str
    expires_at: datetime | None
    issued_at: datetime | None
    reason: str
    programme_id: UUID | None = None

    @property
    def is_usable(self) -> bool:
        return self.state in WORKING

    @property
    def is_ean13(self) -> bool:
        return is_ean13(self.number)


@dataclass(frozen=True, slots=True)
class CardFilters:
    """What narrows a list of cards: a whole number, a state, a series."""

    number: str = ""
    state: str = ""
    series_id: UUID | None = None


def cards_of(customer_ids: Sequence[UUID], *, at: datetime) -> list[HeldCard]:
    """Return the cards of a person (`ids_of`), those that work at `at` first, each the newest first; plain identities
    too.
    """
    rows = Card.objects.select_related("series").filter(customer_id__in=list(customer_ids))
    held = [_held(row, at) for row in rows]
    known = {one.number for one in held}
    held += [
        HeldCard(one.value, show_number(one.value), "active", None, "", None, one.since, "")
        for one in list_identities(customer_ids)
        if one.scheme == "card" and one.until is None and one.value not in known
    ]
    return sorted(held, key=lambda one: (one.is_usable, str(one.issued_at or ""), one.number), reverse=True)


def main_card_of(customer_ids: Sequence[UUID], *, at: datetime, programme_id: UUID | None = None) -> HeldCard | None:
    """Return the card that a member shows: the newest that works, one of the programme first; None: none works."""
    usable = [one for one in cards_of(customer_ids, at=at) if one.is_usable]
    return next((one for one in usable if one.programme_id == programme_id), next(iter(usable), None))


def check_number(number: str, *, at: datetime) -> None:
    """Raise what a till is told of a number that names nobody: CardLost, CardReplaced, CardBlocked, CardExpired or
    CardNotGiven. Of a number that is no card of ours, nothing is known.
    """
    kept = normalise_number(number)
    found = Card.objects.filter(number=kept).first() if kept else None
    if found is not None:
        check_usable(found, at)


def find_card(*, by: Actor, number: str) -> Card:
    """Return the card of a number, as people type it. Raises Denied (card.see), UnknownCard."""
    return _found(by, Q(number=normalise_number(number)))


def get_card(*, by: Actor, card_id: UUID) -> Card:
    """Return one card. Raises Denied (card.see), UnknownCard."""
    return _found(by, Q(pk=card_id))


def list_cards(
    *, by: Actor, filters: CardFilters, after: tuple[datetime, UUID] | None = None,
    before: tuple[datetime, UUID] | None = None, limit: int = 50,
) -> list[Card]:  # fmt: skip
    """Return cards, the one changed last first. Raises Denied (card.see)."""
    found, count = _narrowed(by, filters), min(limit, LIMIT_MAX)
    if before is not None:
        later = found.filter(Q(changed_at__gt=before[0]) | Q(changed_at=before[0], id__gt=before[1]))
        return list(later.order_by("changed_at", "id")[:count])[::-1]
    if after is not None:
        found = found.filter(Q(changed_at__lt=after[0]) | Q(changed_at=after[0], id__lt=after[1]))
    return list(found.order_by("-changed_at", "-id")[:count])


def count_cards(*, by: Actor, filters: CardFilters) -> int:
    """Return how many cards `list_cards` goes through. Raises Denied (card.see)."""
    return _narrowed(by, filters).count()


def numbers_of_series(series_id: UUID, *, state: str = Card.State.ISSUED) -> Iterator[str]:
    """Return the numbers of a series in a state, in their order; read in pieces as they are asked for."""
    last = ""
    while True:
        found = Card.objects.filter(series_id=series_id, state=state, number__gt=last).order_by("number")
        piece = list(found.values_list("number", flat=True)[:READ_AT_ONCE])
        if not piece:
            return
        yield from piece
        last = piece[-1]


def show_number(number: str) -> str:
    """Return a number as it is printed: an EAN-13 as 1 6 6 digits, any other in groups of four."""
    if is_ean13(number):
        return f"{number[0]} {number[1:7]} {number[7:]}"
    return " ".join(number[start : start + GROUP] for start in range(0, len(number), GROUP))


def _held(row: Card, at: datetime) -> HeldCard:
    series_key = row.series.key if row.series is not None else ""
    return HeldCard(
        row.number, show_number(row.number), state_of(row, at), row.id, series_key, row.expires_at,
        row.given_at or row.made_at, row.reason, row.programme_id,
    )  # fmt: skip


def _found(by: Actor, named: Q) -> Card:
    if not by.may_somewhere("card.see"):
        by.require("card.see")
    row = Card.objects.select_related("programme", "series", "replaced_by").filter(
        named, programme__is_sandbox=by.mode == "test"
    ).first()  # fmt: skip
    if row is None or not by.may("card.see", Scope(row.partner_id, row.store_id)):
        raise UnknownCard("There is no card of this number.")
    return row


def _narrowed(by: Actor, filters: CardFilters) -> QuerySet[Card]:
    if not by.may_somewhere("card.see"):
        by.require("card.see")
    reach, scopes = Q(), by.scopes_of("card.see")
    if not any(scope == Scope() for scope in scopes):
        reach = Q(pk__in=[])
        for scope in scopes:
            store = {} if scope.store_id is None else {"store_id": scope.store_id}
            reach |= Q(partner_id=scope.partner_id, **store)
    found = Card.objects.select_related("series", "programme").filter(reach, programme__is_sandbox=by.mode == "test")
    if filters.number:
        found = found.filter(number=normalise_number(filters.number))
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.series_id is not None:
        found = found.filter(series_id=filters.series_id)
    return found
