"""Did the campaign work? Said of a file of purchases that tells the group, or the campaign, of its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import ibis
import numpy as np

from fidelia.insight.report.blocks import Block, Definition, Grid, Missing, Section, Words
from fidelia.insight.report.facts import CampaignColumn, ReportFacts
from fidelia.insight.report.making import Report
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError

from .proof import proof
from .table import PeopleFile, Response, Treatment

SHOWN: Final = 20


def with_campaign(report: Report, facts: ReportFacts) -> Report:
    """Return the report with a chapter on the file's own column of groups or campaigns, where it has one."""
    if facts.arms is None:
        return report
    speech = Speech(report.language, facts.currency, facts.scale)
    title = speech.text("Did it work?")
    try:
        section = _effect(facts, facts.arms, speech, title) if facts.arms.control else _sales(facts, facts.arms, speech)
    except FideliaError as refused:
        section = Section("proof", title, "", [Missing(speech.refusal(refused))])
    return replace(report, sections=[*report.sections, section])


def _effect(facts: ReportFacts, arms: CampaignColumn, speech: Speech, title: str) -> Section:
    _ = speech.text
    file, several = _buyers(facts, arms, speech)
    section = proof(file, speech, title)
    warned: list[Block] = [
        Words(_(
            "Customers as the column “{column}” groups them; those left alone: “{control}”. Who bought nothing is not "
            "in the file: these are differences among buyers. Compare the numbers of buyers with how many people were "
            "drawn into each group.", column=arms.column, control=arms.control,
        ), "warn"),
        _counts(file, speech),
    ]  # fmt: skip
    if several:
        warned.append(Words(speech.ngettext(
            "{n} customer stands in more than one group and is left out here.",
            "{n} customers stand in more than one group and are left out here.", several,
        ), "warn"))  # fmt: skip
    return replace(section, blocks=[*warned, *section.blocks])


def _buyers(facts: ReportFacts, arms: CampaignColumn, speech: Speech) -> tuple[PeopleFile, int]:
    """Return customers of one group each, with what they bought, and how many stand in several groups."""
    _ = speech.text
    own = facts.lines.filter(facts.lines.customer_id.notnull(), facts.lines.arm.notnull())
    found = own.group_by("customer_id").agg(
        arm=own.arm.min(),
        arms=own.arm.nunique(),
        times=own.purchase_id.nunique(where=own.net > 0),
        net=own.net.sum(),
    )
    group, groups, times, net = facts.columns(found.order_by("customer_id"), ["arm", "arms", "times", "net"])
    one = groups == 1
    names = sorted(set(group[one].tolist()) - {arms.control})
    treatment = Treatment(arms.column, arms.control, tuple(names), group[one])
    amounts = net[one].astype(np.float64) / facts.scale
    responses = (
        Response(_("Bought again"), "share", (times[one] > 1).astype(np.float64)),
        Response(_("Net sales"), "amount", amounts),
    )
    people = int(one.sum())
    return PeopleFile(
        name=facts.quality.name, currency=facts.currency, rows=len(one), people=people, treatment=treatment,
        responses=responses, known={}, ignored=(), refusals=(),
    ), int((~one).sum())  # fmt: skip


def _counts(file: PeopleFile, speech: Speech) -> Grid:
    _ = speech.text
    assert file.treatment is not None, "people without a group are not compared"
    treatment = file.treatment
    rows = [
        [name, speech.number(int(members.sum())), speech.share(float(members.mean()))]
        for name in (*treatment.arms, treatment.control)
        for members in [treatment.members(name)]
    ]
    return Grid(_("Buyers in each group"), [_("Group"), _("Customers"), _("Share of customers")], rows)


def _sales(facts: ReportFacts, arms: CampaignColumn, speech: Speech) -> Section:
    _ = speech.text
    rows = facts.rows(_by_campaign(facts))
    table = [
        [
            row["arm"], speech.number(row["purchases"]), speech.number(row["customers"]),
            speech.number(row["first"]), speech.money(row["net"]),
        ]
        for row in rows[:SHOWN]
    ]  # fmt: skip
    columns = [arms.column, _("Purchases"), _("Customers"), _("of them for the first time"), _("Net sales")]
    told = _("This shows what was bought under each campaign, not what it caused: that needs a group left alone.")
    definition = Definition(
        _("Sales by campaign"),
        _("Purchases with a line that names the campaign, and these lines' sales less returns; for the first time: "
          "customers whose first purchase in the history it was."),
    )  # fmt: skip
    title = _("Sales by campaign")
    return Section("proof", title, "", [Grid(title, columns, table), Words(told, "warn")], [definition])


def _by_campaign(facts: ReportFacts) -> Any:
    sold = facts.lines.filter(facts.lines.net > 0, facts.lines.customer_id.notnull())
    firsts = sold.group_by("customer_id").agg(first_at=sold.occurred_at.min())
    told = facts.lines.filter(facts.lines.arm.notnull()).left_join(firsts, "customer_id")
    return (
        told.group_by("arm")
        .agg(
            purchases=told.purchase_id.nunique(where=told.net > 0),
            customers=told.customer_id.nunique(where=told.net > 0),
            first=told.customer_id.nunique(where=(told.net > 0) & (told.occurred_at == told.first_at)),
            net=told.net.sum(),
        )
        .order_by(ibis.desc("net"), "arm")
    )
