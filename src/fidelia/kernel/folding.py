"""Folding: text as people search and sort it, without accents or case.

Done in Python because PostgreSQL folds accents only by an extension (`unaccent`), and Fidelia needs none.
"""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart into a letter and an accent.
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_NOT_A_WORD = re.compile(r"[^\w]+|_+")


def fold(text: str) -> str:
    """Return the words of a text in lower case without accents, one space apart: "L’Œuf-d’Or" → "l oeuf d or"."""
    plain = text.casefold()
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain.translate(_LIGATURES))
        plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _NOT_A_WORD.sub(" ", plain).strip()
