"""Rules of the checkout, and what they came to, said in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.rules import describe_rule, explain, explain_outcomes, record_bill
from fidelia.rules.cases import bill_of
from fidelia.rules.cases.reading import AT
from fidelia.rules.decision import Decision
from fidelia.rules.document import EFFECTS, parse_rule_set
from fidelia.rules.explanation import _WHY_NOT
from fidelia.rules.pricing.reasons import CHECKOUT_REASONS
from fidelia.rules.settlement import GRANTED

from ..shop import CATALOGUE
from .strategies import EFFECTS as WRITTEN

NAME = {"en": "Rule", "fr": "Règle"}


def said(rule: dict[str, Any], language: str) -> str:
    rule_set = parse_rule_set({"rules": [{"key": "r", "name": NAME, **rule}]}, CATALOGUE, points_scale=0)
    return plain(describe_rule(rule_set.rules[0], rule_set, language))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("rule", "english", "french"),
    [
        ({"percent_off": 20}, "The lines cost 20% less.", "Les lignes coûtent 20 % de moins."),
        (
            {"percent_off": 20, "stops": "lines", "lowers_tax": False},
            "The lines cost 20% less, and no rule after it lowers the same lines, taxes counted on the price before"
            " it.",
            "Les lignes coûtent 20 % de moins, et aucune règle après elle ne baisse les mêmes lignes, taxes calculées"
            " sur le prix avant cette remise.",
        ),
        (
            {"points": 50, "when": "lines.distinct(l, l.product) >= 3"},
            "If the number of different values of the product in the lines is at least 3, the purchase"
            " earns 50 points.",
            "Si le nombre de valeurs différentes de l’article dans les lignes est d’au moins 3, l’achat rapporte 50"
            " points.",
        ),
        (
            {"percent_off": {"percent": 10, "of": "order"}, "when": "purchase.total >= 50", "cap": 9},
            "If the total of the purchase is at least €50.00, the order costs 10% less, at most €9.00 per purchase.",
            "Si le total de l’achat est d’au moins 50,00 €, la commande coûte 10 % de moins, au plus 9,00 € par achat.",
        ),
        (
            {"sets": {"of": 3}, "lines": 'line.product == "soap"'},
            "Of every 3 units of the lines where the product is “soap”, the cheapest: free.",
            "Par lot de 3 unités des lignes où l’article est « soap », la moins chère : gratuit.",
        ),
        (
            {"buy_get": {"buy": 2, "get": 1, "percent": 50}},
            "For every 2 bought of the lines, 1 more: 50% off.",
            "Pour 2 unités achetées des lignes, 1 de plus : 50 % de remise.",
        ),
        (
            {"volume": {"steps": [{"from": 5, "price": 9}, {"from": 10, "price": 8}]}},
            "From 5 units of the lines: €9.00 each; from 10 units of the lines: €8.00 each.",
            "Dès 5 unités des lignes : 9,00 € l’unité ; dès 10 unités des lignes : 8,00 € l’unité.",
        ),
        (
            {"gift": {"product": "mug", "for_amount": 50}, "limits": [{"of": "uses", "at_most": 1, "per": "member"}]},
            "1 × mug as a gift for every €50.00 of the lines, at most once per member.",
            "1 × mug en cadeau par tranche de 50,00 € des lignes, au plus une fois par adhérent.",
        ),
        (
            {"amount_off": {"amount": 5, "each": "unit"}, "coupon": "noel", "exclusive": True},
            "The lines cost €5.00 less for each unit, with a code of “noel”, and no other advantage on prices.",
            "Les lignes coûtent 5,00 € de moins par unité, avec un code « noel », sans autre avantage sur les prix.",
        ),
        (
            {"issue_voucher": {"series": "back", "value": "share(purchase.total, 10, floor)"}},
            "1 × voucher “back” worth 10% of the total of the purchase is issued.",
            "1 × bon « back » d’une valeur de 10 % du total de l’achat est émis.",
        ),
        (
            {"credit_points": {"currency": "EURC", "points": "2.50"}},
            "2.5 EURC beside the points.",
            "2,5 EURC en plus des points.",
        ),
        (
            {"credit_points": {"currency": "EURC", "points": "share(purchase.total, 5, half_up)"}},
            "As many EURC as 5% of the total of the purchase, beside the points.",
            "Autant de EURC que 5 % du total de l’achat, en plus des points.",
        ),
        ({"credit_tier": 100}, "100 points count for the tier.", "100 points comptent pour le statut."),
    ],
)
def test_a_rule_says_what_it_does(rule: dict[str, Any], english: str, french: str) -> None:
    assert [said(rule, "en"), said(rule, "fr")] == [english, french]


def test_every_effect_can_be_said() -> None:
    told = {next(iter(effect)) for effect in WRITTEN} | {
        "issue_coupon",
        "credit_tier",
        "credit_points",
        "custom",
        "points",
    }
    assert told | {"points_per_unit"} == set(EFFECTS)
    for language in ("en", "fr"):
        assert said({"issue_coupon": {"series": "a", "when": "after_return_window"}}, language)
        assert said({"custom": {"kind": "print"}}, language)
        for effect in WRITTEN:
            if "unit_price" not in str(effect):
                assert "{" not in said(dict(effect), language)


def test_every_reason_can_be_said() -> None:
    assert set(_WHY_NOT) == set(CHECKOUT_REASONS) - {GRANTED}


CASE: dict[str, Any] = {
    "rules": [
        {"key": "base", "points_per": {"amount": 1, "points": 1}},
        {"key": "free", "lines": 'line.product == "soap"', "sets": {"of": 3}},
        {"key": "half", "percent_off": {"percent": 50, "of": "order"}, "cap": 5},
        {"key": "ship", "when": "purchase.total >= 50", "percent_off": {"percent": 100, "of": "shipping"}},
        {"key": "two", "lines": 'line.product == "tea"', "sets": {"of": 2}},
        {"key": "code", "coupon": "a", "percent_off": 10},
        {"key": "back", "issue_coupon": {"series": "next"}},
    ],
    "lines": [
        {"product": "soap", "price": 4, "quantity": 3},
        {"product": "tea", "price": 6},
        {"product": "mug", "price": "22.80"},
    ],
    "coupons": [{"code": "OLD", "series": "a", "state": "expired"}],
}


def test_a_bill_says_why_in_both_languages() -> None:
    rule_set, bill = bill_of(CASE)
    decision = record_bill(rule_set, bill, rule_version_id="v1", occurred_at=AT)
    assert [plain(each) for each in explain(decision, rule_set, "en")] == [
        "31 points in all.",
        "base: +31 points on €31.80.",
        "free: −€4.00 on 1 unit.",
        "half: −€5.00, its cap (€18.40 without it).",
        "back: granted.",
        "ship: nothing, €18.20 short.",
        "two: nothing, 1 unit short.",
        "code: nothing, the code has expired.",
    ]
    assert [plain(each) for each in explain(decision, rule_set, "fr")] == [
        "31 points en tout.",
        "base : +31 points sur 31,80 €.",
        "free : −4,00 € sur 1 unité.",
        "half : −5,00 €, son plafond (18,40 € sans lui).",
        "back : accordé.",
        "ship : rien, il manque 18,20 €.",
        "two : rien, il manque 1 unité.",
        "code : rien, le code est périmé.",
    ]
    met = {**CASE, "lines": [*CASE["lines"], {"product": "lamp", "price": 60}]}
    rule_set, bill = bill_of(met)
    decision = record_bill(rule_set, bill, rule_version_id="v1", occurred_at=AT)
    sentences = {outcome.rule_key: plain(text) for outcome, text in explain_outcomes(decision, rule_set, "en")}
    assert sentences["ship"] == "ship: nothing, no line of the purchase counts for it."


def test_the_record_of_a_bill_is_read_back_and_shows_what_was_read() -> None:
    rule_set, bill = bill_of({**CASE, "shipping": [{"price": 5}]})
    decision = record_bill(rule_set, bill, rule_version_id="v1", occurred_at=AT)
    assert Decision.from_mapping(decision.as_mapping()) == decision
    assert decision.values["purchase.total"] == 3180
    assert [line["net"] for line in decision.values["lines"]] == [691, 519, 1970]
    assert decision.bill is not None
    assert decision.bill.total == 3680
