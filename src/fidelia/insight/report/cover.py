"""The cover: the five figures that a board asks for first, each with what it means."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.kernel.errors import FideliaError

from .blocks import Number
from .buying import YEARS, future_of, silence_of
from .facts import ReportFacts
from .sections.rfm import scored
from .speech import Speech


def cover_numbers(facts: ReportFacts, speech: Speech) -> Sequence[Number]:
    """Return up to five figures; those that the file does not allow are left out."""
    _ = speech.text
    bought = scored(facts)
    people = len(bought["customer_id"])
    (whole,) = facts.rows(facts.purchases.agg(net=facts.purchases.total.sum()))
    days = speech.ngettext("in {n} day", "in {n} days", facts.days)
    numbers = [Number(_("Net sales"), speech.money(whole["net"] or 0), days)]
    if people:
        again = int((bought["frequency"] > 1).sum())
        again_told = speech.ngettext("{n} customer", "{n} customers", again)
        numbers += [
            Number(_("Customers"), speech.number(people), _("with a purchase they kept")),
            Number(_("Bought again"), speech.share(again / people), again_told),
        ]
    return [*numbers, *_of_models(facts, speech)]


def _of_models(facts: ReportFacts, speech: Speech) -> list[Number]:
    _ = speech.text
    try:
        future, silence = future_of(facts), silence_of(facts)
    except FideliaError:  # said in their chapters
        return []
    silent = int(((silence.silence > silence.limit) & silence.own_rhythm).sum())
    return [
        Number(_("Still to come"), speech.money(future.expected), _("of margin in {n} years", n=YEARS)),
        Number(_("Silent regulars"), speech.number(silent), _("beyond their own rhythm")),
    ]
