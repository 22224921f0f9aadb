"""What the values of a chart are, and so how they are written: in full in tables, short on axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fidelia.ui import formats


@dataclass(frozen=True, slots=True)
class Unit:
    """`money` holds major units of a currency (12.5 is €12.50); `share` holds ratios (0.41 is 41 %)."""

    kind: Literal["number", "money", "share"] = "number"
    currency: str = ""
    decimals: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether values are counts, which have no parts."""
        return self.kind == "number" and self.decimals == 0

    def full(self, value: float, language: str, *, sign: bool = False) -> str:
        if self.kind == "money":
            return formats.money(value, self.currency, language, decimals=self.decimals, sign=sign)
        if self.kind == "share":
            return formats.share(value, language, decimals=self.decimals, sign=sign)
        return formats.number(value, language, decimals=self.decimals, sign=sign)

    def short(self, value: float, language: str, *, step: float = 1.0, most: float = 0.0) -> str:
        """Write a value of an axis whose steps are `step`: a share gets a decimal only where the steps need one. All
        values are written in thousands where the largest of the axis, `most`, is.
        """
        if self.kind == "money":
            return formats.compact_money(value, self.currency, language, beside=most)
        if self.kind == "share":
            return formats.share(value, language, decimals=0 if abs(step * 100 - round(step * 100)) < 1e-9 else 1)
        return formats.compact(value, language, beside=most)
