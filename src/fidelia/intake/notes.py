"""Notes that speak of what the law protects more than the rest: health, faith, opinions. Knows no Django."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fidelia.kernel.folding import fold

from .doubts import Doubt, because

_WORDS = (
    "allergi", "asthm", "cancer", "chimio", "chemotherap", "diabet", "depress", "enceinte", "grossesse", "pregnan",
    "handicap",
    "disab", "epilep", "maladie", "illness", "medicament", "medication", "traitement medical", "intoleran", "coeliaque",
    "coeliac", "celiac", "hospital", "hopital", "vih", "hiv", "wheelchair", "fauteuil roulant", "aveugle", "sourd",
    "casher", "kosher", "halal", "musulman", "muslim", "juif", "jewish", "catholique", "syndicat", "trade union",
)  # fmt: skip
SENSITIVE = re.compile(rf"\b(?:{'|'.join(_WORDS)})")


def speaks_of_health(text: str) -> bool:
    """Say whether a note speaks of health, faith or opinions."""
    return SENSITIVE.search(fold(text)) is not None


def count_sensitive(cells: Iterable[str]) -> int:
    """Return how many of the notes do."""
    return sum(speaks_of_health(cell) for cell in cells if cell)


def doubt_of_notes(name: str, count: int) -> list[Doubt]:
    """Say how many notes of the sample are to be read again before they are taken."""
    if not count:
        return []
    reason = because(
        "Notes that speak of health or faith: {count} of those looked at. The law protects them more; read them first.",
        "Notes qui parlent de santé ou de croyance : {count} parmi celles regardées. La loi les protège davantage ; "
        "relisez-les d’abord.",
        count=count,
    )
    return [Doubt("notes", name, reason)]
