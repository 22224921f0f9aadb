"""Every measure that is shown somewhere is defined where it is computed, and in French too."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fidelia.insight.measures.definitions import definition_of, paragraphs_of
from fidelia.ui.charts.words import say

SOURCE = Path(__file__).resolve().parents[2] / "src"


def measures_shown() -> Iterator[tuple[str, str]]:
    """Module and name of each function whose definition a page or a report shows."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "definition(" not in text and "definition_of(" not in text:
            continue
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and _is_definition(call.func) and isinstance(call.args[-1], ast.Name):
                yield module, call.args[-1].id


def _is_definition(called: ast.expr) -> bool:
    is_said = isinstance(called, ast.Attribute) and called.attr == "definition" and _is_named(called.value, "speech")
    return is_said or _is_named(called, "definition_of")


def _is_named(part: ast.expr, name: str) -> bool:
    return isinstance(part, ast.Name) and part.id == name


SHOWN = sorted(set(measures_shown()))


def test_the_measures_shown_are_found():
    assert {"rfm", "cohorts", "stages_at", "lorenz_points", "effect_on_buyers"} <= {name for _module, name in SHOWN}


@pytest.mark.parametrize(("module", "name"), SHOWN)
def test_it_is_defined_and_said_in_french(module: str, name: str):
    measure: Callable[..., Any] = getattr(importlib.import_module(module), name)
    english = definition_of(measure)
    assert english.endswith("."), f"the first paragraph of {name} is no sentence"
    assert len(paragraphs_of(measure)) > 1, f"{name} says nothing of units, columns or source"
    escaped = english.replace("{", "{{").replace("}", "}}")
    assert say("fr", escaped) != english, f"add the first paragraph of {name} to the French catalog"
