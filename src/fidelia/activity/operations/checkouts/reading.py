"""Read what a checkout needs in one statement: the checkout, its surroundings, and what the member and codes hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable

from fidelia.access.operations import ReadingInSet
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import ask
from fidelia.programme.errors import UnknownProgramme

from ...errors import CheckoutBusy, IdempotencyKeyReused, NoTermsInForce, WrongCheckoutState
from ...models import TRANSITIONS, unpacked
from ..reading import Asked, Found, Member, Surroundings, surroundings_of
from ..rule_reads import Lately, baskets_lately, reads_of_basket_lately
from .requests import CheckoutBasket, CheckoutCall, read_basket

# What a basket names: see `_named`.
_NAMED = ", ".join(["%s"] * 10)
_BEGIN = f"select activity_checkout_begin(%s, %s, %s, %s, {_NAMED}, %s, %s, %s, %s)"
# Of several baskets that are only tried, for whose keys are admitted by the same statement.
_TRY_TOGETHER = "activity_try_together"
# Of several closures, in the streams of the keys that ask.
_CLOSE_TOGETHER = "activity_close_begin_together"
_KEPT: Final[tuple[Any, ...]] = (None,) * 10  # the basket that is kept
RESOURCE: Final = "checkout"  # as kernel.idempotency names what a request made


class KeptCheckout(msgspec.Struct):
    """A checkout as it is kept; see `models.Checkout`."""

    checkout_id: UUID
    source: str
    number: str
    state: str
    revision: int
    programme_id: UUID
    customer_id: UUID | None
    account_id: UUID | None
    partner_id: UUID | None
    store_id: UUID | None
    channel: str
    currency: str
    basket: msgspec.Raw
    total: int
    points: int
    closures: int
    purchase_id: UUID | None
    reserved_until: datetime | None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    cancelled_at: datetime | None
    evaluation: Any = None  # what is decided anew is not read

    @property
    def scope(self) -> Scope:
        return Scope(self.partner_id, self.store_id)

    def after(self, step: str) -> str:
        """Return the state that a step leads to. Raises WrongCheckoutState."""
        following = TRANSITIONS[self.state].get(step)
        if following is None:
            raise WrongCheckoutState(f"This checkout is {self.state}.", state=self.state)
        return following


class _CheckoutFound(msgspec.Struct):
    """What activity_checkout_begin (sql/checkout_reading.sql) answers."""

    checkout: KeptCheckout | None = None
    known: str | None = None
    around: Found | None = None
    rewards: dict[str, Any] | None = None
    points: int | None = None
    laws: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(_CheckoutFound).decode
_encode = msgspec.json.Encoder().encode
_decode_kept = msgspec.json.Decoder(KeptCheckout).decode


def kept_of(row: Sequence[str]) -> KeptCheckout:
    """Return a checkout from its columns as JSON, and its evaluation as it is kept."""
    kept = _decode_kept(row[0])
    kept.evaluation = unpacked(row[1])
    return kept


@dataclass(frozen=True, slots=True)
class Replay:
    """The idempotency key was used before, for the same request: what it made."""

    purchase_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CheckoutSurroundings:
    """All that is known where a checkout happens. `points_available` is None where nobody pays with points.

    `gift_prices` are of a closure that is settled once more: what gifts were worth then, in minor units.
    """

    basket: CheckoutBasket
    around: Surroundings
    rewards: dict[str, Any]
    points_available: int | None
    kept: KeptCheckout | None
    laws: dict[str, Any]
    gift_prices: Mapping[str, int] = field(default_factory=dict)

    @property
    def member(self) -> Member | None:
        return self.around.member

    @property
    def customer_id(self) -> UUID | None:
        return self.around.member.customer_id if self.around.member is not None else None

    @property
    def version_id(self) -> UUID:
        """Return the version in force. Raises NoTermsInForce."""
        if self.around.version_id is None:
            raise NoTermsInForce("No version of the programme is in force at that moment.")
        return self.around.version_id


def read_untouched(
    by: Actor, basket: CheckoutBasket, *, at: datetime, found: str | None = None
) -> CheckoutSurroundings:
    """Read what a basket needs that is only tried; locks and writes nothing. Raises as `read_checkout`.

    `found` is what `reading_of_basket` read.
    """
    if found is None:
        found = _ask([None, None, None, None, *_named(basket), by.mode == "test", at, False, None])
    return _surroundings(_decode(found), basket, at)


class _AskedOfBasket(Asked):
    """What a basket names, an element of what activity_try_together is asked: besides, what is shown and what pays."""

    coupons: Sequence[str]
    cards: list[str]
    points_at: datetime | None


class _AskedOfCall(msgspec.Struct):
    """An element of what activity_close_begin_together is asked."""

    key: str
    number: str
    at: datetime
    names: _AskedOfBasket | None
    lately: Lately | None


def reading_of_basket(basket: CheckoutBasket, at: datetime, *, by_other_rules: bool = False) -> ReadingInSet:
    """Return what `read_untouched` would read, for `access.operations.admit_and_read`.

    It reads what the rules by which a basket of this programme was tried last read; all, where another version is in
    force by now, or with `by_other_rules`: where drafts are tried, or a version that is named.
    """
    version, reads = (None, None) if by_other_rules else reads_of_basket_lately(basket.programme)
    return ReadingInSet(_TRY_TOGETHER, _encode(_asked("", basket, at, version, reads)).decode())


def _asked(
    key: str, basket: CheckoutBasket, at: datetime, version: UUID | None, reads: Sequence[str] | None
) -> _AskedOfBasket:
    slug, customer_id, scheme, identity, store, codes, coupons, cards, wants_points, moment = _named(basket)
    return _AskedOfBasket(
        key, slug, customer_id, scheme, identity, store, codes, moment or at, version, reads, coupons, cards,
        at if wants_points else None,
    )  # fmt: skip


def _named(basket: CheckoutBasket | None) -> Sequence[Any]:
    """Return what a basket names that the database knows something of; of none: what the kept one names."""
    if basket is None:
        return _KEPT
    scheme, identity = basket.identity or (None, None)
    codes, cards = [line.product_code for line in basket.lines], [card.code for card in basket.gift_cards]
    return (
        *(basket.programme, basket.customer_id, scheme, identity, basket.store, codes, [*basket.coupons], cards),
        *(basket.pays_with_points or bool(basket.claims), basket.occurred_at),
    )


def reading_of_call(call: CheckoutCall, at: datetime) -> ReadingInSet:
    """Return what `read_checkout` would read without locking, of a call in the stream of the key that asks.

    As `reading_of_basket`, no more than rules read: which programme a kept basket names the database knows.
    """
    key, moment, names, lately = call.idempotency_key, call.occurred_at or at, None, None
    if call.basket is None:
        lately = baskets_lately()
    else:
        names = _asked(key, call.basket, moment, *reads_of_basket_lately(call.basket.programme))
    return ReadingInSet(_CLOSE_TOGETHER, _encode(_AskedOfCall(key, call.number, moment, names, lately)).decode())


def read_checkout(
    by: Actor, call: CheckoutCall, *, owner: str | None, at: datetime, locks: bool, found: str | None = None
) -> CheckoutSurroundings | Replay | None:
    """Read a checkout with what its basket needs, and lock it and its member's chain or not.

    Replay when the owner used the key before (an owner None is not asked); None when there is no such checkout and the
    call brings no basket. `found` is what `reading_of_call` read. Raises CheckoutBusy, IdempotencyKeyReused,
    UnknownProgramme, UnknownMember, StoreUnknown, WrongCurrency.
    """
    if found is None:
        found = _read(by, call, owner, at, locks=locks)
    read = _decode(found)
    replay = _replay(read, call)
    if replay is not None:
        return replay
    if read.around is None:
        return None
    basket = call.basket
    if basket is None:
        assert read.checkout is not None, "a basket is sent or kept"
        basket = read_basket(read.checkout.basket)
    return _surroundings(read, basket, call.occurred_at or at)


def _read(by: Actor, call: CheckoutCall, owner: str | None, at: datetime, *, locks: bool) -> str:
    wait = settings.CHECKOUT_WAIT_MS if locks else None
    named = [owner, call.idempotency_key, call.source, call.number]
    return _ask([*named, *_named(call.basket), by.mode == "test", call.occurred_at or at, locks, wait])


def _ask(values: list[Any]) -> str:
    with waiting_in_time():
        (text,) = ask(_BEGIN, values)
    return str(text)


def _replay(found: _CheckoutFound, call: CheckoutCall) -> Replay | None:
    if found.around is not None and found.around.known is not None:
        _check_same(found.around.known.request_hash, call)
        return Replay(found.around.known.purchase_id)
    if found.known is not None:
        kind, _made, request_hash = found.known.split(" ")
        _check_same(request_hash if kind == RESOURCE else "", call)
        return Replay()
    return None


def _check_same(request_hash: str, call: CheckoutCall) -> None:
    if not call.was_hashed_as(bytes.fromhex(request_hash)):
        raise IdempotencyKeyReused("This idempotency key was used for another request.")


def _surroundings(found: _CheckoutFound, basket: CheckoutBasket, at: datetime) -> CheckoutSurroundings:
    assert found.around is not None, "there is a basket"
    around = surroundings_of(found.around, basket, at)
    if found.checkout is not None and found.checkout.programme_id != around.programme_id:
        raise UnknownProgramme("A checkout stays in the programme in which it was opened.", pointer="/programme")
    return CheckoutSurroundings(
        basket=basket,
        around=around,
        rewards=found.rewards or {},
        points_available=found.points,
        kept=found.checkout,
        laws=found.laws or {},
    )


def products_by_code(codes: list[str]) -> dict[str, dict[str, Any]]:
    """Return what the file of products says of these, by code."""
    (text,) = ask("select products_for_rules(%s)::text", [codes])
    known: dict[str, dict[str, Any]] = msgspec.json.decode(text)
    return known


def gifts_by_code(codes: list[str], at: datetime) -> dict[str, dict[str, Any]]:
    """Return what the file of products says, by code, of what rules may add, which no caller has sent.

    `price` is what one was sold for at the moment, in minor units of `price_currency`; None where none is known.
    """
    (text,) = ask("select products_as_gifts(%s, %s)::text", [codes, at])
    found: dict[str, dict[str, Any]] = msgspec.json.decode(text)
    return found


@contextmanager
def waiting_in_time() -> Iterator[None]:
    """Turn a wait for a lock that took too long into CheckoutBusy."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            raise
        raise CheckoutBusy("Another call on the same checkout, member or code did not end in time.") from None
