"""Who will do it? A score of each answer of the file, judged on people it had not seen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fidelia.insight.fits.scoring import Contribution, Score, fit_score
from fidelia.insight.fits.scoring.features import Columns
from fidelia.insight.report.blocks import Block, Grid, Missing, Section, Words
from fidelia.insight.report.sections.scores import score_blocks, score_definitions, score_finding
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError

from .table import PeopleFile, Response

SCORED_MAX: Final = 2
LEARNT_FROM_MAX: Final = 200_000
COMPARED_MAX: Final = 20_000  # trees take seven times as long, and on more people they say the same
NAMED: Final = 12


def scores(file: PeopleFile, speech: Speech, title: str) -> Section:
    _ = speech.text
    if not file.shares or not file.known:
        reason = _("A score is learnt from an answer (yes or no) and from what was known before: the file lacks one.")
        return Section("scores", title, "", [Missing(reason)])
    blocks: list[Block] = []
    finding = ""
    for one in file.shares[:SCORED_MAX]:
        try:
            more, told = _of_response(file, one, speech)
        except FideliaError as refused:
            more, told = [Missing(speech.refusal(refused))], ""
        blocks += more
        finding = finding or told
    return Section("scores", title, finding, blocks, score_definitions(speech))


def _of_response(file: PeopleFile, one: Response, speech: Speech) -> tuple[list[Block], str]:
    """Where there was a treatment, the treated alone teach who answers to it."""
    _ = speech.text
    chosen = np.ones(file.people, dtype=np.bool_)
    blocks: list[Block] = []
    if file.treatment is not None:
        chosen = ~file.treatment.members(file.treatment.control)
        blocks.append(Words(_(
            "Learnt from the {n} treated people: it says who answers when asked, not whom asking changes.",
            n=speech.number(int(chosen.sum())),
        )))  # fmt: skip
    places = np.flatnonzero(chosen)
    if len(places) > LEARNT_FROM_MAX:
        places = np.sort(np.random.default_rng(1805).choice(places, LEARNT_FROM_MAX, replace=False))
    columns = {name: values[places] for name, values in file.known.items()}
    score = fit_score(columns, one.values[places])
    blocks += score_blocks(score, columns, one.column, speech)
    if len(places) <= COMPARED_MAX:
        blocks.append(_beside_trees(score, columns, one.values[places], speech))
    if file.treatment is None and file.ids is not None and len(places) == file.people:
        blocks.append(_named(score, columns, file.ids, one.values, speech))
    return blocks, score_finding(score, one.column, speech)


def _beside_trees(score: Score, columns: Columns, did: NDArray[np.float64], speech: Speech) -> Block:
    """Say whether gradient boosting, which finds what a sum cannot, ranks better than the score shown."""
    _ = speech.text
    judged, plain = fit_score(columns, did, method="boosting").judgement, score.judgement
    told = _(
        "Gradient boosting beside it: AUC {trees} against {plain}, Brier score {brier} against {plain_brier}. ",
        trees=speech.number(judged.auc, 3), plain=speech.number(plain.auc, 3),
        brier=speech.number(judged.brier, 4), plain_brier=speech.number(plain.brier, 4),
    )  # fmt: skip
    if judged.auc_low > plain.auc:
        return Words(told + _("It ranks better: what counts here are combinations of columns."))
    return Words(told + _("It ranks no better, and the score shown is the easier to explain."))


def _named(score: Score, columns: Columns, ids: NDArray[Any], did: NDArray[np.float64], speech: Speech) -> Block:
    """Name those who have not done it and most probably will, each with what raises or lowers the odds most."""
    _ = speech.text
    chances = np.where(did == 0, score.out_of_fold, -1.0)
    best = np.argsort(-chances, kind="stable")[: min(NAMED, int((did == 0).sum()))]
    told = score.explain({name: np.asarray(values)[best] for name, values in columns.items()})
    rows = [
        [
            str(ids[place]),
            " · ".join(_reason(reason, speech) for reason in reasons),
            speech.share(float(chances[place])),
        ]
        for place, reasons in zip(best.tolist(), told, strict=True)
    ]
    title = _("Highest scores among those who have not done it")
    return Grid(title, [_("Person"), _("What moves the odds most"), _("Probability")], rows, 2)


def _reason(reason: Contribution, speech: Speech) -> str:
    return f"{reason.column} {reason.value or '–'} × {speech.number(reason.odds_ratio, 2)}"
