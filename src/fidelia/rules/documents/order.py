"""The order in which people read the members of a document: a database of objects forgets how it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ORDER = (
    *(
        "format",
        "programme",
        "slug",
        "groups",
        "campaigns",
        "checkout",
        "rules",
        "key",
        "name",
        "active",
        "when",
        "coupon",
    ),
    *("claimed", "costs_points", "claimed_in", "lines"),
    *("points", "points_per", "points_per_unit", "multiply_points", "percent_off", "amount_off", "fixed_price"),
    *("price_table", "sets", "buy_get", "bundle", "volume", "gift", "issue_coupon", "issue_voucher", "credit_tier"),
    "credit_points",
    *(
        "custom",
        "cap",
        "leaves",
        "ending",
        "with_tax",
        "without_tax",
        "limit_per_purchase",
        "limits",
        "control",
        "campaign",
        "of",
        "at_most",
        "per",
        "period",
    ),
    *(
        "stage",
        "order",
        "base",
        "exclusive",
        "not_with",
        "stops",
        "always",
        "lowers_tax",
        "pool",
        "when_undone",
        "group",
    ),
    *(
        "valid_from",
        "valid_until",
        "tiers",
        "window_days",
        "kept_days",
        "on_return",
        "purchases",
        "cheques",
        "conversions",
        "plans",
        "price",
        "every",
    ),
)


def ordered(document: Any) -> Any:
    """Return a document, or a part of it, with its members in the order in which people read them."""
    if isinstance(document, list):
        return [ordered(part) for part in document]
    if not isinstance(document, Mapping):
        return document
    names = sorted(document, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    return {name: ordered(document[name]) for name in names}
