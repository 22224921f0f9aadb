"""Backtests: the published version gives what the engine granted, to the point; a draft what a hand would reckon."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum

from fidelia.activity.models import DecisionRecord, Purchase, PurchaseClaim
from fidelia.customers.errors import UnknownSegment
from fidelia.customers.operations import define_segment, refresh_segments
from fidelia.insight.backtest.parts import Part
from fidelia.insight.errors import MalformedPart
from fidelia.insight.models import Backtest
from fidelia.insight.operations.backtesting import backtest_document, backtest_version
from fidelia.insight.operations.grounds import Asked
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.errors import StoreUnknown
from tests.cast import PIZARRO, SYSTEM, actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT

from .history import FIRST, Shop

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
LATER = AT + timedelta(days=100)


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def tried(shop: Shop, document: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return backtest_document(by=ANALYST, at=LATER, asked=Asked(shop.programme, document, **more))


def granted() -> int:
    own = Purchase.objects.filter(claim__isnull=True).aggregate(sum=Sum("points"))["sum"] or 0
    return own + (PurchaseClaim.objects.aggregate(sum=Sum("points"))["sum"] or 0)


SLOW = pytest.mark.slow


@pytest.mark.parametrize("seed", [7, pytest.param(11, marks=SLOW), pytest.param(23, marks=SLOW)])
def test_the_published_version_gives_what_the_engine_granted_to_the_point(seed: int) -> None:
    shop = Shop(seed)
    shop.live()
    found = tried(shop, None)
    assert DecisionRecord.objects.count() > 90
    assert found["proof"]["occasions"] == DecisionRecord.objects.count()
    assert found["proof"]["points"] == [granted(), granted()]
    discount = Purchase.objects.aggregate(sum=Sum("discount"))["sum"]
    assert found["proof"]["discount"] == [discount, discount]
    assert (found["proof"]["changed"], found["approximate"]) == (0, 0)
    same = tried(shop, deepcopy(FIRST))
    assert (same["points"], same["changed"], same["members"]["gain"]) == ([granted(), granted()], 0, 0)


def test_history_tells_each_kind_of_thing() -> None:
    shop = Shop()
    shop.live(20)
    rules = tried(shop, None)["by_rule"]
    assert {"base", "coffee", "gold", "morning", "budget"} <= set(rules)
    assert rules["budget"][0] == rules["budget"][1]
    assert rules[""][0] < 0


def test_a_draft_gives_what_a_hand_would_reckon() -> None:
    """Twice the points per euro: what base gave doubles, tiers come sooner, and what multiplies gives more."""
    shop = Shop()
    shop.live(20)
    document = deepcopy(FIRST)
    document["rules"][0]["points_per"]["points"] = "2"
    document["rules"] = [rule for rule in document["rules"] if rule["key"] not in ("morning", "gold")]
    found = tried(shop, document)
    base_was, base_now = found["by_rule"]["base"]
    assert base_now == 2 * base_was
    coffee_was, coffee_now = found["by_rule"]["coffee"]
    assert abs(coffee_now - 2 * coffee_was) <= 10  # the shares of lines are rounded anew
    assert (found["by_rule"]["morning"][1], found["by_rule"]["gold"][1]) == (0, 0)
    assert found["by_rule"]["first"][0] == found["by_rule"]["first"][1]
    assert found["points"][0] == granted()
    assert found["points"][1] == sum(now for _was, now in found["by_rule"].values())
    assert sum(now for _was, now in found["by_month"].values()) == found["points"][1]
    assert found["proof"]["changed"] == 0
    assert found["changed"] > 0
    assert found["baskets"][0]["rules"]


def test_tiers_are_derived_from_what_the_draft_gives() -> None:
    shop = Shop()
    shop.live(20)
    document = deepcopy(FIRST)
    document["tiers"]["levels"][1]["threshold"] = "1000000"
    found = tried(shop, document)
    assert found["by_rule"]["gold"] == [found["by_rule"]["gold"][0], 0]
    assert found["by_rule"]["gold"][0] > 0
    assert all(now != "grand_cru" for _was, now, _members in found["tiers"])


def test_only_the_period_that_is_asked_is_tried() -> None:
    shop = Shop()
    shop.live(10)
    document = deepcopy(FIRST)
    document["rules"] = document["rules"][:1]
    begins = AT + timedelta(days=5)
    found = tried(shop, document, begins=begins)
    expected = DecisionRecord.objects.filter(occurred_at__gte=begins).count()
    assert found["occasions"] == expected
    assert 0 < expected < DecisionRecord.objects.count()


def test_a_history_without_a_purchase_comes_to_nothing() -> None:
    shop = Shop()
    found = tried(shop, deepcopy(FIRST))
    assert (found["occasions"], found["points"], found["baskets"]) == (0, [0, 0], [])


def test_a_backtest_is_kept_with_its_version_and_nothing_else_is_written() -> None:
    shop = Shop()
    shop.live(4)
    version = shop.programme.versions.select_related("programme__points_currency").get()
    before = granted()
    kept = backtest_version(by=ANALYST, at=LATER, version=version)
    assert kept.version_number == 1
    assert kept.result["points"] == [before, before]
    assert granted() == before


def test_who_may_not_see_the_programme_backtests_nothing() -> None:
    shop = Shop()
    with pytest.raises(Denied):
        backtest_document(by=PIZARRO, at=LATER, asked=Asked(shop.programme, None))


def parts_of_all(shop: Shop, name: str, values: list[str], document: dict[str, Any]) -> list[dict[str, Any]]:
    return [tried(shop, document, part=Part(**{name: value})) for value in values]


def test_its_parts_add_up_to_the_whole_and_are_replayed_as_the_whole() -> None:
    """Budgets and tiers know no part: what a part comes to is its share of the whole, not a history of its own."""
    shop = Shop()
    shop.live(8)
    document = deepcopy(FIRST)
    document["rules"][0]["points_per"]["points"] = "2"
    whole = tried(shop, document)
    months = parts_of_all(shop, "month", [*whole["by_month"]], document)
    tiers = parts_of_all(shop, "tier", [key or "-" for key in whole["by_tier"]], document)
    assert [one["points"] for one in months] == [*whole["by_month"].values()]
    held_then = [one["points"][0] for one in tiers]
    assert held_then == [pair[0] for pair in whole["by_tier"].values()]
    assert (len(tiers) > 1, sum(held_then)) == (True, whole["points"][0])
    assert sum(one["points"][1] for one in tiers) == whole["points"][1]
    assert all(one["proof"]["changed"] == 0 for one in (*months, *tiers))
    nobody = tried(shop, document, part=Part(month="1999-01"))
    assert (nobody["occasions"], nobody["points"], nobody["tiers"], nobody["customers"]) == (0, [0, 0], [], 0)


def test_the_people_of_a_segment_are_those_in_it_now() -> None:
    shop = Shop()
    shop.live(8)
    define_segment(by=SYSTEM, at=AT, key="all", name=LocalizedText(en="All", fr="Tous"), condition="true")
    name = LocalizedText(en="None", fr="Aucun")
    define_segment(by=SYSTEM, at=AT, key="none", name=name, condition='customer.kind == "company"')
    refresh_segments(by=SYSTEM, at=AT + timedelta(days=20))
    whole, everybody, nobody = (tried(shop, FIRST, part=Part(segment=key)) for key in ("", "all", "none"))
    assert everybody["members"] == whole["members"]
    assert everybody["points"] == whole["points"]
    assert nobody["occasions"] == 0


@pytest.mark.parametrize(("part", "refusal"), [
    (Part(month="2026-13"), MalformedPart), (Part(store_id="lyon"), MalformedPart),
    (Part(store_id=str(UUID(int=5))), StoreUnknown), (Part(segment="nope"), UnknownSegment),
])  # fmt: skip
def test_a_part_that_is_none_is_refused_and_nothing_kept(part: Part, refusal: type[Exception]) -> None:
    shop = Shop()
    with pytest.raises(refusal):
        backtest_version(by=ANALYST, at=LATER, version=shop.programme.versions.get(), part=part)
    assert not Backtest.objects.exists()


def test_what_history_does_not_tell_is_said_of_every_rule_that_asks_for_it() -> None:
    shop = Shop()
    shop.live(3)
    asked = {
        "fine": 'lines.exists(l, l.brand == "Léonore")', "finer": 'lines.all(l, l.brand != "")',
        "dear": "history.spent(9) >= 10", "known": 'customer.country == "FR" && purchase.units >= 3',
    }  # fmt: skip
    document = deepcopy(FIRST)
    document["rules"] += [{"key": key, "name": {"en": key, "fr": key}, "when": when, "points": "1"}
                          for key, when in asked.items()]  # fmt: skip
    found = {each["path"]: (each["why"], each["rules"]) for each in tried(shop, document)["doubts"]}
    assert found == {
        "lines.brand": ("today", ["fine", "finer"]), "history.spent(9)": ("paid", ["dear"]),
    }  # fmt: skip
    assert tried(shop, deepcopy(FIRST))["doubts"] == []
