"""Where the language says the same as CEL, it means the same: cel-python is asked too."""

from __future__ import annotations

from typing import Any

import celpy
import pytest
from celpy.adapter import json_to_cel

from fidelia.rules import Type, check_rule

from .shop import CATALOGUE, POOL

COMMON = [
    "member.visits > 1 && member.visits <= 10",
    "member.visits + 2 * 3 - 1 == 7 || -member.visits == 3",
    "!(member.visits == 1) && purchase.online",
    "purchase.online ? member.visits > 0 : member.visits < 0",
    'member.name in ["a", "É", "😀"]',
    "member.name == \"o'clock\" || member.name != 'café' && purchase.online",
    'member.name.startsWith("é") || member.name.endsWith("f") || member.name.contains("o")',
    'member.name < "b" && member.name >= ""',
    "size(member.name) >= 2 && size(member.segments) == 0",
    '"a" in member.segments',
    "lines.exists(l, l.earns && l.quantity > 1.5)",
    "lines.all(l, l.earns)",
    "size(lines.filter(l, l.earns)) == 1",
    'lines.exists(l, l.product.contains("f")) == purchase.online',
    "member.visits in [1, 2, 3] ? purchase.online : !purchase.online",
    'has(member.tier) && member.tier == "gold"',
    'has(member.tier) ? member.tier in ["gold", "silver"] : size(lines) > 1',
]


@pytest.mark.parametrize("source", COMMON)
def test_it_agrees_with_cel(source: str) -> None:
    program = check_rule(source, CATALOGUE)
    environment = celpy.Environment()
    # 1.5 beside a quantity is 1500 thousandths here; CEL knows no units.
    peer = environment.program(environment.compile(source.replace("1.5", "1500")))
    for basket in POOL:
        assert bool(peer.evaluate(in_cel(basket))) is program.evaluate(basket)


def test_it_binds_as_cel_does() -> None:
    source = "1 + 2 * 3 == 7 && !false || false ? true : false"
    environment = celpy.Environment()
    assert bool(environment.program(environment.compile(source)).evaluate({})) is True
    assert check_rule(source, CATALOGUE, expects=Type.BOOL).evaluate({}) is True


def in_cel(basket: dict[str, Any]) -> dict[str, Any]:
    """Give CEL the same values: nested by their paths, and an unknown value left out."""
    groups: dict[str, Any] = {"purchase": {}, "member": {}}
    for path, value in basket.items():
        group, _, name = path.partition(".")
        if name and value is not None and name not in ("on", "at", "birthday"):
            groups[group][name] = value
    lines = [{name: row[name] for name in ("earns", "quantity", "product")} for row in basket["lines"]]
    return {name: json_to_cel(value) for name, value in {**groups, "lines": lines}.items()}
