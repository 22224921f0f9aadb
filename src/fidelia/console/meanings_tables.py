"""The ⓘ beside the tables of insight that no chapter has: effects, versions of the scores, lists of people."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fidelia.insight.models import ScoreKind
from fidelia.insight.report.terms import meaning_of
from fidelia.ui.parts import Definition

from .programme_parts import language


def ten_groups() -> Definition:
    """The groups of the page of recency and frequency."""
    return Definition(
        _("Ten groups"), _said("rfm", "The ten groups"),
        terms=[(_("Customers"), _said("rfm", "Customers")), (_("Amount"), _said("rfm", "Sales"))],
    )  # fmt: skip


def people_of_cell() -> Definition:
    """The customers of a cell."""
    return Definition(_("Customers of the cell"), _("Those who had these two scores at the last refresh."), terms=[
        (_("Purchases"), _("Purchases in the window that were kept.")),
        (_("Amount"), _said("rfm", "Sales")),
    ])  # fmt: skip


def people_behind(name: str) -> Definition:
    """The customers behind a part of a chart."""
    return Definition(
        name, _("Those whom this part of the chart counts, who spent most in its facts first."),
        terms=[(_("Spend 12 mo."), _("What this customer spent in the last 12 months, returns taken off."))],
    )  # fmt: skip


def people_alike() -> list[tuple[str, str]]:
    """The columns of the customers who are like one."""
    return [
        (_("Purchases"), _("Purchases in the window that were kept.")),
        (_("Amount"), _("What the person spent in the window of the last refresh, returns taken off.")),
    ]


def effects_chart() -> Definition:
    """How much more the treated spend."""
    return Definition(_("How much more do the treated spend?"), _spent_more(), detail=_looked_at())


def campaigns() -> Definition:
    """The table of campaigns beside their control groups."""
    return Definition(_("Campaigns"), _("Each campaign beside the people whom chance left out of it."), terms=[
        (_("People"), _("Everybody drawn, treated and left out, whether or not a message reached them.")),
        (_("Buyers, in points"), _("Share of the treated who bought less that of those left out.")),
        (_("Spent more, a person"), _spent_more()),
        (_("Margin of all treated"), _("Spent more, a person × the assumed margin × the treated.")),
    ], detail=_looked_at())  # fmt: skip


def rules() -> Definition:
    """The table of rules that leave people out."""
    return Definition(
        _("Rules that leave people out"), _("Each rule beside the members whom it gives nothing, by chance."),
        terms=[
            (_("Left out"), _("Share of the members whom the rule leaves out.")),
            (_("People"), _("Members of both kinds who are counted.")),
            (_("Spent more, a person"), _spent_more()),
        ], detail=_looked_at(),
    )  # fmt: skip


def instruments() -> Definition:
    """The table of what each instrument brings back."""
    return Definition(
        _("What each instrument brings back"), _("All that is measured of one instrument, added up."),
        terms=[
            (_("Times given"), _("Decisions in which it gave something.")),
            (_("Cost"), _("What all that it gave costs, part by part; a dash where a part is not known.")),
            (_("Margin it brought"), _(
                "Spent more, a person × the treated, with discounts and vouchers put back, × the assumed margin.")),
            (_("Back for each 1 spent"), _("Margin it brought ÷ its cost.")),
        ],
    )  # fmt: skip


def budget_of_portfolio(day: str) -> Definition:
    """The budget divided among the classes, and what it is expected to bring."""
    return Definition(
        _("The budget and what it brings"),
        _("A budget divided among the four classes, and the margin expected of it: an estimate, not a measurement."),
        _("Purchases up to %(day)s") % {"day": day},
        terms=[
            (_("Customers"), _said("portfolio", "Customers")),
            (_("Margin"), _("This class’s share of all margin so far.")),
            (_("Budget"), _(
                "Its share of the budget and the amount. The tick is its share of what was given in the last 365 days: "
                "what discounts took off, and points at what they pay at the till.")),
            (_("Expected effect"), _(
                "Margin expected more than without the budget, the budget not taken off, with half its 95% interval.")),
        ],
        detail=_(
            "Effect = people × effect of one × (1 + k) c ÷ (k + c), c being the budget a person ÷ the cost a person "
            "measured (ADBUDG; Little, Management Science 1970); k follows from what twice the money brings."),
    )  # fmt: skip


def versions(kind: str, title: str) -> Definition:
    """The table of the versions of a score."""
    learnt = (_("Learnt from"), _("People whom it was learnt from, and the share of them who bought."))
    if kind == ScoreKind.UPLIFT:
        return Definition(title, _("How well each version ranks people whom it had not seen."), terms=[
            learnt,
            (_("Qini, per 1,000 people"), _(
                "Buyers gained by asking people in the order of the score, above asking them at random.")),
            (_("Buyers gained, best fifth"), _("Buyers gained among the fifth with the best scores, in points.")),
            (_("Buyers gained, all"), _("Buyers gained among everybody, in points.")),
        ])  # fmt: skip
    return Definition(title, _("How well each version tells apart people whom it had not seen."), terms=[
        learnt,
        (_("AUC"), _("Chance that who did it has a higher score than who did not; 0.5 is a coin.")),
        (_("Best tenth"), _("Share who did it in the tenth with the best scores ÷ share of everybody.")),
        (_("Calibration error"), _("Mean distance of what the score says from the share who did it.")),
    ])  # fmt: skip


def _spent_more() -> str:
    return _("Mean spent by the treated less that of those left out, everybody counted, who bought nothing too.")


def _looked_at() -> str:
    return _("The interval holds the true effect in 95 of 100 cases, however often one looks.")


def _said(chapter: str, label: str) -> str:
    """What a chapter says of the same label."""
    meaning = meaning_of(chapter, _(label), language())
    assert meaning is not None, f"{chapter} has no {label}"
    return meaning.text
