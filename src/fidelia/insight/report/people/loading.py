"""Load a file of people: its columns as texts, which is what, and who had to be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fidelia.insight.errors import NothingToReport
from fidelia.insight.fits.sentences import Sentence
from fidelia.insight.fits.sentences import gettext_noop as _
from fidelia.insight.report.facts import Refusal
from fidelia.insight.report.speech import Speech
from fidelia.intake.rows import BadRow
from fidelia.intake.tables import Table

from .recognising import Roles, is_id, is_satisfaction, is_yes_or_no, numbers_in, recognise, yes_in
from .table import PeopleFile, Response, Treatment

PEOPLE_MAX: Final = 2_000_000
VALUES_MAX: Final = 50  # a text with more values than this names things, and teaches a model nothing
NUMBERS_SHARE: Final = 0.95


def open_people(
    path: Path,
    *,
    language: str,
    currency: str = "",
    treatment: str = "",
    control: str = "",
    responses: Sequence[str] = (),
) -> PeopleFile:
    """Read a file of one row per person; the columns not told are recognised.

    Raises UnreadableFile, NothingToReport when the file tells neither a group nor what people did.
    """
    table = Table(path)
    rows, unreadable = _rows_of(table)
    texts = {name: [row[place].strip() for row in rows] for place, name in enumerate(table.columns)}
    roles = recognise(texts, treatment=treatment, control=control, responses=responses)
    if not roles.treatment and not roles.responses:
        told = _("The file tells neither who was treated nor what people did: say which column it is.")
        raise NothingToReport(Sentence(told))
    found = _people_of(texts, roles, unreadable, Speech(language, "EUR", 100))
    return replace(found, name=path.name.split(".")[0], currency=currency)


def _rows_of(table: Table) -> tuple[list[list[str]], list[int]]:
    width = len(table.columns)
    rows, unreadable = [], []
    for number, row in enumerate(islice(table.rows(), PEOPLE_MAX), 1):
        if isinstance(row, BadRow) or len(row) > width:
            unreadable.append(number)
            rows.append([""] * width)
        else:
            rows.append([*row, *[""] * (width - len(row))])
    return rows, unreadable


def _people_of(texts: dict[str, list[str]], roles: Roles, unreadable: list[int], speech: Speech) -> PeopleFile:
    rows = len(next(iter(texts.values()), []))
    bad = dict.fromkeys((number - 1 for number in unreadable), speech.text(_("the row cannot be read")))
    _refuse_groups(texts, roles, bad, speech)
    values = {name: _values_of(texts[name]) for name in roles.responses}
    for name, found in values.items():
        reason = speech.text(_("no value in the column “{column}”"), column=name)
        for place in np.flatnonzero(np.isnan(found)).tolist():
            bad.setdefault(place, reason)
    _refuse_twice(texts, roles, bad, speech)
    kept = np.array([place for place in range(rows) if place not in bad], dtype=np.int64)
    if not len(kept):
        told = _("No row of the file could be read as a person: see what its columns are taken for.")
        raise NothingToReport(Sentence(told))
    known, ignored = _known(texts, roles, kept, speech)
    return PeopleFile(
        name="", currency="", rows=rows, people=len(kept),
        treatment=_treatment(texts, roles, kept),
        responses=tuple(
            Response(name, "share" if is_yes_or_no(texts[name]) else "amount", found[kept])
            for name, found in values.items()
        ),
        known=known, ignored=ignored, refusals=_counted(bad), ids=_ids(texts, ignored, kept),
        satisfaction=next((name for name in known if is_satisfaction(name, texts[name])), ""),
    )  # fmt: skip


def _values_of(texts: Sequence[str]) -> NDArray[np.float64]:
    return yes_in(texts) if is_yes_or_no(texts) else numbers_in(texts)


def _refuse_groups(texts: dict[str, list[str]], roles: Roles, bad: dict[int, str], speech: Speech) -> None:
    if roles.treatment:
        reason = speech.text(_("no group in the column “{column}”"), column=roles.treatment)
        for place, text in enumerate(texts[roles.treatment]):
            if not text:
                bad.setdefault(place, reason)


def _refuse_twice(texts: dict[str, list[str]], roles: Roles, bad: dict[int, str], speech: Speech) -> None:
    """A person on two rows would count twice: the first row counts, where a column is nearly an id."""
    for name, values in texts.items():
        filled = [text for text in values if text]
        nearly = len(filled) > 1 and 0.9 * len(filled) <= len(set(filled)) < len(filled)
        if name in (roles.treatment, *roles.responses) or not nearly or not is_id(name, sorted(set(filled))):
            continue
        reason = speech.text(_("the same “{column}” stands on an earlier row"), column=name)
        seen: set[str] = set()
        for place, text in enumerate(values):
            if text in seen:
                bad.setdefault(place, reason)
            elif text:
                seen.add(text)


def _treatment(texts: dict[str, list[str]], roles: Roles, kept: NDArray[np.int64]) -> Treatment | None:
    if not roles.treatment:
        return None
    groups = np.array(texts[roles.treatment], dtype=object)[kept]
    arms = [name for name, _people in Counter(groups.tolist()).most_common() if name != roles.control]
    if not arms or not (groups == roles.control).any():
        told = _("Everybody is in the same group of “{column}”: there is nobody to compare with.")
        raise NothingToReport(Sentence(told, column=roles.treatment))
    return Treatment(roles.treatment, roles.control, tuple(sorted(arms)), groups)


def _known(
    texts: dict[str, list[str]], roles: Roles, kept: NDArray[np.int64], speech: Speech
) -> tuple[dict[str, NDArray[Any]], tuple[tuple[str, str], ...]]:
    known, ignored = {}, []
    for name, values in texts.items():
        if name in (roles.treatment, *roles.responses):
            continue
        column = [values[place] for place in kept.tolist()]
        reason = _useless(name, column, speech)
        if reason:
            ignored.append((name, reason))
        else:
            known[name] = _column(column)
    return known, tuple(ignored)


def _ids(
    texts: dict[str, list[str]], ignored: tuple[tuple[str, str], ...], kept: NDArray[np.int64]
) -> NDArray[Any] | None:
    for name, _reason in ignored:
        column = [texts[name][place] for place in kept.tolist()]
        if is_id(name, column):
            return np.array(column, dtype=object)
    return None


def _useless(name: str, column: list[str], speech: Speech) -> str:
    distinct = set(column)
    if len(distinct) < 2:
        return speech.text(_("the same for everybody"))
    if is_id(name, column):
        return speech.text(_("another for everybody: a name or a number"))
    if not _mostly_numbers(column) and len(distinct) > max(VALUES_MAX, 0):
        return speech.text(_("too many different texts to learn from"))
    return ""


def _mostly_numbers(column: list[str]) -> bool:
    filled = [text for text in column if text]
    return bool(filled) and float(np.isfinite(numbers_in(filled)).mean()) >= NUMBERS_SHARE


def _column(column: list[str]) -> NDArray[Any]:
    return numbers_in(column) if _mostly_numbers(column) else np.array(column, dtype=object)


def _counted(bad: dict[int, str]) -> tuple[Refusal, ...]:
    first: dict[str, int] = {}
    for place in sorted(bad):
        first.setdefault(bad[place], place + 1)
    return tuple(Refusal(reason, count, first[reason]) for reason, count in Counter(bad.values()).most_common())
