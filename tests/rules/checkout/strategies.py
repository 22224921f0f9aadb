"""Random baskets and rule sets, as the configuration that anyone would write."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fidelia.rules.arithmetic_terms import TAX_ROUNDINGS

Draw = Any
PRODUCTS = ("moka", "mug", "soap", "tea")
RATES = {
    "vat20": 20,
    "vat5": "5.5",
    "top8": {"rate": "8.875", "included": False},
    "extra": {"rate": 10, "compound": True},
}
EFFECTS: tuple[dict[str, Any], ...] = (
    {"percent_off": "12.5"},
    {"percent_off": {"percent": 100}},
    {"percent_off": {"percent": 33, "per": "line"}},
    {"percent_off": {"percent": 15, "per": "unit"}},
    {"percent_off": {"percent": 10, "of": "order"}},
    {"percent_off": {"percent": 80, "of": "order", "passes_on": True}},
    {"amount_off": {"amount": 25, "of": "order", "split": "by_price"}},
    {"amount_off": {"amount": "1.50", "for_amount": 7, "times": 3}},
    {"sets": {"of": 3, "shared": True}},
    {"sets": {"of": 3, "take": 2, "among": "all", "percent": 40, "shared": True}},
    {"buy_get": {"buy": 1, "get": 1, "from": 'line.product == "mug"', "percent": 50, "shared": True}},
    {"percent_off": {"percent": 10, "of": "order"}, "base": "initial"},
    {"percent_off": {"percent": 7, "of": "order"}, "with_tax": True},
    {"percent_off": {"percent": 50, "of": "shipping"}},
    {"amount_off": {"amount": 15, "of": "all"}},
    {"percent_off": {"percent": 5, "of": "all"}, "with_tax": True},
    {"amount_off": "9.99"},
    {"amount_off": {"amount": 3, "each": "line"}},
    {"amount_off": {"amount": "0.35", "each": "unit"}},
    {"amount_off": {"amount": 25, "of": "order", "split": "evenly"}},
    {"amount_off": {"amount": 25, "of": "order", "split": "by_quantity"}},
    {"amount_off": {"amount": 25, "of": "order", "split": "first"}},
    {"amount_off": {"amount": 40, "of": "order"}, "with_tax": True},
    {"amount_off": {"amount": "share(purchase.total, 10, floor)", "of": "order"}},
    {"amount_off": {"amount": "voucher", "of": "order"}, "coupon": "bon"},
    {"fixed_price": "2.49"},
    {"fixed_price": {"price": 5, "each": "line"}},
    {"fixed_price": {"price": 20, "each": "once"}},
    {"fixed_price": {"price": 0, "of": "shipping"}},
    {"price_table": {"prices": {"moka": "3.10", "mug": 0}}},
    {"sets": {"of": 3}},
    {"sets": {"of": 2, "percent": 50, "pick": "dearest"}},
    {"sets": {"of": 3, "take": 2, "among": "all", "amount": 1}},
    {"sets": {"of": 2, "set_price": 7, "times": 2}},
    {"sets": {"of": 2, "distinct": "product", "pick": "last"}},
    {"sets": {"of": 2, "same": "product", "price": 1}},
    {"sets": {"of": 3, "skip": 1, "percent": 50, "made": "cheapest"}},
    {"sets": {"of": 4, "skip": 2, "among": "all", "pick": "dearest"}},
    {"sets": {"of": 2, "set_amount": 5, "made": "cheapest"}},
    {"sets": {"of": 3, "distinct": "product", "skip": 1, "take": 2, "made": "cheapest"}},
    {"buy_get": {"buy": 2, "get": 1}},
    {"buy_get": {"buy": 1, "get": 1, "from": 'line.product == "mug"', "percent": 50}},
    {"buy_get": {"buy_for": 20, "get": "all", "from": 'line.product == "tea"', "amount": 1}},
    {"bundle": {"parts": [{"lines": 'line.product == "moka"'}, {"lines": "line.unit_price > 2"}], "price": 6}},
    {"volume": {"steps": [{"from": 2, "percent": 5}, {"from": "3.5", "price": 3}]}},
    {"volume": {"how": "marginal", "steps": [{"from": 2, "amount": "0.50"}, {"from": 4, "percent": 30}]}},
    {"volume": {"by": "amount", "steps": [{"from": 10, "amount": 1}, {"from": 30, "percent": 10}]}},
    {"gift": {"product": "mug"}},
    {"gift": {"product": "tea", "how": "unlock", "for_units": 2}},
    {"gift": {"product": "mug", "how": "unlock", "percent": 50}},
    {"gift": {"product": "tea", "how": "unlock", "price": 1}},
    {"buy_get": {"buy": 1, "get": 1, "from": 'line.product == "tea"', "no_dearer": True}},
    {
        "bundle": {
            "parts": [{"lines": 'line.product == "moka"'}, {"lines": "line.net > 0", "gets": True}],
            "percent": 50,
        }
    },
    {"points_per": {"amount": 1, "points": 1}},
    {"multiply_points": {"by": 2}},
    {"issue_voucher": {"series": "cash", "value": "share(purchase.total, 5, floor)"}},
)
BOUNDS: tuple[dict[str, Any], ...] = (
    {"cap": "0.01"},
    {"cap": 2},
    {"cap": 15},
    {"cap": {"amount": "0.70", "per": "unit"}},
    {"cap": {"amount": 2, "percent": 30, "per": "line"}},
    {"cap": {"percent": "12.5", "which": "higher", "amount": 1}},
    {"cap": {"amount": 3, "per": "line"}, "without_tax": True},
    {"leaves": {"amount": "2.50", "per": "unit"}},
    {"leaves": {"amount": 5, "percent": 60, "per": "line"}},
    {"leaves": 20},
    {"ending": "0.99"},
    {"ending": {"step": "0.05", "rounding": "floor"}, "cap": 4},
    {"without_tax": True},
)
CAPS: tuple[dict[str, Any], ...] = (
    {"key": "all", "amount": 9},
    {"key": "all", "percent": 40, "gives_way": "in_proportion"},
    {"key": "all", "amount": 3, "per": "line", "gives_way": "smallest"},
    {"key": "all", "amount": "0.80", "per": "unit", "gives_way": "first", "shipping": True},
    {"key": "all", "amount": 4, "percent": 20, "which": "higher", "gives_way": "largest"},
)
TERMS: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {"exclusive": True}, {"stops": True}, {"always": True}, {"order": -1}, {"stops": "lines"}),
    {"apart": True},  # does not go together with the rule before it
)
SHARINGS = ("largest_remainder", "largest_remainder", "first", "nearest_first", "last", "last_down", "carried")
CONDITIONS = (None, None, "purchase.total >= 20", "purchase.listed > 15", "lines.sum(l, l.quantity) >= 3")
LINES = (None, None, 'line.product == "moka"', 'line.product in ["mug", "soap"]', "line.net >= 4")


@st.composite
def cases(draw: Draw) -> dict[str, Any]:
    """Return a case without its expectations."""
    return {
        "rates": RATES,
        "arithmetic": {
            "tax_included": draw(st.booleans()),
            "tax_rounding": draw(st.sampled_from(TAX_ROUNDINGS)),
            "rounding": draw(st.sampled_from(["half_up", "half_even", "half_odd", "floor"])),
            "price_rounding": draw(st.sampled_from(["line", "unit", "total"])),
            "cash_step": draw(st.sampled_from(["0", "0.05"])),
            "sharing": draw(st.sampled_from(SHARINGS)),
        },
        "in_cash": draw(st.booleans()),
        "groups": [
            {"key": "best", "policy": "best", **draw(st.sampled_from([{}, {"cap": 3}]))},
            {"key": "lines", "policy": "best", "scope": "line"},
            {"key": "first", "policy": "first"},
            {"key": "alone", "policy": "exclusive"},
        ],
        "checkout": {
            **draw(st.sampled_from(CHECKOUTS)),
            "caps": draw(st.lists(st.sampled_from(CAPS), max_size=1)),
        },
        "rules": _told_apart([_rule(draw, n) for n in range(draw(st.integers(1, 6)))]),
        "lines": [_line(draw) for _ in range(draw(st.integers(1, 5)))],
        "shipping": [{"price": "4.90", "taxes": ["vat20"]}] if draw(st.booleans()) else [],
        "coupons": [{"code": "A", "series": "bon", "value": 8}, {"code": "B", "series": "bon", "value": 5}],
        "gift_cards": [{"key": "card", "balance": draw(st.sampled_from([0, "3.33", 500]))}],
        "points": {"balance": 700, "wanted": "all"},
        "pays": {"points": 100, "amount": 1, "step": 50},
        "products": {"mug": {"price": "6.50", "taxes": ["vat20"], "stock": 2}},
    }


_EARNING = {
    "earning": {
        "tax": False,
        "discounted": True,
        "shipping": True,
        "paid_by_points": False,
        "paid_by_gift_cards": False,
    }
}

CHECKOUTS = (
    {},
    {"exclusive": "best", "when_undone": "withdraw"},
    {"combining": "best"},
    {"rewards_back": "whole", "refunds": "gift_cards_first"},
    {"earned_back": "down"},
    _EARNING,
)


def _rule(draw: Draw, place: int) -> dict[str, Any]:
    effect = draw(st.sampled_from(EFFECTS))
    rule: dict[str, Any] = {"key": f"r{place}", **effect}
    when, lines = draw(st.sampled_from(CONDITIONS)), draw(st.sampled_from(LINES))
    if when is not None:
        rule["when"] = when
    target = next((each.get("of") for each in effect.values() if isinstance(each, dict)), None)
    if lines is not None and target not in ("order", "shipping", "all") and "bundle" not in effect:
        rule["lines"] = lines
    name = next(iter(effect))
    if name in ("points_per", "multiply_points", "issue_voucher"):
        return rule
    rule["group"] = draw(st.sampled_from([None, None, "best", "lines", "first", "alone"]))
    if draw(st.integers(0, 2)) == 0:
        rule |= draw(st.sampled_from(BOUNDS))
    if draw(st.integers(0, 3)) == 0:
        rule["limits"] = [
            {"of": "money", "at_most": draw(st.sampled_from(["0.50", 7])), "partial": draw(st.booleans())}
        ]
    if "with_tax" in rule:
        rule.pop("without_tax", None)
    rule |= draw(st.sampled_from(TERMS))
    if "with_tax" not in rule and "without_tax" not in rule and draw(st.integers(0, 5)) == 0:
        rule["lowers_tax"] = False
    return rule


def _told_apart(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name to each rule that stands apart the one before it that lowers prices too."""
    before: str | None = None
    for rule in rules:
        if rule.pop("apart", False) and before is not None:
            rule["not_with"] = [before]
        if "group" in rule:
            before = rule["key"]
    return rules


def _line(draw: Draw) -> dict[str, Any]:
    price = draw(st.sampled_from(["0", "0.01", "0.0150", "1.00", "3.33", "9.99", "12.345", "40"]))
    plain = price in ("0", "0.01", "0.0150")
    fixed = [[], [{"amount": "0.25"}], [{"amount": "0.10", "taxed": False, "included": False}]]
    return {
        "product": draw(st.sampled_from(PRODUCTS)),
        "price": price,
        "quantity": draw(st.sampled_from([1, 1, 2, 3, 7, "0.350", "2.5"])),
        "taxes": draw(st.sampled_from([[], ["vat20"], ["vat5"], ["vat20", "top8"], ["vat5", "extra"], ["top8"]])),
        "fixed": [] if plain else draw(st.sampled_from(fixed)),
        "discountable": draw(st.sampled_from([True, True, True, False])),
        "tenders": draw(st.sampled_from([True, True, False])),
        "lowest": draw(st.sampled_from([0, 0, "2.50"])),
    }
