"""Text that a member can read, in every language of the product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import Invalid

LANGUAGES = ("en", "fr")


class MissingLanguage(Invalid):
    """A text for members lacks one of the languages."""

    default_code = "missing_language"


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """The same sentence in English and French; neither is ever empty."""

    en: str
    fr: str

    @classmethod
    def from_mapping(cls, value: Any, *, pointer: str | None = None) -> LocalizedText:
        """Read {"en": …, "fr": …}. Raises MissingLanguage."""
        if not isinstance(value, dict) or set(value) != set(LANGUAGES):
            raise MissingLanguage("Give this text in both languages: en and fr.", pointer=pointer)
        if not all(isinstance(value[language], str) and value[language].strip() for language in LANGUAGES):
            raise MissingLanguage("Neither language of this text may be empty.", pointer=pointer)
        return cls(en=value["en"], fr=value["fr"])

    def in_language(self, language: str) -> str:
        """Return the text for "fr", "fr-CA", "en"…; English for a language the product does not speak."""
        return self.fr if language.startswith("fr") else self.en

    def as_mapping(self) -> dict[str, str]:
        return {"en": self.en, "fr": self.fr}
