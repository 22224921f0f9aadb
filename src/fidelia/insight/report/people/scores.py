"""Who will do it? A score of each answer of the file, judged on people it had not seen."""

from __future__ import annotations

import numpy as np

from fidelia.insight.fits.scoring import fit_score
from fidelia.insight.report.blocks import Block, Missing, Section, Words
from fidelia.insight.report.sections.scores import score_blocks, score_definitions, score_finding
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError

from .table import PeopleFile, Response

SCORED_MAX = 2
LEARNT_FROM_MAX = 200_000


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
    return [*blocks, *score_blocks(score, columns, one.column, speech)], score_finding(score, one.column, speech)
