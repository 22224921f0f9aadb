"""How a file writes its numbers and its days: decided over all its columns. Knows no Django."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from .dates import COMPACT, COUNT, EPOCH, EPOCH_MS, ISO, LOCAL, NAMED, NAMED_FIRST, SERIAL
from .likeness import all_words_of
from .moments import tidy_moment
from .reading import DateOrder
from .values import split_currency

SHARE_OF_A_KIND = 0.7  # of the cells of a column that are not empty
_SPACES = " \u00a0\u202f\u2009"
_NUMERIC = re.compile(rf"[-+−(]?\s*[0-9]*(?:[.,'’{_SPACES}][0-9]+)*(?:[eE][-+]?[0-9]+)?\s*[-−)%]?")
_NAMES_OF_DAYS = frozenset(
    (
        "date",
        "datetime",
        "jour",
        "day",
        "time",
        "timestamp",
        "created",
        "at",
        "on",
        "horodatage",
        "datum",
        "fecha",
        "data",
    )
)
# What counts may be: days from 1974 to 2064, seconds and thousandths from 1995 to 2096.
_COUNTS = {SERIAL: (27_000, 60_000), EPOCH: (788_918_400, 4_000_000_000), EPOCH_MS: (788_918_400_000, 4e12)}
HOURS_LEAST = 10
_POINTED_HOUR = re.compile(r"(?:[01][0-9]|2[0-3])[.,][0-5][0-9]")
_WHOLE = re.compile(r"-?[0-9]+\.0")
_MARKED = re.compile(rf"[.,'’{_SPACES}]")


@dataclass(frozen=True, slots=True)
class NumberNotation:
    """`examples` are cells that could be read in two ways, or that contradict the rest."""

    decimal: str
    thousands: str
    is_sure: bool
    examples: tuple[str, ...] = ()
    has_evidence: bool = False


@dataclass(frozen=True, slots=True)
class DateNotation:
    """`order` is None where no column holds days; `conflicts` are days that fit the other order only."""

    order: DateOrder | None
    is_sure: bool
    is_ambiguous: bool = False
    conflicts: tuple[str, ...] = ()
    day_first: int = 0
    month_first: int = 0


@dataclass(slots=True)
class _Votes:
    decimal: Counter[str] = field(default_factory=Counter)
    thousands: Counter[str] = field(default_factory=Counter)
    unclear: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, votes: Counter[str], kind: str, sign: str, cell: str) -> None:
        votes[sign] += 1
        kept = self.examples.setdefault(f"{kind}{sign}", [])
        if len(kept) < 3 and cell not in kept:
            kept.append(cell)


def guess_numbers(columns: Iterable[Sequence[str]], *, decimal_otherwise: str = ".") -> NumberNotation:
    """Say which sign is before decimals and which between thousands, from cells that can be read in one way only."""
    votes = _Votes()
    whole: list[list[str]] = []
    for cells in columns:
        texts = [split_currency(cell)[0].strip() for cell in cells if cell.strip()]
        numeric = [text for text in texts if any(map(str.isdigit, text)) and _NUMERIC.fullmatch(text)]
        if numeric and all(_WHOLE.fullmatch(text) for text in numeric):  # 2.0 is what programs make of 2, whatever else
            whole.append(numeric)
            continue
        if len(numeric) >= SHARE_OF_A_KIND * len(texts) and not _are_days(texts) and not _are_hours(texts):
            for text in numeric:
                _vote(votes, text.strip("-+−()% \u00a0\u202f"))
    if whole and not votes.decimal and not votes.thousands:
        for text in (text for numeric in whole for text in numeric):
            _vote(votes, text.strip("-+−()% \u00a0\u202f"))
    return _decide(votes, decimal_otherwise)


def _are_days(texts: Sequence[str]) -> bool:
    return sum(LOCAL.fullmatch(text) is not None or ISO.fullmatch(text) is not None for text in texts) * 2 > len(texts)


def _are_hours(texts: Sequence[str]) -> bool:
    """09.05 is five past nine where all cells are so; of amounts some are below ten, or have more cents than 59."""
    return len(texts) >= HOURS_LEAST and all(_POINTED_HOUR.fullmatch(text) for text in texts)


def _vote(votes: _Votes, text: str) -> None:
    signs = _MARKED.findall(text)
    if not signs:
        return
    last = "'" if signs[-1] == "’" else " " if signs[-1] in _SPACES else signs[-1]
    kinds = {"'" if sign == "’" else " " if sign in _SPACES else sign for sign in signs}
    after = len(re.split(_MARKED, text)[-1])
    if len(kinds) == 2 and last in ".,":
        votes.add(votes.decimal, "d", last, text)
        votes.add(votes.thousands, "t", next(iter(kinds - {last})), text)
    elif len(kinds) == 1 and len(signs) > 1:
        if all(len(part) == 3 for part in re.split(_MARKED, text)[1:]):
            votes.add(votes.thousands, "t", last, text)
    elif len(kinds) == 1 and last in " '":
        if after == 3:
            votes.add(votes.thousands, "t", last, text)
    elif len(kinds) == 1:
        whole = re.split(_MARKED, text)[0]
        is_clear = after != 3 or len(whole) > 3 or whole.lstrip("0") == ""
        votes.add(votes.decimal if is_clear else votes.unclear, "d" if is_clear else "u", last, text)


def _decide(votes: _Votes, otherwise: str) -> NumberNotation:
    commas = votes.decimal[","] + votes.thousands["."]
    points = votes.decimal["."] + votes.thousands[","]
    if not commas and not points:
        return _decide_unclear(votes, otherwise)
    decimal, other = (",", ".") if commas > points else (".", ",")
    thousands = [sign for sign in (other, " ", "'") if votes.thousands[sign]]
    # "1.234" beside "5,50": once the comma is before decimals, the point can only stand between thousands.
    if not thousands and votes.unclear[other]:
        thousands = [other]
    best = max(thousands, key=lambda sign: votes.thousands[sign], default="")
    against = [*votes.examples.get(f"d{other}", ()), *votes.examples.get(f"t{decimal}", ())]
    return NumberNotation(decimal, best, not against, tuple(against[:3]), True)


def _decide_unclear(votes: _Votes, otherwise: str) -> NumberNotation:
    blank = max((sign for sign in " '" if votes.thousands[sign]), key=lambda sign: votes.thousands[sign], default="")
    unclear = [*votes.examples.get("u,", ()), *votes.examples.get("u.", ())]
    if not unclear:
        return NumberNotation(otherwise, blank, True)
    # Three digits behind a point: weights write them so, and so do tills that have only whole amounts.
    sign = "," if votes.unclear[","] > votes.unclear["."] else "."
    if sign == otherwise:
        return NumberNotation(otherwise, blank, False, tuple(unclear[:3]))
    return NumberNotation(otherwise, sign, False, tuple(unclear[:3]))


def guess_dates(columns: Iterable[Sequence[str]], *, day_first_otherwise: bool = True) -> DateNotation:
    """Say whether the day or the month comes first, over all columns of days; the year first where all are ISO."""
    pairs: list[list[tuple[int, int, int, str]]] = []
    has_iso = False
    for cells in columns:
        texts = [tidy_moment(cell.strip()) for cell in cells if cell.strip()]
        local = [(found, text) for text in texts if (found := LOCAL.fullmatch(text)) is not None]
        iso = sum(_is_iso(text) for text in texts)
        has_iso = has_iso or (bool(texts) and iso >= SHARE_OF_A_KIND * len(texts))
        if texts and local and len(local) + iso >= SHARE_OF_A_KIND * len(texts):
            pairs.append([(int(one["first"]), int(one["other"]), int(one["year"]), text) for one, text in local])
    if not pairs:
        return DateNotation(DateOrder.YEAR_FIRST if has_iso else None, True)
    return _order_of(pairs, day_first_otherwise=day_first_otherwise)


def guess_form(columns: Iterable[Sequence[str]]) -> str | None:
    """Return the form of days of eight digits that are not year first, such as 31122024.

    None where there are none, or where other columns have days in another form: a file is read by one.
    """
    all_texts = [[cell.strip() for cell in cells if cell.strip()] for cells in columns]
    if any(sum(ISO.fullmatch(text) is not None for text in texts) * 2 > len(texts) for texts in all_texts):
        return None
    for texts in all_texts:
        eight = [text for text in texts if len(text) == 8 and text.isascii() and text.isdigit()]
        if len(eight) < max(5, SHARE_OF_A_KIND * len(texts)) or _share_of_days(eight, "%Y%m%d") > 0.5:
            continue
        best = max(("%d%m%Y", "%m%d%Y"), key=lambda form: _share_of_days(eight, form))
        if _share_of_days(eight, best) > 0.95:
            return best
    return None


def guess_count(names: Sequence[str], columns: Sequence[Sequence[str]]) -> str | None:
    """Return the form of days that are counts, under a name that speaks of days; None where there are none.

    A spreadsheet that forgot how a day looks writes 45292.5; a web shop writes seconds since 1970.
    """
    for name, cells in zip(names, columns, strict=False):
        if not cells or _NAMES_OF_DAYS.isdisjoint(all_words_of(name)):
            continue
        counts = [float(cell.replace(",", ".")) for cell in cells if COUNT.fullmatch(cell.strip())]
        if len(counts) < SHARE_OF_A_KIND * len(cells):
            continue
        for form, (least, most) in _COUNTS.items():
            if sum(least <= count <= most for count in counts) >= SHARE_OF_A_KIND * len(cells):
                return form
    return None


def _share_of_days(texts: Sequence[str], form: str) -> float:
    return sum(_is_day(text, form) for text in texts) / len(texts)


def _is_day(text: str, form: str) -> bool:
    try:
        return 1900 <= datetime.strptime(text, form).year < 2100  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return False


def _is_iso(text: str) -> bool:
    return any(form.fullmatch(text) for form in (ISO, NAMED, NAMED_FIRST)) or _is_compact(text)


def _is_compact(text: str) -> bool:
    """30176011 is written as a day could be, and is the code of a product."""
    return COMPACT.fullmatch(text) is not None and _is_day(text[:8], "%Y%m%d")


def _order_of(pairs: list[list[tuple[int, int, int, str]]], *, day_first_otherwise: bool) -> DateNotation:
    days = [(first, other, text) for column in pairs for first, other, _year, text in column]
    day_first = [text for first, other, text in days if first > 12 >= other]
    month_first = [text for first, other, text in days if other > 12 >= first]
    if day_first or month_first:
        is_day = len(day_first) >= len(month_first)
        against = month_first if is_day else day_first
        return DateNotation(
            DateOrder.DAY_FIRST if is_day else DateOrder.MONTH_FIRST,
            not against,
            False,
            tuple(dict.fromkeys(against))[:3],
            len(day_first),
            len(month_first),
        )
    by_sequence = _order_by_sequence(pairs)
    order = by_sequence or (DateOrder.DAY_FIRST if day_first_otherwise else DateOrder.MONTH_FIRST)
    return DateNotation(order, False, True)


def _order_by_sequence(pairs: list[list[tuple[int, int, int, str]]]) -> DateOrder | None:
    """Files are mostly written in the order of time: the order under which days go back less often is the likelier."""
    back = dict.fromkeys((DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST), 0)
    for column in pairs:
        for before, after in pairwise(column):
            back[DateOrder.DAY_FIRST] += (after[2], after[1], after[0]) < (before[2], before[1], before[0])
            back[DateOrder.MONTH_FIRST] += (after[2], after[0], after[1]) < (before[2], before[0], before[1])
    day, month = back[DateOrder.DAY_FIRST], back[DateOrder.MONTH_FIRST]
    if abs(day - month) < 3 or min(day, month) * 4 > max(day, month):
        return None
    return DateOrder.DAY_FIRST if day < month else DateOrder.MONTH_FIRST
