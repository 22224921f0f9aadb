"""What was guessed and may be wrong: said with its reason and with what else it could be. Knows no Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fidelia.kernel.localized import LocalizedText


@dataclass(frozen=True, slots=True)
class Doubt:
    """`about` is a part of the reading ("date_order"), "columns", or the name of a column or an option of a mapping."""

    about: str
    value: Any
    reason: LocalizedText
    alternatives: tuple[Any, ...] = ()


def because(en: str, fr: str, **values: Any) -> LocalizedText:
    """Return a reason with its values filled in."""
    return LocalizedText(en=en.format(**values), fr=fr.format(**values))
