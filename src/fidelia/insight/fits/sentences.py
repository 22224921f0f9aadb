"""Sentences that are told to people: English by themselves, and in another language by whoever has the catalog.

A `Sentence` is a text like any other, which also keeps its template and the values in it. A face or a report says
`sentence.told(gettext)`; here nothing knows which language that is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self


class Sentence(str):
    """A text made of a template with {names} and their values."""

    __slots__ = ("template", "values")

    template: str
    values: dict[str, str]

    def __new__(cls, template: str, **values: str) -> Self:
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def told(self, translate: Callable[[str], str]) -> str:
        """Return the sentence by the translation of its template, and of the `name` in it (a column's: “frequency”)."""
        values = {key: translate(value) if key == "name" else value for key, value in self.values.items()}
        return translate(self.template).format(**values)


def gettext_noop(text: str) -> str:
    """Mark a template for the catalogs."""
    return text
