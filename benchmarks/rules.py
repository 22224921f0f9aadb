"""How long rules take: check a rule, evaluate a condition, decide a purchase of five lines by five rules, record it.

Run it by `python -m benchmarks.rules`. Figures are the best of five runs, in microseconds of one call.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import UTC, datetime

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


def measure(what: str, call: Callable[[], object], count: int) -> None:
    best = min(timeit.repeat(call, number=count, repeat=5)) / count
    print(f"{what:40} {best * 1e6:8.2f} µs")


if __name__ == "__main__":
    main()
