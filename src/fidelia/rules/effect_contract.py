"""The contract of the port `fidelia.effects`, as a test that every package runs against its own kinds.

from fidelia.rules.effect_contract import check_effect_kind

def test_my_effect_keeps_the_contract() -> None:
    check_effect_kind(STAMPS)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from typing import Any

from .effect_kinds import MEMBERS_MAX, WHOLE_MAX, EffectKind, MemberType, is_of

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)+")
_MEMBER = re.compile(r"[a-z][a-z0-9_]{0,39}")
TRIALS_MAX = 2_000
# What rules may give at the edges: nothing, one, the largest, and texts that are no plain words.
EDGES: dict[MemberType, tuple[Any, ...]] = {
    "text": ("", "merci", "É\u202f€ “quoted” <b>", "x" * 500),
    "whole": (0, 1, -1, 1_000, WHOLE_MAX, -WHOLE_MAX),
    "flag": (True, False),
    "money": (0, 1, 999, WHOLE_MAX),
}


def check_effect_kind(kind: EffectKind) -> None:
    """Assert all that Fidelia relies on: names, both languages, and a function that is total, typed and pure."""
    assert _NAME.fullmatch(kind.kind), "a kind begins with the name of its package: acme-stamps"
    assert kind.label.en.strip(), "people read a label in English"
    assert kind.label.fr.strip(), "people read a label in French"
    assert 0 < len(kind.members) <= MEMBERS_MAX, "a kind takes something, and not too much"
    assert all(_MEMBER.fullmatch(name) for name in (*kind.members, *kind.gives)), "members are lower-case words"
    assert kind.required <= set(kind.members), "what is required is a member"
    for values in examples_of(kind):
        _check_once(kind, values)


def examples_of(kind: EffectKind) -> Iterator[dict[str, Any]]:
    """Yield values of every type at its edges, with optional members and without; at most 2,000."""
    for members in (tuple(kind.members), tuple(sorted(kind.required))):
        choices = product(*(EDGES[kind.members[name]] for name in members))
        for number, values in enumerate(choices):
            if number >= TRIALS_MAX // 2:
                break
            yield dict(zip(members, values, strict=True))


def _check_once(kind: EffectKind, values: dict[str, Any]) -> None:
    given = deepcopy(values)
    told = kind.complete(given)
    assert given == values, "what it is given is not changed"
    assert dict(told) == dict(kind.complete(deepcopy(values))), "the same gives the same"
    declared = kind.gives or kind.members
    assert set(told) <= set(declared), f"only what is declared is told: {sorted(set(told) - set(declared))}"
    for name, value in told.items():
        assert is_of(value, declared[name]), f"{name} is told as {declared[name]}, not {value!r}"
    json.dumps(dict(told))
