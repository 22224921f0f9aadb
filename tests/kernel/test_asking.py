"""Asking at once: the same answers and refusals inside a transaction, by the driver's cursor, and outside, by libpq."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg import OperationalError as DriverError
from psycopg.pq import ExecStatus

from fidelia.kernel.at_once import _check, ask_in_one_trip
from fidelia.kernel.db import ask

pytestmark = pytest.mark.django_db(transaction=True)
LOUD = """a "quoted" \\ text, with {braces}, %s and é"""
ROADS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "at once": nullcontext,
    "in a transaction": transaction.atomic,
}


@pytest.fixture(params=ROADS)
def road(request: pytest.FixtureRequest) -> Any:
    return ROADS[request.param]()


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("text", LOUD, LOUD),
        ("text", None, None),
        ("text[]", ["", "a,b", LOUD], None),
        ("boolean", True, "true"),
        ("bigint", -(10**15), "-1000000000000000"),
        ("bytea", b"\x00\xff\\", "\\x00ff5c"),
        ("uuid", UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ("timestamptz", datetime(2026, 3, 2, 9, 15, 0, 5, tzinfo=UTC), "2026-03-02 09:15:00.000005+00"),
    ],
)
def test_a_value_arrives_as_it_was_sent(road: Any, type_: str, value: Any, text: str | None) -> None:
    with road:
        if type_ == "text[]":
            assert ask("select array_to_json(%s::text[])::text || %s", [value, "!"]) == (
                '["","a,b","a \\"quoted\\" \\\\ text, with {braces}, %s and é"]!',
            )
        else:
            assert ask(f"select %s::{type_}::text", [value]) == (text,)


def test_no_row_is_none(road: Any) -> None:
    with road:
        assert ask("select 'x' where %s::boolean", [False]) is None


def test_a_refusal_of_the_database_is_djangos(road: Any) -> None:
    twice = "insert into kernel_request select owner, 'k', sha256('k'), 'x', 'y', now() from unnest(%s::text[]) owner"
    with pytest.raises(IntegrityError, match="kernel_request_pkey") as refused, road:
        ask(twice, [["o", "o"]])
    assert refused.value.__cause__.diag.sqlstate == "23505"  # type: ignore[union-attr]
    assert ask("select %s::text", ["still there"]) == ("still there",)


def test_a_text_that_would_be_cut_short_is_refused(road: Any) -> None:
    with pytest.raises(DataError, match="NUL"), road:
        ask("select %s::text", ["a\0b"])


def test_a_lost_connection_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set role none")
    backend = connection.connection.info.backend_pid
    with pytest.raises(OperationalError):
        ask("select pg_terminate_backend(%s)::text", [backend])
    connection.close()
    assert ask("select %s::text", ["another"]) == ("another",)


@pytest.mark.parametrize("forgetting", ["rollback", "drop table if exists pg_temp.nothing", "deallocate all"])
def test_it_goes_on_after_the_driver_has_forgotten_what_was_prepared(forgetting: str) -> None:
    assert ask("select %s::text", ["before"]) == ("before",)
    with connection.cursor() as cursor:
        for _time in range(3):  # the driver forgets only where it has prepared something itself
            cursor.connection.execute("select %s::text", ["driver"], prepare=True)
        cursor.execute(forgetting)
    connection.connection.execute("select 1", prepare=True)
    assert ask("select %s::text", ["after"]) == ("after",)


def test_an_error_of_the_driver_itself_is_a_lost_connection() -> None:
    connection.ensure_connection()
    server = connection.connection.pgconn
    empty = server.make_empty_result(ExecStatus.FATAL_ERROR)  # as libpq makes one when the server has gone
    with pytest.raises(DriverError, match="lost"):
        _check(server, empty)


def test_a_trip_may_carry_more_than_a_socket_takes_at_once() -> None:
    """Both ways: what we send fills the socket while the server fills it with what it answers."""
    long = "x" * 200_000
    transactions = [[("select %s::text", [long])] * 8, [("select length(%s::text)::text", [long])] * 8]
    connection.ensure_connection()
    answers = ask_in_one_trip(connection.connection, transactions)
    assert answers == [[[(long,)]] * 8, [[("200000",)]] * 8]
    assert ask("select 'and goes on'", []) == ("and goes on",)
