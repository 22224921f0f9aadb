"""What an undoing has taken back, set beside what was recorded: nothing is left, or the page says how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fidelia.intake.models import Import, ImportState
from fidelia.programme.models import PointsCurrency

from ..speech import Speech
from .breakdowns import further_of, sums_of
from .totals import units_of
from .words import undone_words

# What answers to what: the name of a total, what of it was taken back, and its unit.
ANSWERING = (
    ("recorded_rows", "taken_back_rows", "count"),
    ("net", "taken_back_net", "money"),
    ("points", "reversed_points", "points"),
    ("posted_points", "reversed_points", "points"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A total of the recording, what of it was taken back, and what is left; 0 agrees."""

    label: str
    recorded: str
    taken_back: str
    left: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back so far; it is `whole` once the import is undone."""

    whole: bool
    answers: tuple[Answer, ...]
    words: list[tuple[str, str]]


def _of_currency(found: Import, currency: PointsCurrency, speech: Speech) -> Answer:
    """Return what was posted in a further points currency, and reversed."""
    recorded = int(sums_of(found.totals, currency.code).get("posted_points", 0))
    back = int(found.totals["undone"].get("reversed_by_currency", {}).get(currency.code, 0))
    told, taken, left = [speech.points(value, currency.scale) for value in (recorded, back, recorded - back)]
    return Answer(currency.name.in_language(speech.language), told, taken, left, recorded == back)


def undone_of(found: Import, speech: Speech) -> Undone | None:
    """Return what was taken back; None where nothing was."""
    counts: Mapping[str, Any] = found.totals.get("undone") or {}
    if not counts:
        return None
    units = units_of(found)
    labels = {"recorded_rows": _("Rows"), "net": _("Amount")}
    labels |= dict.fromkeys(("points", "posted_points"), _("Points"))
    answers = [
        Answer(
            labels[name],
            units.show(unit, found.totals[name], speech),
            units.show(unit, counts[back], speech),
            units.show(unit, found.totals[name] - counts[back], speech),
            found.totals[name] == counts[back],
        )
        for name, back, unit in ANSWERING
        if name in found.totals and back in counts
    ]
    answers += [_of_currency(found, one, speech) for one in further_of(found)]
    told = {back for name, back, _unit in ANSWERING if answers and name in found.totals}
    rest = {name: count for name, count in counts.items() if name not in told}
    words = undone_words(rest, speech, lambda unit, count: units.show(unit, count, speech))
    return Undone(found.state == ImportState.UNDONE, tuple(answers), words)
