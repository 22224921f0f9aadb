"""Small things drawn or derived from plain data: initials, colours of avatars, spark lines. Pure: no Django."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

TONES = ("petrol", "green", "amber", "red", "blue", "violet", "copper", "grey")
# Red and amber mean something beside a person, so no avatar wears them.
AVATAR_TONES = ("petrol", "violet", "copper", "blue", "green", "grey")
SPARK_WIDTH, SPARK_HEIGHT = 52, 16


def initials_of(name: str) -> str:
    """Return at most two initials: "Hélène Marchand" gives "HM", "Loïc Le Goff" gives "LL"."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def tone_of(name: str) -> str:
    """Return the tone of a name's avatar; the same name always wears the same."""
    return AVATAR_TONES[zlib.crc32(name.encode()) % len(AVATAR_TONES)]


def spark_points(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return the corner points of a spark line in a box of 52 × 16, highest value on top; flat when all are equal."""
    if len(values) < 2:
        return []
    low, high = min(values), max(values)
    step = SPARK_WIDTH / (len(values) - 1)
    return [(round(i * step, 1), _height_of(value, low, high)) for i, value in enumerate(values)]


def _height_of(value: float, low: float, high: float) -> float:
    if high == low:
        return SPARK_HEIGHT / 2
    return round(SPARK_HEIGHT * (1 - (value - low) / (high - low)), 1)
