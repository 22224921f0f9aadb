"""Results of part of the people: of their store, banner and class before they were drawn, and what that teaches."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.campaigns.models import Arm, Campaign, CampaignResult
from fidelia.campaigns.operations import launch_campaign, measure_campaign, measure_rules, stop_campaign
from fidelia.campaigns.operations.parting import as_kept, part_of
from fidelia.campaigns.operations.responding import response_of
from fidelia.campaigns.operations.rules_measured import arms_of
from fidelia.campaigns.queries import list_watched
from fidelia.customers.operations import place_trait_definition, set_traits
from fidelia.insight.measures.tallies import Tally
from fidelia.insight.operations import refresh
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.models import Store
from fidelia.organisation.operations import add_banner, add_partner, add_store
from fidelia.programme.operations import draft_version, publish_version
from tests.campaigns.conftest import Stage, enrol_all
from tests.cast import AT, SYSTEM
from tests.insight.shop import buy, customers, purchase

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, DAY, LATER = AT - timedelta(days=3), AT + timedelta(days=1), AT + timedelta(days=61)


def classed(people: dict[UUID, str], valid_from: Any = BEFORE) -> None:
    with transaction.atomic():
        label = LocalizedText(en="Class", fr="Classe")
        place_trait_definition(by=SYSTEM, at=AT, name="portfolio_class", type="text", label=label)
        rows = [(one, "portfolio_class", name) for one, name in people.items()]
        set_traits(by=SYSTEM, at=AT, rows=rows, source="test", valid_from=valid_from)


def stores() -> tuple[Store, Store]:
    """Paris and Lyon, each of its own banner."""
    partner = add_partner(by=SYSTEM, at=AT, code="maison", name="Maison", country="FR", currency="EUR")
    found = []
    for code, town in (("tea", "Paris"), ("cake", "Lyon")):
        banner = add_banner(by=SYSTEM, at=AT, partner_id=partner.id, code=code, name=code.title())
        found.append(add_store(
            by=SYSTEM, at=AT, banner_id=banner.id, code=town.lower(), name=town, channel="store", country="FR",
            currency="EUR", time_zone="Europe/Paris", opened_on=AT.date(),
        ))  # fmt: skip
    return found[0], found[1]


def launched(stage: Stage, people: list[UUID], key: str = "coffee") -> tuple[Campaign, list[UUID], list[UUID]]:
    enrol_all(stage.programme, people)
    campaign = stage.approved(key, control_share=Fraction(1, 2))
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    campaign.refresh_from_db()
    arms = [
        list(campaign.members.filter(arm=arm, customer_id__in=people).values_list("customer_id", flat=True))
        for arm in (Arm.TREATED, Arm.CONTROL)
    ]
    return campaign, sorted(arms[0]), sorted(arms[1])


def measured(stage: Stage, campaign: Campaign) -> CampaignResult:
    refresh(by=SYSTEM, at=LATER)
    return measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)


@pytest.mark.slow  # people, purchases, an export: seconds on a busy machine
def test_people_are_of_the_store_and_the_class_they_had_before_they_were_drawn(stage: Stage) -> None:
    here, there = stores()
    people = customers(150)
    buy([purchase(one, 1_000, BEFORE, store_id=(here if n < 110 else there).id) for n, one in enumerate(people[:140])])
    classed(dict.fromkeys(people[:100], "stars"))
    classed(dict.fromkeys(people[:100], "to_select"), valid_from=DAY)  # what they became is not what they were
    campaign, treated, _control = launched(stage, people)
    # What people of Paris buy in Lyon counts for Paris: they, not the tills, were parted by chance.
    buy([purchase(one, 500, DAY, store_id=there.id) for one in treated if one in set(people[:110])])
    result = measured(stage, campaign)
    paris = part_of(result, "store", str(here.id))
    of_paris = [one for one in people[:110] if one in set(treated)]
    assert paris.treated is not None
    assert (paris.treated_people, paris.treated.buyers, paris.treated.spend) == (
        len(of_paris), len(of_paris), 500 * len(of_paris)
    )  # fmt: skip
    assert paris.control is not None
    assert paris.control.buyers == 0
    assert paris.treated_people + paris.control_people == 110
    lyon = part_of(result, "store", str(there.id))
    assert (lyon.treated, lyon.control, lyon.treated_people + lyon.control_people) == (None, None, 30)
    assert "spend" not in str(result.parts["store"][str(there.id)]), "of a few people only how many they are is kept"
    assert set(result.parts["banner"]) == {str(here.banner_id), str(there.banner_id)}
    stars = part_of(result, "class", "stars")
    assert stars.treated_people + stars.control_people == 100
    assert set(result.parts["class"]) == {"stars"}
    assert part_of(result, "store", "never met").treated_people == 0
    again = measure_campaign(by=stage.leonore, at=LATER, campaign_id=campaign.id)
    result.refresh_from_db()
    assert (result.parts, set(again.parts)) == ({}, {"store", "banner", "class"}), "only the newest keeps its parts"


@pytest.mark.slow  # as above
def test_rules_are_measured_by_store_too(stage: Stage) -> None:
    (store, _other), people = stores(), customers(160)
    enrol_all(stage.programme, people)
    buy([purchase(one, 1_000, BEFORE, store_id=store.id) for one in people])
    rule = {"key": "double", "name": {"en": "Double", "fr": "Double"}, "points": "10", "control": 50}
    draft = draft_version(by=SYSTEM, at=AT, programme=stage.programme, document={"format": 1, "rules": [rule]})
    publish_version(by=stage.leonore, at=AT, version=draft, in_force_from=AT)
    drawn = arms_of(people, "double", Fraction(1, 2))
    buy([purchase(one, 700, DAY) for one in people if drawn[one] == "treated"])
    refresh(by=SYSTEM, at=LATER)
    (result,) = measure_rules(by=SYSTEM, at=LATER)
    part = part_of(result, "store", str(store.id))
    assert part.treated is not None
    assert part.treated.spend == 700 * sum(arm == "treated" for arm in drawn.values())
    assert part.treated_people + part.control_people == 160
    assert set(result.parts) == {"store", "banner"}


def arm(people: int, mean: int, other: int) -> dict[str, int]:
    """Half of the people spent `mean` − `other`, half `mean` + `other`."""
    squares = people // 2 * ((mean - other) ** 2 + (mean + other) ** 2)
    return vars_of(Tally(people, people, people * mean, squares, 0, 0))


def vars_of(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in Tally.__slots__}


def kept(stage: Stage, key: str, parts: dict[str, Any], given: dict[str, int], currency: str = "EUR") -> None:
    """A campaign that is over with a result as measuring would have written it; two hundred people treated."""
    campaign = stage.approved(key)
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    stop_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    tallies = {"treated": arm(200, 1_000, 10), "control": arm(200, 1_000, 10)}
    CampaignResult.objects.create(
        campaign=campaign, export_id=campaign.id, counted_from=AT, counted_until=LATER, currency=currency,
        tallies=tallies, given=given, parts={"class": parts}, measured_at=LATER,
    )  # fmt: skip


def test_each_class_answers_as_the_campaigns_say_and_is_drawn_to_the_others(stage: Stage) -> None:
    """Two campaigns: by hand, the effects weighted by the treated, with their discounts put back, at 30 %."""
    enrol_all(stage.programme, customers(60))
    given = {"times": 1, "points": 0, "discount": 20_000}  # a euro for each of the 200 treated
    kept(stage, "one", {
        "stars": {"treated": arm(100, 1_500, 100), "control": arm(100, 1_000, 100)},
        "to_select": {"treated": arm(100, 1_000, 100), "control": arm(100, 1_100, 100)},
        "question_marks": {"treated": {"people": 12}, "control": {"people": 5}},
    }, given)  # fmt: skip
    kept(stage, "two", {"stars": {"treated": arm(300, 1_100, 200), "control": arm(100, 1_000, 200)}}, given)
    kept(stage, "free", {"stars": {"treated": arm(300, 9_000, 0), "control": arm(100, 0, 0)}}, given | {"discount": 0})
    kept(stage, "swiss", {"stars": {"treated": arm(300, 9_000, 0), "control": arm(100, 0, 0)}}, given, "CHF")
    found = response_of(list_watched(by=stage.leonore), currency="EUR", rate=0.3)
    assert (found.classes, found.unknown_cost, len(found.used)) == (("stars", "to_select"), 1, 2)
    stars, select = found.effects["stars"], found.effects["to_select"]
    assert stars.margin == pytest.approx(0.3 * (100 * (500 + 100) + 300 * (100 + 100)) / 400)
    first, second = 100**2 * 100 / 99 * (1 / 100 + 1 / 100), 200**2 * (300 / 299 / 300 + 100 / 99 / 100)
    assert stars.deviation == pytest.approx(0.3 * (100**2 * first + 300**2 * second) ** 0.5 / 400)
    assert (stars.cost, stars.treated, stars.control) == (100, 400, 200)
    assert select.margin == pytest.approx(0.3 * (-100 + 100)), "what the discount took off is put back"
    assert found.margins == pytest.approx((90, 0)), "two classes: nothing tells how far they differ, each stays"
    kept(stage, "three", {
        name: {"treated": arm(100, 1_200, 900), "control": arm(100, 1_000, 900)}
        for name in ("question_marks", "profit_customers")
    }, given)  # fmt: skip
    pooled = response_of(list_watched(by=stage.leonore), currency="EUR", rate=0.3)
    assert pooled.classes == ("stars", "question_marks", "profit_customers", "to_select")
    assert min(pooled.drawn) > 0
    assert pooled.margins[0] < 90
    assert pooled.margins[3] > 0
    assert pooled.drawn[1] > pooled.drawn[0], "who is known less is drawn more"


def test_a_class_is_told_of_by_several_campaigns_together(stage: Stage) -> None:
    """Twenty in each arm say nothing alone, and forty do; what ten people say is kept of a class, and of no store."""
    enrol_all(stage.programme, customers(60))
    given = {"times": 1, "points": 0, "discount": 20_000}
    part = {"treated": arm(20, 1_500, 100), "control": arm(20, 1_000, 100)}
    kept(stage, "one", {"stars": part}, given)
    alone = response_of(list_watched(by=stage.leonore), currency="EUR", rate=0.3)
    assert (alone.classes, alone.used) == ((), ())
    kept(stage, "two", {"stars": part}, given)
    both = response_of(list_watched(by=stage.leonore), currency="EUR", rate=0.3)
    assert both.classes == ("stars",)
    assert both.margins == pytest.approx((0.3 * 600,))
    tallies = {name: {key: Tally(20, 1, 5, 25, 0, 0) for key in ("treated", "control")} for name in ("a", "b")}
    written = as_kept({"class": tallies, "store": tallies})
    assert written["class"]["a"]["treated"]["spend"] == 5
    assert written["store"]["a"]["treated"] == {"people": 20}


def test_nothing_was_measured(stage: Stage) -> None:
    found = response_of(list_watched(by=stage.leonore), currency="EUR", rate=0.3)
    assert (found.classes, found.used, found.unknown_cost) == ((), (), 0)
