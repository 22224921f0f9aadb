"""Lifetime value: what the customers are expected still to bring, how sure that is, and how well that is foretold."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fidelia.insight.fits import textbook_value
from fidelia.insight.report.blocks import Block, Definition, Drawing, Grid, Number, Numbers, Section, Words, mark
from fidelia.insight.report.buying import YEARLY_DISCOUNT, YEARS, Future, future_of
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.margins import margin_in_words, margin_of
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Series, Unit, lines

POINTS_MAX: Final = 60
FAIR: Final = 0.15
JUDGED_MIN: Final = 30  # repeat purchases: the chance of fewer is larger than the gap that is called fair


def value(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    future = future_of(facts)
    people = len(future.worth)
    finding = _(
        "The {n} known customers are expected to bring {value} of margin over {years} years, between {low} and {high}.",
        n=speech.number(people), value=speech.money(future.expected), years=YEARS,
        low=speech.money(future.low), high=speech.money(future.high),
    )  # fmt: skip
    best = np.sort(future.worth)[::-1]
    tenth = best[: max(1, people // 10)].sum() / future.expected if future.expected else 0.0
    numbers = [
        Number(_("Value of the portfolio"), speech.money(future.expected), _(
            "95% interval: {low} to {high}", low=speech.money(future.low), high=speech.money(future.high))),
        Number(_("Mean value of a customer"), speech.money(future.expected / people, exact=True)),
        Number(_("Share of the best tenth"), speech.share(float(tenth)), "", mark("valuable")),
        Number(_("Purchases expected in a year"), speech.number(float(future.expected_year.sum()))),
    ]  # fmt: skip
    blocks: list[Block] = [
        Numbers(numbers),
        Drawing(
            _("Does the model foretell what it has not seen?"), _tracking(future, speech),
            marks=[_again(future, at) for at in _places(future)],
        ),
        _verdict(future, speech),
        _parameters(future, speech),
        *_textbook(facts, future, speech),
    ]  # fmt: skip
    return Section("value", title, finding, blocks, _definitions(facts, future.buying.model.label, speech))


def _tracking(future: Future, speech: Speech) -> Any:
    _ = speech.text
    tracked, places = future.tracked, _places(future)
    return lines(
        [str(round(float(tracked.ends[place]) / 7)) for place in places],
        [
            Series(_("Repeat purchases so far"), [float(tracked.observed_so_far[place]) for place in places]),
            Series(_("Expected by the model"), [float(tracked.expected_so_far[place]) for place in places], "orange"),
        ],
        unit=Unit(),
        language=speech.language,
        heading=_("Weeks since the first purchase of all"),
        named=True,
        dashed=[_("Expected by the model")],
    )


def _places(future: Future) -> list[int]:
    """The weeks that are drawn."""
    step = max(1, len(future.tracked.ends) // POINTS_MAX)
    return list(range(step - 1, len(future.tracked.ends), step))


def _again(future: Future, at: int) -> list[str]:
    ends, so_far = future.tracked.ends[at], future.tracked.observed_so_far[at]
    return ["", mark("repeated", round(float(ends))) if so_far else ""]


def _verdict(future: Future, speech: Speech) -> Words:
    _ = speech.text
    judged = future.judged
    if judged.observed_total < JUDGED_MIN:
        return Words(_(
            "Fitted on the first two thirds of the history, the model expected {expected} repeat purchases in the last "
            "third; there were {observed}: too few to judge it by.", expected=speech.number(judged.expected_total),
            observed=speech.number(judged.observed_total),
        ), "warn")  # fmt: skip
    gap = judged.expected_total / judged.observed_total - 1
    told = {
        "expected": speech.number(judged.expected_total),
        "observed": speech.number(judged.observed_total),
        "gap": speech.share(gap, 0) if gap < 0 else f"+{speech.share(gap, 0)}",
    }
    if abs(gap) <= FAIR:
        return Words(_(
            "Fitted on the first two thirds of the history, the model expected {expected} repeat purchases in the last "
            "third; there were {observed} ({gap}): close enough to plan with.", **told,
        ), "good")  # fmt: skip
    return Words(_(
        "Fitted on the first two thirds of the history, the model expected {expected} repeat purchases in the last "
        "third; there were {observed} ({gap}). The value may be as far off, which its interval does not say.", **told,
    ), "warn")  # fmt: skip


def _parameters(future: Future, speech: Speech) -> Grid:
    _ = speech.text
    rows = []
    for name, fit in (
        (_("Buying ({model})", model=future.buying.model.label), future.buying),
        (_("Spending (Gamma-Gamma)"), future.spending),
    ):
        for parameter, found in fit.parameters.items():
            error = fit.standard_errors.get(parameter)
            rows.append([name, parameter, speech.number(found, 3), speech.number(error, 3) if error else "–"])
        rows.append([name, _("log-likelihood"), speech.number(fit.log_likelihood, 1), "–"])
    return Grid(_("The fitted models"), [_("Model"), _("Parameter"), _("Estimate"), _("Standard error")], rows, 2)


def _textbook(facts: ReportFacts, future: Future, speech: Speech) -> list[Block]:
    """The sum m·rᵗ of the textbook with this file's own margin and churn per year, as a check of the order of size."""
    _ = speech.text
    counted = future.counted
    known = counted.age >= 52
    if known.sum() < 50:
        return []
    churn = float(1 - np.mean(future.alive[known]) ** (1 / max(1.0, float(np.mean(counted.age[known])) / 52)))
    yearly = float(np.sum(future.expected_year) / len(future.alive))
    margin = yearly * future.mean_spend * margin_of(facts).rate
    if not 0.01 < churn < 1 or margin <= 0:
        return []
    steady = textbook_value(margin=margin, churn=churn, start=1, discount=YEARLY_DISCOUNT)
    growing = textbook_value(margin=margin, churn=churn, start=1, discount=YEARLY_DISCOUNT, churn_growth=0.1)
    return [
        Words(
            _(
                "By the textbook, Σ m·rᵗ from the first year on: with a margin of {margin} a year and {churn} of the "
                "customers leaving each year, one customer is worth {steady}; {growing} if churn grows by a tenth each "
                "year. Costs of acquisition are not in the history and are not taken off.",
                margin=speech.money(margin, exact=True),
                churn=speech.share(churn),
                steady=speech.money(steady, exact=True),
                growing=speech.money(growing, exact=True),
            )
        )
    ]


def _definitions(facts: ReportFacts, model: str, speech: Speech) -> list[Definition]:
    _ = speech.text
    expected = _(
        "Expected margin of the next {years} years, discounted by {discount} a year.",
        years=YEARS, discount=speech.share(YEARLY_DISCOUNT, 0),
    )  # fmt: skip
    return [
        Definition(_("Lifetime value"), f"{expected} {margin_in_words(facts, speech)}"),
        Definition(
            _("Interval"),
            _(
                "Holds the true value in 95 of 100 cases if the model is right: it knows that people buy by chance, "
                "and that its parameters are estimates."
            ),
        ),
        Definition(
            _("Models"),
            _(
                "BG/NBD (Fader, Hardie and Lee 2005): each customer buys at a pace of their own until, after a repeat "
                "purchase, they leave for good. MBG/NBD (Batislam, Denizel and Filiztekin 2007): they may leave after "
                "the first too. The likelier of the two on this history is {model}. Gamma-Gamma (Fader and Hardie "
                "2013): each spends around a mean of their own. All fitted by maximum likelihood; purchases of one day "
                "are one.",
                model=model,
            ),
        ),
    ]
