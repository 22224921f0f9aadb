"""QR codes of ISO/IEC 18004 with correction M, up to version 10: what a phone still reads from a screen or a card.

Never Micro QR: a short number would fit one, and most phones and tills cannot read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

import segno
from segno.encoder import DataOverflowError

QUIET = 4  # modules of white around, that readers want
VERSION_MAX = 10
Matrix = list[list[int]]


class TooLong(ValueError):
    """The text does not fit the largest code drawn here."""


def qr_svg(text: str, *, label: str = "") -> str:
    """Return the code as SVG, one unit a module, quiet zone included. Raises TooLong."""
    matrix = qr_matrix(text)
    size = len(matrix) + 2 * QUIET
    path = "".join(
        f"M{column + QUIET} {row + QUIET}h{length}v1h-{length}z"
        for row, modules in enumerate(matrix)
        for column, length in _runs(modules)
    )
    name = f' role="img" aria-label="{escape(label)}"' if label else ' aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"{name}>'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def qr_matrix(text: str) -> Matrix:
    """Return the modules row by row, 1 for dark, without the quiet zone. Raises TooLong."""
    try:
        code = segno.make_qr(text, error="m", boost_error=False, encoding="utf-8")
    except DataOverflowError:
        code = None
    if code is None or int(code.version) > VERSION_MAX:
        raise TooLong(f"A text of {len(text)} characters is too long for a QR code that phones read.")
    return [[int(module) for module in row] for row in code.matrix]


def _runs(modules: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Return the dark stretches of a row as (first column, length)."""
    place = 0
    for module, stretch in groupby(modules):
        length = len(list(stretch))
        if module:
            yield place, length
        place += length
