"""Scores: who will buy again soon, learnt from the file itself and judged on customers it had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import ibis
import numpy as np
from numpy.typing import NDArray

from fidelia.insight.fits.scoring import Score, fit_score
from fidelia.insight.report.blocks import Block, Definition, Drawing, Grid, Missing, Section, Words, mark
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Chart, Series, Unit, stacked_bars

AHEAD_DAYS: Final = 90
DAYS_MIN: Final = 3 * AHEAD_DAYS
LEARNT_FROM_MAX: Final = 100_000
STRONGEST: Final = 8
_SECONDS_PER_DAY: Final = 86_400


def scores(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    if facts.days < DAYS_MIN:
        reason = _("A score needs at least {n} days: one part to learn what is known, one to see who came.", n=DAYS_MIN)
        return Section("scores", title, "", [Missing(reason)])
    learnt = learnt_score(facts)
    score = replace(learnt.score, features=learnt.score.features.renamed([_(name) for name in learnt.columns]))
    told = {_(name): values for name, values in learnt.columns.items()}
    answer = _("a purchase within {n} days", n=AHEAD_DAYS)
    blocks: list[Block] = [
        Words(_(
            "Learnt from what was known {n} days before the end of the history, and judged by who bought after it. The "
            "history holds no answers to a campaign: with those, the same would say who answers.", n=AHEAD_DAYS,
        )),
        *score_blocks(score, told, answer, speech, [
            [mark("tenth", row.number), "", mark("tenth", row.number, "did") if row.did else ""]
            for row in score.judgement.lift
        ]),
    ]  # fmt: skip
    return Section("scores", title, score_finding(score, answer, speech), blocks, score_definitions(speech))


@dataclass(frozen=True, slots=True, eq=False)
class LearntScore:
    """Who buys within 90 days, the columns (by their English names) it was learnt from, of whom, and who did."""

    score: Score
    columns: dict[str, NDArray[np.float64]]
    who: NDArray[np.str_]
    did: NDArray[np.float64]


def learnt_score(facts: ReportFacts) -> LearntScore:
    """Learn who buys within 90 days from the last 90 of the file; once. Raises TooLittleToFit."""

    def compute() -> LearntScore:
        who, columns, came = known_at(facts, facts.as_of - timedelta(days=AHEAD_DAYS))
        chosen = np.arange(len(came))
        if len(chosen) > LEARNT_FROM_MAX:
            chosen = np.sort(np.random.default_rng(1805).choice(chosen, LEARNT_FROM_MAX, replace=False))
        kept = {name: values[chosen] for name, values in columns.items()}
        return LearntScore(fit_score(kept, came[chosen]), kept, np.array(who)[chosen], came[chosen])

    found: LearntScore = facts.once("score", compute)
    return found


def known_at(
    facts: ReportFacts, cut: datetime, *, among: ibis.Table | None = None
) -> tuple[list[str], dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Return the customers of that moment, what was known of each, and who bought afterwards (1 or 0).

    `among`: a table with the customer_id of those asked for; without it everybody.
    """
    # Sales that were given back later count: on the day of the cut nobody knew.
    sales = facts.purchases.filter(facts.purchases.customer_id.notnull(), facts.purchases.kind == "sale")
    if among is not None:
        sales = sales.semi_join(among.select("customer_id"), "customer_id")
    before = ibis._.occurred_at < cut
    lately = before & (ibis._.occurred_at >= cut - timedelta(days=AHEAD_DAYS))
    people = sales.group_by("customer_id").agg(
        last=ibis._.occurred_at.max(where=before),
        first=ibis._.occurred_at.min(),
        times=ibis._.purchase_id.count(where=before),
        lately=ibis._.purchase_id.count(where=lately),
        amount=ibis._.total.sum(where=before).fill_null(0),
        came=ibis._.purchase_id.count(where=ibis._.occurred_at >= cut),
    )
    known, seconds = people.filter(people.times > 0).order_by("customer_id"), int(cut.timestamp())
    told = known.select(
        "customer_id",
        recency=(seconds - known["last"].epoch_seconds()).cast("float64") / _SECONDS_PER_DAY,
        age=(seconds - known["first"].epoch_seconds()).cast("float64") / _SECONDS_PER_DAY,
        times=known.times.cast("float64"), lately=known.lately.cast("float64"),
        amount=known.amount.cast("float64") / facts.scale, came=(known.came > 0).cast("float64"),
    )  # fmt: skip
    who, *numbers = facts.columns(told, ["customer_id", "recency", "age", "times", "lately", "amount", "came"])
    return who.tolist(), _columns_of(*numbers[:-1]), numbers[-1]


def _columns_of(
    recency: NDArray[Any], age: NDArray[Any], times: NDArray[Any], lately: NDArray[Any], amount: NDArray[Any]
) -> dict[str, NDArray[np.float64]]:
    _ = str  # names of the columns, said in the report's own language
    return {
        _("Days since the last purchase"): recency,
        _("Days since the first purchase"): age,
        _("Purchases so far (logarithm)"): np.log1p(times),
        _("Purchases of the last 90 days"): lately,
        _("Average purchase (logarithm)"): np.log1p(np.maximum(amount / np.maximum(times, 1), 0)),
        _("Silence in usual gaps"): np.minimum(recency / np.maximum((age - recency) / np.maximum(times - 1, 1), 1), 50),
    }


# What every score says of itself


def score_finding(score: Score, answer: str, speech: Speech) -> str:
    """Say in one sentence what the best tenth is worth."""
    _ = speech.text
    judged = score.judgement
    if judged.finding == "no effect found":
        return _(
            "No effect found: what is known does not tell better than chance who will do it ({answer}).", answer=answer
        )
    best = judged.lift[0]
    return _(
        "Of the tenth with the highest scores {rate} did it ({answer}), {times} times the average.",
        answer=answer, rate=speech.share(best.rate), times=speech.number(best.lift, 1),
    )  # fmt: skip


def score_blocks(
    score: Score, columns: dict[str, Any], answer: str, speech: Speech, marks: Sequence[Sequence[str]] = ()
) -> list[Block]:
    """Return the lift by tenths, how good and how honest the score is, and what it looks at; `marks` are the keys of
    the people of each tenth.
    """
    _ = speech.text
    judged = score.judgement
    quality = [
        [_("Area under the curve (AUC)"), _(
            "{value} ({low} to {high})", value=speech.number(judged.auc, 3), low=speech.number(judged.auc_low, 3),
            high=speech.number(judged.auc_high, 3)), _("0.5 is chance, 1 is certainty")],
        [_("Average precision"), speech.number(judged.average_precision, 3), _(
            "{base} is chance", base=speech.number(judged.did / judged.people, 3))],
        [_("Brier score"), speech.number(judged.brier, 4), _(
            "{base} without a score; less is better", base=speech.number(judged.brier_of_base, 4))],
        [_("Calibration error"), speech.share(judged.calibration_error), _("how far probabilities are off")],
    ]  # fmt: skip
    return [
        Drawing(
            _("How many of each tenth did it ({answer})?", answer=answer), _lift(score, speech), 260,
            marks=[[line[0], line[2]] for line in marks],
        ),
        Grid(_("Tenth by tenth"), [
            _("Tenth, best scores first"), _("People"), _("Did it"), _("Share"), _("Times the average"),
            _("Of all, so far"),
        ], [
            [str(row.number), speech.number(row.people), speech.number(row.did), speech.share(row.rate),
             speech.number(row.lift, 2), speech.share(row.gained)] for row in judged.lift
        ], marks=marks),
        Grid(_("How good is the score?"), [_("Measure"), _("Value"), _("To compare with")], quality, 3),
        _strongest(score, columns, speech),
    ]  # fmt: skip


def _lift(score: Score, speech: Speech) -> Chart:
    _ = speech.text
    judged = score.judgement
    base = judged.did / judged.people
    rates = Series(_("Share who did it"), [row.rate for row in judged.lift])
    return stacked_bars(
        [str(row.number) for row in judged.lift], [rates], unit=Unit("share", decimals=1), language=speech.language,
        heading=_("Tenth, best scores first"), comparison=Series(_("Everybody"), [base] * len(judged.lift)),
    )  # fmt: skip


def _strongest(score: Score, columns: dict[str, Any], speech: Speech) -> Grid:
    """What the score looks at: how much a column moves the odds of a person, typically and in which direction."""
    _ = speech.text
    each = score.contributions(columns)
    size = np.abs(each).mean(axis=0)
    whole = float(size.sum()) or 1.0
    rows = [
        [score.features.names[place], speech.share(float(size[place]) / whole, 0),
         speech.number(float(np.exp(size[place])), 2)]
        for place in np.argsort(-size, kind="stable")[:STRONGEST].tolist()
    ]  # fmt: skip
    return Grid(_("What it looks at"), [_("Column"), _("Weight"), _("Odds typically multiplied or divided by")], rows)


def score_definitions(speech: Speech) -> list[Definition]:
    """Say what a score is, and what it is not."""
    _ = speech.text
    return [
        Definition(_("Score"), _(
            "The probability learnt by a logistic regression. Every number here comes from people whom the model had "
            "not seen: it learns from four fifths and is judged on the last, five times."
        )),
        Definition(_("Times the average"), _(
            "The share of a tenth who did it, divided by that of everybody: who asks the best tenth first finds so "
            "many times more."
        )),
    ]  # fmt: skip
