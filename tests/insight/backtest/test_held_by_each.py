"""Plans of limits for each member and store that are cut, and of offers that members have activated."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fidelia.customers.models import Customer
from fidelia.insight.backtest.plan_words import plan_as_text
from fidelia.insight.operations.planning import plan_text
from fidelia.programme.models import Enrolment
from fidelia.rewards.operations import activate_offer
from fidelia.rules.documents import write_text
from tests.activity.checkouts.cast import MUG, basket, cancel, close
from tests.activity.checkouts.rules import document, said
from tests.activity.network import stores
from tests.cast import SYSTEM, actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT, member, programme
from tests.subscriptions.shop import MONTHLY, have

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
NOW = AT + timedelta(hours=2)
_numbers = count(1)
CARDS = ("M1", "M2", "M3")
OFFER = {"key": "double_week", "name": {"en": "Double week", "fr": "Semaine double"}, "lasts_days": 5, "at_most": 9}


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def five(at_most: Any, **limit: Any) -> dict[str, Any]:
    """A euro off; one purchase comes to one use, to €1.00."""
    return {
        "key": "euro", "name": said("A euro off"), "amount_off": {"amount": "1.00", "of": "order"},
        "limits": [{"of": "uses", "at_most": at_most, "per": "member", **limit}],
    }  # fmt: skip


def sold(*cards: str, at: datetime = AT, **more: Any) -> list[str]:
    """Sell a mug to each, and return the numbers of the checkouts."""
    numbers = [f"S-{next(_numbers)}" for _card in cards]
    for number, card in zip(numbers, cards, strict=True):
        close(number, basket=basket(MUG, identity=("card", card), **more), at=at)
    return numbers


def found(*rules: dict[str, Any], at: datetime = NOW, **parts: Any) -> list[dict[str, Any]]:
    text = write_text(document(*rules, **parts))
    held: list[dict[str, Any]] = plan_text(by=ANALYST, at=at, text=text, slug="cercle", replays=False)["held"]
    return held


def told(*rules: dict[str, Any], language: str = "en", at: datetime = NOW, **parts: Any) -> str:
    text = write_text(document(*rules, **parts))
    plan = plan_text(by=ANALYST, at=at, text=text, slug="cercle", replays=False)
    return plan_as_text(plan, language).replace("\u00a0", " ")


def users(*rules: dict[str, Any], at: datetime = NOW, **parts: Any) -> list[tuple[int, int]]:
    return [(each["users"], each["before"]) for each in found(*rules, at=at, **parts)]


@pytest.mark.parametrize(
    ("period", "anew", "french"),
    [
        ({}, "as long as the limit is no higher.", "tant que la limite n’est pas plus haute."),
        ({"period": "month"}, "before 1 April 2026.", "avant le 1ᵉʳ avril 2026."),
        ({"period": {"rolling_days": 30}}, "until what was used is 30 days old.", "n’a pas 30 jours."),
        ({"period": "anniversary"}, "until their year since joining is over.", "leur année d’adhésion."),
    ],
)
def test_members_who_have_nothing_left_of_a_limit_that_is_cut_are_counted(
    period: dict[str, Any], anew: str, french: str
) -> None:
    of = programme(document(five(3, **period)))
    for card in CARDS:
        member(of, card)
    first, *_others = sold("M1", "M1", "M1", "M2", "M2", "M3")
    assert users(five(4, **period)) == users(five(3, **period, partial=True)) == []
    assert users(five(2, **period)) == [(2, 1)]
    assert users(five(1, **period)) == [(3, 1)]
    assert f"“A euro off”, 2 uses for each: 2 (as it is in force: 1). They get nothing of it {anew}" in told(
        five(2, **period)
    )
    said_in_french = told(five(2, **period), language="fr")
    assert "Adhérents qui ont épuisé « A euro off », 2 utilisations chacun : 2 (selon" in said_in_french
    assert french in said_in_french
    cancel(first)
    assert users(five(2, **period)) == [(2, 0)], "one of the three uses was given back"
    a_year_on = NOW + timedelta(days=400)
    assert users(five(2, **period), at=a_year_on) == ([] if period else [(2, 0)])


def test_what_one_person_used_under_two_names_counts_together() -> None:
    of = programme(document(five(3)))
    first, last = member(of, "M1"), member(of, "M2")
    chain = member(of, "M3")
    sold("M1", "M2", "M3")
    assert users(five(2)) == []
    Customer.objects.filter(id=first.customer_id).update(merged_into=last.customer_id)
    assert users(five(2)) == [(1, 0)]
    Customer.objects.filter(id=last.customer_id).update(merged_into=chain.customer_id)
    assert users(five(1)) == [], "who has nothing left as it is in force is nothing new"


def test_the_period_of_a_plan_is_each_members_own() -> None:
    limited = five(2, period={"plan": "monthly"})
    of = programme(document(limited, plans=[MONTHLY]))
    early, late, _without = (member(of, card) for card in CARDS)
    have(early, "monthly", AT - timedelta(days=20), 1000)
    have(late, "monthly", AT, 1000)
    sold("M1", "M2", "M3", at=AT + timedelta(hours=1))
    fewer = five(1, period={"plan": "monthly"})
    assert users(fewer, plans=[MONTHLY]) == [(2, 0)], "and nobody without the plan had any"
    later = AT + timedelta(days=12)
    assert users(fewer, at=later, plans=[MONTHLY]) == [(1, 0)], "the one whose period began before has a new one"
    assert "until the period that they paid is over." in told(fewer, plans=[MONTHLY])


def test_stores_in_which_a_limit_is_used_up_are_counted() -> None:
    seville, lyon, _wien = stores()
    limited = five("5.00", of="money", per="store", period="year")
    member(programme(document(limited)), "M1")
    for store in (seville.code, seville.code, lyon.code):
        sold("M1", store=store)
    fewer = five("2.00", of="money", per="store", period="year")
    assert users(fewer) == [(1, 0)]
    assert "Stores in which “A euro off” is used up, €2.00 for each: 1 (as it is in force: 0)." in told(fewer)
    assert "Magasins où « A euro off » est épuisé, 2,00 € chacun : 1" in told(fewer, language="fr")
    assert users(five(1)) == [], "for each member nothing was counted yet"


def test_offers_that_members_have_activated_and_that_go_or_are_cut_are_told() -> None:
    of = programme(document(offers=[OFFER]))
    who: list[Enrolment] = [member(of, card) for card in CARDS]
    for each in who[:2]:
        activate_offer(by=SYSTEM, at=AT, enrolment=each, offer="double_week")
    name = {"en": "Double week", "fr": "Semaine double"}
    assert found() == [{"kind": "offer", "name": name, "members": 2}]
    assert "Members who have activated “Double week”, which the document does not have: 2." in told()
    assert "Adhérents qui ont activé « Semaine double », que ce document n’a pas : 2." in told(language="fr")
    Customer.objects.filter(id=who[0].customer_id).update(merged_into=who[1].customer_id)
    assert [each["members"] for each in found()] == [1], "two names of one person"
    assert found(at=AT + timedelta(days=6)) == [], "no activation counts any more"
    assert found(offers=[{**OFFER, "at_most": 3}]) == found(offers=[deepcopy(OFFER)]) == []
    cut = {**OFFER, "at_most": 2}
    assert found(offers=[cut]) == [{"kind": "taken", "name": name, "members": 2, "at_most": 2}]
    assert "“Double week”: 2 have activated it, 2 may; nobody else can." in told(offers=[cut])
    assert "« Semaine double » : 2 l’ont activée, 2 le peuvent ; plus personne ne le peut." in told(
        offers=[cut], language="fr"
    )
    over = {**cut, "valid_until": AT.isoformat()}
    assert found(offers=[over]) == [], "it is over: nobody could activate it anyway"
