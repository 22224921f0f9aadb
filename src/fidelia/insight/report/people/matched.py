"""Against comparable others: what can be said when nobody was drawn by chance, and whether anybody was."""

from __future__ import annotations

from typing import Final

from fidelia.insight.fits.proof import MatchedComparison, compare_matched
from fidelia.insight.report.blocks import Block, Definition, Grid, Missing, Section
from fidelia.insight.report.speech import Speech

from .proof import difference_text, span, verdict
from .table import PeopleFile, Response, Treatment

BALANCE_SHOWN: Final = 12
BALANCED: Final = 0.1  # standard deviations between groups that differ by no more than chance makes them


def compared(file: PeopleFile, speech: Speech, title: str) -> Section:
    """Each group against comparable others: what can be said when nobody was drawn by chance."""
    _ = speech.text
    treatment = file.treatment
    if treatment is None or not file.responses or not file.known:
        reason = _("A comparison with others like them needs a group, what people did, and what was known before.")
        return Section("matched", title, "", [Missing(reason)])
    rows, apart = [], []
    for arm in treatment.arms:
        for one in file.responses:
            found = _matched(file, treatment, arm, one)
            rows.append(_row(arm, one, found, file, speech))
        apart.append((arm, found))
    columns = [
        _("Group"), _("What people did"), _("Compared with everybody"), _("Compared with others like them"),
        _("95% interval"), _("Pairs"), _("Finding"),
    ]  # fmt: skip
    blocks: list[Block] = [Grid(_("With others like them"), columns, rows, 2)]
    drawn = all(abs(row.difference_before) < BALANCED for _arm, found in apart for row in found.balance)
    blocks += [_balance(arm, found, speech) for arm, found in apart]
    told = _(
        "The groups are alike in all that was known before, as groups drawn by chance are: the plain difference is the "
        "proof, and this only confirms it."
    ) if drawn else _(
        "The groups differ in what was known before, so their plain difference proves nothing: trust the comparison "
        "with others like them, and only where it is in balance."
    )  # fmt: skip
    return Section("matched", title, told, blocks, [
        speech.definition(_("Comparable others"), compare_matched),
        Definition(_("Balance of the groups"), _(
            "How far apart the means of the two groups are, in standard deviations, before and after pairing; beyond "
            "0.1 they are not comparable."
        )),
    ])  # fmt: skip


def _matched(file: PeopleFile, treatment: Treatment, arm: str, one: Response) -> MatchedComparison:
    both = treatment.members(arm) | treatment.members(treatment.control)
    columns = {name: values[both] for name, values in file.known.items()}
    return compare_matched(columns, treatment.members(arm)[both].astype(float), one.values[both])


def _row(arm: str, one: Response, found: MatchedComparison, file: PeopleFile, speech: Speech) -> list[str]:
    _ = speech.text
    plain, matched = (
        difference_text(value, one, file, speech) for value in (found.plain_difference, found.effect.difference)
    )
    word = verdict(found.effect, speech) if found.is_balanced else _("not comparable")
    return [arm, one.column, plain, matched, span(found.effect, one, file, speech), speech.number(found.pairs), word]


def _balance(arm: str, found: MatchedComparison, speech: Speech) -> Grid:
    _ = speech.text
    worst = sorted(found.balance, key=lambda row: -abs(row.difference_before))[:BALANCE_SHOWN]
    rows = [
        [
            row.name, *(speech.number(value, 2) for value in (row.members, row.others, row.matched_others)),
            speech.number(row.difference_before, 3), speech.number(row.difference_after, 3),
        ]
        for row in worst
    ]  # fmt: skip
    columns = [
        _("Known before"), _("Treated"), _("All others"), _("Those like them"), _("Apart before"), _("Apart after"),
    ]  # fmt: skip
    return Grid(_("{group}: are they alike?", group=arm), columns, rows)
