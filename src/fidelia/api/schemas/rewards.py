"""What the schemas of rewards share: texts in both languages, codes, money."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money

from .programme import TextOut
from .types import Input

CUSTOMER_ID = "019a5c1e-7f3a-7c55-9d6e-3f0c2b9a1d10"
CodeText = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Text150Required = Annotated[str, StringConstraints(min_length=1, max_length=150, pattern=r"\S")]


class TextIn(Input):
    """A text that members read, in both languages."""

    en: Text150Required
    fr: Text150Required

    def text(self) -> LocalizedText:
        return LocalizedText(en=self.en, fr=self.fr)


def text_out(text: LocalizedText) -> TextOut:
    return TextOut(en=text.en, fr=text.fr)


def money_text(minor: int | None, currency: str | None) -> str | None:
    """Return minor units as a decimal; None where there is no money."""
    return None if minor is None or currency is None else Money(minor, currency).text()
