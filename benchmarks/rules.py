"""How long rules take: check a rule, evaluate a condition, decide a purchase, price a basket, record it.

Run it by `python -m benchmarks.rules`. Figures are the best of five runs, in microseconds of processor time of one
call: what others do on the machine at the same time does not count.
"""

from __future__ import annotations

import random
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time
from typing import Any

from fidelia.kernel.localized import LocalizedText
from fidelia.rules import (
    GENESIS,
    Catalogue,
    Field,
    Records,
    Type,
    chain,
    check_rule,
    evaluate,
    parse_rule_set,
    record_decision,
)
from fidelia.rules.cases.reading import Reading
from fidelia.rules.pricing import evaluate_basket, everything_left, freeze, reverse

AT = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
WORD = LocalizedText(en="word", fr="mot")
NAME = WORD.as_mapping()
CATALOGUE = Catalogue(
    fields=(
        Field("purchase.total", Type.MONEY, WORD, "p.total"),
        Field("member.tier", Type.STRING, WORD, "m.tier", optional=True),
    ),
    records=(
        Records(
            "lines",
            WORD,
            "line",
            "purchase_id = p.id",
            (
                Field("net", Type.MONEY, WORD, "net"),
                Field("quantity", Type.QUANTITY, WORD, "quantity"),
                Field("earns", Type.BOOL, WORD, "earns"),
                Field("category", Type.STRING, WORD, "category"),
            ),
            WORD,
            WORD,
        ),
    ),
)
CONDITION = (
    'has(member.tier) && member.tier in ["gold", "platinum"] && purchase.total >= 50 '
    '&& lines.filter(l, l.category == "coffee").sum(l, l.net) >= 20'
)
RULES = parse_rule_set(
    {
        "rules": [
            {"key": "base", "name": NAME, "points_per": {"amount": 1, "points": 1}},
            {
                "key": "coffee",
                "name": NAME,
                "when": CONDITION,
                "lines": 'line.category == "coffee"',
                "multiply_points": {"by": 2},
                "limit_per_purchase": 200,
            },
            {"key": "gift", "name": NAME, "when": "purchase.total >= 100", "points": 100},
            {"key": "tea", "name": NAME, "points_per_unit": 2, "lines": 'line.category == "tea"'},
            {"key": "steps", "name": NAME, "points": "per(purchase.total, 10)"},
        ]
    },
    CATALOGUE,
    points_scale=0,
)
LINES = [("coffee", 6282, 2000), ("tea", 620, 1000), ("mug", 1450, 1000), ("gift", 500, 1000), ("tea", -500, 1000)]
PURCHASE = {
    "purchase.total": 8352,
    "member.tier": "gold",
    "lines": [
        {"category": category, "net": net, "quantity": quantity, "earns": category != "gift"}
        for category, net, quantity in LINES
    ],
}


def main() -> None:
    program = check_rule(CONDITION, CATALOGUE)
    settled = evaluate(RULES, PURCHASE, at=AT)
    decision = record_decision(RULES, PURCHASE, settled, rule_version_id="v", occurred_at=AT)
    measure("check and compile a condition", lambda: check_rule(CONDITION, CATALOGUE), 200)
    measure("evaluate the condition on five lines", lambda: program.run(PURCHASE), 20_000)
    measure("decide five lines by five rules", lambda: evaluate(RULES, PURCHASE, at=AT), 5_000)
    measure(
        "record the decision",
        lambda: record_decision(RULES, PURCHASE, settled, rule_version_id="v", occurred_at=AT),
        5_000,
    )
    measure("hash it into the chain", lambda: chain(GENESIS, decision), 5_000)
    for lines, rules in ((5, 5), (10, 1), (10, 20), (10, 200)):
        measure_basket(lines, rules, 200)
    measure_basket(1_114, 20, 5)


def measure_basket(lines: int, rules: int, count: int) -> None:
    reading = Reading(basket_case(lines, rules))
    rule_set, basket, values = reading.rule_set(), reading.basket(), reading.values()
    what = f"price {lines} lines by {rules} rules"
    measure(what, lambda: evaluate_basket(rule_set, basket, values, at=AT, explain=False), count)
    measure(f"{what}, explained", lambda: evaluate_basket(rule_set, basket, values, at=AT), count)
    if rules == 20 and lines == 10:
        frozen = freeze(evaluate_basket(rule_set, basket, values, at=AT))
        measure("take that bill back", lambda: reverse(frozen, everything_left(frozen)), count)


def basket_case(lines: int, rules: int) -> dict[str, Any]:
    """Return a rule case like a shop's: a tenth of the rules each of ten kinds, most of them for other products."""
    chance = random.Random(1805)

    def product() -> str:
        return f"p{chance.randrange(400)}"

    def category() -> str:
        return f"c{chance.randrange(40)}"

    kinds: tuple[Callable[[int], dict[str, Any]], ...] = (
        lambda n: {"points_per": {"amount": 1, "points": 1}, "when": f"purchase.total > {n}"},
        lambda n: {"lines": f'line.product == "{product()}"', "percent_off": 10},
        lambda n: {"lines": f'line.category == "{category()}"', "sets": {"of": 3}},
        lambda n: {"when": f"purchase.total >= {200 + 10 * n}", "amount_off": {"amount": 5, "of": "order"}},
        lambda n: {"coupon": f"s{n}", "percent_off": {"percent": 5, "of": "order"}},
        lambda n: {"when": 'member.tier == "gold"', "lines": f'line.category == "{category()}"', "percent_off": 5},
        lambda n: {"when": 'purchase.weekday == "tuesday"', "fixed_price": 3},
        lambda n: {"when": '"vip" in customer.segments', "points": 50},
        lambda n: {"lines": f'line.category == "{category()}"', "buy_get": {"buy": 2, "get": 1}},
        lambda n: {"when": f"lines.sum(l, l.quantity) >= {15 + n}", "multiply_points": {"by": 2}},
    )
    return {
        "rates": {"vat": 20},
        "values": {"member.tier": "gold", "purchase.weekday": "monday"},
        "rules": [{"key": f"r{n}", **kinds[n % len(kinds)](n)} for n in range(rules)],
        "lines": [
            {
                "product": product(),
                "category": category(),
                "price": f"{chance.randrange(100, 5000) / 100:.2f}",
                "quantity": chance.randrange(1, 4),
                "taxes": ["vat"],
            }
            for _ in range(lines)
        ],
    }


def measure(what: str, call: Callable[[], object], count: int) -> None:
    best = min(timeit.repeat(call, number=count, repeat=5, timer=process_time)) / count
    print(f"{what:40} {best * 1e6:8.2f} µs")


if __name__ == "__main__":
    main()
