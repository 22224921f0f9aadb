"""Races of what is promised and of what moves into a pool: a burn beside activation, joining, a return."""

from __future__ import annotations

from datetime import timedelta

from fidelia.kernel.ids import new_id
from fidelia.ledger.operations import EarnPart

from .client import AT, Client
from .test_races import at_the_barrier, outcomes, put_barrier, run_as_owner

RIPE = AT - timedelta(days=1)


def promised(client: Client, amount: int) -> tuple[object, object]:
    account, posting = client.open(), new_id()
    client.post(
        "pend", account, amount, at=RIPE - timedelta(days=5), parts=(EarnPart(amount=amount),), activates_at=RIPE,
        posting_id=posting,
    )  # fmt: skip
    return account, posting


def test_points_that_come_to_life_while_they_are_spent_come_once(scratch: str, client: Client) -> None:
    account, _posting = promised(client, 100)
    put_barrier(scratch)
    with at_the_barrier(
        scratch,
        lambda one: one.post("redeem", account, 60),  # type: ignore[arg-type]
        lambda one: one.post("redeem", account, 60),  # type: ignore[arg-type]
        arriving=1,
    ) as futures:
        assert outcomes(futures) == ["done", "insufficient_points"]
    assert client.available(account) == 40  # type: ignore[arg-type]
    assert client.broken() == []


def test_without_the_lock_they_would_be_spent_twice(scratch: str, client: Client) -> None:
    account = client.open()
    client.post("earn", account, 100)
    put_barrier(scratch, lock=False)
    with at_the_barrier(
        scratch,
        lambda one: one.post("redeem", account, 60),
        lambda one: one.post("redeem", account, 60),
        arriving=2,
    ) as futures:
        assert "insufficient_points" not in outcomes(futures)


def test_the_sweeper_leaves_an_account_that_is_spending(scratch: str, client: Client) -> None:
    account, _posting = promised(client, 100)
    put_barrier(scratch)
    with at_the_barrier(scratch, lambda one: one.post("redeem", account, 60), arriving=1) as futures:  # type: ignore[arg-type]
        pass
    assert outcomes(futures) == ["done"]
    assert client.ask("select coalesce(sum(lots), 0) from public.ledger_activate_due(%s, 500)", AT) == [(0,)]
    assert client.broken() == []


def test_a_burn_beside_joining_a_pool_spends_there_or_here_but_once(scratch: str, client: Client) -> None:
    own, pool = client.open(), client.open()
    client.post("earn", own, 100)
    put_barrier(scratch)
    with at_the_barrier(
        scratch,
        lambda one: one.post("redeem", own, 60),
        lambda one: one.transfer(own, pool, 100, "join"),
        arriving=1,
    ) as futures:
        assert outcomes(futures) == ["done", "insufficient_points"]
    assert client.available(own) + client.available(pool) in (40, 100)
    assert client.broken() == []


def test_a_return_beside_a_burn_takes_back_what_is_left_once(scratch: str, client: Client) -> None:
    account, posting = promised(client, 100)
    client.ask("select * from public.ledger_activate_due(%s, 500)", AT)
    put_barrier(scratch)
    with at_the_barrier(
        scratch,
        lambda one: one.post("redeem", account, 60),  # type: ignore[arg-type]
        lambda one: one.post("revoke", account, 100, policy="take_what_is_left", target_id=posting),  # type: ignore[arg-type]
        arriving=1,
    ) as futures:
        assert outcomes(futures) in (["done", "done"], ["done", "insufficient_points"])
    assert client.available(account) == 0  # type: ignore[arg-type]
    assert client.broken() == []


def test_without_the_lock_who_joins_a_pool_brings_points_that_were_spent(scratch: str, client: Client) -> None:
    own, pool = client.open(), client.open()
    client.post("earn", own, 100)
    put_barrier(scratch, lock=False)
    run_as_owner(
        scratch,
        """create or replace function public.ledger_lock_both(p_one uuid, p_other uuid, p_currency text) returns void
           language plpgsql as $$ begin end $$;""",
    )
    with at_the_barrier(
        scratch,
        lambda one: one.post("redeem", own, 60),
        lambda one: one.transfer(own, pool, 100, "join"),
        arriving=2,
    ) as futures:
        assert outcomes(futures) == ["a lot is never overdrawn", "done"], "both had planned the same lot"
