"""Kept connections: hot calls take turns at few, whatever their thread, and never meet one that is not clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

from fidelia.kernel import db
from fidelia.kernel.db import KEPT_MAX, ask, kept_connection, renew_connections, transaction_of_use_case

pytestmark = pytest.mark.django_db(transaction=True)
Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def _none_left_behind() -> Iterator[None]:
    renew_connections()
    yield
    renew_connections()


def elsewhere(act: Callable[[], Result]) -> Result:
    """Call in a thread of its own, which has never connected."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def backend() -> str:
    with kept_connection():
        (pid,) = ask("select pg_backend_pid()::text", [])
    return str(pid)


def test_another_thread_goes_on_with_the_same_connection() -> None:
    assert backend() == elsewhere(backend) == backend()


def test_a_use_case_in_a_thread_that_never_connected_commits() -> None:
    def write() -> None:
        with kept_connection(), transaction_of_use_case(), connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = 7")

    backend()
    elsewhere(write)
    with kept_connection():
        assert ask("select current_setting('lock_timeout')", []) == ("0",)
        assert connection.get_autocommit()


def test_no_more_are_kept_than_are_used_at_once() -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _turn: backend(), range(30)))
    assert len(db._kept) <= KEPT_MAX


def test_one_left_in_a_transaction_is_given_back() -> None:
    with kept_connection():
        ask("select 1::text", [])
        connection.connection.execute("begin")
    assert (db._kept, connection.connection) == ([], None)


def test_one_that_waits_holds_up_nobody() -> None:
    with kept_connection(), ThreadPoolExecutor(KEPT_MAX + 1) as pool:
        assert len({turn.result() for turn in [pool.submit(backend) for _turn in range(KEPT_MAX + 1)]}) >= 1


def test_a_dead_one_is_dropped_when_connections_are_renewed() -> None:
    first = backend()
    with connection.cursor() as cursor:
        cursor.execute("set role none")
        cursor.execute("select pg_terminate_backend(%s)", [first])
    connection.close()
    renew_connections()
    assert backend() != first
