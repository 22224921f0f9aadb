"""What changed in the last four weeks, why, and where to look: at most four things, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fidelia.insight.measures.changes import Change, Span, change_between, span_from, span_of
from fidelia.insight.report.blocks import Advice, Block, Grid, Missing, Number, Numbers, Section, Words, mark
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech

SPAN: Final = timedelta(days=28)
YEAR: Final = timedelta(days=364)  # the same weekdays
CUSTOMERS_MIN: Final = 30
HARDLY: Final = 0.01  # of the sales before: less is no change worth a sentence


@dataclass(frozen=True, slots=True)
class Compared:
    """The last four weeks beside the same a year before, or beside the four weeks before them."""

    now: Span
    before: Span
    is_against_year: bool

    @property
    def change(self) -> Change:
        return change_between(self.before, self.now)


def compared(facts: ReportFacts) -> Compared | None:
    """Compare the last four weeks; None with too few people in one of the two spans, or too short a history."""

    def compute() -> Compared | None:
        since = facts.as_of - SPAN
        is_against_year = facts.first_at <= since - YEAR
        before_since = since - (YEAR if is_against_year else SPAN)
        if facts.first_at > before_since:
            return None
        now, before = (
            span_from(facts.rows(span_of(facts.purchases, since=start, until=start + SPAN))[0])
            for start in (since, before_since)
        )
        if min(now.customers, before.customers) < CUSTOMERS_MIN or min(now.known, before.known) <= 0:
            return None
        return Compared(now, before, is_against_year)

    found: Compared | None = facts.once("compared", compute)
    return found


def changes_section(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    found = compared(facts)
    if found is None:
        reason = _(
            "Too few people to compare: at least {n} customers are needed in the last four weeks and in those they are "
            "compared with.", n=CUSTOMERS_MIN,
        )  # fmt: skip
        return Section("changes", title, "", [Missing(reason)])
    change = found.change
    against = _("the same weeks a year before") if found.is_against_year else _("the four weeks before")
    finding = _(
        "Sales of the last four weeks: {now}, {change} against {against} ({share}).",
        now=speech.money(found.now.whole), change=signed(change.whole, speech), against=against,
        share=signed_share(change.whole / found.before.whole, speech) if found.before.whole > 0 else "–",
    )  # fmt: skip
    blocks: list[Block] = [
        Numbers([
            Number(_("Sales"), speech.money(found.now.whole), _("{value} before", value=speech.money(
                found.before.whole))),
            Number(_("Customers"), speech.number(found.now.customers), _("{value} before", value=speech.number(
                found.before.customers)), mark("lately")),
            Number(_("Purchases of each"), speech.number(found.now.each, 2), _("{value} before", value=speech.number(
                found.before.each, 2))),
            Number(_("Amount of a purchase"), speech.money(found.now.amount, exact=True), _(
                "{value} before", value=speech.money(found.before.amount, exact=True))),
        ]),
        Grid(_("What the change is owed to"), [_("Reason"), _("Sales")], [
            [_("How many customers came"), signed(change.customers, speech)],
            [_("How often each came"), signed(change.often, speech)],
            [_("How much each purchase was"), signed(change.amount, speech)],
            [_("Sales that name nobody"), signed(change.unknown, speech)],
            [_("All together"), signed(change.whole, speech)],
        ]),
        *(Words(f"{one.title} {one.reason}") for one in what_changed(facts, speech)),
    ]  # fmt: skip
    return Section("changes", title, finding, blocks, [
        speech.definition(_("What the change is owed to"), change_between),
    ])  # fmt: skip


def what_changed(facts: ReportFacts, speech: Speech) -> Sequence[Advice]:
    """Return what changed most, the worst first, each with why, its size in money and the chapter that tells more."""
    found = compared(facts)
    if found is None:
        return []
    _, change, now, before = speech.text, found.change, found.now, found.before
    customers = {"now": speech.number(now.customers), "before": speech.number(before.customers)}
    often = {"now": speech.number(now.each, 2), "before": speech.number(before.each, 2)}
    amount = {
        "now": speech.money(now.amount, exact=True), "before": speech.money(before.amount, exact=True)
    }  # fmt: skip
    unknown = {"now": speech.money(now.unknown), "before": speech.money(before.unknown)}
    candidates = [
        (change.customers, "churn" if change.customers < 0 else "cohorts",
         _("Fewer customers came.") if change.customers < 0 else _("More customers came."),
         _("{now} bought, {before} before.", **customers)),
        (change.often, "lifecycle", _("Each came less often.") if change.often < 0 else _("Each came more often."),
         _("{now} purchases of each, {before} before.", **often)),
        (change.amount, "products",
         _("Each purchase was smaller.") if change.amount < 0 else _("Each purchase was larger."),
         _("{now} on average, {before} before.", **amount)),
        (change.unknown, "sales",
         _("Fewer sales name nobody.") if change.unknown < 0 else _("More sales name nobody."),
         _("{now} without a customer, {before} before.", **unknown)),
    ]  # fmt: skip
    least = HARDLY * abs(before.whole)
    return [
        Advice(title, reason, _("{change} of sales", change=signed(size, speech)), chapter)
        for size, chapter, title, reason in sorted(candidates, key=lambda one: one[0])
        if abs(size) >= least
    ]


def signed(minor: float, speech: Speech) -> str:
    """Write an amount with its sign."""
    return f"{'−' if minor < 0 else '+'}{speech.money(abs(minor))}" if round(minor) else speech.money(0)


def signed_share(ratio: float, speech: Speech) -> str:
    return f"{'−' if ratio < 0 else '+'}{speech.share(abs(ratio))}"
