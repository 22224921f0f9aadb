"""The functions of the rule language: each is defined once, with its checks, its Python, its SQL and its words.

`docs/reference/rules.md` has a heading for each; a test fails when one is missing.
"""

from __future__ import annotations

from .dates import DATE_FUNCTIONS
from .definition import Function
from .numbers import NUMBER_FUNCTIONS
from .optional import OPTIONAL_FUNCTIONS
from .texts import TEXT_FUNCTIONS

FUNCTIONS: dict[str, Function] = {
    function.name: function for function in (*NUMBER_FUNCTIONS, *TEXT_FUNCTIONS, *DATE_FUNCTIONS, *OPTIONAL_FUNCTIONS)
}

__all__ = ["FUNCTIONS", "Function"]
