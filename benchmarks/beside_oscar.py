"""django-oscar 4.2 on the same baskets as our engine: offers × lines, each basket priced anew, in the same minute.

The peer runs in an interpreter of its own; without one it is skipped, and says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SIZES = ((1, 5), (5, 10), (20, 10))
ROUNDS = 200
PEER = Path(__file__).parent / "oscar_peer.py"


def compare_with_oscar(peer: str) -> None:
    """Print µs of CPU of one evaluation here and there."""
    if not peer:
        print("django-oscar: skipped, no interpreter with it was named (--peer)")
        return
    done = subprocess.run(
        [peer, str(PEER), json.dumps(SIZES), str(ROUNDS)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"django-oscar: skipped, it does not run there: {done.stderr.strip().splitlines()[-1]}")
        return
    theirs: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    for offers, lines in SIZES:
        own, other = cpu_of_ours(offers, lines), theirs[f"{offers}x{lines}"]
        said = f"ours {own:,.0f} µs, django-oscar {other:,.0f} µs ({other / own:,.0f} ×)"
        print(f"{offers} offers × {lines} lines: {said}")


def cpu_of_ours(offers: int, lines: int) -> float:
    """Return the µs of CPU of one evaluation by our engine: so many offers of 10 % on one product each."""
    from fidelia.activity.fields import purchase_catalogue
    from fidelia.rules import parse_rule_set
    from fidelia.rules.pricing import Basket, Line, evaluate_basket

    document = {"rules": [_offer(number) for number in range(offers)]}
    rule_set = parse_rule_set(document, purchase_catalogue("EUR", []), points_scale=0)
    facts = [{"product": f"P{n}", "category": "", "brand": "", "earns": True} for n in range(lines)]
    basket = Basket(lines=tuple(Line(str(n), 1_000, 1_000 + n, 2, facts=facts[n]) for n in range(lines)))
    at, values = datetime.now(UTC), dict[str, Any]()
    bill = evaluate_basket(rule_set, basket, values, at=at, explain=True)
    assert bill.discount > 0, "the offers apply"
    began = time.process_time()
    for _round in range(ROUNDS):
        evaluate_basket(rule_set, basket, values, at=at, explain=True)
    return 1e6 * (time.process_time() - began) / ROUNDS


def _offer(number: int) -> dict[str, Any]:
    return {
        "key": f"offer-{number}",
        "name": {"en": "Offer", "fr": "Offre"},
        "lines": f'line.product == "P{number}"',
        "percent_off": 10,
    }


if __name__ == "__main__":
    compare_with_oscar(sys.argv[1] if len(sys.argv) > 1 else "")
