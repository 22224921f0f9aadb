"""History with holes: what a replay cannot follow is counted and said, and nothing is made up in its place."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.insight.backtest.plan_words import HOLES, holes_in_words
from fidelia.insight.models import folder_of
from fidelia.insight.operations import backtesting
from fidelia.insight.operations.backtesting import backtest_document
from fidelia.insight.operations.grounds import Asked
from fidelia.programme.operations import publish_version, withdraw_version
from fidelia.programme.operations.versions import draft_version
from fidelia.programme.queries import parse_document
from fidelia.programme.queries.tier_facts import dated_facts, grants_for
from fidelia.rules.tier_deriving import derive_tiers
from tests.cast import SYSTEM, actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT, AUTHOR

from .history import FIRST, Shop

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.see", "insight.*", label="Rocco", number=5)
LATER = AT + timedelta(days=90)
Tear = Callable[[str, str], None]


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Shop:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    made = Shop(11)
    made.live(7)
    return made


@pytest.fixture
def tear(monkeypatch: pytest.MonkeyPatch) -> Tear:
    """Rewrite a table of the next export by a selection, as a history that came with a hole would have it."""
    torn: list[tuple[str, str]] = []
    whole = backtesting.export_facts

    def export(**asked: Any) -> Any:
        made = whole(**asked)
        for table, selection in torn:
            rewrite(folder_of(made.id) / table, selection)
        return made

    monkeypatch.setattr(backtesting, "export_facts", export)
    return lambda table, selection: torn.append((table, selection))


def rewrite(folder: Path, selection: str) -> None:
    files = sorted(folder.glob("*.parquet"))
    aside = folder / "torn"
    sql = selection.format(table=f"read_parquet('{folder}/*.parquet')", folder=folder.parent)
    duckdb.execute(f"set timezone = 'UTC'; copy ({sql}) to '{aside}' (format parquet)")
    for each in files:
        each.unlink()
    aside.rename(files[0])


def replayed(shop: Shop, document: dict[str, Any] | None = None) -> dict[str, Any]:
    return backtest_document(by=ANALYST, at=LATER, asked=Asked(shop.programme, document or deepcopy(FIRST)))


def is_exact(result: dict[str, Any]) -> bool:
    proof = result["proof"]
    return bool(proof["changed"] == 0 and proof["points"][0] == proof["points"][1])


def test_a_whole_history_has_no_hole(shop: Shop) -> None:
    result = replayed(shop)
    assert (result["holes"], result["approximate"], is_exact(result)) == ({}, 0, True)
    assert result["occasions"] == DecisionRecord.objects.count()
    assert holes_in_words(result, "en") == []


def test_purchases_and_whole_days_that_are_not_in_the_export_are_told(shop: Shop, tear: Tear) -> None:
    """A purchase that is lost takes its decision along; its returns take back what they took back then."""
    day = (AT + timedelta(days=3)).date()
    tear("purchases", f"select * from {{table}} where not (kind = 'sale' and occurred_at::date <= '{day}')")
    result = replayed(shop)
    lost = DecisionRecord.objects.filter(purchase__kind="sale", purchase__occurred_at__date__lte=day).count()
    assert 0 < lost == result["holes"]["lost"]
    assert result["occasions"] == DecisionRecord.objects.count() - lost
    assert result["holes"]["unsold"] > 0
    assert result["approximate"] > 0
    returns = Purchase.objects.filter(kind="return")
    assert result["by_rule"][""][0] == sum(each.points for each in returns)
    told = holes_in_words(result, "fr")
    assert told[0].startswith(f"{lost} décisions n’ont pas d’achat")


def test_a_day_of_decisions_that_is_missing_is_told_by_its_chains_and_its_purchases(shop: Shop, tear: Tear) -> None:
    day = (AT + timedelta(days=2)).date()
    tear("decisions", f"select * from {{table}} where occurred_at::date <> '{day}'")
    result = replayed(shop)
    gone = DecisionRecord.objects.filter(occurred_at__date=day)
    assert result["occasions"] == DecisionRecord.objects.count() - gone.count()
    sales = {each.purchase_id for each in gone if each.purchase.kind == "sale" and each.purchase.enrolment_id}
    assert 0 < result["holes"]["undecided"] <= len(sales)
    assert result["holes"]["gaps"] > 0


def test_a_membership_that_is_missing_is_told(shop: Shop, tear: Tear) -> None:
    one = shop.members[0]
    tear("enrolments", f"select * from {{table}} where enrolment_id <> '{one.id}'")
    result = replayed(shop)
    own = Purchase.objects.filter(enrolment_id=one.id, decisions__isnull=False).distinct().count()
    assert 0 < own == result["holes"]["memberless"]


def test_lines_that_are_missing_are_told(shop: Shop, tear: Tear) -> None:
    some = [str(each.purchase_id) for each in Purchase.objects.filter(kind="sale").order_by("occurred_at")[:4]]
    tear("lines", f"select * from {{table}} where purchase_id not in {tuple(some)}")
    assert replayed(shop)["holes"]["unlined"] == 4


def test_a_clock_that_ran_back_changes_nothing_but_what_is_said(shop: Shop, tear: Tear) -> None:
    """What was decided first is told by the chain: by the clock the last would have been decided first."""
    tear(
        "decisions",
        """select * replace (case when sequence > 2 then recorded_at - interval 30 day else recorded_at end
           as recorded_at) from {table}""",
    )
    result = replayed(shop)
    assert result["holes"]["backwards"] > 0
    assert list(result["holes"]) == ["backwards"]
    assert is_exact(result), result["proof"]


def test_a_time_without_rules_is_told(shop: Shop) -> None:
    document = deepcopy(FIRST)
    version = shop.programme.versions.get()
    ended = AT + timedelta(days=20)
    withdraw_version(by=SYSTEM, at=ended, version=version)
    for n in range(3):
        shop.purchase(ended + timedelta(days=n))
    draft = draft_version(by=AUTHOR, at=ended + timedelta(days=30), programme=shop.programme, document=document)
    publish_version(by=SYSTEM, at=ended + timedelta(days=30), version=draft)
    shop.purchase(ended + timedelta(days=31))
    result = replayed(shop)
    assert result["holes"] == {"undecided": 3}
    assert is_exact(result)
    assert holes_in_words(result, "en")[0].startswith("3 purchases of members were decided by no rules")


def test_every_kind_of_hole_has_its_words() -> None:
    kinds = {"undecided", "lost", "gaps", "unsold", "unlined", "memberless", "unversioned", "backwards"}
    assert set(HOLES) == kinds
    told = holes_in_words({"holes": dict.fromkeys(kinds, 1_204), "approximate": 7}, "en")
    assert len(told) == len(kinds) + 1
    assert all("1,204" in each for each in told[:-1])


def test_tiers_of_a_trial_follow_every_measure(shop: Shop) -> None:
    """Six purchases give the highest tier, whatever they earned: as the ledger and the purchases derive it."""
    document = deepcopy(FIRST)
    document["tiers"]["levels"][0]["threshold"], document["tiers"]["levels"][1]["threshold"] = "900000", "999999"
    assert {row[1] for row in replayed(shop, document)["tiers"]} == {""}
    document["tiers"]["also"] = [{"metric": "purchases", "thresholds": {"grand_cru": "6"}}]
    result = replayed(shop, document)
    terms = parse_document(shop.programme, document, version_id=UUID(int=0))
    assert terms.tiers is not None
    facts = dated_facts(terms.tiers, shop.programme, shop.members)
    grants = grants_for(terms.tiers, shop.programme, shop.members, terms.zone)
    held = [
        derive_tiers(terms.tiers, terms.zone, facts[one.id], grants[one.id], one.enrolled_at) for one in shop.members
    ]
    high = sum(any(period.tier == "grand_cru" for period in each) for each in held)
    assert 0 < high < len(shop.members)
    assert sum(row[2] for row in result["tiers"] if row[1] == "grand_cru") == high
    assert "also" not in {each["why"] for each in result["doubts"]}
