"""Programmes of 1, 20 and 200 rules in the shop of the benchmarks, and the baskets of ten lines that tills send."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from .shop import CATEGORIES, DOCUMENT, PRODUCTS, card_of

RULE_COUNTS = (1, 20, 200)
LINES = 10


def rules_of(count: int) -> list[dict[str, Any]]:
    """Return so many rules of the kinds that shops have: a tenth of them with a budget, a third that do not apply."""
    made: list[dict[str, Any]] = [{"key": "base", "points_per": {"amount": "1.00", "points": "1"}}]
    for number in range(1, count):
        category = CATEGORIES[number % len(CATEGORIES)]
        product = f"P{number * 7 % PRODUCTS:04}"
        kinds: list[dict[str, Any]] = [
            {"lines": f'line.product == "{product}"', "percent_off": 10},
            {"lines": f'line.category == "{category}"', "when": f"purchase.total >= {500 + number}", "percent_off": 5},
            {"when": f"purchase.total >= {100 + number}", "amount_off": {"amount": "1.00", "of": "order"}},
            {"lines": f'line.product == "{product}"', "sets": {"of": 3, "take": 1, "percent": 100}},
            {"when": 'member.tier == "gold"', "points": "10"},
            {"lines": f'line.product == "{product}"', "points_per_unit": "2"},
        ]
        rule = {"key": f"rule-{number}", **kinds[number % len(kinds)]}
        if number % 10 == 2 and {"percent_off", "amount_off", "sets"} & set(rule):
            rule["limits"] = [{"of": "money", "at_most": "1000000"}]
        made.append(rule)
    return made


def open_programmes(members: int) -> None:
    """Add a programme of each count of rules beside the shop's, with the first members in each."""
    from fidelia.customers.models import Customer
    from fidelia.kernel import clock
    from fidelia.kernel.actor import Actor
    from fidelia.kernel.db import transaction_of_use_case
    from fidelia.kernel.localized import LocalizedText
    from fidelia.programme.operations import NewMember, create_programme, draft_version, enrol_in_bulk, publish_version

    by, at = Actor.system("benchmarks"), clock.now() - timedelta(days=30)
    name = LocalizedText(en="Circle", fr="Cercle")
    ids = list(Customer.objects.order_by("id").values_list("id", flat=True)[:members])
    for count in RULE_COUNTS:
        programme = create_programme(
            by=by, at=at, slug=slug_of(count), name=name, currency="EUR", time_zone="Europe/Paris",
            points_code=f"PT{count}", points_name=LocalizedText(en="points", fr="points"), may_go_negative=True,
        )  # fmt: skip
        named = [{**rule, "name": {"en": rule["key"], "fr": rule["key"]}} for rule in rules_of(count)]
        version = draft_version(by=by, at=at, programme=programme, document={**DOCUMENT, "rules": named})
        publish_version(by=by, at=at, version=version, in_force_from=at)
        with transaction_of_use_case():
            new = [NewMember(customer_id=customer_id, enrolled_at=at) for customer_id in ids]
            enrol_in_bulk(by=by, at=at, programme=programme, members=new, source="import")


def slug_of(count: int) -> str:
    return f"rules-{count}"


def baskets(members: int, count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Baskets of ten lines for the programme of so many rules, by members drawn at random; without end."""
    draw = random.Random(seed)
    while True:
        yield {
            "currency": "EUR",
            "programme": slug_of(count),
            "member": {"identity": f"card:{card_of(draw.randrange(members))}"},
            "store": "S01",
            "lines": [
                {
                    "product": f"P{draw.randrange(PRODUCTS):04}",
                    "quantity": str(draw.randint(1, 3)),
                    "unit_price": f"{draw.randint(100, 4_000) / 100:.2f}",
                    "taxes": [{"name": "vat20", "rate": "20"}],
                }
                for _line in range(LINES)
            ],
        }
