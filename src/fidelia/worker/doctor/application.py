"""Fidelia in its database: migrations, worker, events that could not be told, mail, ledger. Django is loaded."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection

from fidelia.worker.readiness import list_pending_migrations

from .finding import Finding, note, right, wrong

HEARTBEAT_SECONDS_MAX = 60
WAITING_SECONDS_MAX = 300
SHOWN_MAX = 10


def examine(*, ledger: bool) -> Iterator[Finding]:
    """Yield what is found. A database of another version is not looked into any further."""
    migrations = look_at_migrations()
    yield migrations
    if not migrations.is_wrong:
        yield look_at_worker()
        yield look_at_parked_events()
        yield look_at_files()
        if settings.SPARK:
            yield look_at_spark()
        if ledger:
            yield from look_at_ledger()
    yield look_at_mail()
    yield look_at_texts()
    if settings.DEBUG:
        yield wrong("FIDELIA_DEBUG is on: errors show the inside of the application to everybody.")


def look_at_migrations() -> Finding:
    """Is the database of this version?"""
    pending = list_pending_migrations()
    if pending:
        return wrong(f"{len(pending)} migrations are pending, first {pending[0]}: run `fidelia migrate`.")
    return right("The database is of this version.")


def look_at_worker() -> Finding:
    """Does somebody work on the jobs?"""
    alive = _ask(
        "select count(*) from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %s)",
        HEARTBEAT_SECONDS_MAX,
    )
    waiting = _ask(
        "select count(*) from procrastinate_jobs j where status = 'todo' and coalesce(scheduled_at, now()) <= now() "
        "and (select min(at) from procrastinate_events e where e.job_id = j.id) < now() - make_interval(secs => %s)",
        WAITING_SECONDS_MAX,
    )
    if not alive and waiting:
        return wrong(f"{waiting} jobs wait and no worker is alive: start `fidelia run`, or `fidelia work`.")
    if not alive:
        return note("No worker is alive; nothing waits for one either. `fidelia run` starts it.")
    return right(f"The worker is alive ({alive}).")


def look_at_parked_events() -> Finding:
    """Were all events told to those who react to them?"""
    parked = _ask("select count(*) from kernel_parked_event where resolved_at is null")
    if parked:
        return wrong(f"{parked} events could not be reacted to and are parked; see them in the console.")
    return right("No event is parked.")


def look_at_ledger() -> Iterator[Finding]:
    """Does each account add up?"""
    from fidelia.ledger.queries import find_broken_invariants

    broken = find_broken_invariants()
    for each in broken[:SHOWN_MAX]:
        yield wrong(f"The ledger does not add up: {each}")
    if len(broken) > SHOWN_MAX:
        yield wrong(f"At least {len(broken) - SHOWN_MAX} more promises of the ledger are broken.")
    if not broken:
        yield right("Every account of the ledger adds up.")


def look_at_files() -> Finding:
    """Can files be kept, and are those that were kept still there?"""
    from fidelia.files.operations.contents import probe
    from fidelia.files.queries import find_lost_contents
    from fidelia.kernel.errors import Unavailable

    try:
        probe()
        lost = find_lost_contents()
    except Unavailable as refusal:
        return wrong(refusal.message)
    if lost:
        return wrong(f"{len(lost)} stored files are not where they were kept, first “{lost[0]}”.")
    return right("Files can be kept, and those kept are there.")


def look_at_spark() -> Finding:
    """Can measures be computed on the Spark that is named? Its cluster is not asked."""
    from fidelia.insight.errors import SparkMissing
    from fidelia.insight.measures.spark import look_for_spark

    try:
        look_for_spark(settings.SPARK)
    except SparkMissing as refusal:
        return wrong(refusal.message)
    return right(f"Measures are computed on Spark at {settings.SPARK}; pyspark and Java are there.")


def look_at_mail() -> Finding:
    """Does the mail server take our mail?"""
    if not settings.EMAIL_HOST:
        return note("No mail server is named (FIDELIA_SMTP_HOST); no e-mail is sent.")
    place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        post = get_connection()
        post.open()
        post.close()
    except (OSError, smtplib.SMTPException) as error:
        why = getattr(error, "strerror", None) or str(error).rstrip(".")
        return wrong(f"The mail server {place} does not let us in: {why}.")
    return right(f"The mail server {place} lets us in.")


def look_at_texts() -> Finding:
    """Can text messages be sent? Nothing is sent to find out: a gateway has no question that costs nothing."""
    from fidelia.kernel.sms import BrokenGateway, find_gateway

    try:
        gateway = find_gateway()
    except BrokenGateway as error:
        return wrong(str(error))
    if gateway is None:
        return note("No gateway of text messages is named (FIDELIA_SMS); codes go by e-mail only.")
    if not settings.SMS_CALLBACK_SECRET:
        return note(
            f"Text messages go to {gateway.describe()}. Without FIDELIA_SMS_CALLBACK_SECRET nobody can tell us STOP, "
            "or whether they arrive."
        )
    return right(f"Text messages go to {gateway.describe()}.")


def _ask(question: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]
