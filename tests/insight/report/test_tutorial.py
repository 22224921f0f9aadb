"""The example of the analyst's page runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.insight.report.files import shop_file

PAGE = Path(__file__).parents[3] / "docs" / "analyst" / "report.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shop_file(tmp_path).rename(tmp_path / "purchases.csv")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
    printed = capsys.readouterr().out
    assert "FileQuality" in printed
    assert "is_partial" in printed
