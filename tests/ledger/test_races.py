"""Races: each test first takes the guard away and requires the race to happen, then requires that the guard stops it.

The dangerous point is between the plan, which has read the lots, and the write. There a barrier is put into the
function: everybody who arrives waits on an advisory lock that the test holds. What must wait for a lock instead never
arrives, and the test sees that too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

import fidelia.ledger
from tests.waiting import PATIENCE_SECONDS, WAITING, wait_for

from .client import AT, Client, Refused

POSTING_SQL = (Path(fidelia.ledger.__file__).parent / "sql" / "posting.sql").read_text(encoding="utf-8")
WRITE = "return public.ledger_write(p_account, p, b, public.ledger_plan(p_account, p, b), {});"
WRITE_AFTER_BARRIER = """
    declare
        moves public.ledger_move[] := public.ledger_plan(p_account, p, b);
    begin
        perform pg_advisory_xact_lock_shared(4242);
        return public.ledger_write(p_account, p, b, moves, {});
    end;
"""
EARN = "return public.ledger_write_earning(p_account, p, p.parts[1], b);"  # the whole plan of a plain earning
PLAIN = "if plain is not null then"  # its conditional update is a lock too
LOCK = "where account_id = p_account and currency = p.currency and not is_closed for update;"
ONE_STATEMENT_PLAN = """
create or replace function public.ledger_take_from_lots(
    p_account uuid, p public.ledger_request, p_wanted bigint, p_lots uuid[], p_inside boolean,
    out moves public.ledger_move[], out missing bigint
) language sql as $$
    -- The trap: lock and read in one statement. The lots are those of the snapshot from before the wait.
    with locked as materialized (
        select account_id from public.ledger_balance
        where account_id = p_account and currency = p.currency for update
    )
    select array[row(
                'member', 'redemption', p_wanted, lot.lot_id, null, lot.funding, lot.unit_cost
            )::public.ledger_move], 0::bigint
        from locked join public.ledger_lot lot using (account_id)
        where lot.is_open and lot.remaining >= p_wanted order by lot.expires_at limit 1
$$
"""
WAITING_AT_BARRIER = WAITING + "and locktype = 'advisory'"
Act = Callable[[Client], Any]


def put_barrier(address: str, *, lock: bool = True) -> None:
    """Put the barrier into the real function, with or without its lock."""
    text = POSTING_SQL[POSTING_SQL.index("create function public.ledger_post_entry") :]
    text = text[: text.index("end $$;") + len("end $$;")].replace("create function", "create or replace function")
    for written in ("true", "false"):
        assert WRITE.format(written) in text
        text = text.replace(WRITE.format(written), WRITE_AFTER_BARRIER.format(written))
    assert EARN in text
    text = text.replace(EARN, f"perform pg_advisory_xact_lock_shared(4242); {EARN}")
    if not lock:
        assert LOCK in text
        assert PLAIN in text
        text = text.replace(LOCK, LOCK.replace(" for update", "")).replace(PLAIN, "if false then")
    run_as_owner(address, text)


def run_as_owner(address: str, text: str) -> None:
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(text)  # type: ignore[arg-type]


@contextmanager
def at_the_barrier(address: str, *acts: Act, arriving: int) -> Iterator[list[Future[Any]]]:
    """Start the acts at once, each on its own connection; enter when `arriving` of them are past their plan."""
    with psycopg.connect(address, autocommit=True) as gate, ThreadPoolExecutor(len(acts)) as pool:
        gate.execute("select pg_advisory_lock(4242)")
        futures = [pool.submit(_do, address, act) for act in acts]
        try:
            wait_until(gate, WAITING_AT_BARRIER, arriving)
            wait_until(gate, WAITING, len(acts))
        finally:
            gate.execute("select pg_advisory_unlock(4242)")
        yield futures


def _do(address: str, act: Act) -> Any:
    with Client(address) as client:
        return act(client)


def wait_until(gate: psycopg.Connection[Any], question: str, wanted: int) -> None:
    wait_for(lambda: gate.execute(question).fetchone()[0] >= wanted)  # type: ignore[index]


def outcomes(futures: list[Future[Any]]) -> list[str]:
    """What became of each act: "done", or the refusal, or the constraint that was the last guard; sorted."""
    return sorted(_outcome(future) for future in futures)


def _outcome(future: Future[Any]) -> str:
    error = future.exception(timeout=PATIENCE_SECONDS)
    if error is None:
        return "done"
    if isinstance(error, psycopg.errors.IntegrityError):
        return str(error.diag.constraint_name)
    assert isinstance(error, Refused), error
    return str(error)


def test_two_burns_at_once(scratch: str, client: Client) -> None:
    account = client.open()
    client.post("earn", account, 100)

    def burn(other: Client) -> None:
        other.post("redeem", account, 80)

    put_barrier(scratch, lock=False)
    with at_the_barrier(scratch, burn, burn, arriving=2) as futures:
        assert outcomes(futures) == ["a lot is never overdrawn", "done"], "both had planned the same lot"
    client.post("earn", account, 80)
    put_barrier(scratch)
    with at_the_barrier(scratch, burn, burn, arriving=1) as futures:
        assert outcomes(futures) == ["done", "insufficient_points"]
    assert client.available(account) == 20
    assert client.broken() == []


def test_lock_and_read_in_one_statement_would_spend_a_lot_twice(scratch: str, client: Client) -> None:
    account = client.open()
    client.post("earn", account, 100)
    client.post("earn", account, 100)

    def burn(other: Client) -> None:
        other.post("redeem", account, 80)

    put_barrier(scratch, lock=False)
    run_as_owner(scratch, ONE_STATEMENT_PLAN)
    with at_the_barrier(scratch, burn, burn, arriving=1) as futures:
        assert outcomes(futures) == ["a lot is never overdrawn", "done"], "there was enough in the other lot"


def test_the_second_of_two_burns_finds_the_other_lot(scratch: str, client: Client) -> None:
    account = client.open()
    client.post("earn", account, 100)
    client.post("earn", account, 100)
    put_barrier(scratch)

    def burn(other: Client) -> None:
        other.post("redeem", account, 80)

    with at_the_barrier(scratch, burn, burn, arriving=1) as futures:
        assert outcomes(futures) == ["done", "done"]
    assert client.available(account) == 40
    assert client.broken() == []


def test_the_same_key_twice_at_once(scratch: str, client: Client) -> None:
    account = client.open()

    def earn(other: Client) -> bool:
        return other.post("earn", account, 100, key="purchase:1").replayed

    put_barrier(scratch)
    run_as_owner(scratch, "alter table ledger_posting drop constraint ledger_posting_pkey")
    with at_the_barrier(scratch, earn, earn, arriving=1) as futures:
        assert [future.result(PATIENCE_SECONDS) for future in futures] == [False, False]
    assert client.available(account) == 200, "without the key, once is twice"

    other = client.open()
    run_as_owner(scratch, "truncate ledger_posting; alter table ledger_posting add primary key (account_id, idem_key)")
    account = other
    with at_the_barrier(scratch, earn, earn, arriving=1) as futures:
        assert sorted(future.result(PATIENCE_SECONDS) for future in futures) == [False, True]
    assert client.available(account) == 100


def test_burn_against_expiry(scratch: str, client: Client) -> None:
    def set_up() -> Any:
        account = client.open()
        client.post("earn", account, 100, expires_at=AT + timedelta(days=1))
        return account

    def burn(account: Any) -> Act:
        return lambda other: other.post("redeem", account, 80)

    def sweep(other: Client) -> int:
        return other.sweep(AT + timedelta(days=2))

    put_barrier(scratch, lock=False)
    run_as_owner(scratch, without_lock_of_the_sweeper())
    account = set_up()
    with at_the_barrier(scratch, burn(account), sweep, arriving=2) as futures:
        assert outcomes(futures) == ["a lot is never overdrawn", "done"]

    put_barrier(scratch)
    run_as_owner(scratch, sweeper_sql())
    client.sweep(AT + timedelta(days=3))
    account = set_up()
    with psycopg.connect(scratch, autocommit=True) as gate, ThreadPoolExecutor(1) as pool:
        gate.execute("select pg_advisory_lock(4242)")
        burning = pool.submit(_do, scratch, burn(account))
        wait_until(gate, WAITING_AT_BARRIER, 1)
        assert client.sweep(AT + timedelta(days=2)) == 0, "the sweeper neither waits nor takes what is locked"
        gate.execute("select pg_advisory_unlock(4242)")
        burning.result(PATIENCE_SECONDS)
    assert client.sweep(AT + timedelta(days=2)) == 1
    assert client.available(account) == 0
    assert client.broken() == []


def sweeper_sql() -> str:
    text = (Path(fidelia.ledger.__file__).parent / "sql" / "expiry.sql").read_text(encoding="utf-8")
    return text[text.index("create function public.ledger_expire_account") :].replace("create f", "create or replace f")


def without_lock_of_the_sweeper() -> str:
    assert " for update skip locked" in sweeper_sql()
    return sweeper_sql().replace(" for update skip locked", "")


def test_two_reversals_of_one_posting(scratch: str, client: Client) -> None:
    account = client.open()
    client.post("earn", account, 100)
    first = client.post("redeem", account, 50).posting_id

    def reverse(other: Client) -> None:
        other.post("reverse", account, None, target_id=first)

    put_barrier(scratch, lock=False)
    run_as_owner(scratch, "drop index a_posting_is_reversed_once")
    with at_the_barrier(scratch, reverse, reverse, arriving=2) as futures:
        assert outcomes(futures) == ["done", "done"]
    assert client.available(account) == 150, "the same voucher was given back twice"

    put_barrier(scratch)
    first = client.post("redeem", account, 50).posting_id
    with at_the_barrier(scratch, reverse, reverse, arriving=1) as futures:
        assert outcomes(futures) == ["already_reversed", "done"], "the lock alone is enough"
    assert client.available(account) == 150


def test_two_reversals_of_one_posting_are_stopped_by_the_index_too(scratch: str, client: Client) -> None:
    account = client.open()
    client.post("earn", account, 100)
    spent = client.post("redeem", account, 50).posting_id

    def reverse(other: Client) -> None:
        other.post("reverse", account, None, target_id=spent)

    put_barrier(scratch)
    with at_the_barrier(scratch, reverse, reverse, arriving=1) as futures:
        assert outcomes(futures) == ["already_reversed", "done"]
    assert client.available(account) == 100
    assert client.broken() == []


def test_revoke_against_redeem(scratch: str, client: Client) -> None:
    account = client.open(may_go_negative=True)
    earned = client.post("earn", account, 100).posting_id

    def redeem(other: Client) -> None:
        other.post("redeem", account, 100)

    def revoke(other: Client) -> None:
        other.post("revoke", account, 100, target_id=earned, policy="allow_negative")

    put_barrier(scratch, lock=False)
    with at_the_barrier(scratch, redeem, revoke, arriving=2) as futures:
        assert outcomes(futures) == ["a lot is never overdrawn", "done"]
    put_barrier(scratch)
    if client.available(account) == 0:
        earned = client.post("earn", account, 100).posting_id
    with at_the_barrier(scratch, redeem, revoke, arriving=1) as futures:
        # Whoever is first: a redemption leaves the return a shortfall, a return leaves the redemption nothing.
        assert outcomes(futures) in (["done", "done"], ["done", "insufficient_points"])
    assert client.available(account) in (-100, 0)
    assert client.broken() == []


@pytest.mark.parametrize("opposite", [False, True])
def test_transfers_at_once_do_not_wait_for_each_other_in_a_circle(scratch: str, client: Client, opposite: bool) -> None:
    one, other = client.open(), client.open()
    for account in (one, other):
        client.post("earn", account, 100)
    put_barrier(scratch)
    back = (other, one) if opposite else (one, other)
    with at_the_barrier(
        scratch,
        lambda each: each.transfer(one, other, 10, "first"),
        lambda each: each.transfer(*back, 10, "second"),
        arriving=1,
    ) as futures:
        assert outcomes(futures) == ["done", "done"]
    assert client.available(one) == (100 if opposite else 80)
    assert client.broken() == []
