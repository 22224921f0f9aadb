"""A budget is exact to its last euro, whoever takes at once, though most take from slots and wait for nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from .racing import (
    AT,
    BARRIER,
    PROGRAMME,
    STOCK,
    at_the_barrier,
    call,
    connected,
    consume,
    function,
    outcomes,
    run_as_owner,
    seed,
)

LAST_GUARD = "no counter passes its capacity"
TRUE_SUM = """
select counter.taken - coalesce((select sum(room) from rewards_slot), 0), counter.is_spread,
    (select coalesce(sum(amount), 0) from rewards_use), counter.taken <= counter.capacity
from rewards_counter counter where counter.subject = 'limit:r/0'
"""


@pytest.fixture
def shop(scratch: str) -> str:
    seed(scratch)
    return scratch


def budget(amount: int, capacity: int, *, spreads: bool = True) -> list[dict[str, Any]]:
    return [{"subject": "r/0", "amount": amount, "capacity": capacity, "alerts": [80, 100], "spreads": spreads}]


def true_sum(address: str) -> tuple[int, bool, int, bool]:
    with psycopg.connect(address) as owner:
        row = owner.execute(TRUE_SUM).fetchone()
        assert row is not None
        return (int(row[0]), bool(row[1]), int(row[2]), bool(row[3]))


def test_the_last_euro_is_given_once(shop: str) -> None:
    def take(one: psycopg.Connection[Any]) -> str:
        return consume(one, limits=budget(60, 100, spreads=False))

    text, place, lock = (
        function("rewards_take_limit", "spreading"),
        "update rewards_counter counter",
        "for no key update;",
    )
    with connected(shop) as one:
        assert consume(one, limits=budget(1, 100)) == "done"
    run_as_owner(shop, text.replace(place, BARRIER + place).replace(lock, ";"))
    with at_the_barrier(shop, 16, take, arriving=16) as futures:
        assert outcomes(futures) == {"done": 1, LAST_GUARD: 15}, "everybody had found enough"
    run_as_owner(shop, f'alter table rewards_counter drop constraint "{LAST_GUARD}"')
    run_as_owner(shop, "update rewards_counter set taken = 0; truncate rewards_use")
    with at_the_barrier(shop, 16, take, arriving=16) as futures:
        assert outcomes(futures) == {"done": 16}
    assert true_sum(shop)[:3] == (960, False, 960), "nine times as much as there was"
    run_as_owner(shop, "update rewards_counter set taken = 0; truncate rewards_use")
    run_as_owner(shop, text.replace(place, BARRIER + place))
    with at_the_barrier(shop, 16, take, arriving=1) as futures:
        assert outcomes(futures) == {"done": 1, "limit_reached": 15}
    assert true_sum(shop)[:3] == (60, False, 60)


def test_sixteen_at_once_use_a_budget_up_to_the_last_unit_they_can(shop: str) -> None:
    capacity = 20_000

    def until_refused(_number: int) -> int:
        with connected(shop) as one:
            taken = 0
            while consume(one, limits=budget(7, capacity)) == "done":
                taken += 7
            return taken

    with ThreadPoolExecutor(16) as pool:
        taken = sum(pool.map(until_refused, range(16)))
    assert taken == capacity // 7 * 7
    assert true_sum(shop) == (taken, False, taken, True)
    with psycopg.connect(shop) as owner:
        told = owner.execute(
            "select payload->>'share', payload->>'taken' from kernel_outbox order by event_id"
        ).fetchall()
    assert told == [("80", "16002")], "the first multiple of 7 beyond 16,000; the last 6 were never had"


def test_what_comes_back_meanwhile_is_given_again_and_no_more(shop: str) -> None:
    capacity = 6_000

    def take_and_bring_back(number: int) -> int:
        chance, mine, kept = Random(number), [], 0
        with connected(shop) as one:
            for _round in range(60):
                purchase, amount = str(uuid4()), chance.randint(1, 25)
                if consume(one, purchase_id=purchase, limits=budget(amount, capacity)) == "done":
                    kept += amount
                    mine.append((purchase, amount))
                if mine and chance.random() < 0.4:
                    back, amount = mine.pop(chance.randrange(len(mine)))
                    asked = {"purchase_id": back, "at": AT, "now": AT, "whole": True}
                    assert call(one, "select rewards_give_back(%s)", asked) == "done"
                    kept -= amount
        return kept

    with ThreadPoolExecutor(8) as pool:
        kept = sum(pool.map(take_and_bring_back, range(8)))
    counted, _is_spread, used, holds = true_sum(shop)
    assert (counted, used, holds) == (kept, kept, True)


def test_many_pieces_are_given_from_slots_to_the_very_last_and_reserved_ones_are_kept(shop: str) -> None:
    run_as_owner(shop, "update rewards_stock set pieces = 2000")
    checkout = str(uuid4())
    asked = {
        "programme_id": str(PROGRAMME), "checkout_id": checkout, "currency": "EUR", "at": AT, "now": AT,
        "expires_at": "2026-03-02T10:00:00+00:00", "stock": [{"id": STOCK, "pieces": 3}],
    }  # fmt: skip

    def until_refused(_number: int) -> tuple[int, str]:
        with connected(shop) as one:
            given = 0
            while True:
                ended = consume(one, stock=[{"id": STOCK, "pieces": 1}])
                if ended != "done":
                    return given, ended
                given += 1

    with connected(shop) as one:
        assert consume(one, stock=[{"id": STOCK, "pieces": 1}]) == "done"
        assert call(one, "select rewards_reserve(%s)", asked) == "done"
    with ThreadPoolExecutor(16) as pool:
        ended = list(pool.map(until_refused, range(16)))
    assert sum(given for given, _how in ended) == 2000 - 1 - 3
    assert {how for _given, how in ended} == {"stock_reserved"}
    with connected(shop) as one:
        assert consume(one, checkout_id=checkout, stock=[{"id": STOCK, "pieces": 3}]) == "done"
        assert consume(one, stock=[{"id": STOCK, "pieces": 1}]) == "stock_used_up"
    with psycopg.connect(shop) as owner:
        used = owner.execute("select sum(amount), (select max(taken) from rewards_counter) from rewards_use").fetchone()
    assert used == (2000, 2000)
