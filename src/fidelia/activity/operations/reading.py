"""Read what a decision needs, in one statement, under the lock of the member's chain of decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import prepared_cursor, read_jsonb
from fidelia.organisation.errors import StoreUnknown
from fidelia.programme.errors import UnknownProgramme

from ..errors import IdempotencyKeyReused, UnknownMember, WrongCurrency
from ..models import Purchase
from .deciding import ChainHead
from .requests import PurchaseRequest

_BEGIN = "select activity_begin(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Member:
    """The membership that a purchase counts for, and the head of its chain of decisions."""

    customer_id: UUID
    enrolment_id: UUID
    account_id: UUID
    enrolled_at: datetime
    tier: str
    is_first: bool
    head: ChainHead
    facts: dict[str, Any]


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
        return UUID(self.programme["id"])

    @property
    def scope(self) -> Scope:
        if self.store is None:
            return Scope(_uuid(self.programme["partner_id"]))
        return Scope(_uuid(self.store["partner_id"]), UUID(self.store["id"]))


def read_surroundings(by: Actor, request: PurchaseRequest, *, owner: str) -> Surroundings | Known:
    """Lock the member's chain and read; Known when the key was used before, whatever has changed around it since.

    Raises UnknownProgramme, UnknownMember, StoreUnknown, WrongCurrency.
    """
    scheme, identity = request.identity or (None, None)
    with prepared_cursor() as cursor:
        cursor.execute(
            _BEGIN,
            [
                *(owner, request.idempotency_key, request.programme, by.mode == "test"),
                *(request.customer_id, scheme, identity, request.store),
                [line.product_code for line in request.lines],
                request.occurred_at,
            ],
        )
        (found,) = cursor.fetchone()
    read = read_jsonb(found)
    return _known(read["known"]) if read["known"] is not None else _surroundings(read, request)


def _surroundings(found: dict[str, Any], request: PurchaseRequest) -> Surroundings:
    programme = found["programme"]
    if "id" not in programme:
        raise UnknownProgramme(_no_programme(request, programme["count"]), pointer="/programme")
    if programme["currency"] != request.currency:
        raise WrongCurrency(f"{programme['slug']} counts in {programme['currency']}.", pointer="/currency")
    if request.names_member and found["member"] is None:
        raise UnknownMember("No member of this programme is known by that name.", pointer="/member")
    if request.store is not None and found["store"] is None:
        raise StoreUnknown(f"There is no store “{request.store}”.", pointer="/store")
    return Surroundings(
        programme=programme,
        member=_member(found) if found["member"] is not None else None,
        version_id=_uuid(found["version_id"]),
        store=found["store"],
        products=found["products"],
    )


def _no_programme(request: PurchaseRequest, count: int) -> str:
    if request.programme is not None:
        return f"There is no programme “{request.programme}”."
    return "Name the programme: there are several." if count else "There is no programme yet."


def _member(found: dict[str, Any]) -> Member:
    member = found["member"]
    return Member(
        customer_id=UUID(found["customer_id"]),
        enrolment_id=UUID(member["enrolment_id"]),
        account_id=UUID(member["account_id"]),
        enrolled_at=datetime.fromisoformat(member["enrolled_at"]),
        tier=member["tier"] or "",
        is_first=member["is_first"],
        head=ChainHead(UUID(member["account_id"]), member["sequence"], bytes.fromhex(member["hash"])),
        facts=found["customer"],
    )


def _known(found: dict[str, Any]) -> Known:
    return Known(UUID(found["purchase_id"]), bytes.fromhex(found["request_hash"]))


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def find_known(owner: str, key: str) -> Known | None:
    """Return what is recorded under an idempotency key, as committed by now."""
    found = (
        Purchase.objects.filter(idempotency_owner=owner, idempotency_key=key)
        .values_list("purchase_id", "request_hash")
        .first()
    )
    return None if found is None else Known(found[0], bytes(found[1]))
