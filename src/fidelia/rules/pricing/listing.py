"""What lines cost before any rule where the goods together are rounded once, and not each line."""

from __future__ import annotations

from collections.abc import Sequence

from ..rounding import ROUNDINGS
from .basket import Line


def list_together(lines: Sequence[Line], exponent: int, unit: int, rounding: str) -> list[int]:
    """Return price × quantity of each line in minor units: they sum to what all of them come to, rounded once.

    exponent  decimals of the currency;  unit  one piece in the scale of quantities
    """
    scales = [exponent if line.price_scale is None else line.price_scale for line in lines]
    fine = max([exponent, *scales])
    exact = [line.unit_price * line.quantity * 10 ** (fine - scale) for line, scale in zip(lines, scales, strict=True)]
    one = unit * 10 ** (fine - exponent)
    listed = [amount // one for amount in exact]
    over = ROUNDINGS[rounding](sum(exact), one) - sum(listed)
    for place in sorted(range(len(exact)), key=lambda place: (-(exact[place] % one), place))[:over]:
        listed[place] += 1
    return listed
