"""The view of broken promises sees each way of breaking one: a check that never fails checks nothing."""

from __future__ import annotations

import psycopg
import pytest

from .client import Client

WAYS = {
    "an entry moves something, under a known code": "update ledger_entry set code = 'gift' where code = 'issuance'",
    "a posting has a known kind and origin": "update ledger_posting set origin = 'rumour' where kind = 'hold'",
    "the entries of a posting sum to zero": "update ledger_entry set amount = amount + 1 where code = 'issuance'",
    "the balance is the sum of its entries": "update ledger_balance set posted = posted + 1",
    "the balance is what its lots hold, less what is owed": "update ledger_lot set remaining = 7",
    "a lot is the sum of its entries": "update ledger_lot set remaining = 7",
    "what is held is the sum of the open holds": "update ledger_hold set amount = amount + 1",
    "each balance_after follows from the one before": "update ledger_entry set balance_after = 3 where code = 'member'",
    "no version of a balance is missing": "update ledger_entry set version = version + 1",
    "clearing is zero for each link": "update ledger_posting set link_id = posting_id where kind = 'transfer_in'",
    "every entry has its posting and its balance": "delete from ledger_posting where kind = 'hold'",
    "every posting moved something or says why not": "delete from ledger_entry where code in ('held', 'member')",
    "every lot and hold belongs to a balance": "delete from ledger_balance",
    "what is reversed exists": "update ledger_posting set target_id = account_id where kind = 'reverse'",
}


@pytest.mark.parametrize("invariant", WAYS)
def test_it_sees(invariant: str, scratch: str, client: Client) -> None:
    one, other = client.open(), client.open()
    client.post("earn", one, 100)
    client.transfer(one, other, 10, "t")
    client.post("hold", one, 20)
    spent = client.post("redeem", one, 5).posting_id
    client.post("reverse", one, None, target_id=spent)
    assert client.broken() == []
    with psycopg.connect(scratch) as owner:
        owner.execute(WAYS[invariant])  # type: ignore[arg-type]
        if invariant.startswith("every posting"):
            owner.execute("delete from ledger_entry")
    assert invariant in {row[3] for row in client.broken()}
