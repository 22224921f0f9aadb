"""Two nights at once, and a night beside whatever else moves points: first with the guard off, then with it on."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import psycopg
import pytest

from .racing import AT, BARRIER, PROGRAMME, at_the_barrier, connected, function, outcomes, run_as_owner

ACCOUNT = "00000000-0000-0000-0000-0000000000aa"
MEMBER = {
    "account_id": ACCOUNT, "enrolment_id": "00000000-0000-0000-0000-0000000000bb",
    "customer_id": "00000000-0000-0000-0000-0000000000cc", "partner_id": None, "store_id": None,
}  # fmt: skip
POLICY = {
    "programme_id": str(PROGRAMME), "cheque": "cheque", "version_id": None, "points_currency": "PTS", "points": 200,
    "threshold": 200, "scale": [[200, 1_000]], "steps_max": 1, "each": "sum", "remainder": "carried",
    "name": {"en": "Cheque", "fr": "Chèque"}, "currency": "EUR", "minimum_basket": 0, "per_checkout": None,
    "is_divisible": False, "purpose": "multi", "valid_from": AT, "valid_until": None, "lives_until": None,
    "starts_on": None, "counts_until": None, "is_kept": False, "carries_debt": True, "at": AT, "now": AT,
    "actor_kind": "system", "actor_id": None, "members": [MEMBER], "waits": True,
}  # fmt: skip
NO_LOCK = """
create or replace function public.ledger_lock_balance(p_account uuid, p_currency text, p_waits boolean) returns boolean
language sql as 'select true'
"""


def earn(address: str, points: int, account: str = ACCOUNT) -> None:
    """Open an account as the ledger does, and let points come to it."""
    posting = {
        "idem_key": "earned", "request_hash": "\\x00", "posting_id": account, "kind": "earn", "currency": "PTS",
        "amount": points, "occurred_at": AT, "recorded_at": AT, "actor_kind": "system", "origin": "live",
        "source_type": "", "note": "",
        "parts": [{"lot_id": account, "amount": points, "earned_at": AT, "funding": "operator", "unit_cost": 0}],
    }  # fmt: skip
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("select ledger_open(array[%s]::uuid[], array[null]::uuid[], 'PTS', false, %s)", [account, AT])
        owner.execute(
            "select ledger_post_entry(%s::uuid, json_populate_record(null::ledger_request, %s::json))",
            [account, json.dumps(posting)],
        )


def turn(connection: psycopg.Connection[Any], **changes: Any) -> str:
    try:
        row = connection.execute(
            "select jsonb_array_length(rewards_issue_cheques(%s::jsonb)->'issued')",
            [json.dumps({**POLICY, **changes})],
        ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        return str(error.diag.constraint_name)
    assert row is not None
    return f"{row[0]} issued"


def points_and_debt(address: str) -> tuple[int, int]:
    with psycopg.connect(address) as owner:
        row = owner.execute(
            "select (select posted from ledger_balance), (select coalesce(sum(points), 0) from rewards_cheque_debt)"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


@pytest.fixture
def shop(scratch: str) -> str:
    with psycopg.connect(scratch, autocommit=True) as owner:  # the programme need not be there
        rows = owner.execute(
            "select conname from pg_constraint where conrelid = 'rewards_voucher'::regclass and contype = 'f'"
        ).fetchall()
    for (name,) in rows:
        run_as_owner(scratch, f'alter table rewards_voucher drop constraint "{name}"')
    earn(scratch, 800)
    run_as_owner(
        scratch,
        f"insert into rewards_cheque_debt (account_id, points_currency, points) values ('{ACCOUNT}', 'PTS', 200)",
    )
    # Whoever has read what there is waits here, so that both have read it before one of them writes.
    text, place = function("rewards_cheques_for", "cheques"), "step.count := least("
    assert place in text
    run_as_owner(scratch, text.replace(place, BARRIER + place))
    return scratch


def test_without_the_lock_two_nights_take_one_debt_twice(shop: str) -> None:
    run_as_owner(shop, NO_LOCK)
    with at_the_barrier(shop, 2, turn, arriving=2) as futures:
        assert outcomes(futures) == {"1 issued": 2}
    assert points_and_debt(shop) == (0, 0)  # 400 each


def test_with_it_the_second_night_finds_what_the_first_has_left(shop: str) -> None:
    with at_the_barrier(shop, 2, turn, arriving=1) as futures:
        assert outcomes(futures) == {"1 issued": 2}
    assert points_and_debt(shop) == (200, 0)  # 400, then 200


def test_without_the_lock_the_database_is_the_last_guard_of_a_period(shop: str) -> None:
    run_as_owner(shop, NO_LOCK)
    with at_the_barrier(shop, 2, partial(turn, starts_on="2026-03-01"), arriving=2) as futures:
        assert outcomes(futures) == {"1 issued": 1, "a period turns the points of an account once": 1}


def test_with_it_a_period_is_turned_once_by_sixteen_nights(shop: str) -> None:
    with at_the_barrier(shop, 16, partial(turn, starts_on="2026-03-01"), arriving=1) as futures:
        assert outcomes(futures) == {"0 issued": 15, "1 issued": 1}
    assert points_and_debt(shop) == (400, 0)


def test_a_night_does_not_wait_for_a_balance_that_somebody_holds(shop: str) -> None:
    with psycopg.connect(shop) as holder, connected(shop) as night:
        holder.execute("select from ledger_balance for update")
        assert turn(night, waits=False) == "0 issued"
    assert points_and_debt(shop) == (800, 200)
