"""Names of countries, as files write them. Knows no Django."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from fidelia.kernel.folding import fold

NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"})  # territories of CLDR that nobody lives in
LANGUAGES = (
    "en",
    "fr",
    "de",
    "es",
    "it",
    "nl",
    "pt",
    "pl",
    "sv",
    "da",
    "cs",
    "tr",
    "ru",
    "ja",
    "zh",
)  # where two disagree, the first counts
OTHER_NAMES = {
    "eire": "IE", "rsa": "ZA", "usa": "US", "u s a": "US", "united states of america": "US",
    "etats unis d amerique": "US",
    "uk": "GB", "u k": "GB", "great britain": "GB", "grande bretagne": "GB", "england": "GB", "angleterre": "GB",
    "scotland": "GB", "wales": "GB", "hong kong": "HK", "czech republic": "CZ", "republique tcheque": "CZ",
    "holland": "NL", "hollande": "NL", "the netherlands": "NL", "fra": "FR", "france metropolitaine": "FR", "deu": "DE",
    "bel": "BE", "che": "CH", "esp": "ES", "ita": "IT", "gbr": "GB", "lux": "LU", "nld": "NL", "prt": "PT", "can": "CA",
}  # fmt: skip


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """Return the ISO 3166 code of each name, folded: two-letter codes, its names in LANGUAGES, and others."""
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES:
                names.setdefault(fold(code), code)
                names.setdefault(fold(name), code)
    return OTHER_NAMES | names
