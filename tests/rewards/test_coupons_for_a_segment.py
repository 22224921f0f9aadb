"""Coupons for a segment: one for each member, and no more however often, and beside whatever, the job runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from fidelia.customers.operations import define_segment, refresh_segment
from fidelia.intake.operations.speaking import Unwatched
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.jobs.operations.progress import StopRequested
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Enrolment
from fidelia.rewards.errors import MalformedSeries, SeriesEnded
from fidelia.rewards.models import CouponCode, CouponSeries
from fidelia.rewards.operations import ask_coupons_for_segment, end_series, give_segment, segment_gifts
from fidelia.rewards.operations.coupons import assign_coupons
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool, wait_for_a_lock
from tests.api.caller import Caller
from tests.cast import SYSTEM
from tests.persons.test_merging_races import merge
from tests.programme.cast import AT, programme
from tests.referral.cast import newcomer

from .scarce import everybodys, series

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


class Shop:
    """Five members and one who is none, all in a segment; and a series of unique codes without any."""

    def __init__(self) -> None:
        self.of = programme()
        self.members = [newcomer(self.of, AT) for _each in range(5)]
        self.left = self.members.pop()
        Enrolment.objects.filter(id=self.left.id).update(ended_at=AT)
        made = define_segment(by=SYSTEM, at=AT, key="all_of_them", name=LocalizedText(en="All", fr="Tous"),
                              condition='customer.source == "web"')  # fmt: skip
        refresh_segment(by=SYSTEM, at=AT, segment_id=made.id)
        self.segment_id, self.series = made.id, series(self.of)

    def give(self, progress: Progress | None = None, at: Any = AT + timedelta(minutes=1)) -> int:
        return give_segment(
            by=SYSTEM, at=at, series_id=self.series.id, segment_id=self.segment_id, moment=at,
            progress=progress or Unwatched(),
        )  # fmt: skip

    def owners(self) -> list[Any]:
        given = CouponCode.objects.filter(series=self.series, customer_id__isnull=False)
        return sorted(given.values_list("customer_id", flat=True))


def test_each_member_gets_one_and_nobody_a_second() -> None:
    shop = Shop()
    assert (shop.give(), shop.give()) == (4, 0)
    assert shop.owners() == sorted(each.customer_id for each in shop.members)
    new = newcomer(shop.of, AT)
    later = AT + timedelta(days=1)
    refresh_segment(by=SYSTEM, at=later, segment_id=shop.segment_id)
    assert shop.give(at=later + timedelta(minutes=1)) == 1
    assert new.customer_id in shop.owners()


def test_who_was_given_one_by_hand_or_under_another_name_gets_no_other() -> None:
    shop = Shop()
    shop.give()
    CouponCode.objects.filter(series=shop.series).update(customer_id=None)
    first, second, third, _fourth = [each.customer_id for each in shop.members]
    assign_coupons(by=SYSTEM, at=AT, series_id=shop.series.id, customer_ids=[first, second])
    merge(second, third)
    assert shop.give() == 1
    assert len(set(shop.owners())) == 3


def test_a_job_that_was_stopped_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_gifts, "AT_ONCE", 2)
    shop, progress = Shop(), Stopping()
    with pytest.raises(StopRequested):
        shop.give(progress)
    assert len(shop.owners()) == 2
    resumed = Unwatched()
    resumed.checkpoint = progress.checkpoint
    assert (shop.give(resumed), len(set(shop.owners()))) == (4, 4)


class Stopping(Unwatched):
    """Stops after the first batch."""

    def step(self, count: int = 1) -> None:
        raise StopRequested


def test_two_jobs_at_once_give_each_one(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, gate = Shop(), Gate()
    monkeypatch.setattr(segment_gifts, "give_coupons", gate.before(segment_gifts.give_coupons))
    first = begin(pool, shop.give)
    gate.wait()
    second = begin(pool, shop.give)
    wait_for_a_lock()
    gate.opened.set()
    assert (first.result(SECONDS), second.result(SECONDS)) == (4, 0)
    assert len(shop.owners()) == 4


def test_without_the_lock_of_the_series_they_would_get_two(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, gate = Shop(), Gate()
    monkeypatch.setattr(
        segment_gifts, "locked_series",
        lambda _by, id, _right: CouponSeries.objects.select_related("programme").get(id=id),
    )  # fmt: skip
    monkeypatch.setattr(segment_gifts, "draw_missing", gate.before(segment_gifts.draw_missing))
    acts = [begin(pool, shop.give) for _each in range(2)]
    gate.wait()
    gate.wait()
    gate.opened.set()
    assert [act.result(SECONDS) for act in acts] == [4, 4], "the race that the lock forbids"


def test_what_cannot_be_given_is_refused() -> None:
    shop = Shop()
    generic = everybodys(shop.of).series
    asked: Any = {"at": AT, "series_id": shop.series.id, "segment": "all_of_them"}
    with pytest.raises(Denied):
        ask_coupons_for_segment(by=Actor("user", None, "Rocco", ()), **asked)
    with pytest.raises(MalformedSeries):
        ask_coupons_for_segment(by=SYSTEM, **{**asked, "series_id": generic.id})
    end_series(by=SYSTEM, at=AT, series_id=shop.series.id)
    with pytest.raises(SeriesEnded):
        ask_coupons_for_segment(by=SYSTEM, **asked)
    assert not Job.objects.filter(kind="coupon.give_segment").exists()


def test_the_api_starts_the_job_once_for_a_key() -> None:
    shop, office = Shop(), Caller("coupon.*", "segment.see", "job.see")
    address, body = f"/coupon-series/{shop.series.id}/segment-gifts", {"segment": "all_of_them"}
    first, again = (office.post(address, body, key="k") for _once in range(2))
    assert (first.status, first.json()["job_id"]) == (201, again.json()["job_id"])
    assert Job.objects.filter(kind="coupon.give_segment").count() == 1
    office.post(address, {"segment": "none"}).problem(404, "unknown_segment")
