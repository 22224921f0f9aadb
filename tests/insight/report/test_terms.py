"""Each figure, chart and table that a chapter may write has its meaning, in both languages, and no meaning is idle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fidelia.insight.report import cover, sections
from fidelia.insight.report.sections import SECTIONS
from fidelia.insight.report.terms import CHAPTERS, COVER, meaning_of
from fidelia.ui.charts.words import translated

FOLDER = Path(sections.__file__).parent
ELSEWHERE = {"turning": "products", "bands": "rfm"}  # modules whose blocks stand in another's chapter
UNSEEN = {"contents", "__init__", "advice"}  # how a file was understood is told of files alone


def labels() -> Iterator[tuple[str, str]]:
    """Chapter and text of every first argument of a figure, a chart or a table."""
    paths = [path for path in sorted(FOLDER.glob("*.py")) if path.stem not in UNSEEN]
    for path in [*paths, Path(cover.__file__)]:
        chapter = ELSEWHERE.get(path.stem, path.stem)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("Number", "Drawing", "Grid"):
                yield from ((chapter, text) for text in _texts(call.args[0]))


def _texts(part: ast.expr) -> Iterator[str]:
    if isinstance(part, ast.Call) and part.args and isinstance(part.args[0], ast.Constant):
        yield str(part.args[0].value)


FOUND = sorted(set(labels()))


@pytest.mark.parametrize(("chapter", "label"), FOUND)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_label_has_its_meaning(chapter: str, label: str, language: str) -> None:
    shown = re.sub(r"\{\w+\}", "7", translated(language, label))
    meaning = meaning_of(chapter, shown, language)
    assert meaning is not None, f"say in report/terms.py what “{label}” of {chapter} is"
    assert meaning.text.endswith(".")


def test_the_labels_are_found_and_every_chapter_has_terms() -> None:
    assert {("sales", "Mean basket"), ("value", "The fitted models"), ("cover", "Bought again")} <= set(FOUND)
    assert set(CHAPTERS) == {key for key, _title, _write in SECTIONS} - {"contents"}


def test_no_meaning_is_idle() -> None:
    """Whatever is defined is written somewhere: a label that was renamed would lose its definition silently."""
    source = "".join(path.read_text(encoding="utf-8") for path in [*FOLDER.glob("*.py"), Path(cover.__file__)])
    for label in {label for known in (COVER, *CHAPTERS.values()) for label in known}:
        assert f'"{label}"' in source, label
