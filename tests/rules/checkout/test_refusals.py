"""What cannot be meant is refused when it is written, with a pointer to it; nothing of it reaches a till."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.rules import InvalidRuleSet, ValueOutOfBounds, parse_rule_set
from fidelia.rules.cases.reading import AT, Reading, case_catalogue
from fidelia.rules.pricing import (
    Basket,
    FixedTax,
    GiftCard,
    InvalidBasket,
    Line,
    MoreThanBought,
    Returned,
    TaxRate,
    evaluate_basket,
    freeze,
    reverse,
    spread_amount,
)

NAME = {"en": "Rule", "fr": "Règle"}
CATALOGUE = case_catalogue("EUR", {}, [])
STEPS = [{"from": 2, "price": 1}]
USES = {"of": "uses", "at_most": 1}
FACTS = {"product": "", "category": "", "brand": "", "earns": True}


@pytest.mark.parametrize(
    ("rule", "pointer", "reason"),
    [
        ({"percent_off": 101}, "/percent_off/percent", "share_of"),
        ({"percent_off": 0}, "/percent_off/percent", "share_of"),
        ({"percent_off": 10.5}, "/percent_off/percent", "share_of"),
        ({"percent_off": {"percent": 10, "of": "everything"}}, "/percent_off/of", "unknown_member"),
        ({"percent_off": {"percent": 10, "of": "order"}, "lines": "line.net > 1"}, "/lines", "lines_not_here"),
        ({"percent_off": 10, "lines": "false"}, "/lines", "effect_on_no_line"),
        ({"percent_off": 10, "lines": "line.__class__ == 1"}, "/lines", "rule_text"),
        ({"percent_off": 10, "when": "line.net > 1"}, "/when", "rule_text"),
        ({"amount_off": "12.345"}, "/amount_off/amount", "decimal"),
        ({"amount_off": -1}, "/amount_off/amount", "decimal"),
        ({"amount_off": "purchase.units"}, "/amount_off/amount", "rule_text"),
        ({"amount_off": "purchase.total / 0"}, "/amount_off/amount", "rule_text"),
        ({"amount_off": "per(purchase.total, 0)"}, "/amount_off/amount", "rule_text"),
        ({"amount_off": {"amount": "voucher"}}, "/coupon", "missing_member"),
        ({"amount_off": {"amount": 1, "each": "litre"}}, "/amount_off/each", "unknown_member"),
        ({"fixed_price": -1}, "/fixed_price/price", "decimal"),
        ({"price_table": {"prices": {}}}, "/price_table/prices", "mapping"),
        ({"price_table": {"by": "colour", "prices": {"a": 1}}}, "/price_table/by", "unknown_member"),
        ({"sets": {"of": 0}}, "/sets/of", "whole"),
        ({"sets": {"of": 2, "take": 3}}, "/sets/take", "whole"),
        ({"sets": {"of": 2, "percent": 10, "amount": 1}}, "/sets", "one_of"),
        ({"sets": {"of": 2, "same": "colour"}}, "/sets/same", "unknown_member"),
        ({"buy_get": {"get": 1}}, "/buy_get", "one_of"),
        ({"buy_get": {"buy": 1, "get": "all"}}, "/buy_get/from", "missing_member"),
        ({"bundle": {"parts": [], "price": 1}}, "/bundle/parts", "effect_on_no_line"),
        ({"bundle": {"parts": [{"lines": "line.net > 1", "gets": 1}]}}, "/bundle/parts/0/gets", "flag"),
        ({"bundle": {"parts": [{"lines": "line.net > 1", "gets": True}], "take": 1}}, "/bundle/take", "one_of"),
        (
            {"bundle": {"parts": [{"lines": "line.net > 1", "gets": True}], "set_price": 1}},
            "/bundle/set_price",
            "one_of",
        ),
        ({"percent_off": 10, "stops": "all"}, "/stops", "flag"),
        ({"percent_off": 10, "not_with": ["nobody"]}, "/not_with", "unknown_beside"),
        ({"percent_off": 10, "not_with": ["r"]}, "/not_with", "unknown_beside"),
        ({"percent_off": 10, "not_with": "r"}, "/not_with", "list"),
        ({"percent_off": 10, "lowers_tax": False, "without_tax": True}, "/lowers_tax", "one_of"),
        ({"points": 1, "lowers_tax": False}, "/lowers_tax", "only_for_prices"),
        ({"percent_off": 10, "when": "lines.distinct(l) > 1"}, "/when", "rule_text"),
        ({"percent_off": 10, "when": "lines.distinct(l, l.colour) > 1"}, "/when", "rule_text"),
        ({"bundle": {"parts": [{"lines": "true"}]}}, "/bundle", "one_of"),
        ({"volume": {"steps": []}}, "/volume/steps", "effect_on_no_line"),
        ({"volume": {"steps": [{"from": 2, "price": 1}, {"from": 2, "price": 2}]}}, "/volume/steps", "steps_rise"),
        ({"volume": {"steps": [{"from": "1.0001", "price": 1}]}}, "/volume/steps/0/from", "decimal"),
        ({"volume": {"by": "amount", "how": "marginal", "steps": STEPS}}, "/volume/how", "marginal_units"),
        ({"gift": {}}, "/gift", "one_of"),
        ({"gift": {"product": "a", "for_units": 1, "for_amount": 1}}, "/gift", "one_of"),
        ({"issue_voucher": {"series": "a"}}, "/issue_voucher/value", "missing_member"),
        ({"issue_coupon": {"series": "a", "valid_days": 0}}, "/issue_coupon/valid_days", "whole"),
        ({"custom": {"kind": "a", "values": {"x": [1]}}}, "/custom/values/x", "text"),
        ({"points": 1, "cap": 5}, "/cap", "only_for_prices"),
        ({"percent_off": 1, "limit_per_purchase": 5}, "/limit_per_purchase", "only_for_points"),
        ({"percent_off": 1, "claimed_in": "units"}, "/claimed_in", "only_for_gifts"),
        ({"percent_off": 1, "stage": "shipping"}, "/stage", "shipping_stage"),
        ({"percent_off": 1, "campaign": "x"}, "/campaign", "unknown_campaign"),
        ({"percent_off": 1, "limits": [{"of": "points", "at_most": 1}]}, "/limits/0/of", "limit_misfit"),
        ({"percent_off": 1, "limits": [{"of": "uses", "at_most": 0}]}, "/limits/0/at_most", "whole"),
        ({"percent_off": 1, "limits": [USES | {"period": "hour"}]}, "/limits/0/period", "unknown_member"),
        ({"percent_off": 1, "points": 1}, "", "one_effect"),
    ],
)  # fmt: skip
def test_a_rule_is_refused_where_it_is_wrong(rule: dict[str, Any], pointer: str, reason: str) -> None:
    with pytest.raises(InvalidRuleSet) as caught:
        parse_rule_set({"rules": [{"key": "r", "name": NAME, **rule}]}, CATALOGUE, points_scale=0)
    assert (caught.value.pointer, caught.value.reason) == (f"/rules/0{pointer}", reason)
    assert caught.value.sentence("fr")
    assert caught.value.sentence("en")


@pytest.mark.parametrize("policy", ["best", "first", "exclusive"])
def test_a_group_does_not_compare_money_with_points(policy: str) -> None:
    rules = [
        {"key": "a", "name": NAME, "percent_off": 1, "group": "g"},
        {"key": "b", "name": NAME, "points": 1, "group": "g"},
    ]
    document = {"groups": [{"key": "g", "policy": policy}], "rules": rules}
    with pytest.raises(InvalidRuleSet) as caught:
        parse_rule_set(document, CATALOGUE, points_scale=0)
    assert caught.value.reason == "mixed_kinds"


@pytest.mark.parametrize(
    ("basket", "pointer"),
    [
        (Basket((Line("1", 0, 100, facts=FACTS),)), "/lines/0/quantity"),
        (Basket((Line("1", -1000, 100, facts=FACTS),)), "/lines/0/quantity"),
        (Basket((Line("1", 1000, -1, facts=FACTS),)), "/lines/0/unit_price"),
        (Basket((Line("1", 1000, 1, 9, facts=FACTS),)), "/lines/0/price_scale"),
        (Basket((Line("1", 10**9, 10**9, facts=FACTS),)), "/lines/0/unit_price"),
        (Basket((Line("1", 1000, 1, facts=FACTS), Line("1", 1000, 1, facts=FACTS))), "/lines/1/key"),
        (Basket((Line("1", 1000, 1, rates=(TaxRate("t", 1, 0),), facts=FACTS),)), "/lines/0/rates/0"),
        (Basket((Line("1", 1000, 1, fixed_taxes=(FixedTax("t", -1),), facts=FACTS),)), "/lines/0/fixed_taxes/0"),
        (Basket((), gift_cards=(GiftCard("points", 1),)), "/gift_cards"),
        (Basket((), gift_cards=(GiftCard("a", -1),)), "/gift_cards/0"),
        (Basket((), claims={"r": -1}), "/claims/r"),
    ],
)
def test_a_basket_is_refused_where_it_is_wrong(basket: Basket, pointer: str) -> None:
    rule_set = parse_rule_set({"rules": []}, CATALOGUE, points_scale=0)
    with pytest.raises(InvalidBasket) as caught:
        evaluate_basket(rule_set, basket, {}, at=AT)
    assert caught.value.pointer == pointer


def test_fixed_taxes_are_no_more_than_the_price_that_holds_them() -> None:
    rule_set = parse_rule_set({"rules": []}, CATALOGUE, points_scale=0)
    line = Line("1", 1000, 100, fixed_taxes=(FixedTax("eco", 101),), facts=FACTS)
    with pytest.raises(InvalidBasket):
        evaluate_basket(rule_set, Basket((line,)), {}, at=AT)


def test_a_fact_that_its_field_cannot_hold_is_refused() -> None:
    rules = [{"key": "r", "name": NAME, "lines": 'line.product == "a"', "percent_off": 1}]
    rule_set = parse_rule_set({"rules": rules}, CATALOGUE, points_scale=0)
    with pytest.raises(ValueOutOfBounds) as caught:
        evaluate_basket(rule_set, Basket((Line("1", 1000, 1, facts={**FACTS, "product": 7}),)), {}, at=AT)
    assert caught.value.pointer == "/lines.product"


def test_more_lines_than_the_catalogue_allows_are_refused() -> None:
    rule_set = parse_rule_set({"rules": []}, CATALOGUE, points_scale=0)
    lines = tuple([Line(str(n), 1000, 100, facts=FACTS) for n in range(10_001)])
    with pytest.raises(ValueOutOfBounds):
        evaluate_basket(rule_set, Basket(lines), {}, at=AT)


def test_a_long_invoice_is_priced() -> None:
    case = {
        "rules": [{"key": "tenth", "percent_off": {"percent": 10, "of": "order"}}, {"key": "free", "sets": {"of": 3}}],
        "lines": [{"product": f"p{n % 50}", "price": "1.99"} for n in range(1_114)],
    }
    reading = Reading(case)
    bill = evaluate_basket(reading.rule_set(), reading.basket(), reading.values(), at=AT)
    assert len(bill.lines) == 1_114
    assert bill.discount == 371 * 199 + round((1_114 - 371) * 199 / 10)


@pytest.mark.parametrize(
    "now",
    [
        Returned(1, quantity=1000),
        Returned(-1, quantity=1000),
        Returned(0, quantity=0),
        Returned(0, quantity=2001),
        Returned(0, amount=0),
        Returned(0, amount=1001),
        Returned(0),
        Returned(0, quantity=1000, amount=5),
    ],
)
def test_no_more_comes_back_than_was_bought(now: Returned) -> None:
    rule_set = parse_rule_set({"rules": []}, CATALOGUE, points_scale=0)
    frozen = freeze(evaluate_basket(rule_set, Basket((Line("1", 2000, 500, facts=FACTS),)), {}, at=AT))
    with pytest.raises(MoreThanBought):
        reverse(frozen, [now])
    half = [Returned(0, quantity=1000)]
    with pytest.raises(MoreThanBought):
        reverse(frozen, [*half, *half], already=half)
    with pytest.raises(MoreThanBought):
        spread_amount(frozen, 501, half)
