"""The horizon never falls back, whoever ends a transaction in another database while it is looked for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import psycopg
import pytest
from django.db import connection

from fidelia.worker.processes import wait_until
from tests.conftest import maintenance_url
from tests.kernel.serving import owner, settle, writer

pytestmark = pytest.mark.django_db(transaction=True)

_AS_IT_WAS = import_module("fidelia.kernel.migrations.0005_horizon").HORIZON.replace("create", "create or replace", 1)
_AS_IT_IS = import_module("fidelia.kernel.migrations.0008_look_again_for_the_horizon").HORIZON
_GATE = 20_26
# The look at the locks begins with pg_stat_clear_snapshot: this one stands before it and waits for the gate.
_STOP_BEFORE_THE_LOCKS = f"""
create function pg_stat_clear_snapshot() returns void language plpgsql as $$
begin
    perform pg_advisory_lock_shared({_GATE}), pg_advisory_unlock_shared({_GATE});
    perform pg_catalog.pg_stat_clear_snapshot();
end $$
"""


@pytest.fixture
def gate() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection that has the gate, so that a look at the locks waits until it lets go."""
    with owner() as opened:
        opened.execute(_STOP_BEFORE_THE_LOCKS)
        opened.execute("select pg_advisory_lock(%s)", [_GATE])
        try:
            yield opened
        finally:
            opened.execute("select pg_advisory_unlock_all()")
            opened.execute("drop function public.pg_stat_clear_snapshot()")
            opened.execute(_AS_IT_IS)


def test_a_transaction_elsewhere_that_ends_during_the_look_does_not_pull_it_back(
    gate: psycopg.Connection[tuple[object, ...]],
) -> None:
    before, during = look_while_one_elsewhere_ends(gate, _AS_IT_IS)
    assert during >= before


def test_without_looking_again_it_falls_back(gate: psycopg.Connection[tuple[object, ...]]) -> None:
    before, during = look_while_one_elsewhere_ends(gate, _AS_IT_WAS)
    assert during < before


def look_while_one_elsewhere_ends(gate: psycopg.Connection[tuple[object, ...]], function: str) -> tuple[int, int]:
    """Return the horizon with a transaction open elsewhere, and that of a look during which it ends."""
    with psycopg.connect(maintenance_url()) as elsewhere, writer() as here, ThreadPoolExecutor(1) as beside:
        elsewhere.execute("select pg_current_xact_id()")
        with connection.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()")  # one that came after it, and has ended
        settle()
        before = horizon(here, "pg_catalog, public")
        gate.execute(function)
        during = beside.submit(horizon, here, "public, pg_catalog")
        assert wait_until(lambda: is_somebody_waiting(gate), seconds_max=60)
        elsewhere.commit()
        gate.execute("select pg_advisory_unlock(%s)", [_GATE])
        return before, during.result()


def horizon(here: psycopg.Connection[tuple[object, ...]], path: str) -> int:
    here.execute("select set_config('search_path', %s, false)", [path])
    here.commit()
    (found,) = here.execute("select kernel_horizon()::text::bigint").fetchone() or (0,)
    here.commit()
    return int(str(found))


def is_somebody_waiting(gate: psycopg.Connection[tuple[object, ...]]) -> bool:
    waiting = "select exists (select from pg_locks where locktype = 'advisory' and objid = %s and not granted)"
    return gate.execute(waiting, [_GATE]).fetchone() == (True,)
