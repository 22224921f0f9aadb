"""What a backtest says of a draft is what the engine grants where the draft is in force: account by account."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.insight.backtest.history import Occasion
from fidelia.insight.backtest.results import Result
from fidelia.insight.operations.backtesting import replay
from fidelia.insight.operations.exporting import export_facts
from fidelia.insight.operations.grounds import Asked, open_ground
from fidelia.programme.queries import parse_document
from tests.activity.checkouts.rules import TENTH, said
from tests.cast import SYSTEM
from tests.insight.shop import open_shop
from tests.programme.cast import AT, DOCUMENT

from .history import BUDGET, ONCE_A_DAY
from .worlds import World, define_what_is_known, named

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(days=100)
PLAN = {"key": "plus", "name": said("Plus"), "price": "49.00", "period": "year", "entitlements": ["early"],
        "welcome": "30", "refund": {"within_days": 14, "points": "take_back"}}  # fmt: skip
STATUS = {"currency": "STATUS", "points": "per(purchase.total, 7)"}
OFFER = {"key": "week", "name": said("Week"), "lasts_days": 5}
TIERS: dict[str, Any] = {
    "window_days": 365, "kept_days": 365,
    "levels": [
        {"key": "silver", "name": said("Silver"), "threshold": "150", "entitlements": ["early"]},
        {"key": "gold", "name": said("Gold"), "threshold": "700", "entitlements": ["lounge"]},
    ],
}  # fmt: skip
PLAIN: dict[str, Any] = {**DOCUMENT, "tiers": TIERS, "plans": [PLAN], "offers": [OFFER]}


def rule(key: str, when: str, **effect: Any) -> dict[str, Any]:
    return {"key": key, "name": said(key), "when": when, **(effect or {"points": "10"})}


ASKS_ALL: dict[str, Any] = {
    **PLAIN,
    "rules": [
        *DOCUMENT["rules"],
        rule("loved", '"loved" in customer.segments', points="11"),
        rule("scored", "has(trait.score) && trait.score >= 5", points="13"),
        rule("bear", 'has(custom.nickname) && custom.nickname == "bear"', points="17"),
        rule("abroad", 'customer.country == "BE"', points="19"),
        rule("young", "has(customer.age) && customer.age < 46", points="3"),
        rule("birthday", "purchase.is_birthday", points="23"),
        rule("offered", '"week" in customer.offers', points="29"),
        rule("plus", '"plus" in customer.plans', points="31"),
        rule("early", '"early" in customer.entitlements', points="37"),
        rule("lounge", '"lounge" in customer.entitlements', points="41"),
        rule("silver", 'member.tier == "silver"', points="43"),
        rule("again", 'history.purchases(9, "category", "coffee") >= 2', points="47"),
        rule("full", "history.units(20) >= 5", points="53"),
        rule("rested", "has(history.days_since()) && history.days_since() >= 3", points="59"),
        rule("brand", 'lines.exists(l, l.brand == "bialetti")', points="61"),
        rule("status", "purchase.total >= 20", credit_points=STATUS),
        rule("step", "purchase.total >= 25", credit_tier=40),
        rule("packed", "purchase.units >= 4 && lines.exists(l, l.unit_price < 20)", points="5"),
        BUDGET,
        ONCE_A_DAY,
        {**TENTH, "coupon": "many"},
    ],
}


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    define_what_is_known()


def tried(world: World, document: dict[str, Any] | None) -> list[tuple[str, str, int]]:
    """Return (receipt, kind, points) of each decision of a member as the document would have it."""
    export = export_facts(by=SYSTEM, at=LATER)
    receipts = {str(key): number for key, number in Purchase.objects.values_list("purchase_id", "receipt_number")}
    told: list[tuple[str, str, int]] = []

    def take(seen: Occasion, _was: Result, now: Result) -> None:
        if seen.is_member:
            told.append((receipts[seen.purchase_id].removeprefix(f"w{world.number}-"), seen.kind, now.points))

    with open_ground(Asked(world.programme, document), export) as ground:
        terms = parse_document(world.programme, document, version_id=world.programme.id) if document else None
        replay(ground, terms, lambda _done, _total: None, take)
    return told


def live_twice(second: dict[str, Any], seed: int) -> tuple[World, World]:
    """In the first world versions come and go; in the second, one is in force."""
    twice = {**PLAIN, "rules": [{**DOCUMENT["rules"][0], "points_per": {"amount": "1.00", "points": "2"}}]}
    silver = {**PLAIN, "rules": [*DOCUMENT["rules"], rule("silver", 'member.tier == "silver"', points="9")]}
    worlds = World(1, PLAIN, seed=seed, versions=(twice, silver)), World(2, second, seed=seed)
    for _ in zip(*(each.live() for each in worlds), strict=True):  # at the same time: clocks never go back
        pass
    return worlds


def asking_all(**changes: Any) -> dict[str, Any]:
    return {**ASKS_ALL, **changes}


PRICES = ("day", "tenth")  # what members paid before would be other under rules that lower prices
PAST = rule("spender", "history.spent(20) >= 90", points="67")
PAID = {"rules": [*(one for one in ASKS_ALL["rules"] if one["key"] not in PRICES), PAST]}
LEVELS = TIERS["levels"]
SLOW = pytest.mark.slow
VARIANTS = {
    "points": asking_all(),
    "waiting": asking_all(
        points={"validity_months": 24, "ends": "month", "pending": {"days": 3}},
        tiers={"window": "month", "begins": "next_period", "kept_days": 90, "levels": LEVELS},
    ),
    "money": asking_all(**PAID, tiers={**TIERS, "metric": "spent"}),
    "purchases": asking_all(
        **PAID, tiers={**TIERS, "metric": "purchases", "levels": [{**LEVELS[0], "threshold": "3"}]}
    ),
    "status": asking_all(
        tiers={**TIERS, "currency": "STATUS", "on_return": "keep", "levels": [{**LEVELS[0], "threshold": "9"}]}
    ),
}


@pytest.mark.parametrize(
    ("variant", "seed"),
    [("points", 1), *(pytest.param(name, n, marks=SLOW) for n, name in enumerate(VARIANTS, 2))],
)
def test_a_draft_gives_in_one_world_what_the_engine_gave_in_the_other(variant: str, seed: int) -> None:
    one, other = live_twice(VARIANTS[variant], seed)
    assert tried(one, None) == one.given()
    assert tried(one, named(VARIANTS[variant], 1)) == other.given()
    assert one.given() != other.given()
    assert len(other.given()) > 50
