"""A dump of the ledger, restored elsewhere, is the same ledger and adds up."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from fidelia.kernel.ids import new_id
from fidelia.worker.postgres.binaries import find_client_binaries
from tests.conftest import address_of, maintenance_url

from .client import Client, Refused

TOTALS = """
select code, currency, count(*), sum(amount)::bigint, sum(balance_after)::bigint from ledger_entry group by 1, 2
union all select 'balance', currency, count(*), sum(posted)::bigint, sum(version)::bigint from ledger_balance group by 2
union all select 'lot', currency, count(*), sum(remaining)::bigint, sum(amount)::bigint from ledger_lot group by 2
order by 1, 2
"""

pytestmark = pytest.mark.slow


def test_it_adds_up_after_dump_and_restore(scratch: str, client: Client, tmp_path: Path) -> None:
    accounts = [client.open(may_go_negative=True) for _account in range(20)]
    for account in accounts:
        earned = client.post("earn", account, 100).posting_id
        client.post("hold", account, 10)
        client.post("redeem", account, 60, key="once")
        client.post("revoke", account, 80, target_id=earned, policy="allow_negative")
    with psycopg.connect(maintenance_url()) as admin:
        major = admin.info.server_version // 10_000
    tools = find_client_binaries(major, os.environ).folder
    restored = f"test_restored_{new_id().hex[-12:]}"
    dump = tmp_path / "ledger.dump"
    subprocess.run([tools / "pg_dump", "-Fc", "-f", dump, scratch], check=True)
    with psycopg.connect(maintenance_url(), autocommit=True) as admin:
        admin.execute(f'create database "{restored}"')  # type: ignore[arg-type]
        try:
            subprocess.run([tools / "pg_restore", "--exit-on-error", "-d", address_of(restored), dump], check=True)
            with Client(address_of(restored)) as other:
                assert other.ask(TOTALS) == client.ask(TOTALS)
                assert other.broken() == []
                assert other.post("redeem", accounts[0], 60, key="once").replayed
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    other.ask("delete from ledger_entry returning 1")
                with pytest.raises(Refused, match="insufficient_points"):
                    other.post("redeem", accounts[0], 1)
        finally:
            admin.execute(f'drop database "{restored}" with (force)')  # type: ignore[arg-type]
    assert urlsplit(scratch).path != f"/{restored}"
