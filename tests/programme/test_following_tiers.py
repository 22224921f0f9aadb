"""Following tiers: what time alone ends is told once; a version with other tiers reaches everybody, after a preview."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnRequest, record_purchase, record_return
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.programme.models import Enrolment, Programme, ProgrammeVersion, TierPeriod
from fidelia.programme.operations import (
    draft_version,
    end_enrolment,
    follow_tiers,
    preview_tiers,
    publish_version,
    rederive_tiers,
)
from fidelia.programme.queries import tiers_of_each_at
from fidelia.programme.reactions import follow_version, reassess_tiers
from tests.cast import PIZARRO, SYSTEM

from .cast import AT, AUTHOR, DOCUMENT, florestan, member, programme

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HELD_TO = datetime.fromisoformat("2027-02-21T00:00:00+01:00")  # a year after 20 February 2026, to its end in Paris


def buy(enrolment: Enrolment, euros: int, *, at: datetime = AT - 10 * DAY, key: str = "k") -> Any:
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=key, occurred_at=at, currency="EUR",
        lines=(LineRequest("mug", 1000, euros * 100),), customer_id=enrolment.customer_id,
    )  # fmt: skip
    return record_purchase(by=SYSTEM, at=at, request=request, source="till").purchase_id


def rederive(*enrolments: Enrolment, at: datetime = AT) -> None:
    with transaction.atomic():
        rederive_tiers(at=at, enrolment_ids=[enrolment.id for enrolment in enrolments])


def follow(at: datetime) -> dict[str, int]:
    job = Job.objects.create(
        kind="programme.follow_tiers", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip
    return follow_tiers(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))


def told() -> list[tuple[str, str, str, datetime]]:
    rows = OutboxEvent.objects.filter(name="tier.changed").order_by("event_id")
    return [(row.payload["from_tier"], row.payload["to_tier"], row.origin, row.occurred_at) for row in rows]


def events(name: str) -> list[Announced]:
    return [
        Announced(
            row.event_id, row.name, row.schema_version, Origin(row.origin), row.customer_id, row.payload,
            row.occurred_at, row.recorded_at,
        )
        for row in OutboxEvent.objects.filter(name=name).order_by("event_id")
    ]  # fmt: skip


def test_a_tier_that_ends_by_time_alone_is_told_once_dated_by_its_end() -> None:
    enrolment = member(programme())
    buy(enrolment, 60)
    rederive(enrolment)
    reached = ("", "connaisseur", "live", AT)
    assert told() == [reached]
    follow(HELD_TO - timedelta(seconds=1))
    assert told() == [reached]
    assert follow(HELD_TO + timedelta(minutes=7))["ended_by_time"] == 1
    assert told() == [reached, ("connaisseur", "", "live", HELD_TO)]
    assert follow(HELD_TO + timedelta(minutes=67))["ended_by_time"] == 0
    assert len(told()) == 2


def test_after_a_long_silence_it_is_told_as_late() -> None:
    enrolment = member(programme())
    buy(enrolment, 60)
    rederive(enrolment)
    follow(HELD_TO + 3 * DAY)
    assert told()[-1] == ("connaisseur", "", "late", HELD_TO)


def test_what_time_has_ended_is_told_before_what_comes_next() -> None:
    enrolment = member(programme())
    buy(enrolment, 60)
    rederive(enrolment)
    later = HELD_TO + timedelta(hours=3)
    buy(enrolment, 200, at=later, key="next")
    rederive(enrolment, at=later)
    assert told()[1:] == [("connaisseur", "", "live", HELD_TO), ("", "connaisseur", "live", later)]
    assert follow(later)["ended_by_time"] == 0


def test_of_a_membership_that_has_ended_nothing_is_told() -> None:
    enrolment = member(programme())
    buy(enrolment, 60)
    rederive(enrolment)
    end_enrolment(by=AUTHOR, at=AT, enrolment=enrolment)
    follow(HELD_TO)
    assert len(told()) == 1
    assert not TierPeriod.objects.filter(announced_at=None, superseded_at=None, valid_from__lte=HELD_TO).exists()


def test_a_tier_whose_purchase_comes_back_ends_and_is_told() -> None:
    enrolment = member(programme())
    sale = buy(enrolment, 60)
    rederive(enrolment)
    record_return(by=SYSTEM, at=AT, request=ReturnRequest("b", "b", AT, sale), source="till")
    with transaction.atomic():
        reassess_tiers(events("purchase.returned"), by=SYSTEM, at=AT)
    assert told() == [("", "connaisseur", "live", AT), ("connaisseur", "", "live", AT)]
    assert tiers_of_each_at([enrolment.id], AT) == {}


def lower(made: Programme) -> ProgrammeVersion:
    levels = [{**level, "threshold": str(int(level["threshold"]) // 2)} for level in DOCUMENT["tiers"]["levels"]]
    document = {**DOCUMENT, "tiers": {**DOCUMENT["tiers"], "levels": levels}}
    return draft_version(by=AUTHOR, at=AT, programme=made, document=document)


def four_members(made: Programme) -> list[Enrolment]:
    first = member(made)
    people = [first, *(member_too(first, f"299044178821{n}") for n in range(3))]
    for place, (enrolment, euros) in enumerate(zip(people, (30, 60, 220, 10), strict=True)):
        buy(enrolment, euros, key=f"k{place}")
    return people


def member_too(first: Enrolment, card: str) -> Enrolment:
    from fidelia.programme.operations import enrol

    customer = florestan(card)
    return enrol(by=AUTHOR, at=first.enrolled_at, programme=first.programme, customer_id=customer.id, source="till")


def test_a_version_with_other_tiers_reaches_everybody_and_the_preview_said_so() -> None:
    made = programme()
    people = four_members(made)  # with the welcome, where it is given: 80, 110, 270 and 10 points
    follow(AT)
    before = tiers_of_each_at([each.id for each in people], AT)
    assert sorted(before.values()) == ["connaisseur", "connaisseur"]
    version = lower(made)
    preview = preview_tiers(by=SYSTEM, at=AT, version=version)
    assert (preview.members, preview.looked_at) == (4, 4)
    assert preview.moves == Counter({("", "connaisseur"): 1, ("connaisseur", "grand_cru"): 1})
    assert tiers_of_each_at([each.id for each in people], AT) == before
    publish_version(by=AUTHOR, at=AT, version=version)
    with transaction.atomic():
        follow_version(events("version.published")[-1:], by=SYSTEM, at=AT)
    assert Job.objects.filter(kind="programme.follow_tiers", state="queued").count() == 1
    assert follow(AT)["moved_by_version"] == 2
    assert sorted(tiers_of_each_at([each.id for each in people], AT).values()) == [
        "connaisseur", "connaisseur", "grand_cru"
    ]  # fmt: skip
    assert Counter((was, now) for was, now, _origin, _at in told()[2:]) == preview.moves
    assert follow(AT + DAY)["moved_by_version"] == 0


def test_a_version_that_comes_into_force_by_time_is_found_by_the_hour() -> None:
    made = programme()
    people = four_members(made)
    follow(AT)
    publish_version(by=AUTHOR, at=AT, version=lower(made), in_force_from=AT + DAY)
    with transaction.atomic():
        follow_version(events("version.published")[-1:], by=SYSTEM, at=AT)
    assert not Job.objects.filter(state="queued").exists()
    assert follow(AT + DAY - timedelta(seconds=1))["moved_by_version"] == 0
    assert follow(AT + DAY)["moved_by_version"] == 2
    assert len(tiers_of_each_at([each.id for each in people], AT + DAY)) == 3


def test_other_rules_with_the_same_tiers_derive_nobody() -> None:
    made = programme()
    four_members(made)
    follow(AT)
    publish_version(
        by=AUTHOR, at=AT, version=draft_version(by=AUTHOR, at=AT, programme=made, document={**DOCUMENT, "points": None})
    )
    with transaction.atomic():
        follow_version(events("version.published")[-1:], by=SYSTEM, at=AT)
    assert not Job.objects.filter(state="queued").exists()
    assert follow(AT) == {"ended_by_time": 0, "moved_by_version": 0}


def test_stopped_it_goes_on_from_the_last_members_done(monkeypatch: pytest.MonkeyPatch) -> None:
    from fidelia.programme.operations import following

    made = programme()
    people = four_members(made)
    monkeypatch.setattr(following, "ROWS_A_ROUND", 1)
    job = Job.objects.create(
        kind="programme.follow_tiers", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=AT, state="running", checkpoint={"programme": str(made.id), "after": str(sorted_ids(people)[1])},
        checkpoint_done=2,
    )  # fmt: skip
    progress = Progress(job, clock=lambda: AT)
    follow_tiers(by=SYSTEM, at=AT, progress=progress)
    assert (progress.done, progress.total) == (4, 4)
    assert {period.enrolment_id for period in TierPeriod.objects.all()} <= set(sorted_ids(people)[2:])


def sorted_ids(people: list[Enrolment]) -> list[Any]:
    return sorted(each.id for each in people)


def test_only_who_may_publish_starts_it() -> None:
    job = Job(kind="x", label={}, arguments={}, by_kind="user", by_label="Pizarro", created_at=AT)
    with pytest.raises(Denied):
        follow_tiers(by=PIZARRO, at=AT, progress=Progress(job, clock=lambda: AT))
