"""What the points of a programme are called."""

from __future__ import annotations

from dataclasses import dataclass

from fidelia.kernel.localized import LocalizedText

from .writing import say_number


@dataclass(frozen=True, slots=True)
class PointsName:
    """What the points are called: "mile", "miles". French counts from 2 in the plural, English all but 1."""

    one: LocalizedText
    many: LocalizedText

    def say(self, amount: int, scale: int, language: str) -> str:
        """Write an amount with its name: "1 point", "1,200.5 points"."""
        unit = 10**scale
        is_one = abs(amount) < 2 * unit if language == "fr" else abs(amount) == unit
        name = (self.one if is_one else self.many).in_language(language)
        return f"{say_number(amount, scale, language)}\u00a0{name}"


POINTS = PointsName(LocalizedText(en="point", fr="point"), LocalizedText(en="points", fr="points"))
