"""The page for analysts names every table of facts with every column and its type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fidelia.insight.operations.exporting import registered_tables
from fidelia.kernel.facts import FactTable

PAGE = Path(__file__).resolve().parents[2] / "docs" / "analyst" / "facts.md"


@pytest.mark.parametrize("table", registered_tables(), ids=lambda table: table.name)
def test_the_page_tells_the_table(table: FactTable) -> None:
    chapter = PAGE.read_text(encoding="utf-8").split(f"### {table.name}\n")[1].split("\n### ")[0]
    assert dict(re.findall(r"`(\w+)`\s(\w+)", chapter.split("\n\n")[1])) == table.columns
    assert f"by month of `{table.recorded_at_column}`" in chapter
    assert ", ".join(f"`{name}`" for name in table.key) in chapter


def test_the_page_tells_no_other() -> None:
    told = re.findall(r"^### (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [table.name for table in registered_tables()]
