"""Loyalty and profit: do those who stay bring more?"""

from __future__ import annotations

from typing import Final

from fidelia.insight.measures.profitability import loyalty_and_profit, margin_by_purchase
from fidelia.insight.report.blocks import Block, Grid, Missing, Section, Words, mark
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.margins import lines_with_margin, margin_in_words
from fidelia.insight.report.speech import Speech

YEARS_MIN: Final = 1.5
FEW: Final = 30


def profit(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    if facts.days < YEARS_MIN * 365:
        text = _("The history covers less than a year and a half: nobody in it has been loyal for long.")
        return Section("profit", title, "", [Missing(text)])
    margins = margin_by_purchase(lines_with_margin(facts))
    rows = facts.rows(loyalty_and_profit(facts.purchases, margins, facts.lines, as_of=facts.as_of))
    told = [row for row in rows if row["customers"] >= FEW]
    if not told:
        return Section(
            "profit", title, "", [Missing(_("Too few customers to compare: fewer than {n} in each year.", n=FEW))]
        )
    table = [
        [
            _standing(row["years"], speech),
            speech.number(row["customers"]), speech.number(row["purchases"] / row["customers"], 2),
            speech.money(row["amount"] / row["purchases"], exact=True),
            speech.money(row["margin"] / row["customers"], exact=True),
        ]
        for row in told
    ]  # fmt: skip
    alone = _("Only customers of one standing are as many as {n}: there is nobody to compare them with.", n=FEW)
    first, last = (row["margin"] / row["customers"] for row in (told[0], told[-1]))
    finding = _(
        "In the last year a customer of the longest standing brought {last} of margin, a new one {first}.",
        last=speech.money(last, exact=True), first=speech.money(first, exact=True),
    )  # fmt: skip
    columns = [_("Customer for"), _("Customers"), _("Purchases a year"), _("Basket"), _("Margin a year")]
    blocks: list[Block] = [
        Grid(
            _("The last year, by how long they have been customers"), columns, table,
            marks=[[mark("years", row["years"])] for row in told],
        ),
        Words(margin_in_words(facts, speech)),
        Words(_("Who came within the last year has had less than a year to buy.")),
        Words(_("This shows who stays, not what staying does: those who bought little have left the older rows.")),
    ]  # fmt: skip
    finding = finding if len(told) > 1 else alone
    return Section("profit", title, finding, blocks, [speech.definition(_("Loyalty and profit"), loyalty_and_profit)])


def _standing(years: int, speech: Speech) -> str:
    _ = speech.text
    if years == 0:
        return _("Less than a year")
    return _("1 year") if years == 1 else _("{n} years", n=years)
