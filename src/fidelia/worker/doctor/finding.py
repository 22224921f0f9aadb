"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["right", "wrong", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence, and whether it tells of something right, wrong, or only worth knowing."""

    verdict: Verdict
    sentence: str

    @property
    def is_wrong(self) -> bool:
        """Tell whether somebody has to do something."""
        return self.verdict == "wrong"


def right(sentence: str) -> Finding:
    """Return a finding that nobody needs to act on."""
    return Finding("right", sentence)


def wrong(sentence: str) -> Finding:
    """Return a finding that somebody has to act on; the sentence says how."""
    return Finding("wrong", sentence)


def note(sentence: str) -> Finding:
    """Return a finding that is neither."""
    return Finding("note", sentence)
