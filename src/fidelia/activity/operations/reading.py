"""Read what a decision needs, in one statement, with the head of the member's chain of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

import msgspec

from fidelia.access.operations import ReadingInSet
from fidelia.cards.queries import check_number
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import ask
from fidelia.kernel.ids import id_of
from fidelia.organisation.errors import StoreUnknown
from fidelia.programme.errors import UnknownProgramme

from ..errors import IdempotencyKeyReused, UnknownMember, WrongCurrency
from ..models import Purchase
from .deciding import ChainHead
from .requests import PurchaseRequest
from .rule_reads import PARTS, reads_lately

_BEGIN = "select activity_begin(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
# Of several, for whose keys are admitted by the same statement.
_BEGIN_TOGETHER = "activity_begin_together"
ALL_READ: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Member:
    """The membership that a purchase counts for, and the head of its chain of decisions.

    Of the parts in `unread` (`rule_reads.Part`) nothing was read, as no rule asks for them.
    """

    customer_id: UUID
    enrolment_id: UUID
    account_id: UUID
    enrolled_at: datetime
    is_provisional: bool
    tier: str
    is_first: bool
    head: ChainHead
    facts: dict[str, Any]
    unread: frozenset[str] = ALL_READ


@dataclass(frozen=True, slots=True)
class Known:
    """What is recorded already under the idempotency key."""

    purchase_id: UUID
    request_hash: bytes

    def check_same(self, request_hash: bytes) -> None:
        """Raise IdempotencyKeyReused when the key came with another request."""
        if self.request_hash != request_hash:
            raise IdempotencyKeyReused("This idempotency key was used for another request.")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that is known where a purchase happens."""

    programme: dict[str, Any]
    member: Member | None
    version_id: UUID | None
    store: dict[str, Any] | None
    products: dict[str, dict[str, Any]]

    @property
    def programme_id(self) -> UUID:
        return id_of(self.programme["id"])

    @property
    def scope(self) -> Scope:
        if self.store is None:
            return Scope(_uuid(self.programme["partner_id"]))
        return Scope(_uuid(self.store["partner_id"]), id_of(self.store["id"]))


class _Membership(msgspec.Struct):
    enrolment_id: UUID
    account_id: UUID
    enrolled_at: datetime
    is_provisional: bool = False


class _KnownRequest(msgspec.Struct):
    purchase_id: UUID
    request_hash: str


class Found(msgspec.Struct):
    """What activity_begin (sql/begin.sql) answers, and activity_begin_together."""

    programme: dict[str, Any]
    customer_id: UUID | None
    member: _Membership | None
    sequence: int
    hash: str
    tier: str | None
    is_first: bool | None
    customer: dict[str, Any] | None
    version_id: UUID | None
    store: dict[str, Any] | None
    products: dict[str, dict[str, Any]] | None
    known: _KnownRequest | None
    # Of what reads together (sql/begin_together.sql) only: `read` are the parts that were, None for all of them.
    read: list[str] | None = None
    plans: list[dict[str, Any]] | None = None
    offers: list[str] | None = None


_decode = msgspec.json.Decoder(Found).decode
_encode = msgspec.json.Encoder().encode


def read_surroundings(by: Actor, request: PurchaseRequest, *, owner: str, locks: bool = True) -> Surroundings | Known:
    """Read, and lock the member's chain or not; Known when the key was used before, whatever has changed since.

    Raises UnknownProgramme, UnknownMember, StoreUnknown, WrongCurrency.
    """
    names = [*_names(request), request.occurred_at, locks]
    (text,) = ask(_BEGIN, [owner, request.idempotency_key, request.programme, by.mode == "test", *names])
    return surroundings_in(text, request)


class Asked(msgspec.Struct):
    """An element of what activity_begin_together is asked."""

    key: str
    programme: str | None
    customer: UUID | None
    scheme: str | None
    identity: str | None
    store: str | None
    codes: list[str]
    at: datetime
    version: UUID | None
    reads: Sequence[str] | None


def reading_of(request: PurchaseRequest) -> ReadingInSet:
    """Return what `read_surroundings` would read, without locking, for `access.operations.admit_and_read`.

    It reads what the rules of the last purchase in this programme read; all, where another version is in force by now.
    """
    customer_id, scheme, identity, store, codes = _names(request)
    version, reads = reads_lately(request.programme)
    asked = Asked(
        request.idempotency_key, request.programme, customer_id, scheme, identity, store, codes, request.occurred_at,
        version, reads,
    )  # fmt: skip
    return ReadingInSet(_BEGIN_TOGETHER, _encode(asked).decode())


def _names(request: PurchaseRequest) -> list[Any]:
    scheme, identity = request.identity or (None, None)
    codes = [line.product_code for line in request.lines]
    return [request.customer_id, scheme, identity, request.store, codes]


def surroundings_in(text: str, request: PurchaseRequest) -> Surroundings | Known:
    """Return what was read for a request. Raises as `read_surroundings`."""
    found = _decode(text)
    if found.known is not None:
        return Known(found.known.purchase_id, bytes.fromhex(found.known.request_hash))
    return surroundings_of(found, request, request.occurred_at)


class Named(Protocol):
    """What a request names: of a purchase as of a checkout's basket."""

    @property
    def programme(self) -> str | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def store(self) -> str | None: ...
    @property
    def names_member(self) -> bool: ...
    @property
    def identity(self) -> tuple[str, str] | None: ...


def surroundings_of(found: Found, request: Named, at: datetime) -> Surroundings:
    """Return what was found. Raises UnknownProgramme, UnknownMember, StoreUnknown, WrongCurrency.

    Of a card that works no more it is told why (CardLost, CardReplaced, CardBlocked, CardExpired, CardNotGiven).
    """
    programme = found.programme
    if "id" not in programme:
        raise UnknownProgramme(_no_programme(request, programme["count"]), pointer="/programme")
    if programme["currency"] != request.currency:
        raise WrongCurrency(f"{programme['slug']} counts in {programme['currency']}.", pointer="/currency")
    if request.names_member and found.member is None:
        if found.customer_id is None and request.identity is not None and request.identity[0] == "card":
            check_number(request.identity[1], at=at)
        raise UnknownMember("No member of this programme is known by that name.", pointer="/member")
    if request.store is not None and found.store is None:
        raise StoreUnknown(f"There is no store “{request.store}”.", pointer="/store")
    return Surroundings(
        programme=programme,
        member=_member(found) if found.member is not None else None,
        version_id=found.version_id,
        store=found.store,
        products=found.products or {},
    )


def _no_programme(request: Named, count: int) -> str:
    if request.programme is not None:
        return f"There is no programme “{request.programme}”."
    return "Name the programme: there are several." if count else "There is no programme yet."


def _member(found: Found) -> Member:
    member = found.member
    assert member is not None
    assert found.customer_id is not None
    unread = ALL_READ if found.read is None else _unread(tuple(found.read))
    facts = found.customer
    if facts is None:
        assert "customer" in unread, "who is a member is a customer"
        facts = {}
    if found.plans is not None:
        facts["plans"] = found.plans
    if found.offers is not None:
        facts["offers"] = found.offers
    return Member(
        customer_id=found.customer_id,
        enrolment_id=member.enrolment_id,
        account_id=member.account_id,
        enrolled_at=member.enrolled_at,
        is_provisional=member.is_provisional,
        tier=found.tier or "",
        is_first=bool(found.is_first),
        head=ChainHead(member.account_id, found.sequence, bytes.fromhex(found.hash)),
        facts=facts,
        unread=unread,
    )


@lru_cache(maxsize=64)
def _unread(read: tuple[str, ...]) -> frozenset[str]:
    return frozenset(PARTS) - frozenset(read)


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else id_of(text)


def find_known(owner: str, key: str) -> Known | None:
    """Return what is recorded under an idempotency key, as committed by now."""
    found = (
        Purchase.objects.filter(idempotency_owner=owner, idempotency_key=key)
        .values_list("purchase_id", "request_hash")
        .first()
    )
    return None if found is None else Known(found[0], bytes(found[1]))
