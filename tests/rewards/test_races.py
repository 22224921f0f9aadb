"""Races: each first with the guard off, where the race must happen, then with it on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from .racing import (
    BARRIER,
    CARD,
    COUPON,
    STOCK,
    at_the_barrier,
    connected,
    consume,
    function,
    outcomes,
    run_as_owner,
    seed,
)

CLIENTS = 16
NO_LOCK = """
create or replace function rewards_lock(p_programme uuid, p_items rewards_item[]) returns void language plpgsql as $$
begin
    insert into rewards_counter (programme_id, scope_id, subject, starts_on)
        select p_programme, item.scope_id, item.subject, item.starts_on from unnest(p_items) item
        where item.capacity is not null on conflict do nothing;
end $$;
"""
NO_CHECK = 'alter table rewards_counter drop constraint "no counter passes its capacity"'


def put_barrier(address: str, asked: dict[str, Any]) -> None:
    """Let whoever has found that all fits wait before it is taken."""
    name, file = ("rewards_take_piece", "pieces") if "stock" in asked else ("rewards_consume", "taking")
    text, place = function(name, file), "update rewards_counter counter"
    assert place in text
    run_as_owner(address, text.replace(place, BARRIER + place))


def put_barrier_at_cards(address: str, *, lock: bool = True) -> None:
    spending, place = function("rewards_spend_cards", "gift_cards"), "with spent as ("
    run_as_owner(address, spending.replace(place, BARRIER + place))
    if not lock:
        checking = function("rewards_check_cards", "gift_cards")
        assert "order by card.id for no key update" in checking
        run_as_owner(address, checking.replace("order by card.id for no key update", "order by card.id"))


def count(address: str, question: str) -> int:
    with psycopg.connect(address) as owner:
        row = owner.execute(question).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return int(row[0])


@pytest.fixture
def shop(scratch: str) -> str:
    seed(scratch)
    with connected(scratch) as connection:  # rows that exist: or the insert itself would keep the others waiting
        for asked in ({"coupons": [{"id": COUPON}]}, {"stock": [{"id": STOCK, "pieces": 1}]}):
            assert consume(connection, **asked) == "done"
    run_as_owner(scratch, "update rewards_counter set taken = 0; truncate rewards_use")
    return scratch


LAST: list[tuple[dict[str, Any], str]] = [
    ({"coupons": [{"id": COUPON}]}, "coupon_used_up"),
    ({"stock": [{"id": STOCK, "pieces": 1}]}, "stock_used_up"),
]


@pytest.mark.parametrize(("asked", "refusal"), LAST, ids=["coupon", "piece"])
def test_the_last_one_is_had_once_by_sixteen(shop: str, asked: dict[str, Any], refusal: str) -> None:
    put_barrier(shop, asked)
    with at_the_barrier(shop, CLIENTS, lambda one: consume(one, **asked), arriving=1) as futures:
        assert outcomes(futures) == {refusal: CLIENTS - 1, "done": 1}
    assert count(shop, "select sum(taken) from rewards_counter") == 1


@pytest.mark.parametrize(("asked", "_refusal"), LAST, ids=["coupon", "piece"])
def test_without_the_lock_the_database_is_the_last_guard(shop: str, asked: dict[str, Any], _refusal: str) -> None:
    put_barrier(shop, asked)
    run_as_owner(shop, NO_LOCK)
    with at_the_barrier(shop, 2, lambda one: consume(one, **asked), arriving=2) as futures:
        assert outcomes(futures) == {"done": 1, "no counter passes its capacity": 1}
    run_as_owner(shop, f"{NO_CHECK}; update rewards_counter set taken = 0")
    with at_the_barrier(shop, CLIENTS, lambda one: consume(one, **asked), arriving=CLIENTS) as futures:
        assert outcomes(futures) == {"done": CLIENTS}, "everybody had found the last one"


def test_two_devices_cannot_spend_one_gift_card(shop: str) -> None:
    def spend(one: psycopg.Connection[Any]) -> str:
        return consume(one, gift_cards=[{"id": CARD, "amount": 700}])

    put_barrier_at_cards(shop, lock=False)
    with at_the_barrier(shop, 2, spend, arriving=2) as futures:
        assert outcomes(futures) == {"a gift card never owes money": 1, "done": 1}
    run_as_owner(shop, "update rewards_gift_card set balance = 1000")
    run_as_owner(shop, function("rewards_check_cards", "gift_cards"))
    with at_the_barrier(shop, 2, spend, arriving=1) as futures:
        assert outcomes(futures) == {"done": 1, "gift_card_short": 1}
    assert count(shop, "select balance from rewards_gift_card") == 300


def test_checkouts_that_name_the_same_things_in_any_order_do_not_block_each_other(shop: str) -> None:
    run_as_owner(
        shop,
        "update rewards_coupon_series set uses = 1000000, uses_per_code = 1000000",
    )
    codes = list(range(1, 21))

    def often(number: int) -> int:
        order = codes if number % 2 else codes[::-1]
        with connected(shop) as one:
            return [consume(one, coupons=[{"id": id} for id in order], limits=limits(order)) for _ in range(15)].count(
                "done"
            )

    def limits(order: list[int]) -> list[dict[str, Any]]:
        return [{"subject": f"r/{n}", "amount": 1, "capacity": 10**6, "spreads": True} for n in order]

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(often, range(8))) == 8 * 15
    assert count(shop, "select sum(taken) from rewards_counter where subject like 'coupon:%'") == 8 * 15 * 20
