"""Checkouts at once, each on a connection of its own with the rights of the application; and a barrier to meet at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

import fidelia.rewards
from tests.waiting import PATIENCE_SECONDS, WAITING, wait_for

SQL = Path(fidelia.rewards.__file__).parent / "sql"
PROGRAMME = UUID(int=1)
AT = "2026-03-02T09:30:00+00:00"
AT_BARRIER = WAITING + "and locktype = 'advisory'"
BARRIER = "perform pg_advisory_xact_lock_shared(4242);\n        "
SEED = """
set session_replication_role = replica; -- the programme need not be there
insert into rewards_coupon_series (id, programme_id, key, name, kind, pattern, alphabet, valid_from, uses, is_assigned,
        created_at, changed_at)
    values ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 'noel',
        '{"en": "n", "fr": "n"}', 'unique', 'NOEL-####', '0123456789', '2026-01-01', 1, false, now(), now());
insert into rewards_coupon_code (programme_id, code, series_id, created_at)
    select '00000000-0000-0000-0000-000000000001', 'NOEL' || n, '00000000-0000-0000-0000-000000000002', now()
    from generate_series(1, 20) n;
insert into rewards_stock (id, programme_id, key, name, product_code, pieces, created_at, changed_at)
    values ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', 'mug',
        '{"en": "m", "fr": "t"}', '', 1, now(), now());
insert into rewards_gift_card (id, programme_id, code, currency, balance, movements, sold_at)
    values ('00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000001', 'GIFT', 'EUR', 1000, 0,
        now());
"""
COUPON, STOCK, CARD = 1, str(UUID(int=3)), str(UUID(int=4))


def seed(address: str) -> None:
    run_as_owner(address, SEED)


def run_as_owner(address: str, text: str) -> None:
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(text)  # type: ignore[arg-type]


@contextmanager
def connected(address: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(address, autocommit=True, prepare_threshold=1) as connection:
        connection.execute("set role fidelia_app")
        yield connection


def consume(connection: psycopg.Connection[Any], **asked: Any) -> str:
    """Let one checkout take what it asks for; return "done", or the code of the refusal."""
    request = {
        "programme_id": str(PROGRAMME),
        "purchase_id": str(uuid4()),
        "currency": "EUR",
        "at": AT,
        "now": AT,
        **asked,
    }
    return call(connection, "select rewards_consume(%s)", request)


def call(connection: psycopg.Connection[Any], statement: str, request: dict[str, Any]) -> str:
    try:
        connection.execute(statement, [json.dumps(request)])  # type: ignore[arg-type]
    except psycopg.errors.IntegrityError as error:
        return str(error.diag.constraint_name)
    except psycopg.Error as error:
        if error.sqlstate != "FR001":
            raise
        return str(error.diag.message_primary)
    return "done"


@contextmanager
def at_the_barrier(
    address: str, clients: int, act: Callable[[psycopg.Connection[Any]], str], *, arriving: int
) -> Iterator[list[Future[str]]]:
    """Start the acts at once; enter when `arriving` of them have come past their check and the others wait."""

    def on_its_own_connection() -> str:
        with connected(address) as connection:
            return act(connection)

    with psycopg.connect(address, autocommit=True) as gate, ThreadPoolExecutor(clients) as pool:
        gate.execute("select pg_advisory_lock(4242)")
        futures = [pool.submit(on_its_own_connection) for _ in range(clients)]
        try:
            _wait_until(gate, AT_BARRIER, arriving)
            _wait_until(gate, WAITING, clients)
        finally:
            gate.execute("select pg_advisory_unlock(4242)")
        yield futures


def outcomes(futures: list[Future[str]]) -> dict[str, int]:
    """How many ended how."""
    ended = [future.result(timeout=PATIENCE_SECONDS) for future in futures]
    return {outcome: ended.count(outcome) for outcome in sorted(set(ended))}


def function(name: str, file: str) -> str:
    """The text of one function, as its file has it."""
    text = (SQL / f"{file}.sql").read_text(encoding="utf-8")
    begin = text.index(f"create or replace function {name}(")
    return text[begin : text.index("end $$;", begin) + len("end $$;")]


def _wait_until(gate: psycopg.Connection[Any], question: str, wanted: int) -> None:
    wait_for(lambda: gate.execute(question).fetchone()[0] >= wanted)  # type: ignore[index]
