"""Did it work? Each group against those left alone, with intervals; and against comparable others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fidelia.insight.fits.proof import looked_at_difference_of_means, looked_at_difference_of_shares
from fidelia.insight.measures.effect import (
    Effect,
    Proportion,
    Sample,
    difference_of_means,
    difference_of_proportions,
    smallest_lift_seen,
)
from fidelia.insight.report.blocks import Block, Definition, Drawing, Grid, Missing, Section, Words
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Estimate, Unit, dots_with_intervals

from .contents import unit_of
from .table import PeopleFile, Response, Treatment

SCALE: Final = 100  # amounts are summed in hundredths, as whole numbers
MANY: Final = 4  # with more comparisons, one that chance alone made is no longer rare
EVENTS_FOR_MEANS: Final = 200


def proof(file: PeopleFile, speech: Speech, title: str) -> Section:
    _ = speech.text
    treatment = file.treatment
    if treatment is None:
        reason = _("The file names no group that was left alone: a column with the group of each person brings this.")
        return Section("proof", title, "", [Missing(reason)])
    if not file.responses:
        reason = _("The file does not say what people did: a column with their answer or their spending brings this.")
        return Section("proof", title, "", [Missing(reason)])
    found = [(arm, one, effect_of(treatment, arm, one)) for one in file.responses for arm in treatment.arms]
    blocks: list[Block] = []
    for one in file.responses:
        blocks += _of_response(file, treatment, one, speech)
    if len(found) > MANY:
        blocks.append(Words(_(
            "{n} comparisons stand here: of twenty without any effect, one would look like one by chance.",
            n=speech.number(len(found)),
        )))  # fmt: skip
    blocks += _power(treatment, file.shares, speech)
    return Section("proof", title, _finding(found, speech), blocks, _definitions(speech))


def effect_of(treatment: Treatment, arm: str, one: Response) -> Effect:
    """Return what the arm did more, or less, than those left alone. Raises TooFewPeople."""
    treated, control = (one.values[treatment.members(name)] for name in (arm, treatment.control))
    if one.kind == "share":
        return difference_of_proportions(treated=_share(treated), control=_share(control))
    return _unscaled(difference_of_means(treated=_sample(treated), control=_sample(control)))


def looked_at(treatment: Treatment, arm: str, one: Response) -> Effect:
    """The same with an interval that holds however often one looks. Raises TooFewPeople.

    With hundreds of events in each group the interval for means is the narrower one for shares too.
    """
    treated, control = (one.values[treatment.members(name)] for name in (arm, treatment.control))
    if one.kind == "share" and min(treated.sum(), control.sum()) < EVENTS_FOR_MEANS:
        return looked_at_difference_of_shares(treated=_share(treated), control=_share(control))
    planned = len(treated) + len(control)
    found = looked_at_difference_of_means(treated=_sample(treated), control=_sample(control), planned_people=planned)
    return _unscaled(found)


def _share(values: NDArray[np.float64]) -> Proportion:
    return Proportion(int(values.sum()), len(values))


def _sample(values: NDArray[np.float64]) -> Sample:
    whole = [round(value * SCALE) for value in values.tolist()]
    return Sample(len(whole), sum(whole), sum(value * value for value in whole))


def _unscaled(effect: Effect) -> Effect:
    return Effect(
        effect.difference / SCALE, effect.low / SCALE, effect.high / SCALE, effect.n_treated, effect.n_control
    )


def _of_response(file: PeopleFile, treatment: Treatment, one: Response, speech: Speech) -> list[Block]:
    _ = speech.text
    unit, rows, estimates = unit_of(one, file), [], []
    for arm in treatment.arms:
        effect, always = effect_of(treatment, arm, one), looked_at(treatment, arm, one)
        means = [float(one.values[treatment.members(name)].mean()) for name in (arm, treatment.control)]
        scale = 100 if one.kind == "share" else 1
        estimates.append(Estimate(arm, *(scale * edge for edge in (effect.difference, effect.low, effect.high))))
        rows.append(
            [
                arm, *(unit.full(mean, speech.language) for mean in means),
                difference_text(effect.difference, one, file, speech),
                span(effect, one, file, speech), span(always, one, file, speech), verdict(effect, speech),
            ]
        )  # fmt: skip
    apart = _("Difference, in points") if one.kind == "share" else _("Difference")
    columns = [
        _("Group"), _("Treated"), _("Control"), apart, _("95% interval"),
        _("If looked at every day"), _("Finding"),
    ]  # fmt: skip
    chart = dots_with_intervals(
        estimates,
        unit=Unit("number", decimals=2) if one.kind == "share" else unit,
        language=speech.language,
        heading=_("Group"),
        value_name=apart,
    )
    title = (
        _("{column}: how many points more than those left alone?", column=one.column)
        if one.kind == "share"
        else _("{column}: how much more than those left alone?", column=one.column)
    )
    return [Drawing(title, chart, 70 + 44 * len(estimates)), Grid(one.column, columns, rows)]


def difference_text(value: float, one: Response, file: PeopleFile, speech: Speech) -> str:
    """Write a difference: of shares in points of a per cent, which are no per cent of anything."""
    unit = Unit("number", decimals=2) if one.kind == "share" else unit_of(one, file)
    return unit.full(100 * value if one.kind == "share" else value, speech.language, sign=True)


def span(effect: Effect, one: Response, file: PeopleFile, speech: Speech) -> str:
    """Write the bounds of an interval."""
    low, high = (difference_text(edge, one, file, speech) for edge in (effect.low, effect.high))
    return speech.text("{low} to {high}", low=low, high=high)


def verdict(effect: Effect, speech: Speech) -> str:
    """Say in words what an interval says."""
    _ = speech.text
    return {"positive": _("more"), "negative": _("less"), "no effect found": _("no effect found")}[effect.finding]


def _finding(found: list[tuple[str, Response, Effect]], speech: Speech) -> str:
    _ = speech.text
    told = sum(effect.finding != "no effect found" for _arm, _one, effect in found)
    if not told:
        return _("No effect found: each interval holds zero.")
    return _(
        "In {told} of {n} comparisons the treated did something else than those left alone; elsewhere no effect was "
        "found.", told=speech.number(told), n=speech.number(len(found)),
    ) if told < len(found) else _(
        "In each of {n} comparisons the treated did something else than those left alone.", n=speech.number(len(found))
    )  # fmt: skip


def _power(treatment: Treatment, shares: Sequence[Response], speech: Speech) -> list[Block]:
    _ = speech.text
    control = int(treatment.members(treatment.control).sum())
    fewest = min(int(treatment.members(arm).sum()) for arm in treatment.arms)
    if not shares:
        return []
    base = float(shares[0].values[treatment.members(treatment.control)].mean())
    lift = smallest_lift_seen(base=base, n_treated=fewest, n_control=control) if base < 1 else None
    if lift is None:
        return [Words(_("Groups of these sizes would not show any effect: draw larger ones."), "warn")]
    return [Words(_(
        "Groups of these sizes would show a rise of “{column}” by {lift} points and more, four times in five.",
        column=shares[0].column, lift=speech.number(100 * lift, 2),
    ))]  # fmt: skip


def _definitions(speech: Speech) -> list[Definition]:
    _ = speech.text
    return [
        Definition(_("Difference"), _(
            "What the treated did, less what those left alone did, a person. Everybody counts in the group into which "
            "they were drawn, whether or not anything reached them."
        )),
        speech.definition(_("Interval of shares"), difference_of_proportions),
        speech.definition(_("Interval of means"), difference_of_means),
        Definition(_("If looked at every day"), _(
            "Wider, and valid however often one looks and whenever one stops: who watches an ordinary interval every "
            "day finds effects where there is nothing."
        )),
    ]  # fmt: skip
