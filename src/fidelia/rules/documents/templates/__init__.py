"""Documents to begin from, each with the rule cases that it passes: `<key>.yaml` and `<key>.cases.yaml`."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from ..text import read_text


def template_text(key: str) -> str:
    """Return the text of a template, with its comments."""
    return (files(__name__) / f"{key}.yaml").read_text(encoding="utf-8")


def template_cases(key: str) -> list[dict[str, Any]]:
    """Return the rule cases of a template, without its rules: see `rules.cases`."""
    cases: list[dict[str, Any]] = read_text((files(__name__) / f"{key}.cases.yaml").read_text(encoding="utf-8"))
    return cases
