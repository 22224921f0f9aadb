"""The night: in its order, once whatever happens; tiers of every metric; notices told once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Origin
from fidelia.ledger.errors import NothingPending
from fidelia.ledger.models import Posting
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.operations.granting import credit_tiers, take_back_tier_credit
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.operations.points import activate_points, grant_points
from fidelia.programme.queries import foresee, list_standings, list_tier_periods, tier_at, tier_standing
from fidelia.programme.reactions import reassess_tiers
from tests.cast import SYSTEM

from .cast import AT, DOCUMENT, member, programme
from .test_pools import LEONORE, announced, buy, give_back

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LEVELS = [{"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "100"}]


def document(*sets: dict[str, Any], **points: Any) -> dict[str, Any]:
    tiers = [{"levels": LEVELS, **each} for each in sets]
    return {"rules": DOCUMENT["rules"][:1], "points": points, "tiers": tiers or None}


def night(at: datetime) -> dict[str, int]:
    job = Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip
    return run_night(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))


def told(name: str) -> list[dict[str, Any]]:
    return [row.payload for row in OutboxEvent.objects.filter(name=name).order_by("event_id")]


def derive(*members: Enrolment, at: datetime = AT) -> None:
    with transaction.atomic():
        rederive_tiers(at=at, enrolment_ids=[one.id for one in members], origin=Origin.LIVE)


def react(name: str, at: datetime) -> None:
    with transaction.atomic():
        rows = OutboxEvent.objects.filter(name=name).order_by("event_id")
        reassess_tiers([announced(row) for row in rows], by=SYSTEM, at=at)


def tier(of: Enrolment, at: datetime, tier_set: str = "") -> str:
    period = tier_at(of.id, at, tier_set)
    return period.tier if period is not None else ""


def test_pending_points_come_to_life_and_count_for_tiers_in_one_night_and_a_second_finds_nothing() -> None:
    enrolment = member(programme(document({"window_days": 365, "kept_days": 365}, pending={"days": 14})))
    buy(enrolment, 120, "f1")
    derive(enrolment)
    assert tier(enrolment, AT) == ""
    night_at = AT + 15 * DAY
    assert night(night_at)["activated"] == 1
    assert tier(enrolment, night_at) == "silver"
    postings = Posting.objects.count()
    assert set(night(night_at).values()) == {0}
    assert Posting.objects.count() == postings
    assert find_broken_invariants() == []


def test_a_night_that_was_stopped_goes_on_and_repeats_nothing() -> None:
    enrolment = member(programme(document(pending={"days": 1}, validity_months=0, ends="day")))
    buy(enrolment, 10, "f1")
    at = AT + 10 * DAY
    job = Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
        checkpoint={"done": {"activated": 1, "rewarded": 0, "activated_late": 0, "tiers": 0}},
    )  # fmt: skip
    done = run_night(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))
    # In this history the steps before were not done: what is still pending does not expire, and nothing breaks.
    assert done == {
        "activated": 1,
        "rewarded": 0,
        "activated_late": 0,
        "tiers": 0,
        "kept": 0,
        "expired": 0,
        "tiers_on_balance": 0,
        "noticed": 0,
    }
    assert night(at)["activated"] == 1
    assert night(at)["expired"] == 0
    assert find_broken_invariants() == []


def test_what_waits_for_an_event_that_never_comes_is_given_up_at_the_end_of_its_last_day() -> None:
    waits = {"event": "delivered", "cancelled_after_days": 10}
    enrolment = member(programme(document({"window_days": 365, "kept_days": 365}, pending=waits)))
    sale = buy(enrolment, 120, "f1")  # on 2 March: to the end of 12 March

    def held(at: datetime) -> tuple[int, int]:
        balance = get_balance(account_id=enrolment.account_id, currency="PTS", at=at)
        return balance.available, balance.pending

    seen = foresee(enrolment, at=AT, on=date(2026, 3, 31))
    assert (seen.available, seen.pending, [(one.kind, one.amount) for one in seen.events]) == (
        0, 0, [("cancelled", 120)],
    )  # fmt: skip
    last, after = datetime(2026, 3, 12, 22, 59, tzinfo=UTC), datetime(2026, 3, 12, 23, 0, tzinfo=UTC)
    night(last)
    assert (held(last), held(after)) == ((0, 120), (0, 0))
    assert night(after)["activated"] == 1
    assert Posting.objects.filter(account_id=enrolment.account_id).latest("posting_id").kind == "cancel"
    assert set(night(after).values()) == {0}
    with pytest.raises(NothingPending):
        activate_points(by=SYSTEM, at=after, enrolment=enrolment, source_id=sale.purchase_id, key="d1")
    assert (held(after), tier(enrolment, after)) == ((0, 0), "")
    assert find_broken_invariants() == []


def test_points_that_are_given_or_come_to_life_by_hand_count_for_the_tier_at_once_and_once() -> None:
    waits = {"event": "delivered", "cancelled_after_days": 60}
    sets = {"window_days": 365, "kept_days": 365}
    enrolment = member(programme(document(sets, pending=waits)))
    sale = buy(enrolment, 70, "f1")
    derive(enrolment)
    asked = {"by": SYSTEM, "at": AT + DAY, "enrolment": enrolment, "source_id": sale.purchase_id, "key": "d1"}
    activate_points(**asked)
    grant_points(by=SYSTEM, at=AT + DAY, enrolment=enrolment, amount=50, reason="Excuses", key="g1")
    assert [(one["points"], one["currency"]) for one in told("points.given")] == [(70, "PTS"), (50, "PTS")]
    react("points.given", AT + DAY)
    assert tier(enrolment, AT + DAY) == ""  # what was given waits to be delivered too
    given = Posting.objects.filter(account_id=enrolment.account_id, kind="pend").latest("posting_id")
    activate_points(**(asked | {"source_id": given.posting_id, "key": "d2"}))
    react("points.given", AT + DAY)
    assert tier(enrolment, AT + DAY) == "silver"
    grant_points(by=SYSTEM, at=AT + DAY, enrolment=enrolment, amount=50, reason="Excuses", key="g1")
    assert len(told("points.given")) == 3  # a repeated call tells nothing new


def test_points_about_to_die_are_told_once_for_each_number_of_days() -> None:
    enrolment = member(programme(document(validity_months=1, ends="day", notice_days=[30, 7])))
    buy(enrolment, 60, "f1")
    assert night(AT)["noticed"] == 0 or told("points.expiring") == []
    first = AT + 5 * DAY
    night(first)
    night(first + DAY)
    assert [(one["points"], one["days"]) for one in told("points.expiring")] == [(60, 30)]
    night(AT + 28 * DAY)
    night(AT + 29 * DAY)
    assert [(one["points"], one["days"]) for one in told("points.expiring")] == [(60, 30), (60, 7)]


def test_a_tier_about_to_end_is_told_once_with_what_is_missing() -> None:
    enrolment = member(programme(document({"window": "year", "kept": {"periods": 0}, "notice_days": 30})))
    buy(enrolment, 120, "f1")
    derive(enrolment)
    night(datetime.fromisoformat("2026-11-15T02:00+01:00"))
    assert told("tier.ending") == []
    for day in (5, 6):
        night(datetime.fromisoformat(f"2026-12-0{day}T02:00+01:00"))
    (one,) = told("tier.ending")
    assert (one["tier"], one["to_tier"], one["ends_at"]) == ("silver", "", "2026-12-31T23:00:00+00:00")


@pytest.mark.parametrize(
    ("metric", "threshold", "reached"),
    [("spent", "100.00", "silver"), ("spent", "100.01", ""), ("purchases", "2", "silver"), ("purchases", "3", "")],
)
def test_money_and_purchases_are_measured_too(metric: str, threshold: str, reached: str) -> None:
    levels = [{**LEVELS[0], "threshold": threshold}]
    enrolment = member(
        programme(document({"metric": metric, "window": "year", "kept": {"periods": 1}, "levels": levels}))
    )
    buy(enrolment, 60, "f1")
    buy(enrolment, 40, "f2")
    derive(enrolment)
    assert tier(enrolment, AT) == reached


@pytest.mark.parametrize("metric", ["spent", "purchases"])
def test_a_purchase_that_came_back_whole_is_none(metric: str) -> None:
    levels = [{**LEVELS[0], "threshold": "1"}]
    enrolment = member(
        programme(document({"metric": metric, "window": "year", "kept": {"periods": 1}, "levels": levels}))
    )
    sale = buy(enrolment, 60, "f1")
    give_back(sale, AT + DAY)
    derive(enrolment, at=AT + DAY)
    assert (tier(enrolment, AT), tier(enrolment, AT + DAY)) == ("silver", "")


def test_a_tier_of_the_balance_follows_what_expires_and_what_is_spent() -> None:
    by_balance = {"metric": "balance", "kept_days": 1}
    enrolment = member(programme(document(by_balance, validity_months=1, ends="day")))
    buy(enrolment, 120, "f1")
    night(AT)
    assert tier(enrolment, AT) == "silver"
    gone = AT + 40 * DAY
    assert night(gone)["expired"] == 1
    # It had been kept a day from the expiry, which was ten days ago.
    assert tier(enrolment, gone) == ""
    assert tier(enrolment, AT + 20 * DAY) == "silver"


def test_sets_of_tiers_are_followed_side_by_side() -> None:
    plus = [{"key": "plus", "name": {"en": "Plus", "fr": "Plus"}, "threshold": "1"}]
    main = {"window_days": 365, "kept_days": 365}
    second = {"key": "visits", "metric": "purchases", "window": "month", "kept": {"ends": "month"}, "levels": plus}
    florestan = member(programme(document(main, second)))
    buy(florestan, 50, "f1")
    derive(florestan)
    assert (tier(florestan, AT), tier(florestan, AT, "visits")) == ("", "plus")
    assert [one["tier_set"] for one in told("tier.changed")] == ["visits"]
    assert [(one.tiers.key, one.earned) for one in list_standings(florestan, AT)] == [("", 50), ("visits", 1)]
    assert [period.tier for period in list_tier_periods(florestan.id, "visits")] == ["", "plus"]


def test_the_dates_ahead_are_known() -> None:
    levels = [*LEVELS, {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "500"}]
    one_step = {"window": "year", "kept": {"periods": 1}, "falls": "one_step", "levels": levels}
    enrolment = member(programme(document(one_step)))
    buy(enrolment, 620, "f1")
    derive(enrolment)
    standing = tier_standing(enrolment, AT)
    assert standing is not None
    ahead = standing.ahead
    assert (standing.earned, ahead.held and ahead.held.key) == (620, "gold")
    assert ahead.keep_by == ahead.falls_on == datetime.fromisoformat("2028-01-01T00:00+01:00")
    assert (ahead.keep_missing, ahead.falls_to and ahead.falls_to.key) == (500, "silver")
    next_year = datetime.fromisoformat("2027-06-01T12:00+02:00")
    buy(enrolment, 380, "f2", at=next_year)
    again = tier_standing(enrolment, next_year)
    assert again is not None
    assert again.ahead.keep_missing == 120


def test_burning_points_moves_no_tier_of_what_was_earned() -> None:
    made = programme(document({"window_days": 365, "kept_days": 365}))
    florestan, _leonore = member(made), member(made, LEONORE)
    buy(florestan, 120, "f1")
    with transaction.atomic():
        redeem(by=SYSTEM, at=AT, account_id=florestan.account_id, currency="PTS", amount=120, key="r")
    night(AT + DAY)
    derive(florestan, at=AT + DAY)
    assert tier(florestan, AT + DAY) == "silver"


def test_what_counts_for_tiers_alone_reaches_one_and_is_taken_back() -> None:
    enrolment = member(programme(document({"window_days": 365, "kept_days": 365})))
    asked: dict[str, Any] = {"by": SYSTEM, "account_id": enrolment.account_id, "currency": "PTS"}
    with transaction.atomic():
        credited = credit_tiers(at=AT, amount=100, key="c", **asked)
    derive(enrolment)
    assert tier(enrolment, AT) == "silver"
    with transaction.atomic():
        own = {"posting_id": credited.posting_id, "posted_on": enrolment.account_id}
        take_back_tier_credit(at=AT + DAY, amount=1, key="b", **own, **asked)
    derive(enrolment, at=AT + DAY)
    assert (tier(enrolment, AT), tier(enrolment, AT + DAY)) == ("silver", "")
    assert find_broken_invariants() == []
