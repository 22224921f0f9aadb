"""A plain basket is read as its schema reads it, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fidelia.activity.operations.checkouts import Evaluation
from fidelia.api.bodies import parse_json
from fidelia.api.checkouts import asked_evaluation
from fidelia.api.plain_baskets import read_plain_evaluation
from fidelia.api.plain_purchases import OddBody
from fidelia.api.schemas.checkouts import EvaluationIn
from fidelia.kernel.errors import FideliaError

from .test_plain_purchases import sent

TAX = {"name": "vat20", "rate": "20"}
LINE: dict[str, Any] = {"product": "moka", "quantity": "2", "unit_price": "17.45"}
BARE: dict[str, Any] = {"currency": "EUR", "lines": [LINE]}
FULL: dict[str, Any] = {
    **BARE, "programme": "cercle", "member": {"identity": "card:2990441788200"}, "store": "lyon-01", "channel": "web",
    "occurred_at": "2026-03-02T10:15:00+01:00", "explain": True,
    "lines": [{**LINE, "taxes": [TAX, {"name": "vat55", "rate": "5.5"}], "description": "Thé", "category": "c",
        "brand": "É"}, {**LINE, "taxes": []}],
}  # fmt: skip


def by_the_schema(raw: bytes) -> Evaluation | None:
    try:
        return asked_evaluation(EvaluationIn.model_validate(parse_json(raw)))
    except (FideliaError, ValidationError):
        return None


def by_one_go(raw: bytes) -> Evaluation | None:
    try:
        return read_plain_evaluation(raw)
    except OddBody:
        return None


@pytest.mark.parametrize(
    "changes",
    [
        {}, FULL, {"explain": False}, {"lines": []}, {"lines": [{**LINE, "unit_price": "1.123456"}]},
        {"lines": [{**LINE, "unit_price": "1.1230000"}]}, {"currency": "JPY", "lines": [{**LINE, "unit_price": "17"}]},
        {"currency": "JPY"}, {"currency": "BHD"}, {"member": {"identity": "email:Florestan@Fidelio.example"}},
        {"member": {"customer_id": "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10"}}, {"lines": [LINE] * 1_114},
        {"occurred_at": "2026-03-02t10:15:60.123456789z"}, {"lines": [{**LINE, "product": " "}]},
        {"lines": [{**LINE, "quantity": "0"}]},
    ],
)  # fmt: skip
def test_what_is_plain_is_read_alike(changes: dict[str, Any]) -> None:
    raw = sent({**BARE, **changes})
    assert by_one_go(raw) == by_the_schema(raw) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"explain": None}, {"explain": 1}, {"explain": "true"}, {"member": None}, {"member": {}}, {"store": ""},
        {"programme": "a b"}, {"programme": None}, {"channel": "pigeon"}, {"channel": ""}, {"currency": "eur"},
        {"currency": "XXX"}, {"lines": None}, {"lines": [None]}, {"more": "1"}, {"occurred_at": "1-1-1"},
        {"lines": [{**LINE, "unit_price": "1.1234567"}]}, {"lines": [{**LINE, "unit_price": "-1"}]},
        {"lines": [{**LINE, "unit_price": " 1"}]}, {"lines": [{**LINE, "unit_price": 1}]},
        {"lines": [{**LINE, "quantity": "2.0000"}]}, {"lines": [{**LINE, "product": ""}]},
        {"lines": [{**LINE, "product": "é" * 81}]}, {"lines": [{**LINE, "brand": None}]},
        {"lines": [{**LINE, "taxes": None}]}, {"lines": [{**LINE, "taxes": [TAX] * 6}]},
        {"lines": [{**LINE, "taxes": [{"name": "", "rate": "1"}]}]}, {"store": "x" * 41},
        {"lines": [{**LINE, "taxes": [{"name": "a", "rate": "-1"}]}]}, {"store": "\x00"}, {"store": '\\"'},
        {"lines": [{**LINE, "taxes": [{"name": "a", "rate": "1.1234567"}]}]},
    ],
)  # fmt: skip
def test_what_is_odd_is_left_to_the_schema(changes: dict[str, Any]) -> None:
    assert by_one_go(sent({**FULL, **changes})) is None


@pytest.mark.parametrize(
    "more", [{"version": 1}, {"drafts": []}, {"coupons": ["A"]}, {"pay_points": "all"}, {"in_cash": True}]
)
def test_what_is_rare_is_left_to_the_schema(more: dict[str, Any]) -> None:
    raw = sent({**FULL, **more})
    assert by_one_go(raw) is None
    assert by_the_schema(raw) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"store": "lyon-01"', b'"store": "lyon-01", "store": "lyon-01"'),
        (b'"quantity": "2"', b'"quantity": "2", "quantity": "2"'),
        (b'"rate": "20"', b'"rate": "20", "rate": "20"'),
        (b'"taxes": []', b'"taxes": [], "taxes": []'),
        (b'"explain": true', b'"explain": true, "explain": true'),
    ],
)
def test_a_name_given_twice_is_left_to_the_schema(old: bytes, new: bytes) -> None:
    raw = sent(FULL)
    assert old in raw
    assert by_one_go(raw) is not None
    twice = raw.replace(old, new, 1)
    assert by_one_go(twice) is by_the_schema(twice) is None


@given(st.data())
def test_whatever_is_changed_it_is_read_alike_or_not_at_all(data: st.DataObject) -> None:
    raw = bytearray(sent(FULL))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    read = by_one_go(bytes(raw))
    assert read is None or read == by_the_schema(bytes(raw))
