"""Rules read as plain English and as correct French."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from fidelia.rules import Type, check_rule, describe, describe_rule, parse_rule_set
from fidelia.rules.errors import RuleError
from fidelia.rules.explanation import ROUNDING_WORDS
from fidelia.rules.functions import FUNCTIONS
from fidelia.rules.rounding import ROUNDINGS

from .programs import programs
from .shop import CATALOGUE

WORDS = [
    (
        'purchase.weekday == "tuesday" && has(member.tier) && member.tier in ["gold", "silver"] '
        '&& lines.filter(l, has(l.category) && l.category == "coffee").sum(l, l.net) >= 20.00',
        "the day is Tuesday, the tier is Gold or Silver and the sum of the net amount over the lines where the "
        "category is “coffee” is at least €20.00",
        "le jour est mardi, le statut est Or ou Argent et la somme du montant net pour les lignes où la catégorie "
        "est « coffee » est d’au moins 20,00 €",
    ),
    (
        "!(purchase.online || purchase.total < 50)",
        "the purchase is not made online and the total of the purchase is at least €50.00",
        "l’achat n’est pas fait en ligne et le total de l’achat est d’au moins 50,00 €",
    ),
    (
        "50 <= purchase.total && (purchase.online || member.visits > 1000)",
        "the total of the purchase is at least €50.00 and (the purchase is made online or the number of visits is more "
        "than 1,000)",
        "le total de l’achat est d’au moins 50,00 € et (l’achat est fait en ligne ou le nombre de visites "
        "dépasse 1 000)",
    ),
    (
        "share(purchase.total, 12.5, half_up) >= orElse(purchase.tip, 0)",
        "12.5% of the total of the purchase is at least the tip (€0.00 if unknown)",
        "12,5 % du total de l’achat atteint ou dépasse le pourboire (à défaut, 0,00 €)",
    ),
    (
        "per(purchase.total, 10) == 3",
        "the number of whole €10.00 in the total of the purchase is 3",
        "le nombre de tranches entières de 10,00 € dans le total de l’achat est de 3",
    ),
    (
        "!lines.all(l, l.earns)",
        "there is a line where the line earns no points",
        "il y a une ligne où la ligne ne rapporte pas de points",
    ),
    (
        "lines.all(l, l.net > 1)",
        "for each of the lines, the net amount is more than €1.00",
        "pour chacune des lignes, le montant net dépasse 1,00 €",
    ),
    (
        "!lines.filter(l, l.earns).exists(l, l.net > 1)",
        "among the lines where the line earns points, there is not a line where the net amount is more than €1.00",
        "parmi les lignes où la ligne rapporte des points, il n’y a pas une ligne où le montant net dépasse 1,00 €",
    ),
    (
        "lines.filter(l, l.quantity >= 0.35).count() < 2",
        "the number of lines where the quantity is at least 0.35 is less than 2",
        "le nombre de lignes où la quantité est d’au moins 0,35 est de moins de 2",
    ),
    (
        "purchase.total in [10, 20.5] || member.visits == 1",
        "the total of the purchase is €10.00 or €20.50 or the number of visits is 1",
        "le total de l’achat est de 10,00 € ou 20,50 € ou le nombre de visites est de 1",
    ),
    ('"vip" in member.segments', "the segments include “vip”", "les segments comprennent « vip »"),
    (
        'purchase.on >= date("2026-12-01")',
        "the date of the purchase is not before 1 December 2026",
        "la date de l’achat ne vient pas avant le 1er décembre 2026",
    ),
    (
        "days_between(orElse(member.birthday, purchase.on), purchase.on) != 0",
        "the number of days from the birthday (the date of the purchase if unknown) to the date of the purchase "
        "is not 0",
        "le nombre de jours entre l’anniversaire (à défaut, la date de l’achat) et la date de l’achat n’est pas de 0",
    ),
    (
        '!has(member.birthday) || member.name.startsWith("É")',
        "the birthday is not known or the name begins with “É”",
        "on ne connaît pas l’anniversaire ou le nom commence par « É »",
    ),
    (
        "purchase.online == lines.exists(l, l.net < 0)",
        "it is as true that the purchase is made online as that there is a line where the net amount is "
        "less than €0.00",
        "il est aussi vrai que l’achat est fait en ligne qu’il y a une ligne où le montant net est de moins de 0,00 €",
    ),
]


@pytest.mark.parametrize(("source", "english", "french"), WORDS)
def test_it_says(source: str, english: str, french: str) -> None:
    program = check_rule(source, CATALOGUE)
    assert plain(describe(program, "en")) == english
    assert plain(describe(program, "fr")) == french


RULES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"points_per": {"amount": 1, "points": 1, "per": "line", "rounding": "half_up"}},
        "Each €1.00 of the net amount over the lines earns 1 point (rounded to the nearest, line by line).",
        "Chaque tranche de 1,00 € du montant net sur les lignes rapporte 1 point "
        "(arrondi au plus proche, ligne par ligne).",
    ),
    (
        {
            "when": 'has(member.tier) && member.tier == "gold"',
            "lines": 'line.product == "moka"',
            "multiply_points": {"by": "1.5"},
            "limit_per_purchase": 200,
        },
        "If the tier is Gold, the points of the lines where the product is “moka” are multiplied by 1.5, at most 200 "
        "points per purchase.",
        "Si le statut est Or, les points des lignes où l’article est « moka » sont multipliés par 1,5, au plus 200 "
        "points par achat.",
    ),
    (
        {"when": "lines.exists(l, l.net > 10)", "points": 5},
        "If there is a line where the net amount is more than €10.00, the purchase earns 5 points.",
        "S’il y a une ligne où le montant net dépasse 10,00 €, l’achat rapporte 5 points.",
    ),
    (
        {"points_per_unit": 2},
        "Each unit of the lines earns 2 points.",
        "Chaque unité des lignes rapporte 2 points.",
    ),
    (
        {"points": "member.visits"},
        "The purchase earns as many points as the number of visits.",
        "L’achat rapporte autant de points que le nombre de visites.",
    ),
]


@pytest.mark.parametrize(("effect", "english", "french"), RULES)
def test_it_says_what_a_rule_gives(effect: dict[str, Any], english: str, french: str) -> None:
    document = {"rules": [{"key": "r", "name": {"en": "R", "fr": "R"}, **effect}]}
    rule_set = parse_rule_set(document, CATALOGUE, points_scale=0)
    assert plain(describe_rule(rule_set.rules[0], rule_set, "en")) == english
    assert plain(describe_rule(rule_set.rules[0], rule_set, "fr")) == french


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(programs())
def test_it_can_say_every_rule_and_contracts_de_in_each(source: str) -> None:
    try:
        program = check_rule(source, CATALOGUE, expects=tuple(Type))
    except RuleError:
        assume(False)
    assert describe(program, "en")
    assert " de le " not in (french := describe(program, "fr"))
    assert " de les " not in french
    assert "{" not in french


def test_it_has_words_for_every_function_and_rounding() -> None:
    assert set(ROUNDING_WORDS) == set(ROUNDINGS)
    assert all(function.words for function in FUNCTIONS.values() if function.sql)


def plain(sentence: str) -> str:
    """Make the spaces ordinary, for the eye of who reads the test."""
    return sentence.replace("\u00a0", " ").replace("\u202f", " ")
