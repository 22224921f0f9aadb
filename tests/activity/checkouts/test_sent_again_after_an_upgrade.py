"""A call that a till sends again is known by its hash, whichever release answered it first."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec
import pytest

from fidelia.activity.errors import IdempotencyKeyReused
from fidelia.activity.operations.checkouts.requests import BasketLine, CheckoutBasket, CheckoutCall, SoldCard, Tax
from fidelia.activity.operations.requests import LineRequest, PurchaseRequest, hash_of_request
from tests.programme.cast import AT, member, programme

from .cast import MUG, basket, close, put

TAX = Tax("vat20", 20_000_000, 100_000_000)
TEA = BasketLine("tea", 2000, 490, 2, category="grocery", description=',"lowest":0', taxes=(TAX,))
CALL = CheckoutCall(
    idempotency_key="k", step="close", source="till:1", number="T-1", basket=CheckoutBasket("EUR", (TEA,))
)
# Of the releases, the oldest first. A member that joins a basket is listed in `_JOINED_LATER`, or these change.
KNOWN = {
    "before gift cards were lines": "7666cb7247bcee5675d806844dab6cf52e437fda389aea106d5cc6e6d94895f0",
    "before lowest prices": "90396d09a98232452b2b8c0316c4f15fafd984aff4e63b44ebf17e587dd7eb24",
    "with lowest prices": "208f450010cf3d37c211054a67d283dc156b90a6b5fe382a4edb94ae937b5086",
}


def test_a_call_keeps_the_hash_of_every_release() -> None:
    assert CALL.hash().hex() == KNOWN["before gift cards were lines"]
    for release, kept in KNOWN.items():
        assert CALL.was_hashed_as(bytes.fromhex(kept)), release
    assert not CALL.was_hashed_as(hashlib.sha256(b"another").digest())


@pytest.mark.parametrize(
    "line",
    [
        msgspec.structs.replace(TEA, lowest=100),
        msgspec.structs.replace(TEA, sells=SoldCard()),
        msgspec.structs.replace(TEA, taxes=(msgspec.structs.replace(TAX, is_included=False),)),
        msgspec.structs.replace(TEA, description=""),
    ],
)
def test_what_joined_later_counts_where_it_says_something(line: BasketLine) -> None:
    other = replace(CALL, basket=CheckoutBasket("EUR", (line,)))
    assert other.hash() != CALL.hash()
    assert not any(other.was_hashed_as(bytes.fromhex(kept)) for kept in KNOWN.values())


def test_a_purchase_keeps_its_hash() -> None:
    lines = (LineRequest("tea", 2000, 980),)
    request = PurchaseRequest("k", "R-1", AT, "EUR", lines, identity=("card", "2990441788200"))
    assert (
        hash_of_request("sale", request, "till:1").hex()
        == "1dcd0785765c40369e1f5e0d1f29237219a222e2d929e7fdb1bad2a467346746"
    )


@pytest.mark.django_db
def test_it_changes_nothing_when_an_earlier_release_had_answered_it(monkeypatch: pytest.MonkeyPatch) -> None:
    member(programme())
    with monkeypatch.context() as earlier:
        earlier.setattr(CheckoutCall, "hash", lambda call: hashlib.sha256(call._said()).digest())
        put(key="k1")
        first = close(key="k2")
    assert put(key="k1").is_replay
    again = close(key="k2")
    assert (again.is_replay, again.checkout["purchase_id"]) == (True, first.checkout["purchase_id"])
    with pytest.raises(IdempotencyKeyReused):
        close(key="k2", basket=basket(MUG))
