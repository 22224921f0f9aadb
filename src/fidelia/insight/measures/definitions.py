"""The definition of a measure, as pages show it behind the ⓘ: the docstring of the function that computes it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def definition_of(measure: Callable[..., Any]) -> str:
    """Return the first sentence (the first paragraph on one line), which pages translate like any other text."""
    return paragraphs_of(measure)[0]


def paragraphs_of(measure: Callable[..., Any]) -> list[str]:
    """Return the whole definition, one string per paragraph of the docstring."""
    text = inspect.getdoc(measure) or measure.__name__
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
