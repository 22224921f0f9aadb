"""What a finder of the search gives back; apart from the search, which imports the finders."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

RESULTS_MAX = 8


@dataclass(frozen=True, slots=True)
class Result:
    """Something found: `heading` groups, `detail` says why it was found."""

    heading: str
    text: str | Promise
    url: str
    icon: str
    detail: str = ""
