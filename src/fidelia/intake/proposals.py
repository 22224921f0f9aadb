"""What is proposed of an option, and why. Knows no Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fidelia.kernel.localized import LocalizedText

from .doubts import Doubt


@dataclass(frozen=True, slots=True)
class OptionProposal:
    """A value of an option and where it comes from; a doubt where a person should look."""

    name: str
    value: Any
    reason: LocalizedText
    doubt: Doubt | None = None
