"""A check of a large file holds nobody up: no transaction lasts as long as it, no table of it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from fidelia.activity.operations.imports import check
from fidelia.intake.operations import check_import
from fidelia.jobs.operations import run_job
from fidelia.jobs.operations.progress import StopRequested
from fidelia.kernel.models import OutboxEvent
from tests.cast import SYSTEM
from tests.conftest import address_of
from tests.programme.cast import AT, programme
from tests.waiting import WRITING

from .importing import checked, now, opened, parts, recorded

pytestmark = pytest.mark.django_db(transaction=True)
SALES = ("T1,2025-03-01,moka,2,17.45,C1", "T2,2025-03-05,mug,4,14.50,C2", "T2,2025-03-05,mug,un,14.50,C2")
TEMPORARY = "select count(*) from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r'"


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path) -> None:
    settings.FILES = str(tmp_path / "files")
    settings.FILES_INCOMING = tmp_path / "incoming"


def temporary_tables() -> int:
    with connection.cursor() as cursor:
        cursor.execute(TEMPORARY)
        return int(cursor.fetchone()[0])


def test_between_its_statements_no_transaction_of_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    programme()
    found = opened(*SALES)
    whole, held = check._do, []

    def looked_at(statement: str, parameters: Any, progress: Any) -> None:
        whole(statement, parameters, progress)
        with psycopg.connect(address_of(str(connection.settings_dict["NAME"]))) as other:
            held.append(other.execute(WRITING).fetchone())

    monkeypatch.setattr(check, "_do", looked_at)
    checked(found)
    assert len(held) > 10
    assert set(held) == {(0,)}
    assert temporary_tables() == 0
    assert (parts(recorded(found))[1:], OutboxEvent.objects.filter(name="purchases.imported").count()) == (
        (1, 0, 0, 2), 1,
    )  # fmt: skip


def test_stopped_between_two_statements_it_leaves_nothing_and_can_be_done_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programme()
    found = opened(*SALES)
    whole, left = check._do, [1, 2, 3]

    def stops(statement: str, parameters: Any, progress: Any) -> None:
        if not left:
            raise StopRequested
        left.pop()
        whole(statement, parameters, progress)

    monkeypatch.setattr(check, "_do", stops)
    job = check_import(by=SYSTEM, at=AT, import_id=found.id)
    run_job(job_id=job.id, clock=now)
    found.refresh_from_db()
    assert (found.state, temporary_tables()) == ("stopped", 0)
    monkeypatch.setattr(check, "_do", whole)
    assert parts(recorded(checked(found)))[1] == 1
