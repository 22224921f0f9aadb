"""Every member of a document with values that it cannot have: read, or refused with its place in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from fidelia.kernel.errors import FideliaError
from fidelia.rules import InvalidRuleSet, parse_rule_set
from fidelia.rules.arithmetic_terms import parse_arithmetic
from fidelia.rules.cases.reading import case_catalogue

CATALOGUE = case_catalogue("EUR", {}, [])
NAME = {"en": "Rule", "fr": "Règle"}
PART = {"lines": 'line.category == "cup"', "units": 2}
DOCUMENT: dict[str, Any] = {
    "groups": [
        {"key": "g", "policy": "all", "cap": {"amount": 5, "percent": 40, "per": "line", "gives_way": "smallest"}}
    ],
    "checkout": {
        "exclusive": "best",
        "combining": "best",
        "caps": [
            {"key": "t", "amount": 30, "percent": 50, "which": "lower", "per": "unit", "gives_way": "in_proportion",
             "rules": ["tenth", "second"], "shipping": True}
        ],
    },
    "rules": [
        {"key": "tenth", "name": NAME, "percent_off": {"percent": 10, "of": "order", "passes_on": True},
         "not_with": ["second"], "stops": "lines", "lowers_tax": False, "when": "lines.distinct(l, l.product) >= 3",
         "leaves": {"amount": 1, "per": "unit"}, "cap": {"amount": 5, "which": "higher", "percent": 10}},
        {"key": "second", "name": NAME, "without_tax": True, "ending": {"at": 9, "step": 10, "rounding": "floor"},
         "buy_get": {"buy": 2, "get": 1, "from": 'line.product == "m"', "amount": 1, "no_dearer": True}},
        {"key": "third", "name": NAME, "group": "g", "bundle": {"parts": [PART, {**PART, "gets": True}], "percent": 5}},
        {"key": "fourth", "name": NAME, "with_tax": True, "sets": {"of": 3, "price": 1, "distinct": "product"},
         "limits": [{"of": "money", "at_most": 5, "per": "member", "period": {"rolling_days": 3}, "alerts": [80]}]},
    ],
}  # fmt: skip
ARITHMETIC: dict[str, Any] = {
    "prices_with_tax": True,
    "tax_rounding": "unit",
    "rounding": "half_even",
    "cash_step": 5,
    "cash_rounding": "half_up",
    "sharing": "carried",
}
WRONG: tuple[Any, ...] = (
    *(True, 0, -1, 1.5, float("nan"), 10**30, "", "x", "-1", "1.123456", "١٢", "x" * 5_000),
    *([], {}, [1], [{}], [None], [["a"]], {"a": 1}, {1: 2}, {None: {}}, b"x", "line.net > 1"),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in parts:
        yield from places(part, (*path, name))


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = deepcopy(document)
    place = changed
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return changed


def read(document: Any) -> None:
    parse_rule_set(document, CATALOGUE, points_scale=0)


def refusal_of(reader: Any, document: Any) -> FideliaError | None:
    try:
        reader(document)
    except FideliaError as refusal:
        return refusal
    return None


@pytest.mark.parametrize(("whole", "reader"), [(DOCUMENT, read), (ARITHMETIC, parse_arithmetic)])
def test_it_is_read_or_refused_with_its_place(whole: Any, reader: Any) -> None:
    reader(whole)
    refused = 0
    for path in places(whole):
        for value in WRONG:
            refusal = refusal_of(reader, put(whole, path, value))
            if refusal is None:
                continue
            refused += 1
            assert refusal.pointer or not path, (path, value)
            if isinstance(refusal, InvalidRuleSet):
                assert all(refusal.sentence(language) for language in ("en", "fr")), (path, value)
    assert refused > 15 * sum(1 for _ in places(whole))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("checkout", "combining"), "dearest"),
        (("rules", 0, "stops"), "all"),
        (("rules", 0, "lowers_tax"), "no"),
        (("rules", 0, "not_with"), ["third", "nobody"]),
        (("rules", 0, "when"), "lines.distinct(l, l.nothing) >= 3"),
        (("rules", 1, "buy_get", "no_dearer"), 1),
        (("rules", 2, "bundle", "parts", 1, "gets"), "yes"),
    ],
)
def test_the_place_is_that_of_the_member(path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(InvalidRuleSet) as caught:
        read(put(DOCUMENT, path, value))
    assert str(caught.value.pointer).startswith("/" + "/".join(str(part) for part in path))


@pytest.mark.parametrize("name", ["sharing", "tax_rounding", "rounding", "cash_rounding"])
def test_an_arithmetic_that_is_none_is_refused_at_its_member(name: str) -> None:
    with pytest.raises(FideliaError) as caught:
        parse_arithmetic({**ARITHMETIC, name: "somehow"})
    assert caught.value.pointer == f"/purchases/arithmetic/{name}"
