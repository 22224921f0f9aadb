"""The effects of a rule in the JSON Schema of a programme's document."""

from __future__ import annotations

from typing import Final

from ..advantage_reading import PICKS
from ..price_reading import SPLITS, TARGETS
from ..reading import DAYS_MAX
from ..rounding import ROUNDINGS
from .schema_parts import AMOUNT, KEY, PERCENT, PRICE, RULE_TEXT, Schema, list_of, members, short_or

UNITS: Final[Schema] = {"type": "integer", "minimum": 1}
WORTH: Final[Schema] = {"percent": PERCENT, "amount": AMOUNT, "price": PRICE, "set_price": PRICE}
PICK: Final[Schema] = {"enum": list(PICKS)}
FLAG: Final[Schema] = {"type": "boolean"}
FIELD: Final[Schema] = {"type": "string"}


def points_effects() -> Schema:
    """Return the effects that give points."""
    rounding = {"enum": list(ROUNDINGS)}
    return {
        "points": {"anyOf": [AMOUNT, RULE_TEXT]},
        "points_per": members(
            {
                "amount": AMOUNT,
                "points": AMOUNT,
                "base": RULE_TEXT,
                "rounding": rounding,
                "per": {"enum": ["purchase", "line"]},
            },
            required=("amount", "points"),
        ),
        "points_per_unit": AMOUNT,
        "multiply_points": members({"by": AMOUNT, "rounding": rounding}, required=("by",)),
    }


def price_effects() -> Schema:
    """Return the effects that lower prices."""
    return {**_plain_prices(), **_of_units(), **_volume_and_gift()}


def _plain_prices() -> Schema:
    target = {"enum": list(TARGETS)}
    return {
        "percent_off": short_or(
            PERCENT,
            {"percent": PERCENT, "of": target, "per": {"enum": ["all", "line", "unit"]}, "passes_on": FLAG},
        ),
        "amount_off": short_or(
            {"anyOf": [AMOUNT, RULE_TEXT]},
            {
                "amount": {"anyOf": [AMOUNT, RULE_TEXT]},
                "each": {"enum": ["once", "line", "unit"]},
                "split": {"enum": list(SPLITS)},
                "for_amount": AMOUNT,
                "times": UNITS,
                "of": target,
            },
        ),
        "fixed_price": short_or(PRICE, {"price": PRICE, "each": {"enum": ["unit", "line", "once"]}, "of": target}),
        "price_table": members(
            {"by": FIELD, "prices": {"type": "object", "minProperties": 1, "additionalProperties": PRICE}},
            required=("prices",),
        ),
    }


def _of_units() -> Schema:
    return {
        "sets": members(
            {
                **WORTH,
                **dict.fromkeys(("of", "take", "times"), UNITS),
                "set_amount": AMOUNT,
                "skip": {"type": "integer", "minimum": 0},
                "pick": PICK,
                "among": {"enum": ["each", "all"]},
                "made": {"enum": ["dearest", "cheapest"]},
                "same": FIELD,
                "distinct": FIELD,
                "shared": FLAG,
            },
            required=("of",),
        ),
        "buy_get": members(
            {
                **WORTH,
                "buy": UNITS,
                "buy_for": AMOUNT,
                "get": {"anyOf": [UNITS, {"const": "all"}]},
                "from": RULE_TEXT,
                "pick": PICK,
                "times": UNITS,
                "shared": FLAG,
                "no_dearer": FLAG,
            }
        ),
        "bundle": members(
            {
                **WORTH,
                "parts": list_of(members({"lines": RULE_TEXT, "units": UNITS, "gets": FLAG}, required=("lines",)), 10),
                "times": UNITS,
                "take": UNITS,
                "pick": PICK,
                "shared": FLAG,
            },
            required=("parts",),
        ),
    }


def _volume_and_gift() -> Schema:
    return {
        "volume": members(
            {
                "by": {"enum": ["units", "amount"]},
                "how": {"enum": ["all", "marginal"]},
                "same": FIELD,
                "steps": list_of(members({**WORTH, "amount": PRICE, "from": PRICE}, required=("from",)), 20),
            },
            required=("steps",),
        ),
        "gift": members(
            {
                "product": {"type": "string"},
                "products": list_of({"type": "string"}, 50),
                "units": UNITS,
                "for_units": {"type": "integer", "minimum": 0},
                "for_amount": AMOUNT,
                "how": {"enum": ["add", "unlock"]},
                "times": UNITS,
                "percent": PERCENT,
                "price": PRICE,
            }
        ),
    }


def issue_effects() -> Schema:
    """Return the effects that give something else."""
    issue: Schema = {
        "series": KEY,
        "count": {"type": "integer", "minimum": 1, "maximum": 100},
        "when": {"enum": ["now", "after_return_window"]},
        "valid_days": {"type": "integer", "minimum": 1, "maximum": DAYS_MAX},
    }
    values = {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean"]}}
    return {
        "issue_coupon": members(issue, required=("series",)),
        "issue_voucher": members({**issue, "value": {"anyOf": [AMOUNT, RULE_TEXT]}}, required=("series", "value")),
        "credit_tier": {"anyOf": [AMOUNT, RULE_TEXT]},
        "credit_points": members(
            {
                "currency": {"type": "string", "minLength": 1, "maxLength": 12},
                "points": {"anyOf": [AMOUNT, RULE_TEXT]},
            },
            required=("currency", "points"),
        ),
        "custom": members(
            {"kind": KEY, "values": values, "computed": {"type": "object", "additionalProperties": RULE_TEXT}},
            required=("kind",),
        ),
    }
