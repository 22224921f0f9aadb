"""The last reward, the last points, a member who joins a pool meanwhile: first with the guard off, then on."""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.waiting import PATIENCE_SECONDS, WAITING, wait_for

from .racing import AT, BARRIER, PROGRAMME, at_the_barrier, function, outcomes, run_as_owner
from .test_cheque_races import earn
from .test_races import NO_CHECK, NO_LOCK

CLIENTS = 16
REWARD, STOCK = UUID(int=5), UUID(int=6)
SEED = f"""
set session_replication_role = replica; -- the programme need not be there
insert into rewards_stock (id, programme_id, key, name, product_code, pieces, created_at, changed_at)
    values ('{STOCK}', '{PROGRAMME}', 'mug', '{{"en": "m", "fr": "t"}}', '', 1, now(), now());
insert into rewards_reward (id, programme_id, key, name, kind, points, points_currency, money, condition, stock_id,
        voucher_minimum, voucher_purpose, voucher_is_divisible, valid_from, created_at, changed_at)
    values ('{REWARD}', '{PROGRAMME}', 'mug', '{{"en": "m", "fr": "t"}}', 'gift', 100, 'PTS', 0, '', '{STOCK}',
        0, 'multi', false, '2026-01-01', now(), '{AT}');
"""


def enrol(address: str, n: int, points: int) -> None:
    member, account = UUID(int=1_000 + n), UUID(int=2_000 + n)
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(
            """insert into programme_enrolment (id, programme_id, customer_id, account_id, enrolled_at, source)
               values (%s, %s, %s, %s, '2026-01-01', 'till')""",
            [member, PROGRAMME, UUID(int=3_000 + n), account],
        )
    earn(address, points, str(account))


def choose(connection: psycopg.Connection[Any], n: int) -> str:
    asked = {
        "redemption_id": str(uuid4()), "reward_id": str(REWARD), "enrolment_id": str(UUID(int=1_000 + n)),
        "known_at": AT, "pieces": 1, "currency": "EUR", "at": AT, "now": AT, "actor_kind": "system",
        "actor_label": "race",
    }  # fmt: skip
    try:
        connection.execute("select rewards_redeem(%s::jsonb)", [json.dumps(asked)])
    except psycopg.errors.CheckViolation as error:
        return str(error.diag.constraint_name)
    except psycopg.Error as error:
        if error.sqlstate not in ("FR001", "FL001"):
            raise
        return str(error.diag.message_primary)
    return "done"


def ask(address: str, question: str) -> int:
    with psycopg.connect(address) as owner:
        row = owner.execute(question).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def put_barrier(address: str) -> None:
    """Let whoever has found that a piece is left wait before it is taken."""
    text, place = function("rewards_take_piece", "pieces"), "update rewards_counter counter"
    run_as_owner(address, text.replace(place, BARRIER + place))


@pytest.fixture
def shop(scratch: str) -> str:
    run_as_owner(scratch, SEED)
    for n in range(CLIENTS):
        enrol(scratch, n, 150)
    run_as_owner(
        scratch,
        f"insert into rewards_counter (programme_id, scope_id, subject, starts_on)"
        f" values ('{PROGRAMME}', rewards_anybody(), 'stock:{STOCK}', rewards_no_period())",
    )
    return scratch


def test_the_last_reward_is_had_by_one_of_sixteen_and_the_others_keep_their_points(shop: str) -> None:
    put_barrier(shop)
    numbers = count()
    with at_the_barrier(shop, CLIENTS, lambda one: choose(one, next(numbers)), arriving=1) as futures:
        assert outcomes(futures) == {"done": 1, "stock_used_up": CLIENTS - 1}
    assert ask(shop, "select sum(posted) from ledger_balance") == CLIENTS * 150 - 100
    assert ask(shop, "select count(*) from rewards_redemption") == 1
    assert ask(shop, "select count(*) from ledger_broken") == 0


def test_without_the_lock_and_the_check_the_last_reward_is_had_by_two(shop: str) -> None:
    put_barrier(shop)
    run_as_owner(shop, NO_LOCK)
    run_as_owner(shop, NO_CHECK)
    numbers = count()
    with at_the_barrier(shop, 2, lambda one: choose(one, next(numbers)), arriving=2) as futures:
        assert outcomes(futures) == {"done": 2}
    assert ask(shop, "select taken from rewards_counter where subject like 'stock:%'") == 2


def test_points_for_one_reward_buy_one_though_sixteen_tills_ask_at_once(shop: str) -> None:
    run_as_owner(shop, f"update rewards_stock set pieces = null where id = '{STOCK}'")
    place = "insert into rewards_redemption ("
    run_as_owner(shop, function("rewards_redeem", "redeeming").replace(place, BARRIER + place))
    with at_the_barrier(shop, CLIENTS, lambda one: choose(one, 0), arriving=1) as futures:
        assert outcomes(futures) == {"done": 1, "insufficient_points": CLIENTS - 1}
    assert ask(shop, f"select posted from ledger_balance where account_id = '{UUID(int=2_000)}'") == 50


def test_without_the_guard_of_the_balance_the_points_buy_two(shop: str) -> None:
    run_as_owner(shop, f"update rewards_stock set pieces = null where id = '{STOCK}'")
    run_as_owner(
        shop,
        """create or replace function rewards_pay_choice(p jsonb, reward rewards_reward, member programme_enrolment,
               p_pieces integer) returns uuid language plpgsql as $$
           begin -- asks, and takes without a lock: what a hand-made check does
               if (select posted from ledger_balance where account_id = member.account_id) < reward.points then
                   perform rewards_refuse('insufficient_points', '{}');
               end if;
               perform pg_advisory_xact_lock_shared(4242);
               return null;
           end $$;""",
    )
    with at_the_barrier(shop, 2, lambda one: choose(one, 0), arriving=2) as futures:
        assert outcomes(futures) == {"done": 2}


def test_who_is_in_a_pool_by_now_spends_there_or_is_refused_never_from_where_the_points_were(shop: str) -> None:
    # The membership moves while the choice waits for the balance of the account that it had read.
    old, pool = UUID(int=2_000), UUID(int=2_001)
    with psycopg.connect(shop) as joining, psycopg.connect(shop, autocommit=True) as till:
        joining.execute("set session_replication_role = replica")
        joining.execute("select from ledger_balance where account_id = %s for update", [old])
        joining.execute("update programme_enrolment set account_id = %s where id = %s", [pool, UUID(int=1_000)])
        joining.execute("update ledger_balance set is_closed = true where account_id = %s", [old])
        till.execute("set statement_timeout = '60s'")
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as one:
            waiting = one.submit(choose, till, 0)
            wait_for(lambda: ask(shop, WAITING))
            joining.commit()
            assert (
                waiting.result(timeout=PATIENCE_SECONDS) == "account_closed"
            )  # the verb reads again, and spends from the pool
        assert choose(till, 0) == "done"
    assert ask(shop, f"select posted from ledger_balance where account_id = '{pool}'") == 50
