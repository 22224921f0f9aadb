"""A card that works no more: lost, replaced, blocked, expired; and one found again. The points stay where they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.customers.operations.identities import close_identity
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim, name_resource

from ..errors import CardNotBack, CardNotGiven, CardReplaced, MalformedCardNumber
from ..models import Card
from .audit import change_state
from .giving import fresh_card, place_card
from .locking import WORKING, State, check_usable, locked_card, state_of
from .series import locked_series

BLOCK = "card.block"


def report_lost(*, by: Actor, at: datetime, card: UUID | str, reason: str = "", once: RequestKey | None = None) -> Card:
    """Let a lost card name nobody any more: the till says why. Reported again it stays lost.

    Raises Denied (card.block), UnknownCard, CardReplaced, CardBlocked, CardExpired.
    """
    return _stop(by, at, card, (State.LOST, reason), once)


def block_card(*, by: Actor, at: datetime, card: UUID | str, reason: str, once: RequestKey | None = None) -> Card:
    """Block a card, whatever stands behind it. Raises Denied (card.block), UnknownCard, CardReplaced, CardExpired."""
    return _stop(by, at, card, (State.BLOCKED, reason), once)


def let_work_again(*, by: Actor, at: datetime, card: UUID | str, once: RequestKey | None = None) -> Card:
    """Let a lost card that was found, or a blocked one, name its customer as before.

    Raises Denied (card.block), UnknownCard, CardNotBack (replaced, or expired), CardNumberTaken.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card")
        row = locked_card(by, card, BLOCK)
        if row.state in (State.REPLACED, State.EXPIRED) or (row.expires_at is not None and row.expires_at <= at):
            raise CardNotBack("This card does not work again: give the member another.", state=row.state)
        if row.state in (State.LOST, State.BLOCKED):
            _bring_back(row, by, at)
        name_resource(once, row.id)
    return row


def replace_card(
    *, by: Actor, at: datetime, card: UUID | str, number: str | None = None, reason: str = "",
    once: RequestKey | None = None,
) -> Card:  # fmt: skip
    """Put another card in the place of one: of this number, which is with nobody, or a new one of its series.

    The new card has what the old one had, a person or none; returns the new one. Raises Denied (card.block),
    UnknownCard, CardReplaced, CardNotGiven, CardSeriesEnded, CardNumbersExhausted, MalformedCardNumber.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card")
        old = locked_card(by, card, BLOCK)
        if old.state == State.REPLACED:
            raise CardReplaced("This card was replaced already.", state=old.state)
        if old.customer_id is None:
            raise CardNotGiven("This card is with nobody: there is nothing to replace.")
        new = _in_its_place(by, at, old, number)
        is_provisional = old.registered_at is None
        new.store_id, new.partner_id = old.store_id, old.partner_id
        place_card(
            new, by=by, at=at, customer_id=old.customer_id, state=State.PROVISIONAL if is_provisional else State.ACTIVE
        )  # fmt: skip
        close_identity(at=at, scheme="card", value=old.number)
        old.replaced_by = new
        change_state(old, State.REPLACED, by=by, at=at, verb=BLOCK, reason=reason)
        name_resource(once, new.id)
    return new


def expire_cards(*, by: Actor, at: datetime, limit: int = 1_000) -> int:
    """Write down which cards have expired, at most so many; return how many. Raises Denied (card.expire)."""
    by.require("card.expire")
    with transaction_of_use_case():
        due = Card.objects.select_for_update(skip_locked=True, no_key=True).filter(
            state__in=WORKING, expires_at__lte=at
        )
        rows = list(due.order_by("id")[:limit])
        for row in rows:
            close_identity(at=row.expires_at or at, scheme="card", value=row.number)
            change_state(row, State.EXPIRED, by=by, at=at, verb="card.expire")
    return len(rows)


def _stop(by: Actor, at: datetime, card: UUID | str, told: tuple[str, str], once: RequestKey | None) -> Card:
    state, reason = told
    with transaction_of_use_case():
        claim(once, at=at, resource_type="card")
        row = locked_card(by, card, BLOCK)
        if state_of(row, at) not in (*WORKING, State.ISSUED, State.LOST, State.BLOCKED):
            check_usable(row, at)
        if row.state != state:
            close_identity(at=at, scheme="card", value=row.number)
            change_state(row, state, by=by, at=at, verb=BLOCK, reason=reason)
        name_resource(once, row.id)
    return row


def _bring_back(row: Card, by: Actor, at: datetime) -> None:
    if row.customer_id is None:
        change_state(row, State.ISSUED, by=by, at=at, verb=BLOCK)
        return
    given_at, expires_at, registered_at = row.given_at, row.expires_at, row.registered_at
    state = State.PROVISIONAL if registered_at is None else State.ACTIVE
    place_card(row, by=by, at=at, customer_id=row.customer_id, state=state)
    row.given_at, row.expires_at, row.registered_at = given_at, expires_at, registered_at
    row.save(update_fields=["given_at", "expires_at", "registered_at"])


def _in_its_place(by: Actor, at: datetime, old: Card, number: str | None) -> Card:
    if number is not None:
        new = locked_card(by.lent(BLOCK), number, BLOCK)
        if new.programme_id != old.programme_id or new.state != State.ISSUED:
            raise MalformedCardNumber("Take a card of the same programme that is with nobody.", pointer="/number")
        return new
    if old.series_id is None:
        raise MalformedCardNumber("Say which card takes its place: its number is of no series.", pointer="/number")
    return fresh_card(by, at, locked_series(by.lent(BLOCK), old.series_id, BLOCK))
