"""Members and comparable others: does who joined buy more than who was as they were, and did not join?

Members are those who joined in a span of 90 days; others those who were no members at its end. Compared are people who
had bought before that span and came within it: who joins at the till came, and so must the others have. What
was known before the span pairs them; what they did in the time after it is compared. Who joins may want to come back
more than who does not, and no column shows it: the global control group proves, this only makes likely.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import ibis
import numpy as np
from ibis import _ as here
from numpy.typing import NDArray

from fidelia.insight.fits.proof import MatchedComparison, compare_matched
from fidelia.insight.measures.effect import Effect
from fidelia.insight.report.blocks import Block, Definition, Grid, Missing, Section, Words
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech

from .scores import known_at

JOINING: Final = timedelta(days=90)
AFTER: Final = timedelta(days=180)
DAYS_MIN: Final = 360
PEOPLE_MAX: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """People compared: what was known of each before, who joined (1 or 0), and what they did afterwards."""

    columns: dict[str, NDArray[np.float64]]
    member: NDArray[np.float64]
    spent: NDArray[np.float64]
    came: NDArray[np.float64]


def members_section(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    if facts.joined is None:
        reason = _("Who is a member is not known here: with memberships, members are compared with others like them.")
        return Section("members", title, "", [Missing(reason)])
    if facts.days < DAYS_MIN:
        reason = _("Members are compared with others from a history of {n} days on.", n=DAYS_MIN)
        return Section("members", title, "", [Missing(reason)])
    people = joined_people(facts)
    if not 0 < people.member.sum() < len(people.member):
        return Section("members", title, "", [Missing(_nobody_to_compare(people, facts, speech))])
    spent = compare_matched(people.columns, people.member, people.spent)
    came = compare_matched(people.columns, people.member, people.came)
    rows = [
        [_("Bought again in the {n} days after", n=AFTER.days), _points(came.plain_difference, speech),
         _points(came.effect.difference, speech), _span(came.effect, speech, is_share=True), _said(came, speech)],
        [_("Spent in the {n} days after", n=AFTER.days), _money(spent.plain_difference, speech),
         _money(spent.effect.difference, speech), _span(spent.effect, speech, is_share=False), _said(spent, speech)],
    ]  # fmt: skip
    columns = [
        _("Members against others"), _("Compared with everybody"), _("Compared with others like them"),
        _("95% interval"), _("Finding"),
    ]  # fmt: skip
    blocks: list[Block] = [
        Grid(_("Do members buy more than others like them?"), columns, rows),
        Words(_(
            "{pairs} of those who joined were paired with somebody who did not; {left} had nobody like them. Who joins "
            "may want to come back more than who does not, and no column shows it: the global control group proves, "
            "this only makes likely.",
            pairs=speech.number(spent.pairs), left=speech.number(spent.members_left_out),
        )),
        _balance(spent, speech),
    ]  # fmt: skip
    return Section("members", title, _finding(spent, speech), blocks, [
        speech.definition(_("Comparable others"), compare_matched),
        Definition(_("Balance of the groups"), _(
            "How far apart the means of the two groups are, in standard deviations, before and after pairing; beyond "
            "0.1 they are not comparable."
        )),
    ])  # fmt: skip


def _nobody_to_compare(people: Joined, facts: ReportFacts, speech: Speech) -> str:
    ends = facts.as_of - AFTER
    return speech.text(
        "Compared are customers who joined between {first} and {last} with others who bought then and did not: "
        "{members} joined, {others} did not.",
        first=speech.day(ends - JOINING), last=speech.day(ends), members=speech.number(people.member.sum()),
        others=speech.number(len(people.member) - people.member.sum()),
    )  # fmt: skip


def joined_people(facts: ReportFacts) -> Joined:
    """Return those who joined within the span and those who had not by its end; see the module."""
    begins = facts.as_of - AFTER - JOINING
    ends = begins + JOINING
    sales = facts.purchases.filter(here.customer_id.notnull(), here.kind == "sale")
    came = sales.filter(here.occurred_at >= begins, here.occurred_at < ends).select("customer_id").distinct()
    assert facts.joined is not None
    before = facts.joined.filter(here.joined_at < begins)
    who, columns, _came = known_at(facts, begins, among=came.anti_join(before, "customer_id"))
    members = set(facts.columns(facts.joined.filter(here.joined_at < ends), ["customer_id"])[0].tolist())
    after = _after(facts, ends)
    chosen = np.arange(len(who))
    if len(chosen) > PEOPLE_MAX:
        chosen = np.sort(np.random.default_rng(1805).choice(chosen, PEOPLE_MAX, replace=False))
    did = [after.get(who[place], (0.0, 0.0)) for place in chosen.tolist()]
    return Joined(
        {name: values[chosen] for name, values in columns.items()},
        np.array([float(who[place] in members) for place in chosen.tolist()]),
        np.array([spent for spent, _times in did]), np.array([float(times > 0) for _spent, times in did]),
    )  # fmt: skip


def _after(facts: ReportFacts, since: datetime) -> dict[str, tuple[float, float]]:
    inside: ibis.Table = facts.purchases.filter(here.customer_id.notnull(), here.occurred_at >= since)
    told = inside.group_by("customer_id").agg(
        spent=here.total.sum().cast("float64"), times=here.purchase_id.count(where=here.kind == "sale").cast("float64")
    )
    who, spent, times = facts.columns(told, ["customer_id", "spent", "times"])
    return dict(zip(who.tolist(), zip(spent.tolist(), times.tolist(), strict=True), strict=True))


def _finding(found: MatchedComparison, speech: Speech) -> str:
    _ = speech.text
    if not found.is_balanced:
        return _("Members and others are too different to be compared.")
    if found.finding == "no effect found":
        return _("No effect found: members spend no more, nor less, than others like them, as far as can be told.")
    span = _span(found.effect, speech, is_share=False)
    return _(
        "Members spent {money} against others like them in the {n} days after they joined ({span}).",
        money=_money(found.effect.difference, speech), n=AFTER.days, span=span,
    )  # fmt: skip


def _said(found: MatchedComparison, speech: Speech) -> str:
    _ = speech.text
    words = {
        "positive": _("more than others like them"), "negative": _("less than others like them"),
        "no effect found": _("no effect found"), "not comparable": _("not comparable"),
    }  # fmt: skip
    return words[found.finding]


def _span(effect: Effect, speech: Speech, *, is_share: bool) -> str:
    write = _points if is_share else _money
    return speech.text("{low} to {high}", low=write(effect.low, speech), high=write(effect.high, speech))


def _money(minor: float, speech: Speech) -> str:
    sign = "−" if minor < 0 else "+"
    return f"{sign}{speech.money(abs(minor), exact=True)}"


def _points(difference: float, speech: Speech) -> str:
    sign = "−" if difference < 0 else "+"
    return speech.text("{n} points", n=f"{sign}{speech.number(100 * abs(difference), 1)}")


def _balance(found: MatchedComparison, speech: Speech) -> Grid:
    _ = speech.text
    rows = [
        [
            _(row.name), *(speech.number(value, 2) for value in (row.members, row.others, row.matched_others)),
            speech.number(row.difference_before, 3), speech.number(row.difference_after, 3),
        ]
        for row in found.balance
    ]  # fmt: skip
    return Grid(_("Are they alike in what was known before?"), [
        _("Known before"), _("Members"), _("All others"), _("Those like them"), _("Apart before"), _("Apart after"),
    ], rows)  # fmt: skip
