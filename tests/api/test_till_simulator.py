"""The till simulator of the benchmarks: a real server, tills that lose their connection, the same end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 7])
def test_tills_off_line_end_as_if_sent_in_order(seed: int) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.till", "--purchases", "300", "--seed", str(seed)],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == "the same in both: receipts, points, balances, tiers, promises kept"
