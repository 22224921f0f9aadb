"""Plans of awkward changes: an end date, a budget below what is used, tiers, points and plans that are held and go."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from fidelia.insight.backtest.plan_words import exit_code, plan_as_html, plan_as_text
from fidelia.insight.operations.planning import plan_text
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import get_balance
from fidelia.programme.errors import HeadDiffers, MalformedDocument
from fidelia.programme.models import PointsCurrency, ProgrammeVersion, TierPeriod
from fidelia.programme.operations import draft_version, export_text, publish_version
from fidelia.programme.operations.points import add_points_currency
from fidelia.rules.documents import write_text
from tests.activity.checkouts.cast import basket, close
from tests.activity.checkouts.rules import document as plain
from tests.activity.checkouts.rules import said
from tests.cast import SYSTEM, actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT, BEGUN, member, programme
from tests.subscriptions.shop import MONTHLY, PLUS, have, seller

from .history import FIRST, Shop

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
NOW = AT + timedelta(days=6)
NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


@pytest.fixture
def shop() -> Shop:
    made = Shop()
    made.live(6)
    return made


def plan_of(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    return plan_text(by=ANALYST, at=NOW, text=write_text(document), slug="cercle", **more)


def told(document: dict[str, Any], language: str = "en") -> str:
    return plan_as_text(plan_of(document, replays=False), language)


def rule(document: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["rules"] if each["key"] == key)
    return found


def test_members_who_hold_a_tier_that_goes_are_counted(shop: Shop) -> None:
    document = deepcopy(FIRST)
    document["tiers"]["levels"] = document["tiers"]["levels"][1:]
    now = TierPeriod.objects.filter(superseded_at=None, valid_from__lte=NOW, tier="connaisseur").exclude(
        valid_until__lte=NOW
    )
    holders = len(set(now.values_list("enrolment_id", flat=True)))
    assert holders > 0
    plan = plan_of(document)
    name = {"en": "Connaisseur", "fr": "Connaisseur"}
    assert plan["held"] == [{"kind": "tier", "name": name, "members": holders}]
    assert exit_code(plan) == 2
    text = plan_as_text(plan, "en")
    assert f"which the document does not have: {holders}. Once it is published they hold what it gives them." in text
    assert f"Adhérents qui détiennent «{NBSP}Connaisseur{NBSP}», que ce document n’a pas{NBSP}: {holders}." in (
        plan_as_html(plan, "fr")
    )
    document["tiers"]["levels"].insert(0, {**FIRST["tiers"]["levels"][0], "threshold": "120"})
    assert plan_of(document, replays=False)["held"] == [], "a tier that is harder to reach is told by who moves"


def test_a_budget_cut_below_what_is_used_is_told_and_one_cut_above_it_is_not(shop: Shop) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(sum(taken), 0) from rewards_counter where subject like 'limit:budget/%'")
        used = int(cursor.fetchone()[0])
    assert 41 <= used <= 300
    document = deepcopy(FIRST)
    rule(document, "budget")["limits"][0]["at_most"] = 40
    text = told(document)
    assert "~ Launch, 300 points in all" in text
    assert f"“Launch, 300 points in all”: {used}{NBSP}pts of 40{NBSP}pts are used already; nothing is left" in text
    french = told(document, "fr")
    assert f"{used}{NBSP}pts sur 40{NBSP}pts sont déjà utilisés{NBSP}; il ne reste rien tant que" in french
    rule(document, "budget")["limits"][0]["at_most"] = used + 1
    assert plan_of(document, replays=False)["held"] == []


def test_a_budget_of_a_period_says_when_it_counts_anew(shop: Shop) -> None:
    document = deepcopy(FIRST)
    rule(document, "day")["limits"][1]["at_most"] = "3.00"
    (found,) = plan_of(document, replays=False)["held"]
    assert (found["of"], found["at_most"]) == ("money", 300)
    assert found["until"] == f"{(NOW.replace(day=28) + timedelta(days=5)).replace(day=1):%Y-%m-%d}"
    assert "nothing is left before 1 " in told(document)


def test_an_end_date_is_told_and_one_that_is_past_is_worth_a_look(shop: Shop) -> None:
    document = deepcopy(FIRST)
    rule(document, "morning")["valid_until"] = (NOW + timedelta(days=30)).isoformat()
    plan = plan_of(document)
    assert f"+ Until {(NOW + timedelta(days=30)).isoformat(sep=' ', timespec='minutes')}." in plan_as_text(plan, "en")
    assert "over" not in {each["kind"] for each in plan["warnings"]}
    was, now = plan["backtest"]["by_rule"]["morning"]
    assert was == now > 0, "history was before it"
    rule(document, "morning")["valid_until"] = (AT + timedelta(days=1)).isoformat()
    plan = plan_of(document)
    assert {"kind": "over", "rule": "morning", "other": ""} in plan["warnings"]
    assert plan["backtest"]["by_rule"]["morning"][1] < was
    assert f"«{NBSP}Morning{NBSP}»{NBSP}: ses dates sont passées." in plan_as_text(plan, "fr")


def test_two_rules_renamed_at_once_are_each_told_as_the_same(shop: Shop) -> None:
    document = deepcopy(FIRST)
    rule(document, "base")["key"], rule(document, "budget")["key"] = "euro", "launch"
    plan = plan_of(document, replays=False)
    renamed = {(each["other"], each["rule"]) for each in plan["warnings"] if each["kind"] == "renamed"}
    assert renamed == {("base", "euro"), ("budget", "launch")}
    assert "unbounded" not in {each["kind"] for each in plan["warnings"]}
    assert plan["held"] == [], "the limit of a rule with another key counts anew"


def test_points_of_which_the_document_has_no_terms_any_more_are_told_with_who_holds_them() -> None:
    enrolment = member(programme(plain()))
    miles = PointsCurrency.objects.create(code="MILE", name=LocalizedText(en="miles", fr="miles"), scale=0)
    add_points_currency(by=SYSTEM, at=BEGUN, programme=enrolment.programme, currency=miles, role="qualifying")
    credit = {"key": "miles", "name": said("A mile for each euro"),
              "credit_points": {"currency": "MILE", "points": "per(purchase.total, 1)"}}  # fmt: skip
    document = {**plain(credit), "currencies": {"MILE": {"validity_months": 12}}}
    made = draft_version(by=SYSTEM, at=BEGUN, programme=enrolment.programme, document=document)
    publish_version(by=SYSTEM, at=BEGUN + timedelta(days=1), version=made)
    close("C-1", basket=basket(), at=AT)
    held = get_balance(account_id=enrolment.account_id, currency="MILE", at=NOW).posted
    assert held > 0
    bare = {name: part for name, part in document.items() if name != "currencies"}
    plan = plan_of(bare, replays=False)
    name = {"en": "miles", "fr": "miles"}
    assert plan["held"] == [{"kind": "points", "name": name, "members": 1, "points": held, "scale": 0}]
    assert f"of which the document has no terms: 1, with {held} in all." in plan_as_text(plan, "en")
    assert "Ils vivront comme les points principaux." in plan_as_text(plan, "fr")
    with pytest.raises(MalformedDocument):
        plan_of({**document, "currencies": {"LOST": {}}}, replays=False)


def test_a_plan_that_members_have_and_the_document_does_not_is_told() -> None:
    who = seller(PLUS, MONTHLY)
    have(who, "plus", AT, 3600)
    document = {"rules": ProgrammeVersion.objects.get().document["rules"], "plans": [MONTHLY]}
    plan = plan_of(document, replays=False)
    assert plan["held"] == [{"kind": "plan", "name": {"en": "Plus", "fr": "Plus"}, "members": 1}]
    assert "What they paid for runs to its end and is not renewed." in plan_as_text(plan, "en")
    assert "sans renouvellement" in plan_as_html(plan, "fr")
    assert plan_of({"rules": document["rules"], "plans": [PLUS]}, replays=False)["held"] == [], "nobody has the other"


def test_what_is_in_force_meets_nothing_and_another_currency_of_money_is_refused(shop: Shop) -> None:
    assert plan_of(deepcopy(FIRST))["held"] == []
    text = export_text(by=ANALYST, version=ProgrammeVersion.objects.get())
    with pytest.raises(HeadDiffers, match="EUR"):
        plan_text(by=ANALYST, at=NOW, text=text.replace("currency: EUR", "currency: CHF"))
