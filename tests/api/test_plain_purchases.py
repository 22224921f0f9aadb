"""A plain purchase is read as its schema reads it, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fidelia.activity.operations import PurchaseRequest
from fidelia.api.activity import asked_purchase
from fidelia.api.bodies import parse_json
from fidelia.api.plain_purchases import OddBody, read_plain_purchase
from fidelia.api.schemas.activity import PurchaseIn
from fidelia.kernel.errors import FideliaError

from .caller import basket

LINE = {"product": "moka", "quantity": "2", "net": "34.90"}
FULL: dict[str, Any] = {
    **basket(), "total": "49.40", "programme": "cercle", "store": "lyon-01", "channel": "web", "source": "web",
    "lines": [{**LINE, "description": "Thé de Séville", "category": "coffee", "brand": "Éléonore"}, LINE],
}  # fmt: skip


def by_the_schema(raw: bytes) -> tuple[PurchaseRequest, str | None] | None:
    try:
        read = PurchaseIn.model_validate(parse_json(raw))
        return asked_purchase(read, "k"), read.source
    except (FideliaError, ValidationError):
        return None


def by_one_go(raw: bytes) -> tuple[PurchaseRequest, str | None] | None:
    try:
        return read_plain_purchase(raw, "k")
    except OddBody:
        return None


def sent(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "body",
    [
        FULL,
        basket(member=None),
        {**FULL, "member": {"identity": "email:Florestan@Fidelio.example"}},
        {**FULL, "member": {"customer_id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10"}},
        {**FULL, "occurred_at": "2026-03-02t10:15:60.123456789z"},
        {**FULL, "currency": "JPY", "total": None, "lines": [{**LINE, "net": "35"}]},
    ],
)
def test_what_is_plain_is_read_alike(body: dict[str, Any]) -> None:
    plain = {name: value for name, value in body.items() if value is not None}
    assert by_one_go(sent(plain)) == by_the_schema(sent(plain)) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"total": None}, {"member": None}, {"source": ""}, {"store": ""}, {"total": 49.4}, {"total": "-49.40"},
        {"total": " 49.40"}, {"total": "49.401"}, {"total": "4.9e1"}, {"currency": "eur"}, {"currency": "XXX"},
        {"programme": "a b"}, {"programme": "x" * 61}, {"lines": []}, {"lines": [{**LINE, "net": "34.90\n"}]},
        {"lines": [{**LINE, "quantity": "+2"}]}, {"lines": [{**LINE, "quantity": "2.0000"}]}, {"lines": [LINE] * 1_001},
        {"lines": [{**LINE, "product": ""}]}, {"lines": [{**LINE, "product": "é" * 81}]},
        {"lines": [{**LINE, "x": "1"}]}, {"lines": [{**LINE, "quantity": "-1"}]},
        {"lines": [{**LINE, "net": "-34.90"}]},
        {"lines": [{**LINE, "brand": None}]}, {"lines": [None]}, {"lines": None}, {"channel": "pigeon"}, {"more": "1"},
        {"member": {}}, {"member": {"identity": "card:1", "customer_id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10"}},
        {"member": {"customer_id": "1"}}, {"member": {"identity": "CARD:1"}}, {"member": {"identity": "card:"}},
        {"occurred_at": "2026-03-02T10:15:00"}, {"occurred_at": "2026-02-30T10:15:00Z"}, {"occurred_at": "1-1-1"},
        {"receipt_number": ""}, {"receipt_number": "x" * 81}, {"receipt_number": None}, {"receipt_number": 7},
        {"receipt_number": '\\"'}, {"receipt_number": "\x00"}, {"store": "x" * 41}, {"source": "x" * 61},
    ],
)  # fmt: skip
def test_what_is_odd_is_left_to_the_schema_or_means_the_same(changes: dict[str, Any]) -> None:
    raw = sent({**FULL, **changes})
    assert by_one_go(raw) in (None, by_the_schema(raw))


@pytest.mark.parametrize(
    "raw",
    [
        sent(FULL).replace(b'"source"', b'"store": "paris", "source"'),
        sent(FULL).replace(b'"source"', b'"store": null, "source"'),
        sent(FULL).replace(b'"product"', b'"product": "sugar", "product"', 1),
        sent(FULL).replace(b"lyon-01", b"lyon\\u0000"),
        sent(FULL).replace(b"lyon-01", b"lyon\xff"),
        sent(FULL).replace(b"lyon-01", b"lyon\xed\xa0\x80"),
        sent(FULL) + b"}",
        b"\xef\xbb\xbf" + sent(FULL),
        b"",
        b"[]",
        b"[" * 100_000,
    ],
)
def test_what_the_schema_refuses_is_not_read(raw: bytes) -> None:
    assert by_the_schema(raw) is None
    assert by_one_go(raw) is None


NAMES = (
    "receipt_number",
    "store",
    "source",
    "programme",
    "total",
    "channel",
    "currency",
    "occurred_at",
    "lines",
    "more",
)
VALUES = st.one_of(
    st.none(), st.text(max_size=5), st.sampled_from(["1.00", "web", "EUR", '"', "\\"]), st.just([LINE]), st.just({}),
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4))
def test_members_in_any_number_mean_what_the_schema_says(more: list[tuple[str, Any]]) -> None:
    """Names may come twice: JSON written by hand."""
    pairs = [*FULL.items(), *more]
    raw = ("{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs) + "}").encode()
    assert by_one_go(raw) in (None, by_the_schema(raw))
