"""A file of purchases on its way in, step by step, as the console and the worker take it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any

import psycopg
from django.db import connection

from fidelia.files.operations import keep_file
from fidelia.files.queries import local_path
from fidelia.intake.models import Import
from fidelia.intake.operations import check_import, open_import, record_import
from fidelia.jobs.models import Job
from fidelia.jobs.operations import run_job
from tests.cast import SYSTEM
from tests.conftest import address_of
from tests.programme.cast import AT

HEADER = "ticket,date,article,quantité,prix,client"
COLUMNS = {
    "receipt": "ticket",
    "occurred_at": "date",
    "product": "article",
    "quantity": "quantité",
    "unit_price": "prix",
    "customer": "client",
}
OPTIONS = {"source": "old-till", "currency": "EUR", "time_zone": "Europe/Paris", "customer_scheme": "card"}


def document(columns: dict[str, str] = COLUMNS, **options: Any) -> dict[str, Any]:
    return {"target": "purchases", "columns": dict(columns), "options": {**OPTIONS, **options}}


def opened(*rows: str, header: str = HEADER, name: str = "achats.csv", mapping: dict[str, Any] | None = None) -> Import:
    """Hand a file in and open it."""
    content = "\n".join([header, *rows]).encode() + b"\n"
    return opened_file(content, name, mapping or document())


def opened_file(content: bytes, name: str, mapping: dict[str, Any]) -> Import:
    kept = keep_file(by=SYSTEM, at=AT, name=name, stream=BytesIO(content), purpose="import", personal=True)
    with local_path(kept.id) as path:
        return open_import(
            by=SYSTEM, at=AT, target="purchases", path=path, name=name, file_id=kept.id, document=mapping
        )


def checked(found: Import) -> Import:
    """Check an import, as the worker does."""
    return ended(check_import(by=SYSTEM, at=AT, import_id=found.id), found)


def recorded(found: Import) -> Import:
    """Record a checked import, as the worker does."""
    return ended(record_import(by=SYSTEM, at=AT, import_id=found.id), found)


def ended(job: Job, found: Import) -> Import:
    run_job(job_id=job.id, clock=now)
    job.refresh_from_db()
    assert job.state == "done", (job.state, job.error)
    found.refresh_from_db()
    return found


def brought_in(*rows: str, **how: Any) -> Import:
    return recorded(checked(opened(*rows, **how)))


def now() -> datetime:
    return AT


def parts(found: Import) -> tuple[int, int, int, int, int]:
    """Rows, recorded, known, double, rejected."""
    totals = found.totals
    names = ("rows", "recorded_rows", "known_rows", "double_rows", "rejected_rows")
    rows, *rest = (int(totals[name]) for name in names)
    assert rows == sum(rest), totals
    return (rows, rest[0], rest[1], rest[2], rest[3])


@contextmanager
def trigger(table: str, body: str) -> Iterator[psycopg.Connection[Any]]:
    """Have the database itself do something before a row is inserted; yields the owner's connection."""
    with psycopg.connect(address_of(str(connection.settings_dict["NAME"])), autocommit=True) as owner:
        owner.execute(
            f"create function public.made_for_a_test() returns trigger language plpgsql security definer as $$ "
            f"begin {body} return new; end $$"
        )
        owner.execute(
            f"create trigger made_for_a_test before insert on {table} for each row execute function made_for_a_test()"
        )
        try:
            yield owner
        finally:
            owner.execute(f"drop trigger if exists made_for_a_test on {table}")
            owner.execute("drop function public.made_for_a_test()")
