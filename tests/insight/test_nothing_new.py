"""A refresh with nothing new computes nothing and writes nothing but that it looked."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from fidelia.access.models import User
from fidelia.access.queries import actor_of
from fidelia.insight.models import Chapter, FactExport, Refresh, ScoreVersion
from fidelia.insight.operations import chapters, refresh, refreshing
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job, start_job
from fidelia.kernel.models import OutboxEvent
from fidelia.organisation.models import Operator
from tests.cast import AT, SYSTEM, leonore
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
WRITTEN = (
    "customers_trait", "customers_segment_membership", "insight_chapter", "insight_product_link", "insight_rfm",
    "insight_score_version", "kernel_outbox",
)  # fmt: skip
MORNING = AT.replace(hour=8)


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    leonore()
    open_shop()
    buy([purchase(one, 1_000 + place, AT - timedelta(days=3 + place)) for place, one in enumerate(customers(12))])


def run(at: datetime, **arguments: Any) -> dict[str, Any]:
    job = start_job(by=actor_of(User.objects.get(name="Leonore")), at=at, kind="insight.refresh", arguments=arguments)
    run_job(job_id=job.id, clock=lambda: at)
    done = Job.objects.get(id=job.id)
    assert done.state == "done", done.error_code
    assert done.result is not None
    return done.result


def rows() -> dict[str, list[tuple[str, str]]]:
    """Where each row of what a refresh writes lies, and which transaction wrote it."""
    found = {}
    with connection.cursor() as cursor:
        for table in WRITTEN:
            cursor.execute(f"select ctid::text, xmin::text from {table} order by 1")
            found[table] = cursor.fetchall()
    return found


def test_with_nothing_new_nothing_is_computed_or_written(monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(MORNING)
    assert "is_same" not in first
    before = rows()
    assert before["insight_chapter"]
    assert before["customers_trait"]

    def computes(*_args: Any, **_given: Any) -> Any:
        raise AssertionError("nothing is to be computed")

    with monkeypatch.context() as guarded:
        guarded.setattr(refreshing, "open_facts", computes)
        guarded.setattr(chapters, "make_report", computes)
        for hours in (1, 2):
            assert run(MORNING + timedelta(hours=hours)) == first | {"is_same": 1}
    assert rows() == before, "not one row is written again"
    assert Refresh.objects.count() == 1
    newest = FactExport.objects.latest("exported_at")
    assert newest.written_rows == 0, "the months of the export before are taken over"
    assert Refresh.objects.get().export == newest, "lists behind charts are read from an export that is kept"
    assert OutboxEvent.objects.filter(name="insight.refreshed").count() == 1
    assert "is_same" not in run(MORNING + timedelta(hours=3), anew=True), "who wants it anew has it"


def test_whatever_a_refresh_reads_makes_it_compute_again() -> None:
    run(MORNING)
    at, given = MORNING + timedelta(hours=1), {"window_days": 365}
    version = ScoreVersion.objects.create(number=1, learnt_at=AT, card={}, weights={}, spreads={})
    who = customers(13)[12:]

    def sell() -> None:
        buy([purchase(who[0], 700, at - timedelta(hours=3))])

    def move() -> None:
        Operator.objects.update(time_zone="Europe/Lisbon")

    def choose() -> None:
        ScoreVersion.objects.filter(id=version.id).update(is_chosen=True)

    for change, days, more in ((sell, 0, {}), (move, 0, {}), (choose, 0, {}), (None, 0, given), (None, 1, given)):
        if change is not None:
            change()
        done = _again(at + timedelta(days=days), more)
        assert done.refreshed_at == at + timedelta(days=days), (change, days, more)
        Chapter.objects.update(refresh=done)  # as if it had been written up
        at += timedelta(minutes=1)
        assert _again(at + timedelta(days=days), more) == done, "and then it stands"
        at += timedelta(minutes=1)


def _again(at: datetime, more: dict[str, Any]) -> Refresh:
    return refresh(by=SYSTEM, at=at, unless_same=True, **more)
