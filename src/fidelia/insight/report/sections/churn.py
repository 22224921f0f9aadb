"""Churn: who is leaving, by the model and by each one's own rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from fidelia.insight.fits import Silence, find_silence
from fidelia.insight.report.blocks import (
    Block,
    Definition,
    Drawing,
    Grid,
    Missing,
    Number,
    Numbers,
    Section,
    Words,
    mark,
    who_lie,
)
from fidelia.insight.report.buying import Future, future_of, silence_of
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError
from fidelia.ui.charts import Series, Unit, stacked_bars

SHOWN: Final = 12
NOBODY: Final = 0.01  # share of customers who have left, below which there is none to show


def churn(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    silence = silence_of(facts)
    silent = (silence.silence > silence.limit) & silence.own_rhythm
    finding = silent_in_words(int(silent.sum()), speech)
    try:
        future = future_of(facts)
    except FideliaError as refused:  # rhythms need no model
        return Section("churn", title, finding, _by_rhythm(silence, silent, refused, speech), [_rhythm(speech)])
    worth = dict(zip(future.counted.customers.tolist(), future.worth.tolist(), strict=True))
    at_stake = sum(worth.get(name, 0.0) for name in silence.customers[silent].tolist())
    numbers = [
        Number(_("Probably still active"), speech.number(float(future.alive.sum())), _(
            "of {n} customers", n=speech.number(len(future.alive)))),
        Number(_("Silent beyond their rhythm"), speech.number(int(silent.sum())), _(
            "of {n} with a rhythm of their own", n=speech.number(int(silence.own_rhythm.sum()))), _silent(silent)),
        Number(_("Value still expected of them"), speech.money(at_stake)),
    ]  # fmt: skip
    nobody_left = _nobody_left(future, speech)
    blocks: list[Block] = [
        Numbers(numbers[1:] if nobody_left else numbers),
        *(nobody_left or _activity(future, speech)),
        *([_whom_to_call(silence, silent, worth, speech)] if silent.any() else []),
        Words(
            _("Somebody who bought once cannot be judged by a rhythm: for them only the model of all customers speaks.")
        ),
    ]
    return Section("churn", title, finding, blocks, [_active(future, speech), _rhythm(speech)])


def silent_in_words(n: int, speech: Speech) -> str:
    """Say how many regular customers are silent beyond their rhythm."""
    if not n:
        return speech.text("No customer with a rhythm of their own has been silent for longer than it explains.")
    return speech.ngettext(
        "{n} customer with a rhythm of their own has been silent for longer than it explains.",
        "{n} customers with a rhythm of their own have been silent for longer than it explains.",
        n,
    )


def _silent(silent: Any) -> str:
    return mark("silent") if silent.any() else ""


def _by_rhythm(silence: Silence, silent: Any, refused: FideliaError, speech: Speech) -> list[Block]:
    _ = speech.text
    numbers = [
        Number(_("Silent beyond their rhythm"), speech.number(int(silent.sum())), _(
            "of {n} with a rhythm of their own", n=speech.number(int(silence.own_rhythm.sum()))), _silent(silent)),
    ]  # fmt: skip
    blocks: list[Block] = [Numbers(numbers)]
    if silent.any():
        blocks.append(_whom_to_call(silence, silent, {}, speech))
    return [*blocks, Missing(speech.refusal(refused))]


def _activity(future: Future, speech: Speech) -> list[Block]:
    drawing = _histogram(future.alive, future.counted.frequency, speech)
    tenths = [who_lie("probability_active", low, low + 10 + (low == 90)) for low in range(0, 100, 10)]
    marks = [_marks(low, row) for low, row in zip(range(0, 100, 10), drawing.rows, strict=True)]
    return [Drawing(speech.text("How many are probably active?"), drawing, people=tenths, marks=marks)]


def _marks(low: int, row: Sequence[str]) -> list[str]:
    again, once = (
        mark("active", low, name) if shown != "0" else ""
        for name, shown in zip(("again", "once"), row[1:], strict=True)
    )
    return [mark("active", low) if again or once else "", again, once]


def tenths_of(alive: Any) -> Any:
    """Return in which tenth of the probability each lies (0, 10, … 90), of whole per cent, as the trait says it."""
    return np.minimum(np.rint(100 * alive).astype(np.int64) // 10 * 10, 90)


def _nobody_left(future: Future, speech: Speech) -> list[Block]:
    """A chart of a hundred per cent would say nothing: the model's own words do."""
    if float(future.alive.mean()) <= 1 - NOBODY:
        return []
    return [Words(speech.text(told.template, **told.values), "warn") for told in future.buying.messages]


def _histogram(alive: Any, frequency: Any, speech: Speech) -> Any:
    _ = speech.text
    edges = np.linspace(0.0, 1.0, 11)
    tenths = tenths_of(alive) // 10
    once, again = (np.bincount(tenths[who], minlength=10) for who in (frequency == 0, frequency > 0))
    unit = Unit("share")
    labels = [
        f"{round(100 * low)}–{unit.full(high, speech.language)}"
        for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]
    return stacked_bars(
        labels,
        [
            Series(_("Bought again"), [float(count) for count in again]),
            Series(_("Bought once"), [float(count) for count in once], "context"),
        ],
        unit=Unit(),
        language=speech.language,
        heading=_("Probability active"),
    )


def _whom_to_call(silence: Silence, silent: Any, worth: dict[str, float], speech: Speech) -> Grid:
    _ = speech.text
    places = sorted(np.flatnonzero(silent).tolist(), key=lambda at: -worth.get(str(silence.customers[at]), 0.0))
    rows = [
        [
            str(silence.customers[at]), speech.number(float(silence.usual[at])),
            speech.number(float(silence.silence[at])), speech.number(int(silence.intervals[at]) + 1),
            *([speech.money(worth.get(str(silence.customers[at]), 0.0), exact=True)] if worth else []),
        ]
        for at in places[:SHOWN]
    ]  # fmt: skip
    columns = [_("Customer"), _("Usual days between"), _("Days since"), _("Buying days")]
    if worth:
        columns.append(_("Value expected"))
    return Grid(_("Whom to call first"), columns, rows)


def _active(future: Future, speech: Speech) -> Definition:
    _ = speech.text
    told = _(
        "The chance that the customer has not left for good, by the {model} model: it falls with silence, faster for "
        "those who used to buy often.", model=future.buying.model.label,
    )  # fmt: skip
    if not future.buying.model.first_is_occasion:
        told += " " + _("Of those who bought once, this model says that none has left yet.")
    return Definition(_("Probability active"), told)


def _rhythm(speech: Speech) -> Definition:
    return speech.definition(speech.text("Rhythm"), find_silence)
