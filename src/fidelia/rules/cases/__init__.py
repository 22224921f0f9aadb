"""Rule cases: rules and a basket as anyone writes them, and what they must come to. Described in docs/reference.

A case is plain configuration (YAML or JSON, already parsed). `run_case` evaluates it and returns every difference
between what it expects and what the engine answers; none means that it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import split_by_largest_remainder

from ..pricing import Bill, FrozenBill, evaluate_basket, freeze
from ..rule_set import RuleSet
from .comparing import Comparison, compare_returns
from .reading import MalformedCase, Reading

_MEMBERS = frozenset(
    (
        *("case", "source", "currency", "points_scale", "at", "arithmetic", "rates", "groups", "campaigns", "checkout"),
        *(
            "rules",
            "lines",
            "shipping",
            "values",
            "history",
            "coupons",
            "gift_cards",
            "points",
            "pays",
            "claims",
            "choices",
            "products",
        ),
        *("left", "is_member", "in_cash", "expect", "returns", "split"),
    )
)
_LISTS = {"rules", "groups", "campaigns", "lines", "shipping", "coupons", "gift_cards", "history", "returns"}


def run_case(case: Mapping[str, Any]) -> list[str]:
    """Evaluate a case. Returns a sentence for each difference. Raises MalformedCase."""
    unknown = sorted(set(case) - _MEMBERS)
    if unknown:
        raise MalformedCase(f"“{unknown[0]}” is not known in a case; known are: {', '.join(sorted(_MEMBERS))}.")
    for name in _LISTS & set(case):
        if not isinstance(case[name], list):
            raise MalformedCase(f"“{name}” is a list.")
    if "split" in case:
        return _run_split(case["split"])
    wanted = case.get("expect", {})
    reading = Reading(case)
    try:
        rule_set = reading.rule_set()
        bill = evaluate_basket(rule_set, reading.basket(), reading.values(), at=reading.moment())
    except FideliaError as error:
        return [] if wanted.get("error") == error.code else [f"error: {error.code} ({error})"]
    if "error" in wanted:
        return [f"error: {wanted['error']} is expected, and none came"]
    differences = Comparison(reading, bill).differences(wanted)
    frozen = FrozenBill.from_mapping(freeze(bill).as_mapping())
    return differences + compare_returns(reading, frozen, case.get("returns", []))


def bill_of(case: Mapping[str, Any]) -> tuple[RuleSet, Bill]:
    """Return the rule set and the bill of a case."""
    reading = Reading(case)
    rule_set = reading.rule_set()
    return rule_set, evaluate_basket(rule_set, reading.basket(), reading.values(), at=reading.moment())


def _run_split(split: Mapping[str, Any]) -> list[str]:
    found = split_by_largest_remainder(split["amount"], split["weights"])
    return [] if found == split["expect"] else [f"split: {found}, not {split['expect']}"]


__all__ = ["MalformedCase", "bill_of", "run_case"]
