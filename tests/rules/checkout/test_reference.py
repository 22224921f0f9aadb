"""What docs/reference/rule-cases.md shows holds, and it names all that a case may say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from fidelia.rules.cases import _MEMBERS, MalformedCase, run_case
from fidelia.rules.cases.comparing import Comparison
from fidelia.rules.pricing.basket import TaxRounding

TEXT = (Path(__file__).parents[3] / "docs" / "reference" / "rule-cases.md").read_text(encoding="utf-8")


def test_its_example_holds() -> None:
    for case in yaml.safe_load(TEXT.split("```yaml\n")[1].split("```")[0]):
        assert run_case(case) == []


def test_every_member_is_there() -> None:
    named = set(re.findall(r"`(\w+)`", TEXT)) | {"split"}
    assert named >= _MEMBERS
    assert named >= {name.removeprefix("of_") for name in vars(Comparison) if name.startswith("of_")} - {
        "line",
        "amounts",
    }
    assert named >= set(get_args(TaxRounding))


def test_what_it_does_not_know_is_refused_and_what_differs_is_told() -> None:
    with pytest.raises(MalformedCase):
        run_case({"case": "a", "basket": []})
    with pytest.raises(MalformedCase, match="shipping"):
        run_case({"case": "a", "lines": [{"price": 1}], "shipping": {"price": 2}})
    with pytest.raises(MalformedCase):
        run_case({"case": "a", "lines": [{"price": 1}], "expect": {"totals": 1}})
    assert run_case({"case": "a", "lines": [{"price": 1}], "expect": {"total": 2}}) == ["total: 100, not 200"]
