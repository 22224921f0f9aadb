"""What the cells of a column look like, whatever the column is called. Knows no Django."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fidelia.kernel.folding import fold

from .countries import country_names
from .dates import TIME
from .notes import count_sensitive
from .reading import Reading
from .rows import Row
from .states import says_of, word_of
from .tables import Table
from .targets import Column, Kind
from .values import (
    AGREED,
    FALSE,
    NOT_AGREED,
    TRUE,
    BadCell,
    is_moment,
    is_no_day,
    read_money,
    read_percent,
    read_quantity,
    says_nothing,
    split_currency,
)

EXAMPLES = 3
WORDS_MAX = 50  # different words of a column that may be a vocabulary
VOCABULARY_SHARE = 0.9
_FLAGS = TRUE | FALSE | AGREED | NOT_AGREED
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
# A number filled up with noughts is no telephone.
_PHONE = re.compile(r"(?:\+|00(?=[1-9])|\(?0(?=[ ./-]?[1-9]))[0-9()./ \u00a0-]{7,20}")

POINTED = re.compile(r"[0-9]+[.,]0")  # 17850.0
_ROUNDED = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]+")  # 3,01762E+12
YES_AND_NO = frozenset(("yes", "no", "oui", "non", "true", "false", "vrai", "faux"))


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares are of the cells that are not empty; `numbers` stand beside the rows of the sample."""

    name: str
    examples: tuple[str, ...]
    filled: float
    distinct: float
    values: int
    words: float
    shares: dict[str, float] = field(default_factory=dict)
    numbers: tuple[Decimal | None, ...] = ()
    currencies: tuple[str, ...] = ()
    sensitive: int = 0
    usual: str = ""
    usual_share: float = 0.0
    vocabulary: Mapping[str, int] = field(default_factory=dict)
    is_repeated: bool = False

    def share(self, kind: str) -> float:
        """Return how many of the cells are of a kind."""
        return self.shares.get(kind, 0.0)


def profile_columns(table: Table, rows: Sequence[Row]) -> list[Profile]:
    """Look at each column of a sample."""
    repeated = {name for name in table.columns if f"{name} (2)" in table.columns}
    return [
        _profile(name, [row[place] for row in rows], table.reading, is_repeated=name in repeated)
        for place, name in enumerate(table.columns)
    ]


def fits(profile: Profile, column: Column) -> float:
    """Return from 0 to 1 how well the cells of a column go with one; an empty column goes with any, a little."""
    if not profile.values:
        return 0.8
    if column.kind is Kind.CODE and column.personal and _are_names(profile):
        return 0.8
    if column.vocabulary:
        if column.understands is not None and column.understands(profile.name, profile.vocabulary):
            return 1.0
        known = sum(count for word, count in profile.vocabulary.items() if _is_word_of(word, column))
        return 1.0 if known >= VOCABULARY_SHARE * profile.values else 0.1
    return _FITS[column.kind](profile)


def _are_names(profile: Profile) -> bool:
    """Jean Dupont says who somebody is, and a number says it better."""
    return profile.words >= 1.5 and profile.share("digits") < 0.1


def _is_word_of(word: str, column: Column) -> bool:
    return says_of(word, column.vocabulary) if column.vocabulary_begins else word in column.vocabulary


def _profile(name: str, cells: Sequence[str], reading: Reading, *, is_repeated: bool = False) -> Profile:
    texts = [cell.strip() for cell in cells if cell.strip()]
    count = max(len(texts), 1)
    said = [text for text in texts if not says_nothing(text)]
    values = max(len(said), 1)
    numbers = tuple(_number(cell, reading) for cell in cells)
    if 0.4 * values > sum(number is not None for number in numbers):  # “2 pcs” are two
        numbers = tuple(_counted(cell, reading) for cell in cells)
    known = [number for number in numbers if number is not None]
    is_amount = len(known) >= 0.6 * values
    marks = [marks for text in texts[:500] if (marks := split_currency(text)[1])] if is_amount else []
    shares = {
        "number": len(known) / values,
        "decimal": sum(number != number.to_integral_value() for number in known) / values,
        "negative": sum(number < 0 for number in known) / values,
        "moment": sum(is_moment(text, reading) or is_no_day(text) for text in said) / values,
        "clock": sum(":" in text for text in said) / values,
        "hour": sum(TIME.fullmatch(text) is not None for text in said) / values,
        "email": sum(_EMAIL.fullmatch(text) is not None for text in texts) / count,
        "phone": sum(_is_phone(text) for text in texts) / count,
        "flag": sum((fold(text) or text) in _FLAGS for text in texts) / count,
        "country": sum(fold(text) in country_names() for text in texts) / count,
        "rounded": sum(_ROUNDED.fullmatch(text) is not None for text in texts) / count,
        "pointed": sum(POINTED.fullmatch(text) is not None for text in texts) / count,
        "percent": sum(text.endswith("%") for text in texts) / count,
        "ean": sum(map(_is_ean, texts)) / count,
        "digits": sum(any(map(str.isdigit, text)) for text in texts) / count,
    }
    different = set(texts)
    usual, copies = Counter(texts).most_common(1)[0] if texts else ("", 0)
    return Profile(
        name=name,
        examples=tuple(dict.fromkeys(text[:80] for text in texts))[:EXAMPLES],
        filled=len(texts) / max(len(cells), 1),
        distinct=len(different) / count,
        values=len(texts),
        words=sum(len(text.split()) for text in texts) / count,
        shares=shares,
        numbers=numbers,
        currencies=max(set(marks), key=marks.count) if 2 * len(marks) >= len(texts[:500]) > 0 else (),
        usual=usual,
        usual_share=copies / count,
        sensitive=count_sensitive(different) if any(" " in text for text in texts) else 0,
        vocabulary=Counter(map(word_of, texts)) if len(different) <= WORDS_MAX else {},
        is_repeated=is_repeated,
    )


def _number(text: str, reading: Reading) -> Decimal | None:
    if not text.strip():
        return None
    try:
        return read_percent(text, reading) if text.endswith("%") else read_money(text, reading)
    except BadCell:
        return None


def _counted(text: str, reading: Reading) -> Decimal | None:
    try:
        return read_quantity(text, reading) if text.strip() else None
    except BadCell:
        return None


def _is_phone(text: str) -> bool:
    """At least nine digits, as people dial them; 01/02/2015 is a day."""
    return _PHONE.fullmatch(text) is not None and sum(map(str.isdigit, text)) >= 9


def _is_ean(text: str) -> bool:
    """An article number of GS1: every second digit counts three times, and all together make whole tens."""
    if not (text.isascii() and text.isdigit() and len(text) in (8, 12, 13, 14)):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text))) % 10 == 0


def _of_number(profile: Profile) -> float:
    if profile.share("moment") > 0.9 and profile.share("decimal") == 0:  # 20250301 is a day
        return 0.2
    return 1.0 if profile.share("number") >= 0.6 else 0.1


def _of_code(profile: Profile) -> float:
    if profile.share("decimal") > 0.3 or profile.share("moment") > 0.8:
        return 0.2
    if profile.vocabulary and YES_AND_NO.issuperset(profile.vocabulary):  # refunded or not is no number of a receipt
        return 0.2
    if profile.words > 3:
        return 0.7
    return 1.0 if profile.share("digits") >= 0.1 else 0.95  # beside a column of codes, names are their description


def _of_text(profile: Profile) -> float:
    if profile.share("hour") > 0.8:
        return 1.0
    if profile.share("flag") > 0.9 and len(profile.vocabulary) in (1, 2):  # a company or not is no name of one
        return 0.5
    if max(profile.share("phone"), profile.share("email")) > 0.8:  # who writes these has no town in mind
        return 0.3
    return 0.5 if profile.share("number") > 0.9 or profile.share("moment") > 0.8 else 1.0


def _of_flag(profile: Profile) -> float:
    return 1.0 if profile.share("flag") >= 0.8 and profile.distinct * profile.values <= 6 else 0.2


def _at_least(kind: str, least: float, otherwise: float) -> Callable[[Profile], float]:
    return lambda profile: 1.0 if profile.share(kind) >= least else otherwise


_FITS: dict[Kind, Callable[[Profile], float]] = {
    Kind.TEXT: _of_text,
    Kind.CODE: _of_code,
    Kind.NUMBER: _of_number,
    Kind.MONEY: _of_number,
    Kind.POINTS: _of_number,
    Kind.PERCENT: lambda profile: 1.0,
    Kind.MOMENT: _at_least("moment", 0.6, 0.1),
    Kind.DAY: _at_least("moment", 0.6, 0.1),
    Kind.FLAG: _of_flag,
    Kind.EMAIL: _at_least("email", 0.5, 0.2),
    Kind.PHONE: _at_least("phone", 0.3, 0.6),
    Kind.COUNTRY: _at_least("country", 0.5, 0.3),
    Kind.LANGUAGE: lambda profile: 1.0 if profile.distinct * profile.values <= 20 else 0.3,
}
