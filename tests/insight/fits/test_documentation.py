"""The page of the models: its example runs, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import fidelia.insight.fits
import fidelia.insight.fits.proof
import fidelia.insight.fits.scoring
import fidelia.insight.measures.effect

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "models.md"


def test_the_example_of_the_page_runs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    block = re.search(r"(?:^    .*\n|^\n)+", text[text.index("    import numpy") :], re.M)
    assert block is not None
    code = "\n".join(line[4:] for line in block.group().splitlines())
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    value = names["value"]
    assert isinstance(value, fidelia.insight.fits.PortfolioValue)
    assert value.low < value.expected < value.high


def test_what_the_page_names_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    homes = (
        fidelia.insight.fits,
        fidelia.insight.fits.proof,
        fidelia.insight.fits.scoring,
        fidelia.insight.measures.effect,
        fidelia.insight.fits.Fit,
        fidelia.insight.fits.BgNbd,
        fidelia.insight.fits.BgBb,
        fidelia.insight.fits.CountedPurchases,
        fidelia.insight.fits.scoring.Score,
    )
    found = set(re.findall(r"`(?:scoring\.)?([a-z]+_[a-z_]+)`", text))
    assert len(found) > 20
    assert [name for name in sorted(found) if not any(hasattr(home, name) for home in homes)] == []


def test_the_tests_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:tests/insight/[a-z/]*)?test_[a-z_]+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 15
    here = Path(__file__).parent
    root = here.parents[2]
    assert [name for name in named if not (root / name if "/" in name else here / name).exists()] == []
