"""The order of the examination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from fidelia.kernel.errors import FideliaError
from fidelia.worker.postgres import database_url, ensure_running

from . import machine, server
from .finding import Finding, note, right, wrong


def examine(home: Path, environ: Mapping[str, str], *, ledger: bool) -> Iterator[Finding]:
    """Look at everything and yield what is found; `ledger` looks at each of its entries too."""
    yield from machine.examine(home, environ)
    reached = _reach(home, environ)
    yield reached
    if not reached.is_wrong:
        with psycopg.connect(database_url(home, environ), autocommit=True, connect_timeout=10) as connection:
            found = list(_each(server.CHECKS, connection))
        yield from found
        hindering = [
            finding for check, finding in zip(server.CHECKS, found, strict=True)
            if finding.is_wrong and check in server.NEEDED
        ]  # fmt: skip
        if hindering:
            yield note("Fidelia itself was not looked at: what is wrong with the server comes first.")
        else:
            yield from _examine_application(ledger=ledger)


def _reach(home: Path, environ: Mapping[str, str]) -> Finding:
    """The embedded server is started for the examination when nobody uses it."""
    try:
        if not environ.get("FIDELIA_DATABASE_URL"):
            ensure_running(home)
        psycopg.connect(database_url(home, environ), connect_timeout=10).close()
    except FideliaError as refusal:
        return wrong(refusal.message)
    except psycopg.Error as error:
        return wrong(f"The database does not answer: {' '.join(str(error).split())}")
    return right("The database answers.")


def _each(checks: Sequence[Callable[[Any], Finding]], subject: Any) -> Iterator[Finding]:
    """Run each check; one that fails to look is itself a finding."""
    for check in checks:
        try:
            yield check(subject)
        except psycopg.Error as error:
            yield wrong(f"{check.__doc__} This could not be looked at: {str(error).strip()}")


def _examine_application(*, ledger: bool) -> Iterator[Finding]:
    from fidelia.worker.readiness import django_ready

    try:
        django_ready(as_owner=True, migrated=False)
    except Exception as error:
        # A wrong setting can raise anything while Django loads, and it is what we are here to find.
        yield wrong(f"Fidelia cannot be loaded: {error}")
        return
    from . import application

    yield from application.examine(ledger=ledger)
