"""Whom does it change? People ranked by what the treatment does to them, judged on people not learnt from."""

from __future__ import annotations

from typing import Final

import numpy as np

from fidelia.insight.fits.arrays import Floats, Integers
from fidelia.insight.fits.proof import Uplift, fit_uplift, qini_curve, uplift_at
from fidelia.insight.fits.proof.uplift import Method
from fidelia.insight.report.blocks import Block, Definition, Drawing, Grid, Missing, Section, Words
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError
from fidelia.ui.charts import Chart, Series, Unit, lines

from .table import PeopleFile, Response, Treatment

METHODS: Final[tuple[Method, ...]] = ("two models", "class transformation")
DEPTHS: Final = (0.1, 0.3)
POINTS: Final = 20
LEARNT_FROM_MAX: Final = 200_000  # of each arm; more rows move nothing but the clock


def uplift(file: PeopleFile, speech: Speech, title: str) -> Section:
    _ = speech.text
    treatment = file.treatment
    if treatment is None or not file.shares or not file.known:
        reason = _("Whom it changes can be learnt from a group, an answer (yes or no), and what was known before.")
        return Section("uplift", title, "", [Missing(reason)])
    one = file.shares[0]
    blocks: list[Block] = []
    ranked = 0
    for arm in treatment.arms:
        try:
            fits = [_fitted(file, treatment, arm, one, method) for method in METHODS]
        except FideliaError as refused:
            blocks.append(Missing(speech.refusal(refused)))
            continue
        ranked += any(fit.qini.low > 0 for fit in fits)
        blocks += _of_arm(file, treatment, arm, fits, speech)
    finding = _("No effect found: no ranking tells better than chance whom it changes.")
    if ranked:
        finding = _(
            "Groups in which the people whom it changes can be told beforehand, better than by chance: {n} of {arms}.",
            n=speech.number(ranked), arms=speech.number(len(treatment.arms)),
        )  # fmt: skip
    return Section("uplift", title, finding, blocks, [
        Definition(_("Qini"), _(
            "Answers gained among the first people of a ranking: those of the treated, less those of the others scaled "
            "to as many people. Its area is measured above the straight line of asking at random; 1 would be the "
            "perfect ranking."
        )),
        speech.definition(_("Uplift"), fit_uplift),
    ])  # fmt: skip


def _fitted(file: PeopleFile, treatment: Treatment, arm: str, one: Response, method: Method) -> Uplift:
    both = _both(treatment, arm)
    columns = {name: values[both] for name, values in file.known.items()}
    return fit_uplift(columns, one.values[both], treatment.members(arm)[both].astype(float), method=method)


def _both(treatment: Treatment, arm: str) -> Integers:
    """Places of the arm and of those left alone; the same draw each time where there are too many."""
    chance, places = np.random.default_rng(1805), []
    for name in (arm, treatment.control):
        found = np.flatnonzero(treatment.members(name))
        if len(found) > LEARNT_FROM_MAX:
            found = np.sort(chance.choice(found, LEARNT_FROM_MAX, replace=False))
        places.append(found)
    return np.sort(np.concatenate(places))


def _of_arm(file: PeopleFile, treatment: Treatment, arm: str, fits: list[Uplift], speech: Speech) -> list[Block]:
    _ = speech.text
    one, both = file.shares[0], _both(treatment, arm)
    did, treated = one.values[both], treatment.members(arm)[both].astype(float)
    names = method_names(speech)
    best = max(fits, key=lambda fit: fit.qini.area)
    title = _("{group}: answers gained ({column}) by how many are asked", group=arm, column=one.column)
    return [
        Drawing(title, _curves(fits, did, treated, speech), 300),
        Grid(
            _("{group}: effect in points among the first, and how good the ranking is", group=arm),
            [
                _("Method"), *(_("Best {share}", share=speech.share(depth, 0)) for depth in DEPTHS),
                _("All"), _("Qini"), _("Area per 1,000 people"), _("Finding"),
            ],
            [_row(fit, did, treated, names[fit.method], speech) for fit in fits],
        ),
        _whom(file, both, best, treated, speech),
    ]  # fmt: skip


def method_names(speech: Speech) -> dict[str, str]:
    _ = speech.text
    return {"two models": _("Two models"), "class transformation": _("Class transformation")}


def _row(fit: Uplift, did: Floats, treated: Floats, name: str, speech: Speech) -> list[str]:
    _ = speech.text
    depths = [uplift_at(fit.out_of_fold, did, treated, share=depth) for depth in (*DEPTHS, 1.0)]
    words = {
        "ranks by effect": _("ranks by effect"), "ranks the wrong way": _("ranks the wrong way"),
        "no effect found": _("no effect found"),
    }  # fmt: skip
    low, high = (speech.number(1000 * edge, 2) for edge in (fit.qini.low, fit.qini.high))
    return [
        name, *(Unit("number", decimals=2).full(100 * depth, speech.language, sign=True) for depth in depths),
        speech.number(fit.qini.normalised, 3), _("{low} to {high}", low=low, high=high), words[fit.qini.finding],
    ]  # fmt: skip


def _curves(fits: list[Uplift], did: Floats, treated: Floats, speech: Speech) -> Chart:
    _ = speech.text
    shares = np.linspace(0.0, 1.0, POINTS + 1)
    colours = ("petrol", "orange")
    series = []
    end = 0.0
    for fit, colour in zip(fits, colours, strict=True):
        curve = qini_curve(fit.out_of_fold, did, treated)
        gained = np.interp(shares * len(did), curve.people, curve.gained)
        end = float(gained[-1])
        series.append(Series(method_names(speech)[fit.method], [round(value, 1) for value in gained.tolist()], colour))
    random = Series(_("Asking at random"), [round(value, 1) for value in (shares * end).tolist()], "context")
    return lines(
        [speech.share(share, 0) for share in shares.tolist()],
        [*series, random],
        unit=Unit(),
        language=speech.language,
        heading=_("Share of the people asked"),
        dashed=[random.name],
    )


def _whom(file: PeopleFile, both: np.ndarray, best: Uplift, treated: Floats, speech: Speech) -> Words:
    """Say which column tells most between those changed most and those changed least."""
    _ = speech.text
    score = best.out_of_fold
    top, bottom = score >= np.quantile(score, 0.8), score <= np.quantile(score, 0.2)
    apart = []
    for name, values in best.features.readable(best.features.encode({n: v[both] for n, v in file.known.items()})):
        spread = float(values.std())
        if spread > 0:
            apart.append((abs(float(values[top].mean() - values[bottom].mean())) / spread, name, values))
    (_most, name, values) = max(apart, key=lambda one: one[0])
    return Words(_(
        "The fifth whom it changes most differs from the fifth whom it changes least above all in {column}: {top} "
        "against {bottom} on average.",
        column=name, top=speech.number(float(values[top].mean()), 2), bottom=speech.number(
            float(values[bottom].mean()), 2),
    ))  # fmt: skip
