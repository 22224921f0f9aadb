"""An import that is killed, cut off, stopped or out of room: nothing twice, nothing half-written, and it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection

from fidelia.activity.models import Purchase
from fidelia.activity.operations.imports import record
from fidelia.activity.queries import find_broken_chain
from fidelia.intake.errors import NoRoom
from fidelia.intake.operations import check_import, record_import
from fidelia.jobs.models import Job
from fidelia.jobs.operations import request_stop, resume_job, run_job
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from tests.cast import SYSTEM
from tests.conftest import address_of
from tests.programme.cast import AT, programme
from tests.waiting import CLIENTS, PATIENCE_SECONDS, WAITING, wait_for

from .importing import checked, ended, now, opened, parts, recorded, trigger

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = [f"T{n:02},2025-03-{n:02},mug,1,10.00,C{n % 4}" for n in range(1, 13)]
SECONDS = PATIENCE_SECONDS
BATCHES = 4  # one for each customer
RUN = """
import sys, uuid, django
django.setup()
from fidelia.activity.operations.imports import record
from fidelia.jobs.operations import run_job
from fidelia.kernel.clock import now
record.RECEIPTS_PER_BATCH = 1
run_job(job_id=uuid.UUID(sys.argv[1]), clock=now)
"""


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"
    monkeypatch.setattr(record, "RECEIPTS_PER_BATCH", 1)
    programme()


def check_whole(found: Any) -> None:
    found.refresh_from_db()
    assert (found.state, parts(found)) == ("done", (12, 12, 0, 0, 0))
    assert (found.totals["sales"], found.totals["net"]) == (12, 12000)
    assert Purchase.objects.count() == 12
    balances = [
        get_balance(account_id=member.account_id, currency="PTS", at=AT).posted for member in Enrolment.objects.all()
    ]
    assert sum(balances) == found.totals["points"] == 120
    assert [find_broken_chain(member.account_id) for member in Enrolment.objects.all()] == [None] * 4
    assert find_broken_invariants() == []
    told = OutboxEvent.objects.filter(name="purchases.imported").values_list("payload", flat=True)
    assert sum(payload["count"] for payload in told) == 12


def test_killed_and_run_again_it_records_nothing_twice() -> None:
    found = checked(opened(*ROWS))
    job = record_import(by=SYSTEM, at=AT, import_id=found.id)
    wait = "if new.receipt_number = 'T03' then perform pg_advisory_xact_lock(4711); end if;"
    with trigger("activity_purchase", wait) as owner:  # T03 is of the last customer
        owner.execute("select pg_advisory_lock(4711)")
        name = str(connection.settings_dict["NAME"])
        environment = os.environ | {"FIDELIA_DATABASE_URL": address_of(name)}
        killed = subprocess.Popen([sys.executable, "-c", RUN, str(job.id)], env=environment)
        try:
            wait_for(lambda: waits_for_the_lock(owner) and reached(job) == BATCHES - 1)
        finally:
            killed.send_signal(signal.SIGKILL)
            killed.wait(SECONDS)
        owner.execute("select pg_advisory_unlock(4711)")
        wait_for(lambda: not others(owner))
    assert Purchase.objects.count() == 9
    ended(job, found)
    check_whole(found)


def reached(job: Job) -> int:
    """How many batches are committed."""
    return OutboxEvent.objects.filter(name="purchases.imported").count()


def waits_for_the_lock(owner: Any) -> bool:
    return bool(owner.execute(WAITING + "and objid = 4711").fetchone()[0])


def others(owner: Any) -> bool:
    """Whether a connection of the killed process still works."""
    return bool(owner.execute(CLIENTS + " and state <> 'idle' and pid <> pg_backend_pid()").fetchone())


def test_the_connection_is_lost_in_the_middle_and_the_job_goes_on() -> None:
    found = checked(opened(*ROWS))
    job = record_import(by=SYSTEM, at=AT, import_id=found.id)
    cut = "if new.receipt_number = 'T03' then perform pg_terminate_backend(pg_backend_pid()); end if;"
    with trigger("activity_purchase", cut), pytest.raises((OperationalError, InterfaceError)):
        run_job(job_id=job.id, clock=now)
    ended(job, found)
    check_whole(found)


def test_a_full_disk_while_a_file_is_staged_leaves_nothing_of_it() -> None:
    found = opened(*ROWS)
    job = check_import(by=SYSTEM, at=AT, import_id=found.id)
    full = "if new.row_number = 7 then raise disk_full; end if;"
    with trigger("intake_row", full), pytest.raises(NoRoom):
        run_job(job_id=job.id, clock=now)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("queued", "no_room")  # it waits for room, and says so
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from intake_row")
        assert cursor.fetchone() == (0,)
    ended(job, found)
    check_whole(recorded(found))


def test_a_full_disk_while_a_batch_is_recorded_leaves_nothing_of_the_batch() -> None:
    found = checked(opened(*ROWS))
    job = record_import(by=SYSTEM, at=AT, import_id=found.id)
    full = "if new.net = 1000 and new.purchase_id is not null then raise disk_full; end if;"
    with trigger("activity_line", full), pytest.raises(NoRoom):
        run_job(job_id=job.id, clock=now)
    assert Purchase.objects.count() == Enrolment.objects.count() == 0
    ended(job, found)
    check_whole(found)


def test_stopped_it_keeps_what_it_recorded_and_resumed_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = checked(opened(*ROWS))
    job = record_import(by=SYSTEM, at=AT, import_id=found.id)
    asked = []
    decide = record.decide_batch

    def ask_to_stop(*arguments: Any) -> Any:
        if not asked:
            with ThreadPoolExecutor(1) as somebody_else:
                asked.append(somebody_else.submit(stop, job).result(SECONDS))
        return decide(*arguments)

    monkeypatch.setattr(record, "decide_batch", ask_to_stop)
    run_job(job_id=job.id, clock=now)
    job.refresh_from_db()
    found.refresh_from_db()
    assert (job.state, found.state) == ("stopped", "stopped")
    assert 0 < Purchase.objects.count() < 12
    resume_job(by=SYSTEM, at=AT, job_id=job.id)
    ended(job, found)
    check_whole(found)


def stop(job: Job) -> Job:
    try:
        return request_stop(by=SYSTEM, at=AT, job_id=job.id)
    finally:
        connection.close()


def test_what_a_crash_of_the_database_emptied_is_checked_again() -> None:
    found = checked(opened(*ROWS))
    with connection.cursor() as cursor:
        cursor.execute("delete from activity_import_receipt")
    job = record_import(by=SYSTEM, at=AT, import_id=found.id)
    run_job(job_id=job.id, clock=now)
    job.refresh_from_db()
    found.refresh_from_db()
    assert (job.state, job.error_code, found.state) == ("failed", "import_not_ready", "failed")
    check_whole(recorded(checked(found)))
