"""EAN-13 as ISO/IEC 15420 draws it: 95 modules between guards, the first digit told by the parity of the left half."""

from __future__ import annotations

import re
from html import escape

from barcode import EAN13

_THIRTEEN = re.compile(r"[0-9]{13}")
QUIET_LEFT, QUIET_RIGHT = 11, 7  # modules of white that readers want
HEIGHT = 60


class MalformedNumber(ValueError):
    """These are not the thirteen digits of an EAN-13 with a right check digit."""


def ean13_check_digit(twelve: str) -> int:
    """Return the digit that completes twelve: weights 1 and 3 from the left, up to the next ten."""
    return -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve)) % 10


def is_ean13(text: str) -> bool:
    """Tell whether a text is thirteen digits of which the last checks the others."""
    return bool(_THIRTEEN.fullmatch(text)) and ean13_check_digit(text[:12]) == int(text[12])


def ean13_bars(number: str) -> str:
    """Return the 95 modules, "1" for a bar. Raises MalformedNumber."""
    if not is_ean13(number):
        raise MalformedNumber("An EAN-13 is thirteen digits, the last of which checks the others.")
    bars: str = EAN13(number).build()[0]
    return bars


def ean13_svg(number: str, *, label: str = "") -> str:
    """Return the code as SVG, one unit a module, quiet zones included. Raises MalformedNumber."""
    bars = ean13_bars(number)
    path = "".join(f"M{QUIET_LEFT + found.start()} 0h{len(found[0])}v{HEIGHT}h-{len(found[0])}z"
                   for found in re.finditer("1+", bars))  # fmt: skip
    width = QUIET_LEFT + len(bars) + QUIET_RIGHT
    name = f' role="img" aria-label="{escape(label)}"' if label else ' aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" shape-rendering="crispEdges"'
        f' preserveAspectRatio="none"{name}><path fill="#fff" d="M0 0h{width}v{HEIGHT}H0z"/><path d="{path}"/></svg>'
    )
