"""Sell, block, refund and expire gift cards. Spending at a checkout: `executing`; charging again: `topping_up`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import end_of_day, local_day, zone_of
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import Origin, announce
from fidelia.programme.models import Programme
from fidelia.programme.queries import terms_of, version_in_force
from fidelia.rules.gift_card_terms import NO_GIFT_CARD_TERMS, Amounts, GiftCardPolicy

from ..errors import (
    GiftCardBlocked,
    GiftCardExpired,
    GiftCardOutOfBounds,
    GiftCardShort,
    MalformedGiftCard,
    UnknownGiftCard,
)
from ..events import GiftCardMoved, GiftCardSold
from ..models import GiftCard, GiftCardMovement
from .audit import audit
from .patterns import ALPHABET, draw_codes, read_code
from .series import check_free

PATTERN = "####-####-####-####"  # 79 bits: who guesses a billion times a second finds none in a thousand years
Kind = GiftCardMovement.Kind
_EXPIRE = """
with due as (
    select card.id from rewards_gift_card card
    where card.expires_at <= %(at)s and card.balance > 0 order by card.id limit %(limit)s for no key update
), emptied as (
    update rewards_gift_card card set balance = 0, movements = card.movements + 1
    from (select id, balance as had from rewards_gift_card where id in (select id from due)) before
    where card.id = before.id and card.balance = before.had
    returning card.id, card.movements, before.had, card.programme_id, card.currency, card.customer_id, card.expires_at
), told as (
    insert into rewards_gift_card_movement (card_id, number, kind, amount, balance_after, occurred_at, recorded_at)
    select id, movements, 'expired', -had, 0, expires_at, %(at)s from emptied
), announced as (
    insert into kernel_outbox (name, schema_version, origin, customer_id, payload, occurred_at)
    select 'gift_card.lapsed', 1, 'live', customer_id, jsonb_build_object('gift_card_id', id, 'programme_id',
        programme_id, 'amount', had, 'currency', currency, 'reason', 'expired'), expires_at
    from emptied
)
select programme_id, currency, count(*), sum(had)::bigint from emptied group by programme_id, currency
order by programme_id, currency
"""


def sell_gift_card(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    amount: Money,
    valid_until: date | None = None,
    code: str | None = None,
    customer_id: UUID | None = None,
    store_id: UUID | None = None,
    partner_id: UUID | None = None,
    purchase_id: UUID | None = None,
    once: RequestKey | None = None,
) -> GiftCard:
    """Sell a gift card with this money on it. `code` None draws one. `valid_until` is announced to the buyer: None is
    what the terms in force announce, and no day before that can be asked for.

    Raises Denied (gift_card.sell), MalformedGiftCard, GiftCardOutOfBounds, MalformedCode, CodeTaken.
    """
    by.require("gift_card.sell", Scope(partner_id, store_id))
    card = GiftCard(id=new_id(), programme=programme, partner_id=partner_id, store_id=store_id, customer_id=customer_id)
    _check_sale(card, amount, valid_until, at)
    with transaction_of_use_case():
        claim(once, at=at, resource_type="gift_card", resource_id=card.id)
        card.code = draw_gift_card_code() if code is None else read_code(code, pointer="/code")
        check_free(programme.id, [card.code])
        _activate(by, at, card, amount, purchase_id=purchase_id)
    return card


def sell_gift_card_on_line(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    amount: Money,
    valid_until: date | None,
    code: str,
    card_id: UUID,
    customer_id: UUID | None,
    store_id: UUID | None,
    partner_id: UUID | None,
    purchase_id: UUID,
    line_number: int,
) -> GiftCard:
    """Building block of a closure: activate the card that a line of its purchase sells.

    A card that was sold on a line and came back with it is sold again under its code. Raises as `sell_gift_card`.
    """
    require_transaction()
    by.require("gift_card.sell", Scope(partner_id, store_id))
    card = _taken_back(programme, code)
    if card is None:
        check_free(programme.id, [read_code(code, pointer="/code")])
        card = GiftCard(id=card_id, programme=programme, code=code)
    card.partner_id, card.store_id, card.customer_id = partner_id, store_id, customer_id
    _check_sale(card, amount, valid_until, at)
    _activate(by, at, card, amount, purchase_id=purchase_id, line_number=line_number)
    return card


def _check_sale(card: GiftCard, amount: Money, valid_until: date | None, at: datetime) -> None:
    programme, zone = card.programme, zone_of(card.programme.time_zone)
    terms = gift_card_terms(programme, at)
    card.expires_at = terms.ends_at(at, zone, valid_until)
    if amount.currency != programme.currency:
        raise MalformedGiftCard(f"{programme.slug} counts in {programme.currency}.", pointer="/currency")
    if amount.minor <= 0:
        raise MalformedGiftCard("A gift card is sold with money on it.", pointer="/amount")
    if card.expires_at is not None and card.expires_at <= at:
        raise MalformedGiftCard("The last day of a gift card lies ahead.", pointer="/valid_until")
    if valid_until is not None and not terms.is_announced(at, zone, valid_until):
        raise MalformedGiftCard("The terms announce a longer life of gift cards.", pointer="/valid_until")
    check_amount(terms.amounts, amount)


def _activate(
    by: Actor, at: datetime, card: GiftCard, amount: Money, *, purchase_id: UUID | None, line_number: int | None = None
) -> None:
    if card._state.adding:
        card.balance, card.movements = 0, 0
    card.currency, card.sold_at = amount.currency, at
    card.save()
    move(card, Kind.SOLD, amount.minor, at=at, now=at, purchase_id=purchase_id, line_number=line_number)
    audit(by, at, "gift_card.sell", card.id, partner_id=card.partner_id, after={"amount": amount})
    announce(
        GiftCardSold(
            occurred_at=at,
            customer_id=card.customer_id,
            gift_card_id=card.id,
            programme_id=card.programme_id,
            amount=amount.minor,
            currency=amount.currency,
        )
    )


def gift_card_terms(programme: Programme, at: datetime) -> GiftCardPolicy:
    """Return what the version in force at an instant says of gift cards; where it says nothing, nothing is bounded."""
    version = version_in_force(programme, at)
    return NO_GIFT_CARD_TERMS if version is None else terms_of(version.id).gift_cards


def check_amount(allowed: Amounts, amount: Money) -> None:
    """Raise GiftCardOutOfBounds for money that the terms let onto no card at once."""
    if allowed.allow(amount.minor):
        return
    bounds: dict[str, Any] = {"least": allowed.least, "most": allowed.most, "choices": list(allowed.choices)}

    def say(minor: int) -> str:
        return str(Money(minor, amount.currency))

    if allowed.choices:
        told = ", ".join([say(each) for each in allowed.choices])
        raise GiftCardOutOfBounds(f"The amounts of a gift card are {told}.", pointer="/amount", **bounds)
    words = [f"{word} {say(each)}" for word, each in (("at least", allowed.least), ("at most", allowed.most)) if each]
    raise GiftCardOutOfBounds(f"A gift card takes {' and '.join(words)} at once.", pointer="/amount", **bounds)


def draw_gift_card_code() -> str:
    """Draw a code for a card that is yet to be sold."""
    return next(draw_codes(PATTERN, ALPHABET, 1))


def take_gift_card_back(
    *, by: Actor, at: datetime, sale_id: UUID, line_number: int, amount: Money, purchase_id: UUID
) -> GiftCard | None:
    """Building block of a return: take money off the card that a line of a sale sold, or charged again; the customer
    gets it in money.

    None for a line that sold none. The right is that of the return. Raises GiftCardShort where it is spent,
    or set aside by an open checkout.
    """
    require_transaction()
    came = (Kind.SOLD, Kind.TOPPED_UP)
    sold = GiftCardMovement.objects.filter(purchase_id=sale_id, line_number=line_number, kind__in=came).first()
    if sold is None:
        return None
    card = GiftCard.objects.select_for_update(no_key=True).get(pk=sold.card_id)
    left = card.balance - reserved_of(card, at)
    if left < amount.minor:
        told = Money(max(0, left), card.currency)
        message = f"The gift card that was sold has less on it: {told}."
        raise GiftCardShort(message, pointer="/lines", asked=amount.minor, balance=told.minor)
    if amount.minor == sold.amount:
        end_as_before(card, sold, at)
    move(
        card, Kind.REFUNDED, -amount.minor, at=at, now=at, purchase_id=purchase_id, line_number=line_number,
        reverses=sold.number,
    )  # fmt: skip
    tell_moved(by, at, card, Kind.REFUNDED, -amount.minor)
    return card


def end_as_before(card: GiftCard, charge: GiftCardMovement, at: datetime) -> None:
    """Building block: let a locked card end as it did before a charge, today at the earliest; not where it was charged
    again since.
    """
    later = card.history.filter(number__gt=charge.number)
    undone = later.filter(reverses__isnull=False).values("reverses")
    renewed = later.filter(kind=Kind.TOPPED_UP).exclude(number__in=undone).exists()
    if renewed or charge.ended_before is None or card.expires_at != charge.ends_after:
        return
    zone = zone_of(card.programme.time_zone)
    card.expires_at = max(charge.ended_before, end_of_day(local_day(at, zone), zone))
    card.save(update_fields=["expires_at"])


def _taken_back(programme: Programme, code: str) -> GiftCard | None:
    """Return the card of a code that was sold on a line and came back whole with it: it hangs on the rack again."""
    card = GiftCard.objects.select_for_update(no_key=True).filter(programme=programme, code=code, balance=0).first()
    return card if card is not None and card.is_on_the_rack() else None


def spend_gift_card(
    *,
    by: Actor,
    at: datetime,
    card_id: UUID,
    amount: Money,
    purchase_id: UUID | None = None,
    note: str = "",
    once: RequestKey | None = None,
) -> GiftCard:
    """Pay by a gift card outside a checkout of Fidelia's. What open checkouts have reserved is not there to spend.

    Raises Denied (gift_card.spend), UnknownGiftCard, MalformedGiftCard, GiftCardShort, GiftCardExpired,
    GiftCardBlocked.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="gift_card", resource_id=card_id)
        card = lock_card(by, card_id, "gift_card.spend")
        _check_amount(card, amount, at, reserved=reserved_of(card, at))
        move(card, Kind.SPENT, -amount.minor, at=at, now=at, purchase_id=purchase_id, note=note)
        tell_moved(by, at, card, Kind.SPENT, -amount.minor)
    return card


def refund_gift_card(
    *,
    by: Actor,
    at: datetime,
    card_id: UUID,
    amount: Money | None = None,
    note: str,
    once: RequestKey | None = None,
) -> GiftCard:
    """Pay money of a card out to who holds it: all that is there, or an amount, with the reason.

    Raises Denied (gift_card.refund), UnknownGiftCard, MalformedGiftCard, GiftCardShort, GiftCardBlocked.
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="gift_card", resource_id=card_id)
        card = lock_card(by, card_id, "gift_card.refund")
        if not note.strip():
            raise MalformedGiftCard("Say why the money is paid out.", pointer="/note")
        reserved = reserved_of(card, at)
        asked = Money(card.balance - reserved, card.currency) if amount is None else amount
        _check_amount(card, asked, at, reserved=reserved)
        move(card, Kind.REFUNDED, -asked.minor, at=at, now=at, note=note)
        tell_moved(by, at, card, Kind.REFUNDED, -asked.minor)
    return card


def block_gift_card(
    *, by: Actor, at: datetime, card_id: UUID, is_blocked: bool = True, once: RequestKey | None = None
) -> GiftCard:
    """Block a card that is lost or stolen, or let it work again. Raises Denied (gift_card.block), UnknownGiftCard."""
    with transaction_of_use_case():
        claim(once, at=at, resource_type="gift_card", resource_id=card_id)
        card = lock_card(by, card_id, "gift_card.block")
        before, card.blocked_at = card.blocked_at, (card.blocked_at or at) if is_blocked else None
        card.save(update_fields=["blocked_at"])
        audit(
            by, at, "gift_card.block", card.id, partner_id=card.partner_id,
            before={"blocked_at": before}, after={"blocked_at": card.blocked_at},
        )  # fmt: skip
    return card


def expire_gift_cards(*, by: Actor, at: datetime, limit: int = 1_000) -> int:
    """Write down which cards have expired, at most so many; return how many. What is expired cannot be spent anyway.

    Raises Denied (gift_card.expire).
    """
    by.require("gift_card.expire")
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"at": at, "limit": limit})
        lapsed = cursor.fetchall()
        for programme_id, currency, cards, amount in lapsed:
            after = {"amount": Money(amount, currency), "cards": cards, "reason": "expired"}
            audit(by, at, "gift_card.expire", programme_id, after=after)
    return sum(cards for _programme, _currency, cards, _amount in lapsed)


def move(
    card: GiftCard, kind: str, amount: int, *, at: datetime, now: datetime, purchase_id: UUID | None = None,
    note: str = "", line_number: int | None = None, **more: Any,
) -> GiftCardMovement:  # fmt: skip
    """Building block: change a locked card's balance and write the movement that did it, with `more` of its columns."""
    require_transaction()
    card.balance += amount
    card.movements += 1
    card.save(update_fields=["balance", "movements"])
    return GiftCardMovement.objects.create(
        card=card, number=card.movements, kind=kind, amount=amount, balance_after=card.balance,
        purchase_id=purchase_id, line_number=line_number, note=note[:300], occurred_at=at, recorded_at=now, **more,
    )  # fmt: skip


def reserved_of(card: GiftCard, at: datetime) -> int:
    """Return how much of a card open checkouts have set aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select rewards_held(%s, rewards_anybody(), %s, null, %s)", [card.programme_id, f"gift_card:{card.id}", at]
        )
        return int(cursor.fetchone()[0])


def lock_card(by: Actor, card_id: UUID, right: str) -> GiftCard:
    """Building block: return a card under its lock. Raises Denied (`right`), UnknownGiftCard."""
    card = GiftCard.objects.select_for_update(no_key=True).filter(pk=card_id).first()
    by.require(right, Scope() if card is None else Scope(card.partner_id, card.store_id))
    if card is None:
        raise UnknownGiftCard("There is no such gift card.")
    return card


def _check_amount(card: GiftCard, amount: Money, at: datetime, *, reserved: int) -> None:
    if card.blocked_at is not None:
        raise GiftCardBlocked("This gift card is blocked.")
    if card.expires_at is not None and card.expires_at <= at:
        raise GiftCardExpired("This gift card has expired.")
    if amount.currency != card.currency:
        raise MalformedGiftCard(f"This gift card is in {card.currency}.", pointer="/currency")
    if amount.minor <= 0:
        raise MalformedGiftCard("A gift card pays more than nothing.", pointer="/amount")
    if amount.minor > card.balance - reserved:
        left = Money(max(0, card.balance - reserved), card.currency)
        raise GiftCardShort(f"There is less on this gift card: {left}.", pointer="/amount", balance=left.minor)


def tell_moved(by: Actor, at: datetime, card: GiftCard, kind: Kind, amount: int) -> None:
    """Building block: write down who moved money of a card, and announce it."""
    verb = {Kind.SPENT: "gift_card.spend", Kind.REFUNDED: "gift_card.refund", Kind.TOPPED_UP: "gift_card.top_up"}[kind]
    after = {"amount": Money(amount, card.currency), "balance": Money(card.balance, card.currency)}
    audit(by, at, verb, card.id, partner_id=card.partner_id, after=after)
    announce(
        GiftCardMoved(
            occurred_at=at,
            origin=Origin.LIVE,
            customer_id=card.customer_id,
            gift_card_id=card.id,
            programme_id=card.programme_id,
            kind=kind,
            amount=amount,
            currency=card.currency,
        )
    )
