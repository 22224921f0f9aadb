"""Home: a guide while nothing is there, then figures with their definitions, and what waits for whom."""

from __future__ import annotations

import re
from dataclasses import astuple
from datetime import datetime, time, timedelta

import pytest

from fidelia.access.operations import record_audit
from fidelia.access.queries import actor_of
from fidelia.activity.queries import (
    count_active_members,
    count_repurchases,
    list_weeks_of_sales,
    sum_sales,
    sum_sales_by_store,
)
from fidelia.customers.operations import define_trait, set_traits
from fidelia.customers.queries import count_by_text
from fidelia.insight.models import KeptFigure
from fidelia.insight.operations import count_figures
from fidelia.insight.queries.home import PERIODS, WEEKS, HomeFigures
from fidelia.kernel.actor import Actor, Grant, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import list_weeks_of_flow, sum_flow
from tests.cast import SYSTEM, pizarro, rocco

from .boutique import add_two_stores
from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_new_installation_is_led_through_four_steps(client):
    client.force_login(rocco())
    page = client.get("/console/").content.decode()
    assert "Quatre étapes vers un programme qui tourne" in page
    assert "0 sur 4 faites" in page
    assert "/console/first-run/shops/" in page


def test_steps_done_are_counted(shop):
    assert "3 sur 4 faites" in shop.client(shop.leonore).get("/console/").content.decode()


def test_figures_come_with_their_definition(shop):
    one, two = shop.members(2)
    shop.buy(one, 3_000, 10)
    shop.buy(two, 2_000, 11)
    shop.buy(None, 5_000, 12)
    page = shop.client(shop.leonore, "en").get("/console/").content.decode()
    assert "€100" in page
    assert "€50.00 ÷ €100 = 50.0%" in page
    assert "Sales to enrolled customers ÷ sales" in page
    assert "Whole weeks from Monday to Sunday" in page
    assert shop.client(shop.leonore).get("/console/?days=7").status_code == 200


def test_who_may_see_nothing_is_shown_no_figure(shop):
    shop.buy(shop.members(1)[0], 3_000, 10)
    page = shop.client(pizarro()).get("/console/").content.decode()
    assert "Chiffre d’affaires" not in page
    assert "Rien ne vous attend." in page


def test_a_draft_and_an_old_insight_wait_for_someone(shop):
    shop.buy(shop.members(1)[0], 3_000, 10)
    client = shop.client(shop.leonore)
    client.post("/console/programmes/cercle/versions/")
    assert "Vous l’avez rédigée" in client.get("/console/").content.decode()
    page = shop.client(shop.fernando).get("/console/").content.decode()
    assert "Relire et publier" in page
    assert "L’analyse n’a jamais été actualisée" in page


def test_search_finds_what_is_steered(shop):
    shop.segment("everybody")
    client = shop.client(shop.leonore)
    assert "/console/programmes/cercle/" in client.get("/console/search/?q=cerc").content.decode()
    assert "/console/segments/everybody/" in client.get("/console/search/?q=monde").content.decode()
    assert "/console/segments/everybody/" not in shop.client(pizarro()).get("/console/search/?q=monde").content.decode()


def test_a_store_is_chosen_and_stores_stand_side_by_side(shop):
    one = shop.members(1)[0]
    _banner, lyon, lille = add_two_stores(shop.at)
    shop.buy(one, 3_000, 10, store="lyon")
    shop.buy(None, 1_000, 12, store="lyon")
    shop.buy(one, 2_000, 12, store="lille")
    shop.buy(one, 500, 13)
    client = shop.client(shop.leonore, "en")
    page = client.get("/console/").content.decode()
    assert page.index("Lyon – Presqu’île</a></th>") < page.index("Lille – Vieux-Lille</a></th>")
    assert all(text in page for text in ("€65", "€40", "75.0%", "€20"))
    chosen = client.get("/console/?store=lyon&days=90").content.decode()
    assert "€30.00 ÷ €40.00 = 75.0%" in chosen
    assert "Lille – Vieux-Lille</a></th>" not in chosen
    assert "€65" in client.get("/console/?store=nowhere").content.decode()
    sums = sum_sales_by_store(by=SYSTEM, currency="EUR", since=shop.at - timedelta(days=30), until=shop.at)
    assert [(one.store_id, one.total, one.members, one.receipts, one.named) for one in sums] == [
        (lyon.id, 4_000, 3_000, 2, 1), (lille.id, 2_000, 2_000, 1, 1), (None, 500, 500, 1, 1),
    ]  # fmt: skip


def test_what_the_night_counted_is_what_a_store_would_count_by_itself(shop, django_assert_num_queries):
    one, two = shop.members(2)
    _banner, lyon, lille = add_two_stores(shop.at)
    for days, who, store in (
        (10, one, "lyon"), (12, None, "lyon"), (12, one, "lille"), (13, one, None), (40, two, "lyon"),
        (100, one, "lyon"), (105, two, "lille"), (110, None, "lyon"), (366, one, "lyon"), (375, two, "lyon"),
    ):  # fmt: skip
        shop.buy(who, 1_000 + days, days, **({"store": store} if store else {}))
    zone = zone_of("Europe/Paris")
    midnight = datetime.combine(shop.at.astimezone(zone).date(), time(), tzinfo=zone)
    assert count_figures(by=SYSTEM, at=shop.at, even_if_small=True)
    kept = dict(KeptFigure.objects.values_list("question", "answer"))
    for store in (lyon, lille):
        asked = []
        with django_assert_num_queries(0):
            told = [answers_of(HomeFigures(SYSTEM, kept, store_id=store.id), midnight, days, zone) for days in PERIODS]
        for days in PERIODS:
            asked.append(answers_of(HomeFigures(SYSTEM, {}, store_id=store.id), midnight, days, zone))
        assert told == asked
    assert answers_of(HomeFigures(SYSTEM, kept, store_id=lyon.id), midnight, 30, zone)[:2] == (
        (2_022, 1_010, 2),
        (1, 1),
    )


def test_who_sees_one_store_is_told_its_figures_and_no_other(shop, django_assert_num_queries):
    one, two = shop.members(2)
    _banner, lyon, lille = add_two_stores(shop.at)
    shop.buy(one, 3_000, 10, store="lyon")
    shop.buy(two, 2_000, 12, store="lille")
    zone = zone_of("Europe/Paris")
    midnight = datetime.combine(shop.at.astimezone(zone).date(), time(), tzinfo=zone)
    own = Actor("user", None, "A manager", (Grant("purchase.see", Scope(lyon.partner_id, lyon.id)),))
    asked = answers_of(HomeFigures(own), midnight, 30, zone)
    assert asked[0] == (3_000, 3_000, 1)
    assert count_figures(by=SYSTEM, at=shop.at, even_if_small=True)
    counted = HomeFigures(own)
    with django_assert_num_queries(0):
        assert answers_of(counted, midnight, 30, zone) == asked
    assert str(lille.id) not in repr(counted._kept)


def answers_of(figures, midnight, days, zone):
    """What Home shows of a store over some days."""
    period = figures.period(days, midnight=midnight, currency="EUR")
    monday = midnight - timedelta(days=midnight.weekday())
    first = datetime.combine((monday - timedelta(weeks=WEEKS)).date(), time(), tzinfo=zone)
    return (
        astuple(figures.sales("EUR", period.since, period.until)),
        tuple(figures.repurchases(period.until)),
        astuple(figures.sales("EUR", period.before_since, period.before_until)),
        tuple(figures.repurchases(period.before_until)),
        figures.active_members(period.until),
        figures.active_members(period.before_until),
        figures.weeks_of_sales("EUR", first, monday, zone),
    )


def test_the_store_and_the_period_stay_from_page_to_page_until_others_are_chosen(shop):
    one = shop.members(1)[0]
    _banner, lyon, _lille = add_two_stores(shop.at)
    shop.buy(one, 3_000, 10, store="lyon")
    shop.buy(one, 2_000, 12, store="lille")
    client = shop.client(shop.leonore, "en")

    def listed(query=""):
        return [row.purchase.total for row in client.get(f"/console/purchases/{query}").context["rows"]]

    everywhere = listed()
    client.get("/console/?store=lyon&days=90")
    assert (client.get("/console/").context["store"], client.get("/console/").context["days"]) == (lyon, 90)
    assert (len(everywhere), len(listed())) == (2, 1)
    page = client.get("/console/purchases/")
    assert [chip.remove_url for chip in page.context["chips"]] == ["?store="]
    assert client.get("/console/?store=nowhere").context["store"] is None
    assert client.get("/console/").context["store"] == lyon, "what is no store is not remembered"
    assert listed("?store=") == everywhere
    assert (client.get("/console/").context["store"], listed()) == (None, everywhere)
    client.get(f"/console/purchases/?store={lyon.id}")
    assert client.get("/console/").context["store"] == lyon
    assert shop.client(shop.fernando).get("/console/").context["store"] is None, "another person looks elsewhere"


def test_stages_stand_with_how_they_changed(shop):
    one, two, three = shop.members(3)
    shop.buy(one, 3_000, 10)
    define_trait(
        by=SYSTEM, at=shop.at, name="lifecycle_stage", type="text", label=LocalizedText(en="Stage", fr="Étape")
    )
    for customer, stage, days in ((one, "buyer", 60), (two, "buyer", 60), (one, "supporter", 5), (three, "left", 5)):
        with transaction_of_use_case():
            set_traits(
                by=SYSTEM, at=shop.at - timedelta(days=days), source="insight",
                rows=[(customer.id, "lifecycle_stage", stage)],
            )  # fmt: skip
    assert count_by_text("lifecycle_stage", shop.at) == {"buyer": 1, "left": 1, "supporter": 1}
    assert count_by_text("lifecycle_stage", shop.at - timedelta(days=30)) == {"buyer": 2}
    add_two_stores(shop.at)
    page = shop.client(shop.leonore, "en").get("/console/").content.decode()
    card = page[page.index("See who moved") :]
    assert re.findall(r"f-nowrap.>(\w+)</th>.*?f-n.>(\d+)</td><td class=.f-n f-text-2.>([+−\d]+)</td>", card) == [
        ("Buyers", "1", "−1"), ("Supporters", "1", "+1"), ("Gone", "1", "+1"),
    ]  # fmt: skip


def test_acts_of_people_stand_once_where_they_repeat(shop):
    shop.buy(shop.members(1)[0], 3_000, 10)
    client = shop.client(shop.leonore, "en")
    for _draft in range(2):
        client.post("/console/programmes/cercle/versions/")
    assert "Latest acts" not in client.get("/console/").content.decode()
    admin = rocco()
    page = shop.client(admin, "en").get("/console/").content.decode()
    assert page.count("Leonore, ") + page.count("Léonore, ") == 1
    assert "× 2" in page
    with transaction_of_use_case():
        record_audit(by=actor_of(shop.leonore), at=shop.at, verb="user.log_in", object_type="user", object_id=1)
    newest = shop.client(admin, "fr").get("/console/").context["acts"][0]
    assert newest.verb == "Entrer"


# The sums behind the figures


def test_sales_are_summed_by_period_and_week(shop):
    one = shop.members(1)[0]
    shop.buy(one, 3_000, 10)
    shop.buy(None, 1_000, 40)
    since, until = shop.at - timedelta(days=30), shop.at
    found = sum_sales(by=SYSTEM, currency="EUR", since=since, until=until)
    assert (found.total, found.members, found.receipts, found.member_share) == (3_000, 3_000, 1, 1.0)
    weeks = list_weeks_of_sales(
        by=SYSTEM, currency="EUR", since=shop.at - timedelta(days=60), until=until, zone=zone_of("Europe/Paris")
    )
    assert [(week.members, week.others) for week in weeks] == [(0, 1_000), (3_000, 0)]
    assert all(week.monday.weekday() == 0 for week in weeks)


def test_who_came_back_and_who_is_active(shop):
    one, two = shop.members(2)
    shop.buy(one, 3_000, 100)
    shop.buy(two, 3_000, 110)
    shop.buy(one, 3_000, 50)
    assert count_repurchases(by=SYSTEM, until=shop.at) == (1, 2)
    assert count_active_members(by=SYSTEM, since=shop.at - timedelta(days=60), until=shop.at) == 1


def test_points_are_summed_by_their_own_date(shop):
    one = shop.members(1)[0]
    shop.buy(one, 2_000, 40)
    shop.buy(one, 3_000, 10)
    flow = sum_flow(currency="PTS", since=shop.at - timedelta(days=30), until=shop.at)
    assert flow.issued == 30
    assert (flow.redeemed, flow.expired) == (0, 0)
    weeks = list_weeks_of_flow(currency="PTS", since=shop.at - timedelta(days=60), until=shop.at, zone="Europe/Paris")
    assert [week.issued for _monday, week in weeks] == [70, 30]  # 20 by the euro and 50 of welcome, then 30
    assert all(monday.weekday() == 0 for monday, _week in weeks)


def test_the_figures_ask_for_their_right(shop):
    from fidelia.access.queries import actor_of
    from fidelia.kernel.errors import Denied

    with pytest.raises(Denied):
        sum_sales(by=actor_of(pizarro()), currency="EUR", since=shop.at, until=shop.at)
