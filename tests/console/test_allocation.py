"""The budget of the portfolio: moved, told with its interval, kept, withdrawn, taken along; measured or assumed."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client

from fidelia.access.models import Audit, User
from fidelia.access.queries import actor_of
from fidelia.campaigns.models import CampaignResult
from fidelia.campaigns.operations import launch_campaign
from fidelia.console.allocating import Allocation, divided
from fidelia.insight.errors import MalformedBudgetPlan, UnknownBudgetPlan
from fidelia.insight.measures.portfolio import CLASSES
from fidelia.insight.models import BudgetPlan, Chapter, FactExport, Refresh
from fidelia.insight.operations import save_budget_plan, withdraw_budget_plan
from fidelia.insight.queries import list_budget_plans
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from tests.campaigns.conftest import Stage, enrol_all, stage
from tests.campaigns.test_parting import arm
from tests.cast import AT, PIZARRO, SYSTEM, person
from tests.console.defined import undefined
from tests.insight.shop import customers

__all__ = ["stage"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/insight/portfolio/"
BUDGET = "/console/insight/portfolio/budget/"
GIVEN = {"stars": 300_000, "question_marks": 100_000, "profit_customers": 100_000, "to_select": 500_000}
EQUAL = dict.fromkeys(CLASSES, 250)


def refreshed(**portfolio: Any) -> Refresh:
    """A refresh as it would be written, with a chapter that has nothing but its title."""
    classes = {
        name: {"people": 1_000, "value": 1_000_000 * place, "potential": 500_000 * place, "given": GIVEN[name]}
        for place, name in enumerate(reversed(CLASSES), 1)
    }  # fmt: skip
    known = {"classes": classes, "unvalued": 0, "rate": 0.3, "assumed": 1.0} | portfolio
    export = FactExport.objects.create(
        cut_off_at=AT, horizon=1, row_counts={}, schema_hash="0", exported_at=AT, purged_at=AT
    )
    last = Refresh.objects.create(
        export=export, as_of=AT, currency="EUR", window_days=365, customer_count=4_000, refreshed_at=AT, portfolio=known
    )
    for language, title in (("en", "Customer portfolio"), ("fr", "Portefeuille de clients")):
        Chapter.objects.create(
            refresh=last, key="portfolio", language=language, position=1, title=title, finding="", blocks=[],
            definitions=[], offers=[], written_at=AT,
        )  # fmt: skip
    return last


def measured(stage: Stage, **parts: Any) -> None:
    """A campaign that gave a euro to each of 200 treated, with what it did to each class."""
    enrol_all(stage.programme, customers(20))
    campaign = stage.approved()
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    CampaignResult.objects.create(
        campaign=campaign, export_id=new_id(), counted_from=AT, counted_until=AT + timedelta(days=30), currency="EUR",
        tallies={"treated": arm(200, 1_000, 10), "control": arm(200, 1_000, 10)},
        given={"times": 1, "points": 0, "discount": 20_000}, parts={"class": parts}, measured_at=AT,
    )  # fmt: skip


def signed_in(client: Client, language: str = "en", who: str = "Leonore") -> Client:
    user = User.objects.filter(name=who).first() or person(who)
    User.objects.filter(id=user.id).update(language=language)
    client.force_login(User.objects.get(id=user.id))
    return client


def effect_of(html: str, name: str) -> str:
    found = re.search(rf'id="f-allot-effect-{name}" data-part>([^<]*)<', html)
    assert found is not None
    return found.group(1)


def test_where_nothing_was_measured_every_effect_is_called_assumed(stage: Stage, client: Client) -> None:
    refreshed()
    shown = signed_in(client).get(PAGE).content.decode()
    assert "No campaign with a control group has told yet" in shown
    assert shown.count("data-assumed") == 4
    assert "measured:" not in shown
    assert "today 30.0%" in shown
    assert "The budget is divided as today" in shown
    # 10,000 euros over 4,000 people are 2.50 a person; each 1 assumed to bring back 1. Stars have 3,000 euros for 1,000
    # people, 1.2 times that: 2,500 × 3 × 1.2 ÷ (2 + 1.2) = 2,812.50 by hand.
    assert effect_of(shown, "stars") == "+€2,813"
    moved = client.get(f"{PAGE}?stars=100&budget=5000&back_stars=2").content.decode()
    assert effect_of(moved, "stars") == "+€7,500", "twice what was assumed of a person: 2 × 2,500 × 3 × 2 ÷ (2 + 2)"
    assert effect_of(moved, "to_select") == "€0.00"
    assert "Nothing of this was measured" in moved
    for language in ("en", "fr"):
        missing, seen = undefined(signed_in(client, language).get(PAGE).content.decode())
        assert (missing, seen) == ([], 4)


def test_what_campaigns_measured_is_told_with_its_interval_and_its_best_division(stage: Stage, client: Client) -> None:
    refreshed()
    measured(
        stage,
        stars={"treated": arm(100, 1_500, 900), "control": arm(100, 1_000, 900)},
        to_select={"treated": arm(100, 1_000, 900), "control": arm(100, 1_100, 900)},
    )
    asked = "budget=1000&stars=100&question_marks=0&profit_customers=0&to_select=0"
    shown = signed_in(client).get(f"{PAGE}?{asked}").content.decode()
    assert shown.count("data-assumed") == 2
    assert "measured: 100 treated, 100 left out" in shown
    assert "Come back to coffee" in shown
    assert effect_of(shown, "stars") == "+€1,800", "0.3 × (500 + 100 put back) a person, 1,000 people at a euro each"
    by_hand = 1.959964 * 0.3 * (2 * 900**2 * 100 / 99 / 100) ** 0.5 * 1_000 / 100
    assert f"± €{by_hand:,.0f}" in shown
    assert "Against the same budget divided as today" in shown
    best = client.get(f"{PAGE}?{asked}&set=best").content.decode()
    values = dict(re.findall(r'name="(stars|question_marks|profit_customers|to_select)" min="0" max="100" step="0.1" '
                             r'inputmode="decimal" value="([\d.]+)"', best))  # fmt: skip
    assert sum(float(value) for value in values.values()) == pytest.approx(100)
    assert float(values["stars"]) > 50
    assert values["to_select"] == "0", "who brings nothing more gets nothing"


def test_shares_are_scaled_to_a_hundred_and_what_is_wrong_is_said(stage: Stage, client: Client) -> None:
    refreshed()
    page = signed_in(client)
    scaled = page.get(f"{PAGE}?stars=60&question_marks=60").content.decode()
    assert "The shares typed summed to 120.0%: they were scaled to 100%." in scaled
    assert 'value="50" aria-label="Share of the budget in %: Stars"' in scaled
    for wrong, said in (
        ("budget=-5", "This is a number from 0.01"), ("budget=much", "This is not a number"),
        ("stars=0&to_select=0", "At least one class with people"), ("twice=2", "from 1.05 to 1.95"),
        ("back_stars=1e9", "from 0 to 1000"), ("stars=nan", "This is a number from 0"), ("budget=1e40", "to 100"),
        ("set=best", "Under this model"),
    ):  # fmt: skip
        more = "" if wrong != "set=best" else "&" + "&".join(f"back_{name}=0" for name in CLASSES)
        answer = page.get(f"{PAGE}?{wrong}{more}")
        assert answer.status_code == 200
        assert said in answer.content.decode(), wrong
    assert divided({"stars": 1, "question_marks": 1, "profit_customers": 1, "to_select": 0}) == {
        "stars": 334, "question_marks": 333, "profit_customers": 333, "to_select": 0
    }  # fmt: skip


def test_a_class_without_people_gets_nothing_and_a_house_that_gave_nothing_has_no_today(stage: Stage, client) -> None:
    classes = {
        name: {"people": 0 if name == "stars" else 10, "value": 0, "potential": 0, "given": 0} for name in CLASSES
    }
    last = refreshed(classes=classes)
    page = signed_in(client, "fr")
    shown = page.get(f"{PAGE}?stars=50&to_select=50").content.decode()
    assert "personne dans cette classe" in shown
    assert "il n’y a pas de répartition" in shown.replace("\xa0", " ")
    found = Allocation(stage.leonore, last, {"stars": "50", "to_select": "50"}, None)
    assert found.shares == {"stars": 0, "question_marks": 0, "profit_customers": 0, "to_select": 1_000}
    assert (found.today, found.budget) == (None, 1_000_000)
    last.portfolio = None
    last.save()
    assert "f-allot" not in page.get(PAGE).content.decode(), "a model that does not fit divides no budget"
    assert page.get(BUDGET).status_code == 404


def test_a_division_is_kept_told_and_withdrawn(stage: Stage, client: Client) -> None:
    refreshed()
    page = signed_in(client)
    fields = {"budget": "2500.50", "twice": "1.4", "back_stars": "1.5", "stars": "40", "question_marks": "30",
              "profit_customers": "20", "to_select": "10"}  # fmt: skip
    assert page.post(BUDGET, fields).status_code == 302
    (plan,) = list_budget_plans(by=stage.leonore)
    assert (plan.budget, plan.saved_by) == (250_050, "Leonore")
    assert plan.shares == {"stars": 400, "question_marks": 300, "profit_customers": 200, "to_select": 100}
    assert plan.assumed == {"twice": 1.4, "back": {"stars": 1.5} | dict.fromkeys(CLASSES[1:], 1.0)}
    assert Audit.objects.filter(verb="insight.plan", object_id=str(plan.id)).exists()
    shown = page.get(PAGE).content.decode()
    assert "kept by Leonore" in shown
    assert 'value="2500.5"' in shown, "the plan in force is where one begins"
    assert page.post(BUDGET, {"budget": "5"}).status_code == 302
    assert BudgetPlan.objects.count() == 1, "without shares nothing is kept"
    page.post(f"{BUDGET}{plan.id}/withdrawal/")
    assert list_budget_plans(by=stage.leonore) == []
    page.post(f"{BUDGET}{plan.id}/withdrawal/")
    assert Audit.objects.filter(verb="insight.plan").count() == 2
    finance = signed_in(client, who="Marzelline")
    assert finance.get(PAGE).status_code == 403
    assert finance.get(BUDGET).status_code == 403
    assert finance.post(BUDGET, fields).status_code == 403


def test_what_cannot_be_kept_is_refused(stage: Stage) -> None:
    refreshed()
    good: dict[str, Any] = {"budget": 100, "shares": EQUAL, "assumed": {"twice": 1.5}}
    for wrong in (
        {"budget": 0}, {"shares": EQUAL | {"stars": 251}}, {"shares": {"stars": 1_000}}, {"assumed": {"twice": 2.0}},
        {"assumed": {"twice": 1.5, "back": {"stars": -1}}}, {"assumed": {"twice": 1.5, "back": {"nobody": 1}}},
        {"shares": EQUAL | {"stars": 750, "to_select": -250}},
    ):  # fmt: skip
        with pytest.raises(MalformedBudgetPlan):
            save_budget_plan(by=SYSTEM, at=AT, **good | wrong)
    with pytest.raises(Denied):
        save_budget_plan(by=PIZARRO, at=AT, **good)
    with pytest.raises(UnknownBudgetPlan):
        withdraw_budget_plan(by=SYSTEM, at=AT, plan_id=new_id())


def test_the_division_is_taken_along_as_a_table(stage: Stage, client: Client) -> None:
    refreshed()
    page = signed_in(client, "fr")
    asked = "budget=1000&stars=100"
    sheet = page.get(f"{BUDGET}table.csv?{asked}").content.decode("utf-8-sig")
    lines = [line.split(";") for line in sheet.splitlines()]
    assert len(lines) == 5
    assert lines[1][0] == "Étoiles"
    assert lines[1][4] == "1000,00"
    book = openpyxl.load_workbook(BytesIO(page.get(f"{BUDGET}table.xlsx?{asked}").content))
    rows = list(book.worksheets[0].values)
    assert rows[1][3] == 1
    assert rows[1][4] == 1000
    assert page.get(f"{BUDGET}table.pdf").status_code == 404


def test_the_card_alone_is_what_a_slider_asks_for(stage: Stage, client: Client) -> None:
    refreshed()
    page = signed_in(client)
    part = page.get(f"{BUDGET}?stars=70&to_select=30", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    whole = page.get(f"{BUDGET}?stars=70&to_select=30&other=1")
    assert whole["Location"] == f"{PAGE}?stars=70&to_select=30#f-allotment"
    for name in ("f-allot-said", "f-allot-total", "f-allot-foot", "f-allot-effect-stars", "f-allot-amount-stars"):
        assert f'id="{name}"' in part
    assert actor_of(User.objects.get(name="Leonore")).may_somewhere("insight.plan")
