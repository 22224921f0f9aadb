"""The work of others is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_notices_name_each_package_and_each_vendored_file() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/notices.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_each_licence_is_known() -> None:
    lines = (ROOT / "THIRD_PARTY_NOTICES").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line == "  "] == []
