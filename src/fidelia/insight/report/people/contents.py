"""What a file of people holds, and what each of its columns was taken for."""

from __future__ import annotations

from typing import Final

from fidelia.insight.report.blocks import Block, Definition, Grid, Number, Numbers, Section
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Unit

from .table import PeopleFile, Response, Treatment

COLUMNS_SHOWN: Final = 40
REFUSALS_SHOWN: Final = 8


def contents(file: PeopleFile, speech: Speech, title: str) -> Section:
    _ = speech.text
    left_out = file.rows - file.people
    finding = _("{n} people were read, and all of them count.", n=speech.number(file.people))
    if left_out:
        finding = _(
            "{rows} rows were read: {taken} count, {left_out} were left out.",
            rows=speech.number(file.rows), taken=speech.number(file.people), left_out=speech.number(left_out),
        )  # fmt: skip
    numbers = [Number(_("People"), speech.number(file.people), _("of {rows}", rows=speech.number(file.rows)))]
    blocks: list[Block] = [Numbers([*numbers, *(_answered(one, file, speech) for one in file.responses[:4])])]
    if file.treatment is not None:
        blocks.append(_groups(file, file.treatment, speech))
    columns = [_("Column of the file"), _("What it is")]
    blocks.append(Grid(_("How the columns were understood"), columns, _understood(file, speech)[:COLUMNS_SHOWN], 2))
    if file.refusals:
        rows = [
            [one.reason, speech.number(one.rows), speech.number(one.first_row)]
            for one in file.refusals[:REFUSALS_SHOWN]
        ]
        blocks.append(Grid(_("Rows left out"), [_("Reason"), _("Rows"), _("First row")], rows))
    told = _("One row is one person, in the one group into which the person was drawn.")
    return Section("contents", title, finding, blocks, [Definition(_("People"), told)])


def unit_of(one: Response, file: PeopleFile) -> Unit:
    """How values of a response are written: a share, money where a currency was told, otherwise a number."""
    if one.kind == "share":
        return Unit("share", decimals=2)
    return Unit("money", file.currency, 2) if file.currency else Unit("number", decimals=2)


def _answered(one: Response, file: PeopleFile, speech: Speech) -> Number:
    _ = speech.text
    value = unit_of(one, file).full(float(one.values.mean()), speech.language)
    if one.kind == "share":
        return Number(one.column, value, _("{n} people", n=speech.number(int(one.values.sum()))))
    return Number(one.column, value, _("a person on average"))


def _groups(file: PeopleFile, treatment: Treatment, speech: Speech) -> Grid:
    _ = speech.text
    rows = []
    for name in (*treatment.arms, treatment.control):
        members = treatment.members(name)
        told = _("{name} (control group)", name=name) if name == treatment.control else name
        means = [unit_of(one, file).full(float(one.values[members].mean()), speech.language) for one in file.responses]
        rows.append([told, speech.number(int(members.sum())), speech.share(float(members.mean())), *means])
    columns = [_("Group"), _("People"), _("Share of all"), *(one.column for one in file.responses)]
    return Grid(_("The groups"), columns, rows)


def _understood(file: PeopleFile, speech: Speech) -> list[list[str]]:
    _ = speech.text
    rows = []
    if file.treatment is not None:
        told = _("the group; left alone: “{value}”", value=file.treatment.control)
        rows.append([file.treatment.column, told])
    kinds = {"share": _("what people did: yes or no"), "amount": _("what people did: how much")}
    rows += [[one.column, kinds[one.kind]] for one in file.responses]
    rows += [
        [name, _("how satisfied people are") if name == file.satisfaction else _("known before")] for name in file.known
    ]
    return rows + [[name, _("not used: {reason}", reason=reason)] for name, reason in file.ignored]
