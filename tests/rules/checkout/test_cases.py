"""Checkout cases as files: given rules and a basket, the bill that anyone can check by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fidelia.rules.cases import run_case

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_it_comes_to(case: dict[str, Any]) -> None:
    assert run_case(case) == []
