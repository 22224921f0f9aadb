"""Effectiveness: each launched campaign with its always-valid interval, its assumed margin, and who may see it."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from fidelia.access.models import User
from fidelia.campaigns.operations import launch_campaign, measure_campaign, measure_rules, stop_harmful_rules
from fidelia.campaigns.operations.rules_measured import arms_of
from fidelia.campaigns.queries import list_due_for_measuring
from fidelia.insight.operations import refresh
from fidelia.programme.operations import draft_version, publish_version
from tests.campaigns.conftest import Stage, enrol_all, stage
from tests.campaigns.test_parting import classed, stores
from tests.cast import AT, SYSTEM, person
from tests.console.defined import undefined
from tests.insight.shop import buy, customers, purchase

__all__ = ["stage"]
pytestmark = pytest.mark.django_db(transaction=True)
EFFECTS = "/console/insight/effects/"


def page(client, user: User, language: str = "fr") -> str:
    User.objects.filter(id=user.id).update(language=language)
    client.force_login(User.objects.get(id=user.id))
    return client.get(EFFECTS).content.decode()


def manager() -> User:
    return User.objects.get(name="Leonore")


def test_it_says_that_nothing_was_launched_and_then_that_nothing_was_measured(stage: Stage, client) -> None:
    assert "Aucune campagne n’est encore lancée" in page(client, manager())
    enrol_all(stage.programme, customers(40))
    campaign = stage.approved()
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    assert "pas encore mesurée" in page(client, manager())


def test_a_measured_campaign_shows_its_effect_and_what_is_assumed(stage: Stage, client) -> None:
    enrol_all(stage.programme, customers(380))
    campaign = stage.approved()
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    treated = campaign.members.filter(arm="treated").values_list("customer_id", flat=True)
    buy([purchase(one, 4_000, AT + timedelta(days=1)) for one in treated])
    later = AT + timedelta(days=200)
    refresh(by=SYSTEM, at=later)
    measure_campaign(by=stage.leonore, at=later, campaign_id=campaign.id)
    shown = page(client, manager(), "en")
    assert "+€40.00" in shown
    assert "more than without the offer" in shown
    assert "Margin is assumed: 30% of sales" in shown
    brought = shown[shown.index("What each instrument brings back") :]
    assert "Campaigns" in brought
    assert "+€3,840.00" in brought, "320 treated, 40 euros each, 30 % of it"
    for language in ("en", "fr"):
        missing, seen = undefined(page(client, manager(), language))
        assert (missing, seen) == ([], 9), "a chart and eight columns, each with what it means"


def test_who_may_not_see_campaigns_sees_none(stage: Stage, client) -> None:
    client.force_login(person("Jaquino"))
    assert client.get(EFFECTS).status_code == 403


def test_a_rule_that_leaves_people_out_shows_its_effect_its_return_and_its_stop(stage: Stage, client) -> None:
    people = customers(380)
    enrol_all(stage.programme, people)
    rule = {"key": "double", "name": {"en": "Double", "fr": "Double"}, "points": "10", "control": 50}
    draft = draft_version(by=SYSTEM, at=AT, programme=stage.programme, document={"format": 1, "rules": [rule]})
    publish_version(by=stage.leonore, at=AT, version=draft, in_force_from=AT)
    drawn = arms_of(people, "double", Fraction(1, 2))
    buy([purchase(one, 5_000, AT + timedelta(days=1)) for one in people if drawn[one] == "control"])
    later = AT + timedelta(days=120)
    refresh(by=SYSTEM, at=later)
    results = measure_rules(by=SYSTEM, at=later)
    (stop,) = stop_harmful_rules(by=SYSTEM, at=later, results=results)
    shown = page(client, manager())
    assert "arrêtée le" in shown
    assert "moins que sans l’offre" in shown
    assert "Ce que rapporte chaque instrument" in shown
    for language in ("en", "fr"):
        missing, seen = undefined(page(client, manager(), language))
        assert (missing, seen) == ([], 7)
    client.post(f"/console/insight/effects/stops/{stop.id}/end/")
    assert "arrêtée le" not in page(client, manager())
    stop.refresh_from_db()
    assert stop.resumed_at is not None


def test_it_shows_only_what_is_asked_for_and_says_which_dates_contradict(stage: Stage, client) -> None:
    enrol_all(stage.programme, customers(380))
    campaign = stage.approved()
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    treated = campaign.members.filter(arm="treated").values_list("customer_id", flat=True)
    buy([purchase(one, 4_000, AT + timedelta(days=1)) for one in treated])
    later = AT + timedelta(days=30)
    refresh(by=SYSTEM, at=later)
    measure_campaign(by=stage.leonore, at=later, campaign_id=campaign.id)
    page(client, manager(), "en")

    def shown(query: str) -> str:
        answer = client.get(f"{EFFECTS}?{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    link = f'href="/console/campaigns/{campaign.key}/"'
    day, before = AT.date(), (AT - timedelta(days=9)).date()
    for takes in (f"since={day}", f"until={day}", "segment=everybody", f"programme={stage.programme.id}"):
        assert link in shown(takes)
    assert "Nothing matches" in shown(f"until={before}")
    assert link not in shown(f"until={before}")
    assert "The period ends before it begins" in shown(f"since={day}&until={before}")
    for wrong in ("since=yesterday", "programme=nonsense", "segment=gone", f"since={day}&until={before}"):
        assert link in shown(wrong), "what is not understood leaves nothing out, and that is said"
        assert "Nothing is left out" in shown(wrong)
    assert "trait.campaign_coffee" in shown(""), "each mark of the chart leads to the people behind it"


@pytest.mark.slow  # people, purchases, an export: seconds on a busy machine
def test_it_is_filtered_by_store_and_banner_and_says_where_people_are_too_few(stage: Stage, client) -> None:
    """Of Paris all 320 who were drawn; of Lyon forty, of whom eight are left out: too few."""
    paris, lyon = stores()
    people = customers(360)
    classed({people[0]: "stars"})
    enrol_all(stage.programme, people)
    buy([purchase(one, 900, AT - timedelta(days=3), store_id=(paris if n < 320 else lyon).id)
         for n, one in enumerate(people)])  # fmt: skip
    campaign = stage.approved()
    launch_campaign(by=stage.leonore, at=AT, campaign_id=campaign.id)
    treated = set(campaign.members.filter(arm="treated").values_list("customer_id", flat=True))
    # The treated of Paris spend 40 euros, and they do so in Lyon.
    buy([purchase(one, 4_000, AT + timedelta(days=1), store_id=lyon.id) for one in people[:320] if one in treated])
    later = AT + timedelta(days=200)
    refresh(by=SYSTEM, at=later)
    result = measure_campaign(by=stage.leonore, at=later, campaign_id=campaign.id)
    page(client, manager(), "en")

    def shown(query: str) -> str:
        answer = client.get(f"{EFFECTS}?{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    assert "What each instrument brings back" in shown("")
    for chosen in (f"store={paris.id}", f"banner={paris.banner_id}", f"store={paris.id}&banner={paris.banner_id}"):
        of_paris = shown(chosen)
        assert "+€40.00" in of_paris
        assert "more than without the offer" in of_paris
        assert "take one found here as a question" in of_paris
        assert "What each instrument brings back" not in of_paris, "what it cost is not known by store"
        assert undefined(of_paris) == ([], 5)
        assert "trait.campaign_coffee" not in of_paris, "no condition of a segment tells the people of a store"
    treated_of_lyon = sum(one in treated for one in people[320:])
    of_lyon = shown(f"store={lyon.id}")
    assert f"too few people: {treated_of_lyon} treated, {40 - treated_of_lyon} left out" in of_lyon
    assert "+€40.00" not in of_lyon
    wrong = shown(f"store={lyon.id}&banner={paris.banner_id}")
    assert "This store is not of this banner" in wrong
    assert "Nothing is left out" in wrong
    result.parts = {}
    result.save()
    assert "not counted by store yet" in shown(f"store={paris.id}")
    assert [one.key for one in list_due_for_measuring(at=later)] == ["coffee"], "the next night counts it by store"
