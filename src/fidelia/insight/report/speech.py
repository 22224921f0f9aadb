"""The words and numbers of a report in one language, from the same catalogs as the pages; no Django."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from fidelia.insight.fits.sentences import Sentence
from fidelia.kernel.errors import FideliaError
from fidelia.ui import formats
from fidelia.ui.charts import Unit
from fidelia.ui.charts.words import say, say_count, translated

from .blocks import Definition

SMALL: Final = 100  # below it cents say something


def in_language(message: str, language: str) -> str:
    """Return a refusal's own sentence in the language; a message that is no `Sentence` stays as it is."""
    return message.told(lambda text: translated(language, text)) if isinstance(message, Sentence) else message


@dataclass(frozen=True, slots=True)
class Speech:
    """How a report of one file speaks: its language, and the currency of its amounts (`scale` minor units in one)."""

    language: str
    currency: str
    scale: int

    def text(self, message: str, **values: Any) -> str:
        """Return the message in the language, with its {named} values put in."""
        return say(self.language, message, **values)

    def ngettext(self, one: str, many: str, n: int, **values: Any) -> str:
        """Return the form for `n` of a message in the language; its {n} is the number as it is written there."""
        return say_count(self.language, one, many, n, n_written=self.number(n), **values)

    def untold(self, template: str) -> str:
        """Return a template in the language, its {names} still in it."""
        return translated(self.language, template)

    def refusal(self, refused: FideliaError) -> str:
        """Return the reason of a refusal in the language: the model's own sentence, or by its code."""
        _ = self.text
        if isinstance(refused.message, Sentence):
            return in_language(refused.message, self.language)
        by_code = {
            "too_little_to_fit": _("Too little data for this: a longer period or more customers are needed."),
            "no_convergence": _("The model does not settle on this history: its assumptions do not hold here."),
            "impossible_numbers": _("Some numbers of the history make no sense here: see the rows left out."),
        }
        return refused.message if self.language.startswith("en") else by_code.get(refused.code, refused.message)

    def number(self, value: float, decimals: int = 0) -> str:
        return formats.number(value, self.language, decimals=decimals)

    def money(self, minor: float, *, exact: bool = False) -> str:
        """Write minor units: to the cent when exact, in whole units where cents say nothing."""
        amount = minor / self.scale
        if exact or 0 < abs(amount) < SMALL:
            decimals = len(str(self.scale)) - 1
            return formats.money(round(amount, decimals), self.currency, self.language, decimals=decimals)
        if not amount:
            return formats.money(0, self.currency, self.language, decimals=0)
        return formats.figure_money(round(amount, 2), self.currency, self.language)

    def whole_money(self, minor: float) -> str:
        """Write an amount that is whole units of the currency, without decimals: a threshold, not a sum."""
        return formats.money(round(minor / self.scale), self.currency, self.language, decimals=0)

    def share(self, ratio: float, decimals: int = 1) -> str:
        return formats.share(ratio, self.language, decimals=decimals)

    def day(self, moment: date | datetime) -> str:
        return formats.plain_date(moment, self.language)

    def month(self, day: date) -> str:
        return f"{formats.short_month(day, self.language)} {day.year}"

    @property
    def unit(self) -> Unit:
        """Of charts that hold amounts: major units of the currency."""
        return Unit("money", self.currency)

    def major(self, minor: float) -> float:
        return minor / self.scale

    def definition(self, title: str, measure: Callable[..., Any]) -> Definition:
        """Return how a measure is counted: the first paragraph of its docstring, translated like any text."""
        documented = inspect.getdoc(measure) or ""
        first = " ".join(documented.split("\n\n")[0].split())
        return Definition(title, self.text(first.replace("{", "{{").replace("}", "}}")))
