"""The bank: real processes move points at once, readers add up all accounts meanwhile, and nothing comes or goes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .client import Client

ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS, EACH = 8, 100


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("movers", "acts"), [(3, 120), pytest.param(8, 2_000, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_every_read_finds_the_same_total(scratch: str, client: Client, movers: int, acts: int) -> None:
    accounts = [client.open() for _account in range(ACCOUNTS)]
    for account in accounts:
        client.post("earn", account, EACH)
    readers = [start(scratch, 0, "read") for _reader in range(2)]
    moving = [start(scratch, seed, str(acts), *map(str, accounts)) for seed in range(movers)]
    done = [report_of(process) for process in moving]
    for report in (report_of(process) for process in readers):
        assert report["reads"] > 0
        assert report["seen"] == [[ACCOUNTS * EACH, 0]], "a read that saw another total, or something below zero"
    assert all(set(report) <= {"transfer", "twice", "hold", "insufficient_points"} for report in done), done
    assert sum(client.available(account) for account in accounts) == ACCOUNTS * EACH
    assert client.broken() == []


def start(address: str, seed: int, acts: str, *accounts: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.bank_client", address, str(seed), acts, *accounts],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def report_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    written, _nothing = process.communicate(timeout=500)  # closes its input: a reader then stops
    assert process.returncode == 0
    report: dict[str, Any] = json.loads(written)
    return report
