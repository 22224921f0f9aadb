"""Reading what holds discounts: caps and what is left, of a rule and of several together, and how prices end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from .document_parts import (
    Reader,
    read_choice,
    read_flag,
    read_items,
    read_key,
    read_members,
    read_percent,
)
from .errors import InvalidRuleSet
from .rounding import ROUNDINGS
from .rule_set import Rule
from .rule_terms import GIVES_WAY, PERS, Bound, Ending, GivesWay, JointCap, Meaning, Per

CAPS_MAX = 10
RULES_OF_CAP_MAX = 200
WHICH = ("lower", "higher")
BOUND_MEMBERS = ("amount", "percent", "per", "which")
JOINT_MEMBERS = (*BOUND_MEMBERS, "gives_way", "shipping")
MEANINGS = ("with_tax", "without_tax")


def read_bound(reader: Reader, value: object, pointer: str) -> Bound | None:
    """Read an amount for the whole checkout, or {amount, percent, per, which} with one of the first two or both."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return Bound(reader.money(value, pointer))
    read_members(value, pointer, BOUND_MEMBERS)
    return _bound(reader, value, pointer)


def _bound(reader: Reader, members: Mapping[str, Any], pointer: str) -> Bound:
    amount, percent = members.get("amount"), members.get("percent")
    if amount is None and percent is None:
        raise InvalidRuleSet("one_of", pointer=pointer, choices="amount, percent")
    which = read_choice(members.get("which", "lower"), WHICH, f"{pointer}/which")
    return Bound(
        None if amount is None else reader.money(amount, f"{pointer}/amount"),
        None if percent is None else read_percent(percent, f"{pointer}/percent"),
        cast(Per, read_choice(members.get("per", "checkout"), PERS, f"{pointer}/per")),
        higher=which == "higher",
    )


def read_group_cap(reader: Reader, value: object, pointer: str, group: str) -> JointCap | None:
    """Read the cap of a stacking group: an amount, or the members of a joint cap."""
    if value is None:
        return None
    members = value if isinstance(value, Mapping) else {"amount": value}
    read_members(members, pointer, JOINT_MEMBERS)
    return _joint(reader, members, pointer, key=group, group=group)


def read_checkout_caps(reader: Reader, members: Mapping[str, Any], pointer: str) -> tuple[JointCap, ...]:
    """Read the caps of `checkout`, each over all rules that lower prices or over those that it names."""
    found: list[JointCap] = []
    for place, each in read_items(members, "caps", CAPS_MAX, pointer):
        here = f"{pointer}/caps/{place}"
        known = read_members(each, here, ("key", "rules", *JOINT_MEMBERS), required=("key",))
        key = read_key(known["key"], f"{here}/key")
        if key in [cap.key for cap in found]:
            raise InvalidRuleSet("key_twice", pointer=f"{here}/key", text=key)
        rules = [read_key(name, f"{here}/rules/{n}") for n, name in read_items(known, "rules", RULES_OF_CAP_MAX, here)]
        found.append(_joint(reader, known, here, key=key, rules=frozenset(rules) if rules else None))
    return tuple(found)


def _joint(
    reader: Reader,
    members: Mapping[str, Any],
    pointer: str,
    *,
    key: str,
    group: str | None = None,
    rules: frozenset[str] | None = None,
) -> JointCap:
    gives_way = read_choice(members.get("gives_way", "last"), GIVES_WAY, f"{pointer}/gives_way")
    shipping = read_flag(members.get("shipping", False), f"{pointer}/shipping")
    return JointCap(key, _bound(reader, members, pointer), rules, group, cast(GivesWay, gives_way), shipping)


def read_ending(reader: Reader, value: object, pointer: str) -> Ending | None:
    """Read an ending such as 0.99 (of each unit of the currency), or {at: 9, step: 10, rounding: floor}.

    A step alone makes prices multiples of it.
    """
    if value is None:
        return None
    members = value if isinstance(value, Mapping) else {"at": value}
    read_members(members, pointer, ("at", "step", "rounding"))
    if members.get("at") is None and members.get("step") is None:
        raise InvalidRuleSet("one_of", pointer=pointer, choices="at, step")
    at = reader.money_or_zero(members.get("at", 0), f"{pointer}/at")
    step = reader.money(members.get("step", 1), f"{pointer}/step")
    if at >= step:
        raise InvalidRuleSet("ending_above_step", pointer=f"{pointer}/at")
    return Ending(at, step, read_choice(members.get("rounding", "half_up"), tuple(ROUNDINGS), f"{pointer}/rounding"))


def read_meaning(members: Mapping[str, Any], pointer: str) -> Meaning:
    """Read how a rule means its amounts: `with_tax`, `without_tax`, or as prices are stated. Not both."""
    given = [name for name in MEANINGS if read_flag(members.get(name, False), f"{pointer}/{name}")]
    if len(given) > 1:
        raise InvalidRuleSet("one_of", pointer=f"{pointer}/without_tax", choices=", ".join(MEANINGS))
    return cast(Meaning, given[0]) if given else "stated"


def require_lowering(rules: Sequence[Rule], caps: tuple[JointCap, ...]) -> None:
    """Refuse a cap over, or a conflict with, a rule that is not there or lowers no price: it would never be met."""
    lowering = frozenset(rule.key for rule in rules if rule.lowers_prices)
    for place, rule in enumerate(rules):
        for key in sorted(rule.terms.not_with - (lowering - {rule.key})):
            raise InvalidRuleSet("unknown_beside", pointer=f"/rules/{place}/not_with", text=key)
    for place, cap in enumerate(caps):
        for key in sorted((cap.rules or frozenset()) - lowering):
            raise InvalidRuleSet("unknown_capped_rule", pointer=f"/checkout/caps/{place}/rules", text=key)
