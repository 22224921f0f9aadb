"""Make a report: every section in its order, and last what to do next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import exponent_of
from fidelia.ui import formats

from .blocks import CURRENCY, Advice, Definition, Missing, Number, Section, Words
from .cover import cover_numbers
from .facts import ReportFacts
from .sections import SECTIONS
from .sections.advice import advise
from .sections.changes import what_changed
from .speech import Speech

Told = Callable[[str], None]
MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Report:
    """A report before it is drawn: the same for the page and the PDF."""

    title: str
    subtitle: str
    language: str
    made_at: datetime
    numbers: Sequence[Number]
    advice: Sequence[Advice]
    sections: Sequence[Section]
    changes: Sequence[Advice] = ()  # what changed, the worst first


def make_report(
    facts: ReportFacts, *, language: str, made_at: datetime, title: str = "", told: Told = lambda _line: None
) -> Report:
    """Write every section that the file allows; one that it does not allow says why. `told` hears each title."""
    speech = Speech(language, facts.currency, facts.scale)
    _ = speech.text
    sections = []
    for key, name, write in SECTIONS:
        told(_(name))
        if key == MEMBERS and facts.joined is None:  # a file does not say who is one
            continue
        sections.append(_with_left_out(_write(key, _(name), write, facts, speech), facts, speech))
    return Report(
        title=title or _("Customers and loyalty: {name}", name=facts.quality.name),
        subtitle=" · ".join(filter(None, [
            _(
                "Purchases from {first} to {last}, in {currency}",
                first=speech.day(facts.first_at), last=speech.day(facts.bought_until), currency=facts.currency,
            ),
            _left_out(facts, speech),
        ])),
        language=language,
        made_at=made_at,
        numbers=cover_numbers(facts, speech),
        advice=advise(facts, speech),
        sections=sections,
        changes=what_changed(facts, speech),
    )  # fmt: skip


def _left_out(facts: ReportFacts, speech: Speech) -> str:
    """Say which amounts no chapter counts; empty where there is one currency."""
    amounts = [
        speech.ngettext(
            "{amount} of {n} purchase", "{amount} of {n} purchases", one.purchases,
            amount=formats.money(
                Decimal(one.total).scaleb(-exponent_of(one.currency)), one.currency, speech.language,
                decimals=exponent_of(one.currency),
            ),
        )
        for one in facts.left_out
    ]  # fmt: skip
    _ = speech.text
    return _("not counted, being in another currency: {amounts}", amounts=", ".join(amounts)) if amounts else ""


def _with_left_out(section: Section, facts: ReportFacts, speech: Speech) -> Section:
    said = _left_out(facts, speech)
    if not said:
        return section
    _ = speech.text
    told = _("Only what was paid in {currency} counts; {left_out}.", currency=facts.currency, left_out=said)
    definitions = [*section.definitions, Definition(_("Currency"), told, CURRENCY)]
    blocks = [*section.blocks, Words(told, "warn")] if section.key == "sales" else section.blocks
    return replace(section, blocks=blocks, definitions=definitions)


def _write(
    key: str, title: str, write: Callable[[ReportFacts, Speech, str], Section], facts: ReportFacts, speech: Speech
) -> Section:
    try:
        return write(facts, speech, title)
    except FideliaError as refused:  # a model that does not fit this file is a finding, not the end of the report
        return Section(key, title, "", [Missing(speech.refusal(refused))])
