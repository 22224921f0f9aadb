"""Reasons as they are kept beside a rejected row: a code and the values it speaks of, told in any language later.

The table of `wording` holds the words of a cell and a row; a kind adds its own (`ImportKind.reasons`). A statement
writes `'code' || chr(31) || 'name' || chr(31) || value`, or calls `intake_reason(code, name, value)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fidelia.kernel.localized import LocalizedText

from .wording import REASONS

MARK = "\x1f"
VALUE_LENGTH_MAX = 160


def keep_reason(code: str, **values: Any) -> str:
    """Return a reason as it is kept."""
    return MARK.join([code, *(_flat(part) for pair in values.items() for part in pair)])


def tell_reason(kept: str, language: str, more: Mapping[str, LocalizedText] | None = None) -> str:
    """Return the reason in words, as a sentence; `more` are the reasons of the kind."""
    code, values = split_reason(kept)
    words = (more or {}).get(code) or REASONS.get(code)
    if words is None:
        return kept.replace(MARK, " ")
    told = words.in_language(language).format_map(_Named(values))
    return told if told.endswith(".") else f"{told}."


def split_reason(kept: str) -> tuple[str, dict[str, str]]:
    """Return the code of a reason and the values it speaks of."""
    code, *rest = kept.split(MARK)
    return code, dict(zip(rest[::2], rest[1::2], strict=False))


class _Named(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def _flat(value: Any) -> str:
    return str(value).replace(MARK, " ")[:VALUE_LENGTH_MAX]
