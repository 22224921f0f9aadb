"""Reading what units that were picked get, and which they are: for sets, buy and get, bundles, volumes and gifts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from .document_parts import Reader, read_choice, read_percent, read_whole
from .effects import Advantage
from .errors import InvalidRuleSet

PICKS = ("cheapest", "dearest", "last")
UNITS_MAX = 10_000
Pick = Literal["cheapest", "dearest", "last"]
ADVANTAGES = ("percent", "amount", "price", "set_price")


def read_advantage(reader: Reader, members: Mapping[str, Any], pointer: str, *, or_free: bool) -> Advantage:
    given = [name for name in (*ADVANTAGES, "set_amount") if members.get(name) is not None]
    if not given and or_free:
        given, members = ["percent"], {**members, "percent": 100}
    if len(given) != 1:
        raise InvalidRuleSet("one_of", pointer=pointer, choices=", ".join(ADVANTAGES))
    name, place = given[0], f"{pointer}/{given[0]}"
    if name == "percent":
        return Advantage("percent", ratio=read_percent(members[name], place))
    elif name in ("amount", "set_amount"):
        off: Literal["amount", "set_amount"] = "amount" if name == "amount" else "set_amount"
        return Advantage(off, amount=reader.money(members[name], place))
    kind: Literal["price", "set_price"] = "price" if name == "price" else "set_price"
    return Advantage(kind, amount=reader.money_or_zero(members[name], place))


def read_pick(members: Mapping[str, Any], pointer: str) -> Pick:
    return cast(Pick, read_choice(members.get("pick", "cheapest"), PICKS, f"{pointer}/pick"))


def read_field(reader: Reader, members: Mapping[str, Any], name: str, pointer: str) -> str | None:
    return None if members.get(name) is None else reader.line_field(members[name], f"{pointer}/{name}")


def read_times(members: Mapping[str, Any], pointer: str) -> int | None:
    times = members.get("times")
    return None if times is None else read_whole(times, f"{pointer}/times", most=UNITS_MAX)
