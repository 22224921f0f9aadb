"""Offers that a member must activate: once, in time, while any are left; rules count from then on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.programme.models import Enrolment
from fidelia.rewards.errors import OfferActivated, OfferNotOpen, OfferTaken, UnknownOffer
from fidelia.rewards.models import OfferActivation, OfferCount
from fidelia.rewards.operations import activate_offer
from fidelia.rewards.queries.offers import offers_of_member
from tests.activity.test_recording_at_once import SECONDS, begin, pool
from tests.api.caller import Caller
from tests.cast import SYSTEM
from tests.persons.test_merging_races import merge
from tests.programme.cast import DOCUMENT, florestan, member, programme
from tests.referral.cast import newcomer
from tests.subscriptions.shop import buy, points, when

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
BONUS = {
    "key": "bonus", "name": {"en": "Bonus", "fr": "Bonus"}, "when": '"double_week" in customer.offers', "points": "100",
}  # fmt: skip
OFFER: dict[str, Any] = {
    "key": "double_week", "name": {"en": "Double week", "fr": "Semaine double"},
    "valid_from": "2026-10-20T00:00:00+02:00", "valid_until": "2026-11-01T00:00:00+01:00",
}  # fmt: skip
AT = when("2026-10-21")


def of(**changes: Any) -> Enrolment:
    rules = [DOCUMENT["rules"][0], BONUS]
    return member(programme({"rules": rules, "offers": [{**OFFER, **changes}]}))


def activate(who: Enrolment, at: Any = AT, **more: Any) -> OfferActivation:
    return activate_offer(by=SYSTEM, at=at, enrolment=who, offer="double_week", **more)


def states(who: Enrolment, at: Any = AT) -> list[tuple[str, int | None]]:
    return [(one.state, one.left) for one in offers_of_member(who, at)]


def test_a_rule_counts_from_the_activation_to_the_end_of_the_last_day_also_when_clocks_change() -> None:
    who = of(lasts_days=5)
    buy(who, AT - timedelta(hours=1), ("mug", 1, 1000))
    assert points(who, AT) == 10
    activate(who)
    for number, (text, gives) in enumerate(
        (("2026-10-21 12:00", 110), ("2026-10-25 23:59", 110), ("2026-10-26 00:00", 10))
    ):
        day, clock = text.split()
        before = points(who, when("2026-10-27"))
        buy(who, when(day, clock), ("mug", 1, 1000))
        assert points(who, when("2026-10-27")) - before == gives, number
    assert states(who, when("2026-10-26")) == [("over", None)]


def test_it_is_activated_once_in_time_and_by_who_may() -> None:
    who = of()
    for at in (when("2026-10-19", "23:59"), when("2026-11-01", "00:00")):
        with pytest.raises(OfferNotOpen):
            activate(who, at)
    assert (states(who, when("2026-10-19")), states(who, when("2026-11-02"))) == (
        [("not_yet", None)],
        [("closed", None)],
    )
    with pytest.raises(UnknownOffer):
        activate_offer(by=SYSTEM, at=AT, enrolment=who, offer="other")
    with pytest.raises(Denied):
        activate_offer(by=Actor("user", None, "Rocco", ()), at=AT, enrolment=who, offer="double_week")
    assert not OfferCount.objects.exists()
    once = RequestKey("key:x", "k", b"1" * 32)
    activate(who, once=once)
    with pytest.raises(RequestRepeated):
        activate(who, once=once)
    with pytest.raises(OfferActivated):
        activate(who)
    assert (OfferActivation.objects.count(), OfferCount.objects.get().taken) == (1, 1)


def test_of_sixteen_the_last_three_go_to_three(pool: ThreadPoolExecutor) -> None:
    first = of(at_most=4)
    activate(first)
    others = [newcomer(first.programme, AT) for _each in range(16)]
    acts = [begin(pool, lambda who=who: activate(who)) for who in others]  # type: ignore[misc]
    refused = [act.exception(SECONDS) for act in acts]
    assert sum(each is None for each in refused) == 3
    assert {type(each) for each in refused if each is not None} == {OfferTaken}
    assert (OfferCount.objects.get().taken, OfferActivation.objects.count()) == (4, 4)
    assert states(newcomer(first.programme, AT)) == [("taken", 0)]


def test_what_a_member_activated_stays_the_persons_after_a_merge() -> None:
    who = of()
    activate(who)
    person = florestan("2990441788231").id
    merge(who.customer_id, person)
    assert states(who) == [("active", None)]
    before = points(who, AT)
    buy(Enrolment(programme=who.programme, customer_id=person, account_id=who.account_id), AT, ("mug", 1, 1000))
    assert points(who, AT) - before == 110
    connection.close()


def test_the_api_lists_and_activates(settings: Any) -> None:
    who = of(valid_from=None, valid_until=None, at_most=10)
    office, address = Caller("offer.*"), f"/enrolments/{who.id}/offers"
    assert [(one["state"], one["left"]) for one in office.get(address).json()["data"]] == [("open", 10)]
    first, again = (office.post(address, {"offer": "double_week"}, key="k") for _once in range(2))
    assert (first.status, [(one["state"], one["left"]) for one in first.json()["data"]]) == (201, [("active", 9)])
    assert again.headers["Idempotency-Replayed"] == "true"
    office.post(address, {"offer": "double_week"}).problem(409, "offer_activated")
    office.post(address, {"offer": "other"}).problem(404, "unknown_offer")
    Caller("customer.see").get(address).problem(403, "denied")
