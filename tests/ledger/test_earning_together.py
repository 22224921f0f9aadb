"""Earnings of several accounts at once: what each would have got alone, in one statement, without deadlocks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from fidelia.kernel.ids import new_id
from fidelia.ledger.operations import EarnPart, PostingRequest
from fidelia.ledger.operations.posting import EARN_TOGETHER, earning_json

from .client import AT, SYSTEM, Client, Refused

EARN = (
    "select posting.id, posting.balance from "
    + EARN_TOGETHER.format(accounts="%s::uuid[]")
    + " done, unnest(done.postings, done.balances) posting (id, balance)"
)
ROUNDS = 40


def earning(account_id: UUID, amount: int, *parts: int, key: str | None = None) -> PostingRequest:
    return PostingRequest(
        account_id=account_id, currency="points", key=key or str(new_id()), kind="earn", amount=amount,
        parts=tuple(EarnPart(amount=part, expires_at=AT + timedelta(days=9)) for part in parts or (amount,)),
    )  # fmt: skip


def earn(client: Client, asked: Sequence[PostingRequest], *, accounts: Sequence[UUID] | None = None) -> dict[UUID, int]:
    """Post all at once; return the balance after each, by its account."""
    allowed = [one.account_id for one in asked] if accounts is None else list(accounts)
    rows = client.ask(EARN, allowed, f"[{','.join(earning_json(one, by=SYSTEM, at=AT) for one in asked)}]")
    accounts_of = {one.posting_id: one.account_id for one in asked}
    return {accounts_of[posting_id]: balance for posting_id, balance in rows}


def written_for(client: Client, account: UUID) -> list[object]:
    """Return all that is kept for an account, but for ids."""
    return [
        client.ask(
            """select requested, kind, currency, origin, actor_kind, source_type, occurred_at, recorded_at, idem_key,
                request_hash from ledger_posting where account_id = %s order by idem_key""",
            account,
        ),
        client.ask(
            """select amount, balance_after, unit_cost, version, seq, code, funding, occurred_at, recorded_at
                from ledger_entry where account_id = %s order by version, seq""",
            account,
        ),
        client.ask(
            """select amount, remaining, earned_at, expires_at, funding, unit_cost, is_open
                from ledger_lot where account_id = %s order by lot_id""",
            account,
        ),
        client.ask("select posted, held, owed, version from ledger_balance where account_id = %s", account),
    ]


def test_each_is_written_as_by_the_single_road(client: Client) -> None:
    one, other, alone = client.open(), client.open(), client.open()
    assert earn(client, [earning(one, 7, key="k"), earning(other, 12, key="k")]) == {one: 7, other: 12}
    assert earn(client, [earning(one, 5, key="k2")]) == {one: 12}
    client.post("earn", alone, 7, key="k", expires_at=AT + timedelta(days=9))
    client.post("earn", alone, 5, key="k2", expires_at=AT + timedelta(days=9))
    assert written_for(client, one) == written_for(client, alone)
    assert client.broken() == []


def test_who_owes_fills_that_first_and_several_parts_are_several_lots(client: Client) -> None:
    owing, rich, plain = client.open(may_go_negative=True), client.open(), client.open()
    client.post("revoke", owing, 30, policy="allow_negative")
    assert earn(client, [earning(owing, 50), earning(rich, 10, 4, 6), earning(plain, 3)]) == {
        owing: 20,
        rich: 10,
        plain: 3,
    }
    assert client.ask("select remaining from ledger_lot where account_id = %s", owing) == [(20,)]
    assert client.ask("select remaining from ledger_lot where account_id = %s order by 1", rich) == [(4,), (6,)]
    assert client.broken() == []


def test_two_of_one_account_both_count(client: Client) -> None:
    account = client.open()
    earn(client, [earning(account, 5), earning(account, 6)])
    assert client.available(account) == 11
    assert client.broken() == []


def test_only_accounts_that_are_named_are_posted_to(client: Client) -> None:
    one, other = client.open(), client.open()
    asked = [earning(one, 7), earning(other, 9)]
    assert earn(client, asked, accounts=[other]) == {other: 9}
    assert earn(client, asked, accounts=[]) == {}
    assert (client.available(one), client.available(other)) == (0, 9)
    assert earn(client, []) == {}


def test_a_closed_account_refuses_all_of_the_call(client: Client) -> None:
    open_, closed = client.open(), client.open()
    client.ask("select public.ledger_close(%s, %s)::text", closed, AT)
    with pytest.raises(Refused, match="account_closed"):
        earn(client, [earning(open_, 7), earning(closed, 9)])
    with pytest.raises(Refused, match="unknown_account"):
        earn(client, [earning(open_, 7), earning(new_id(), 9)])
    assert client.available(open_) == 0


def test_a_key_that_is_known_posts_nothing(client: Client) -> None:
    one, other = client.open(), client.open()
    earn(client, [earning(one, 7, key="known")])
    with pytest.raises(psycopg.errors.UniqueViolation):
        earn(client, [earning(other, 5), earning(one, 7, key="known")])
    assert (client.available(one), client.available(other)) == (7, 0)


def test_sets_that_share_accounts_in_opposite_order_do_not_deadlock(scratch: str, client: Client) -> None:
    accounts = [client.open() for _number in range(4)]

    def act(order: Sequence[UUID]) -> None:
        with Client(scratch) as mine:
            for _round in range(ROUNDS):
                earn(mine, [earning(account, 1) for account in order])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(act, accounts), pool.submit(act, accounts[::-1])]:
            done.result()
    assert [client.available(account) for account in accounts] == [2 * ROUNDS] * 4
    assert client.broken() == []
