"""One act on many customers: each row the single verb, told in a file, done once however often, taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.customers.errors import SegmentFollows, UnknownSegment
from fidelia.customers.models import Customer, Segment
from fidelia.customers.operations import (
    NewCustomer,
    add_customer,
    define_segment,
    open_fixed_segment,
    put_into_segment,
    take_out_of_segment,
)
from fidelia.customers.queries import member_ids_at
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.models import Posting
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.errors import MalformedAct, NothingToUndo
from fidelia.programme.models import AskedAdjustment, Enrolment
from fidelia.programme.operations import enrol
from fidelia.programme.operations.together import ActRow, ask_act, ask_undo_of_act, read_act_rows
from tests.cast import PIZARRO, SYSTEM

from .cast import AT, DOCUMENT, member, programme

pytestmark = pytest.mark.django_db(transaction=True)
NAME = LocalizedText(en="Chosen", fr="Choisis")


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def people(count: int) -> list[Customer]:
    return [
        add_customer(by=SYSTEM, at=AT, customer=NewCustomer(source="till", family_name=f"N{n}")) for n in range(count)
    ]


def run(job: Job, days: int = 0) -> Job:
    run_job(job_id=job.id, clock=lambda: AT + timedelta(days=days))
    job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def done(act: str, *who: Customer, by: Actor = SYSTEM, **details: Any) -> Job:
    job = ask_act(by=by, at=AT, act=act, details=details, chosen={}, customer_ids=[one.id for one in who])
    return run(job)


def rows(job: Job) -> dict[UUID, ActRow]:
    return {row.customer_id: row for row in read_act_rows(UUID((job.result or {})["file_id"]))}


def counts(job: Job) -> dict[str, Any]:
    return {name: value for name, value in (job.result or {}).items() if name != "file_id"}


def balance(enrolment: Enrolment) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def test_those_who_are_no_members_are_enrolled_and_the_others_told() -> None:
    circle = programme()
    new, known = people(2)
    enrol(by=SYSTEM, at=AT, programme=circle, customer_id=known.id)
    job = done("enrol", new, known, programme="cercle")
    assert counts(job) == {"done": 1, "refused": 1}
    assert (rows(job)[new.id].result, rows(job)[known.id].code) == ("done", "already_enrolled")
    assert Enrolment.objects.filter(customer_id=new.id, ended_at=None).count() == 1
    undone = run(ask_undo_of_act(by=SYSTEM, at=AT, job=job))
    assert counts(undone) == {"done": 1}
    still = Enrolment.objects.filter(ended_at=None).values_list("customer_id", flat=True)
    assert list(still) == [known.id]


def test_points_are_corrected_for_each_and_back() -> None:
    circle = programme({**DOCUMENT, "points": {**DOCUMENT["points"], "approval_above": "1000"}})
    one, other = member(circle), people(1)[0]
    asked = Customer.objects.get(pk=one.customer_id)
    job = done("points", asked, other, programme="cercle", amount=200, reason="Sorry")
    assert counts(job) == {"done": 1, "refused": 1}
    assert rows(job)[other.id].code == "not_a_member"
    assert balance(one) == 200
    run(ask_undo_of_act(by=SYSTEM, at=AT, job=job))
    assert balance(one) == 0
    assert find_broken_invariants() == []


def test_above_the_threshold_each_waits_for_a_second_person() -> None:
    circle = programme({**DOCUMENT, "points": {**DOCUMENT["points"], "approval_above": "100"}})
    one = member(circle)
    job = done("points", Customer.objects.get(pk=one.customer_id), programme="cercle", amount=200, reason="Much")
    assert counts(job) == {"waits": 1}
    assert (balance(one), AskedAdjustment.objects.filter(state="asked").count()) == (0, 1)
    with pytest.raises(NothingToUndo):
        ask_undo_of_act(by=SYSTEM, at=AT, job=job)


def test_too_few_points_are_a_refusal_of_that_row_alone() -> None:
    circle = programme()
    poor = member(circle)
    job = done("points", Customer.objects.get(pk=poor.customer_id), programme="cercle", amount=-5, reason="Back")
    assert [row.code for row in rows(job).values()] == ["insufficient_points"]
    assert Posting.objects.count() == 0


def test_a_job_that_is_run_again_does_nothing_twice_and_tells_the_same() -> None:
    circle = programme()
    one = member(circle)
    asked, new = Customer.objects.get(pk=one.customer_id), people(1)[0]
    for act, who, details in (
        ("points", asked, {"amount": 50, "reason": "Once"}),
        ("enrol", new, {}),
    ):
        job = done(act, who, programme="cercle", **details)
        first = counts(job)
        Job.objects.filter(pk=job.id).update(state="queued", ended_at=None)
        assert counts(run(job, days=1)) == first == {"done": 1}
    assert (balance(one), Enrolment.objects.filter(customer_id=new.id).count()) == (50, 1)


def test_people_are_put_into_a_fixed_segment_and_taken_out_again() -> None:
    segment = open_fixed_segment(by=SYSTEM, at=AT, key="vip", name=NAME)
    some = people(3)
    job = done("segment", *some[:2], segment="vip")
    assert set(member_ids_at(segment.id, AT)) == {some[0].id, some[1].id}
    again = done("segment", *some, segment="vip")
    assert counts(again) == {"done": 1, "unchanged": 2}
    assert Segment.objects.get(key="vip").member_count == 3
    run(ask_undo_of_act(by=SYSTEM, at=AT, job=job), days=1)
    assert set(member_ids_at(segment.id, AT + timedelta(days=2))) == {some[2].id}
    assert Segment.objects.get(key="vip").member_count == 1
    assert OutboxEvent.objects.filter(name="segment.changed").count() == 3


def test_a_segment_with_a_condition_and_one_that_is_not_take_nobody() -> None:
    define_segment(by=SYSTEM, at=AT, key="all", name=NAME, condition='customer.kind == "person"')
    one = people(1)[0]
    for verb in (put_into_segment, take_out_of_segment):
        with pytest.raises(SegmentFollows):
            verb(by=SYSTEM, at=AT, key="all", customer_ids=[one.id])
        with pytest.raises(UnknownSegment):
            verb(by=SYSTEM, at=AT, key="none", customer_ids=[one.id])
        with pytest.raises(Denied):
            verb(by=PIZARRO, at=AT, key="all", customer_ids=[one.id])


@pytest.mark.parametrize(
    ("act", "details"),
    [
        ("erase", {}),
        ("points", {"amount": 0, "reason": "r"}),
        ("points", {"amount": 10**9 + 1, "reason": "r"}),
        ("points", {"amount": 5, "reason": " "}),
        ("points", {"amount": True, "reason": "r"}),
        ("segment", {}),
    ],
)
def test_an_act_that_lacks_something_is_refused_before_anything_is_queued(act: str, details: dict[str, Any]) -> None:
    programme()
    with pytest.raises(MalformedAct):
        ask_act(by=SYSTEM, at=AT, act=act, details={"programme": "cercle", **details}, chosen={})
    assert not Job.objects.exists()


def test_who_may_not_do_it_to_one_does_it_to_nobody() -> None:
    programme()
    for act in ("enrol", "points", "segment"):
        with pytest.raises(Denied):
            ask_act(by=PIZARRO, at=AT, act=act, details={"programme": "cercle"}, chosen={})


def test_an_unknown_programme_is_refused() -> None:
    with pytest.raises(FideliaError):
        ask_act(by=SYSTEM, at=AT, act="enrol", details={"programme": "none"}, chosen={})
