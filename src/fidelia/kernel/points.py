"""Amounts of a points currency: whole numbers of 10^-scale points (scale 0: points; scale 2: euros of a cagnotte)."""

from __future__ import annotations

from .money import format_scaled, parse_scaled

SCALE_MAX = 4


def parse_points(text: str, scale: int) -> int:
    """Read "120" or "3.50" as minor units of a points currency. Raises MalformedAmount."""
    return parse_scaled(text, scale)


def format_points(number: int, scale: int) -> str:
    """Write minor units of a points currency as a plain decimal."""
    return format_scaled(number, scale)
