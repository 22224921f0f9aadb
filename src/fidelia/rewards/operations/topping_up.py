"""Charge a gift card again, by hand or on the line of a checkout, and take a charge back.

The terms in force say how much at once, how much a card may hold, and whether its life begins anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.rules.gift_card_terms import GiftCardPolicy

from ..errors import (
    GiftCardBlocked,
    GiftCardExpired,
    GiftCardFull,
    GiftCardNotToppedUp,
    GiftCardShort,
    MalformedGiftCard,
    TopUpStays,
    UnknownGiftCard,
)
from ..models import GiftCard, GiftCardMovement
from .gift_cards import check_amount, end_as_before, gift_card_terms, lock_card, move, reserved_of, tell_moved

Kind = GiftCardMovement.Kind


def top_up_gift_card(
    *, by: Actor, at: datetime, card_id: UUID, amount: Money, note: str = "", once: RequestKey | None = None
) -> GiftCard:
    """Put more money onto a card that was sold; its life begins anew where the terms say so.

    Raises Denied (gift_card.top_up), UnknownGiftCard, MalformedGiftCard, GiftCardNotToppedUp, GiftCardOutOfBounds,
    GiftCardFull, GiftCardExpired, GiftCardBlocked.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="gift_card", resource_id=card_id)
        card = lock_card(by, card_id, "gift_card.top_up")
        _charge(card, amount, at, note=note)
        tell_moved(by, at, card, Kind.TOPPED_UP, amount.minor)
    return card


def top_up_gift_card_on_line(
    *, by: Actor, at: datetime, programme: Programme, amount: Money, code: str, purchase_id: UUID, line_number: int,
    partner_id: UUID | None, store_id: UUID | None,
) -> GiftCard:  # fmt: skip
    """Building block of a closure: charge the card that a line of its purchase names by its code.

    The right is asked of the store that sells. Raises as `top_up_gift_card`.
    """
    require_transaction()
    by.require("gift_card.top_up", Scope(partner_id, store_id))
    card = GiftCard.objects.select_for_update(no_key=True).filter(programme=programme, code=code).first()
    if card is None:
        raise UnknownGiftCard("No gift card has this code.", pointer="/code")
    _charge(card, amount, at, purchase_id=purchase_id, line_number=line_number)
    tell_moved(by, at, card, Kind.TOPPED_UP, amount.minor)
    return card


def take_top_up_back(
    *, by: Actor, at: datetime, card_id: UUID, number: int, note: str, once: RequestKey | None = None
) -> GiftCard:
    """Take the charge with this number off a card again, whole: the money goes back to who paid it.

    The card ends as it did before the charge, today at the earliest, unless it was charged again since. Raises Denied
    (gift_card.refund), UnknownGiftCard, MalformedGiftCard, TopUpStays, GiftCardShort, GiftCardBlocked.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="gift_card", resource_id=card_id)
        card = lock_card(by, card_id, "gift_card.refund")
        if not note.strip():
            raise MalformedGiftCard("Say why the money is paid out.", pointer="/note")
        charge = _charge_to_undo(card, number, at)
        left = card.balance - reserved_of(card, at)
        if left < charge.amount:
            told = Money(max(0, left), card.currency)
            message = f"There is less on this gift card: {told}."
            raise GiftCardShort(message, pointer="/number", asked=charge.amount, balance=told.minor)
        end_as_before(card, charge, at)
        move(card, Kind.REFUNDED, -charge.amount, at=at, now=at, note=note, reverses=number)
        tell_moved(by, at, card, Kind.REFUNDED, -charge.amount)
    return card


def _charge_to_undo(card: GiftCard, number: int, at: datetime) -> GiftCardMovement:
    charge = card.history.filter(number=number, kind=Kind.TOPPED_UP).first()
    if charge is None:
        raise TopUpStays("This movement put no money onto the card again.", pointer="/number")
    if charge.purchase_id is not None:
        raise TopUpStays("This charge came with a purchase: return its line.", pointer="/number")
    if card.history.filter(reverses=number).exists():
        raise TopUpStays("This charge was taken back already.", pointer="/number")
    if card.blocked_at is not None:
        raise GiftCardBlocked("This gift card is blocked.")
    terms = gift_card_terms(card.programme, charge.occurred_at).top_up
    days = 0 if terms is None else terms.undone_days
    if at >= charge.occurred_at + timedelta(days=days):
        raise TopUpStays(f"A charge is taken back within {days} days.", pointer="/number")
    return charge


def end_once_charged(card: GiftCard, terms: GiftCardPolicy, at: datetime) -> datetime | None:
    """Return the end that a charge gives a card, never before the one it has; None where its end is not changed."""
    before = card.expires_at
    if terms.top_up is None or not terms.top_up.renews or before is None or terms.validity is None:
        return None
    renewed = terms.ends_at(at, zone_of(card.programme.time_zone))
    assert renewed is not None, "a life that is told has an end"
    return max(before, renewed)


def _charge(
    card: GiftCard, amount: Money, at: datetime, *, note: str = "", purchase_id: UUID | None = None,
    line_number: int | None = None,
) -> None:  # fmt: skip
    if card.blocked_at is not None:
        raise GiftCardBlocked("This gift card is blocked.")
    if card.expires_at is not None and card.expires_at <= at:
        raise GiftCardExpired("This gift card has expired.")
    if amount.currency != card.currency:
        raise MalformedGiftCard(f"This gift card is in {card.currency}.", pointer="/currency")
    if amount.minor <= 0:
        raise MalformedGiftCard("A gift card is charged with more than nothing.", pointer="/amount")
    terms = gift_card_terms(card.programme, at)
    if terms.top_up is None:
        raise GiftCardNotToppedUp("The terms let no money onto a gift card that is sold.")
    check_amount(terms.top_up.amounts, amount)
    most = terms.top_up.most_held
    if most is not None and card.balance + amount.minor > most:
        message = f"A gift card holds at most {Money(most, card.currency)}."
        raise GiftCardFull(message, pointer="/amount", most=most, balance=card.balance)
    before, renewed = card.expires_at, end_once_charged(card, terms, at)
    if renewed is not None:
        card.expires_at = renewed
        card.save(update_fields=["expires_at"])
    move(
        card, Kind.TOPPED_UP, amount.minor, at=at, now=at, purchase_id=purchase_id, line_number=line_number, note=note,
        ended_before=before, ends_after=card.expires_at,
    )  # fmt: skip
