"""How long the night of many members takes, and how much memory.

Run it by `python -m benchmarks.night [--members 1000000]`. Each member has points that live on; one in ten also points
that are due, one in ten points that come to life this night, one in twenty points that end within a week. The first
night derives the tiers of everybody, as after a version with other tiers, and turns the points of the month before into
chèques fidélité, of more than one member in three; the next is an ordinary one; fsync on.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from .installation import scratch_installation

MEMBERS = 1_000_000
CHUNK = 10_000
AT = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "rules": [{"key": "base", "name": {"en": "Base", "fr": "Base"}, "points_per": {"amount": "1", "points": "1"}}],
    "points": {"validity_months": 12, "ends": "day", "pending": {"days": 14}, "notice_days": [7]},
    "tiers": {
        "window": "year", "kept": {"periods": 1}, "notice_days": 30,
        "levels": [{"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "100"},
                   {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "300"}],
    },
    "cheques": [{"points": "300", "money": "10", "issued": "month", "validity": {"days": 10}, "notice_days": [14]}],
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=MEMBERS)
    members: int = parser.parse_args().members
    with scratch_installation():
        from fidelia.worker.readiness import django_ready

        django_ready()
        began = time.monotonic()
        fill(members)
        print(f"{members:,} members made in {time.monotonic() - began:.0f} s", flush=True)
        measure("the first night, tiers of everybody", AT, members)
        measure("the night after", AT + timedelta(days=1), members)
        measure("the same night again", AT + timedelta(days=1), members)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


def fill(members: int) -> None:
    """Make a programme and its members, with points of every age."""
    from django.db import connection

    from fidelia.kernel.actor import Actor
    from fidelia.kernel.localized import LocalizedText
    from fidelia.programme.operations import create_programme, draft_version, publish_version

    by = Actor.system("benchmark")
    made = create_programme(
        by=by, at=AT, slug="shop", name=LocalizedText(en="Shop", fr="Boutique"), currency="EUR",
        time_zone="Europe/Paris", points_code="PTS", points_name=LocalizedText(en="points", fr="points"),
    )  # fmt: skip
    version = draft_version(by=by, at=AT, programme=made, document=DOCUMENT)
    publish_version(by=by, at=AT, version=version, in_force_from=AT - timedelta(days=900))
    for first in range(0, members, CHUNK):
        add_members(made.id, first, min(CHUNK, members - first))
    with connection.cursor() as cursor:
        cursor.execute("analyze")  # as the server does by itself for tables that did not grow in a minute


def add_members(programme_id: UUID, first: int, count: int) -> None:
    from django.db import connection, transaction

    from fidelia.kernel.actor import Actor
    from fidelia.kernel.ids import new_id
    from fidelia.ledger.operations import open_accounts, post_in_bulk

    by, accounts = Actor.system("benchmark"), [new_id() for _ in range(count)]
    with transaction.atomic(), connection.cursor() as cursor:
        open_accounts(by=by, at=AT, account_ids=accounts, currency="PTS", partner_ids=[None] * count)
        cursor.execute(
            """insert into programme_enrolment (id, programme_id, customer_id, account_id, enrolled_at, source)
               select gen_random_uuid(), %s, gen_random_uuid(), account, %s, 'benchmark'
               from unnest(%s::uuid[]) account""",
            [programme_id, AT - timedelta(days=700), accounts],
        )
        post_in_bulk(by=by, at=AT, currency="PTS", postings=earnings(accounts, first), source_type="benchmark")
        promise(by, [account for n, account in enumerate(accounts) if (first + n) % 10 == 1])


def earnings(accounts: list[UUID], first: int) -> Iterator[Any]:
    from fidelia.ledger.operations import BulkEarn

    for n, account in enumerate(accounts, start=first):
        ends = AT + timedelta(days=5 if n % 20 == 3 else 200)
        if n % 10 == 0:
            yield earning(BulkEarn, account, 40, AT - timedelta(days=370), AT - timedelta(hours=3), "due")
        yield earning(BulkEarn, account, 50 + n % 400, AT - timedelta(days=30), ends, "live")


def earning(kind: Any, account: UUID, amount: int, occurred_at: datetime, expires_at: datetime, key: str) -> Any:
    return kind(account_id=account, amount=amount, key=key, occurred_at=occurred_at, expires_at=expires_at)


def promise(by: Any, accounts: list[UUID]) -> None:
    from fidelia.ledger.operations import EarnPart, pend

    for account in accounts:
        pend(
            by=by, at=AT - timedelta(days=14), account_id=account, currency="PTS", parts=[EarnPart(amount=30)],
            key="pend", activates_at=AT - timedelta(hours=3),
        )  # fmt: skip


def measure(what: str, at: datetime, members: int) -> None:
    """Run one night and say what it did and how long it took."""
    from fidelia.intake.operations import Unwatched
    from fidelia.kernel.actor import Actor
    from fidelia.programme.operations.nightly import run_night

    began, cpu = time.monotonic(), time.process_time()
    done = run_night(by=Actor.system("benchmark"), at=at, progress=Unwatched())
    seconds = time.monotonic() - began
    did = ", ".join(f"{name} {count:,}" for name, count in done.items())
    print(
        f"{what}: {seconds:.0f} s ({members / seconds:,.0f} members/s, {time.process_time() - cpu:.0f} s of Python): "
        f"{did}",
        flush=True,
    )


if __name__ == "__main__":
    main()
