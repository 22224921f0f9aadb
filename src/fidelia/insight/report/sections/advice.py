"""What to do next: at most five things, each with its reason and what is at stake, the most money first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from fidelia.insight.report.blocks import Advice
from fidelia.insight.report.buying import future_of, silence_of
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.margins import margin_of
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError

from .churn import silent_in_words
from .portfolio import classify
from .rfm import scored

MOST: Final = 5
QUIET_DAYS: Final = 60  # no shop that is open sells nothing for so long
STAKE_MIN: Final = 0.001  # of the margin of the history: nobody changes a plan for less
CUSTOMERS_MIN: Final = 10  # of fewer each is known by name
ALIVE_MIN: Final = 0.05  # below this the model says no more what somebody would bring
Proposal = tuple[float, Advice]


def advise(facts: ReportFacts, speech: Speech) -> Sequence[Advice]:
    """Return the proposals that this file supports; one whose model does not fit is left out."""
    proposals: list[Proposal] = []
    for propose in (_win_back, _second_purchase, _question_marks, _keep_the_best, _know_them):
        proposals += _if_it_fits(propose, facts, speech)
    least = STAKE_MIN * margin_of(facts).rate * _net_sales(facts)
    worth = [(stake, advice) for stake, advice in proposals if stake >= least]
    ranked = [advice for _stake, advice in sorted(worth, key=lambda pair: -pair[0])]
    return [*_newer_purchases(facts, speech), *ranked][:MOST]


def _newer_purchases(facts: ReportFacts, speech: Speech) -> list[Advice]:
    """Where nothing was bought for long, everybody seems gone: what is missing is purchases, not customers."""
    if facts.quiet_days < QUIET_DAYS:
        return []
    _ = speech.text
    return [Advice(
        _("Bring in newer purchases"),
        _("The last one is of {day}, {n} days ago: seen from today everybody seems gone. To see the customers as they "
          "were then, filter the purchases up to that day.", day=speech.day(facts.bought_until),
          n=speech.number(facts.quiet_days)),
        "", "sales",
    )]  # fmt: skip


def _net_sales(facts: ReportFacts) -> float:
    (whole,) = facts.rows(facts.purchases.agg(net=facts.purchases.total.sum()))
    return max(0.0, float(whole["net"] or 0))


def _if_it_fits(
    propose: Callable[[ReportFacts, Speech], Proposal | None], facts: ReportFacts, speech: Speech
) -> list[Proposal]:
    try:
        proposal = propose(facts, speech)
    except FideliaError:
        return []
    return [] if proposal is None else [proposal]


def _win_back(facts: ReportFacts, speech: Speech) -> Proposal | None:
    _ = speech.text
    silence, future = silence_of(facts), future_of(facts)
    silent = silence.customers[(silence.silence > silence.limit) & silence.own_rhythm]
    if not len(silent):
        return None
    wanted = set(silent.tolist())  # numpy compares texts one by one
    kept = np.fromiter((customer in wanted for customer in future.counted.customers), dtype=bool)
    # What they would bring if they were surely active.
    stake = float((future.worth[kept] / np.maximum(future.alive[kept], ALIVE_MIN)).sum())
    return stake, Advice(
        _("Win back the silent regulars"),
        silent_in_words(len(silent), speech),
        _("{stake} of margin over three years, if all came back", stake=speech.money(stake)),
        "churn",
    )


def _second_purchase(facts: ReportFacts, speech: Speech) -> Proposal | None:
    _ = speech.text
    rfm = scored(facts)
    recent = (rfm["frequency"] == 1) & (rfm["recency_days"] <= 60)
    if not recent.sum() or len(recent) < CUSTOMERS_MIN:
        return None
    repeat = rfm["frequency"] > 1
    mean = float(rfm["amount"][recent].mean()) * margin_of(facts).rate
    stake = float(recent.sum()) * mean
    return stake, Advice(
        _("Bring the newest back within weeks"),
        speech.ngettext(
            "{n} customer bought for the first time in the last 60 days; {share} of all have bought again.",
            "{n} customers bought for the first time in the last 60 days; {share} of all have bought again.",
            int(recent.sum()), share=speech.share(float(repeat.mean())),
        ),
        _("{stake} of margin, if each came back once", stake=speech.money(stake)),
        "rfm",
    )  # fmt: skip


def _question_marks(facts: ReportFacts, speech: Speech) -> Proposal | None:
    _ = speech.text
    people = classify(facts)
    marks = people["class"] == "question_marks"
    if not marks.sum():
        return None
    stake = float(people["potential"][marks].sum())
    return stake, Advice(
        _("Invest in the question marks"),
        speech.ngettext(
            "{n} customer brought little so far and is expected to bring much.",
            "{n} customers brought little so far and are expected to bring much.",
            int(marks.sum()),
        ),
        _("{stake} of margin expected of them", stake=speech.money(stake)),
        "portfolio",
    )


def _keep_the_best(facts: ReportFacts, speech: Speech) -> Proposal | None:
    _ = speech.text
    rfm = scored(facts)
    best = rfm["segment"] == "champions"
    whole = float(rfm["amount"].sum())
    if not best.sum() or whole <= 0:
        return None
    share = float(rfm["amount"][best].sum()) / whole
    stake = share * future_of(facts).expected
    return stake, Advice(
        _("Recognise the best before you reward them"),
        speech.ngettext(
            "{n} champion makes {share} of the sales.",
            "{n} champions make {share} of the sales.",
            int(best.sum()),
            share=speech.share(share),
        ),
        _("{stake} of the value of the portfolio", stake=speech.money(stake)),
        "rfm",
    )


def _know_them(facts: ReportFacts, speech: Speech) -> Proposal | None:
    _ = speech.text
    unknown = facts.purchases.filter(facts.purchases.customer_id.isnull())
    amount = facts.rows(unknown.agg(amount=unknown.total.sum()))[0]["amount"] or 0
    whole = facts.rows(facts.purchases.agg(amount=facts.purchases.total.sum()))[0]["amount"] or 0
    if whole <= 0 or amount / whole < 0.05:
        return None
    return float(amount) * margin_of(facts).rate, Advice(
        _("Know more of your customers"),
        _("{share} of the sales name nobody: a card or an address at the till makes them customers.",
          share=speech.share(amount / whole)),
        _("{amount} of sales without a name", amount=speech.money(amount)),
        "sales",
    )  # fmt: skip
