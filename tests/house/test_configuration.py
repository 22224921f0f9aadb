"""What can be configured is documented, and what is documented can be configured."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "administrator" / "configuration.md"
VARIABLE = re.compile(r"\bFIDELIA_[A-Z0-9_]*[A-Z0-9]\b")


def test_the_table_names_each_variable_that_is_read_and_no_other() -> None:
    read = {
        name for path in (ROOT / "src").rglob("*.py") for name in VARIABLE.findall(path.read_text(encoding="utf-8"))
    }
    rows = [line.split("|")[1] for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in VARIABLE.findall(row)}

    assert read - documented == set()
    assert documented - read == set()
