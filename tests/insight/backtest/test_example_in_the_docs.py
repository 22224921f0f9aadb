"""The example of a pull request in the docs reads as a plan reads today: its parts, in their order, line by line."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.insight.backtest import held_words, plan_words
from fidelia.insight.backtest.plan_words import plan_as_text
from fidelia.insight.operations.planning import plan_text
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import draft_version, publish_version
from fidelia.rules.documents import write_text
from tests.cast import SYSTEM, actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT

from .history import FIRST, Shop

DOC = Path(__file__).parents[3] / "docs" / "developer" / "programme-in-git.md"
ROW = r"{}: \S.* → \S.*"
COUNT = r"{}: [\d,]+"


def form(text: LocalizedText) -> str:
    """A sentence of the product, anything where a value stands."""
    return re.sub(r"\\{\w+\\}", ".+", re.escape(text.en))


def rows(*names: str, shape: str = ROW) -> list[str]:
    return [shape.format(form(plan_words.ROWS[name])) for name in names]


COMPARED = [*rows("points", "discount", "liability"), *rows("gain", "lose", "moves", "changed", shape=COUNT)]
RULES = [ROW.format(".+")]
# Each part of a plan, in the order of the product, and what its lines may be.
PARTS: list[tuple[str, list[str]]] = [
    (form(plan_words.TITLE), []),
    (form(plan_words.DIFFERENCES), [r"[-+~↕] .+", r"    [-+] .+"]),
    (form(plan_words.REPLAYED), [form(plan_words.EXACT), form(plan_words.SIDES), *COMPARED]),
    (form(plan_words.BY_RULE), RULES),
    (form(plan_words.TODAY), [form(plan_words.TODAY_SIDES), *COMPARED, *RULES]),
    (form(held_words.HELD), [form(text) for text in held_words._SAID.values()]),
    (form(plan_words.LAW), [form(plan_words.LAW_ROW)]),
    (form(plan_words.DOUBTS), [".+"]),
    (form(plan_words.WARNINGS), [form(text) for text in plan_words.WARNED.values()]),
]


def parts_of(plan: str) -> list[int]:
    """Check each line of a plan, and return which parts it has, in its order."""
    found: list[int] = []
    for line in filter(None, plan.splitlines()):
        if not line.startswith("  "):
            (place,) = (n for n, (heading, _rows) in enumerate(PARTS) if re.fullmatch(heading, line))
            found.append(place)
        else:
            assert any(re.fullmatch(row, line[2:]) for row in PARTS[found[-1]][1]), line
    return found


def examples() -> list[str]:
    return re.findall(r"```text\n(.+?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_has_every_part_of_a_plan_and_no_line_that_the_product_does_not_write() -> None:
    told = [parts_of(each) for each in examples()]
    assert all(each == sorted(set(each)) for each in told), "each part once, in its order"
    assert told[0] == [0, 1, 2, 3, 4, 8]
    assert 5 in {part for each in told for part in each}, "what a document meets today"


@pytest.mark.django_db(transaction=True)
def test_a_plan_of_today_reads_so_and_names_rules_that_are_no_more(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    shop = Shop()
    shop.live(6)
    fewer = {**FIRST, "rules": [each for each in FIRST["rules"] if each["key"] != "morning"]}
    version = draft_version(by=SYSTEM, at=AT, programme=shop.programme, document=fewer)
    publish_version(by=SYSTEM, at=AT, version=version, in_force_from=AT)
    document = deepcopy(fewer)
    document["rules"][0]["points_per"]["points"] = "2"
    document["tiers"]["levels"] = document["tiers"]["levels"][1:]
    analyst = actor_with("programme.*", "insight.*", label="Rocco", number=5)
    plan = plan_text(by=analyst, at=AT + timedelta(days=6), text=write_text(document), slug="cercle")
    text = plan_as_text(plan, "en")
    assert set(parts_of(text)) >= {0, 1, 2, 3, 4, 5}
    assert re.search(r"^  Morning: \d+ → 0", text, re.MULTILINE), "by its name, though no version in force has it"
    assert ProgrammeVersion.objects.count() == 2
