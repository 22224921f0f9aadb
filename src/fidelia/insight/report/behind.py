"""The people behind a part of a chapter: a mark of a chart, a cell of a table or a figure has a key, a key has people.

They are counted from the same facts, by the same measures, as what is shown: the list is as long as the number says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal, cast

import ibis
import numpy as np
from ibis import _ as here
from numpy.typing import NDArray

from fidelia.insight.errors import UnknownMark
from fidelia.insight.fits.scoring.judging import best_first
from fidelia.insight.measures.cohorts import active_people
from fidelia.insight.measures.profitability import people_by_years
from fidelia.insight.measures.promotions import people_by_band
from fidelia.insight.measures.sales import amount_by_customer

from .blocks import read_mark
from .buying import future_of, purchases_by_day, silence_of
from .facts import ReportFacts
from .sections.bands import band_scores
from .sections.changes import SPAN
from .sections.churn import tenths_of
from .sections.frat import typed
from .sections.lifecycle import stages_now, stages_then
from .sections.portfolio import classify
from .sections.rfm import scored
from .sections.scores import learnt_score

Ids = NDArray[Any]
UNITS: Final[dict[str, Literal["D", "W", "M"]]] = {"day": "D", "week": "W", "month": "M"}


def people_behind(facts: ReportFacts, key: str) -> list[str]:
    """Return the ids of the customers behind a part of a chapter, those who spent most in these facts first.

    Raises UnknownMark, and what the chapter itself would raise on these facts.
    """
    kind, values = read_mark(key)
    find = BEHIND.get(kind)
    if find is None:
        raise UnknownMark("There is no such part of a chapter.")
    try:
        found = find(facts, *values)
    except (TypeError, ValueError, KeyError, IndexError):  # an address that somebody changed by hand
        raise UnknownMark("There is no such part of a chapter.") from None
    spent = _spent(facts)
    return sorted({str(one) for one in found}, key=lambda one: (-spent.get(one, 0), one))


def _spent(facts: ReportFacts) -> dict[str, int]:
    def compute() -> dict[str, int]:
        everything = amount_by_customer(
            facts.purchases, since=facts.first_at - timedelta(seconds=1), as_of=facts.as_of, currency=facts.currency
        )
        who, amount = facts.columns(everything, ["customer_id", "amount"])
        return dict(zip(who.tolist(), amount.tolist(), strict=True))

    found: dict[str, int] = facts.once("spent", compute)
    return found


def _ids(facts: ReportFacts, table: ibis.Table) -> Ids:
    known = table.filter(table.customer_id.notnull()).select("customer_id").distinct()
    return facts.columns(known, ["customer_id"])[0]


def _chosen(people: dict[str, Any], which: Any) -> Ids:
    return cast("Ids", people["customer_id"][which])


# Sales, and what changed


def _in_period(facts: ReportFacts, period: str, first: str, *, sales: bool) -> Ids:
    own = facts.purchases.filter(here.currency == facts.currency)
    of_kind = own.filter(own.kind == "sale" if sales else own.kind != "sale")
    inside = of_kind.filter(of_kind.occurred_at.truncate(UNITS[period]).date() == date.fromisoformat(first))
    return _ids(facts, inside)


def _bought(facts: ReportFacts, period: str, first: str) -> Ids:
    return _in_period(facts, period, first, sales=True)


def _returned(facts: ReportFacts, period: str, first: str) -> Ids:
    return _in_period(facts, period, first, sales=False)


def _best(facts: ReportFacts, part: str) -> Ids:
    """The best so many hundredths by what they spent, as the curve of Lorenz ranks them."""
    everybody = sorted(_spent(facts).items(), key=lambda one: (-max(one[1], 0), one[0]))
    return np.array([who for who, _amount in everybody[: len(everybody) * int(part) // 100]])


def _lately(facts: ReportFacts) -> Ids:
    own = facts.purchases.filter(here.occurred_at >= facts.as_of - SPAN, here.kind == "sale")
    return _ids(facts, own)


# Recency, frequency, amount, type


def _cell(facts: ReportFacts, recency: str, frequency: str) -> Ids:
    people = scored(facts)
    return _chosen(people, (people["recency_score"] == int(recency)) & (people["frequency_score"] == int(frequency)))


def _group(facts: ReportFacts, key: str) -> Ids:
    people = scored(facts)
    return _chosen(people, people["segment"] == key)


def _band(facts: ReportFacts, measure: str, score: str) -> Ids:
    people = scored(facts)
    return _chosen(people, band_scores(people, facts)[measure] == int(score))


def _type(facts: ReportFacts, kind: str) -> Ids:
    people = typed(facts)
    return _chosen(people, people["type"] == kind)


def _often(facts: ReportFacts, kind: str, score: str) -> Ids:
    people = typed(facts)
    return _chosen(people, (people["type"] == kind) & (people["frequency_score"] == int(score)))


# Lifecycle and cohorts


def _stage(facts: ReportFacts, stage: str) -> Ids:
    return _ids(facts, stages_now(facts).filter(here.stage == stage))


def _move(facts: ReportFacts, start: str, end: str) -> Ids:
    then, now = stages_then(facts).filter(here.stage == start), stages_now(facts).filter(here.stage == end)
    return _ids(facts, now.semi_join(then, "customer_id"))


def _cohort(facts: ReportFacts, month: str, age: str) -> Ids:
    found = active_people(
        facts.purchases, facts.lines, as_of=facts.as_of, currency=facts.currency, cohort=date.fromisoformat(month),
        age=int(age),
    )  # fmt: skip
    return _ids(facts, found)


# Value, churn, scores, portfolio


def _repeated(facts: ReportFacts, days: str) -> Ids:
    """Those who had bought again within so many days of the first purchase of all."""
    who, when, _amount = purchases_by_day(facts)
    names, places = np.unique(who.astype(str), return_inverse=True)
    day = (when - when.min()).astype(np.int64)
    buyer, on = np.unique(np.stack([places, day]), axis=1)  # purchases of one day are one, a buyer's days in order
    again = np.flatnonzero(np.diff(buyer) == 0) + 1
    return cast("Ids", names[np.unique(buyer[again][on[again] < int(days)])])


def _valuable(facts: ReportFacts) -> Ids:
    future = future_of(facts)
    order = np.argsort(-future.worth, kind="stable")
    return np.asarray(future.counted.customers)[order[: max(1, len(order) // 10)]]


def _active(facts: ReportFacts, tenth: str, times: str = "") -> Ids:
    future = future_of(facts)
    inside = tenths_of(future.alive) == int(tenth)
    if times:
        inside &= (future.counted.frequency > 0) == (times == "again")
    return cast("Ids", np.asarray(future.counted.customers)[inside])


def _silent(facts: ReportFacts) -> Ids:
    silence = silence_of(facts)
    return np.asarray(silence.customers)[(silence.silence > silence.limit) & silence.own_rhythm]


def _tenth(facts: ReportFacts, number: str, did: str = "") -> Ids:
    learnt = learnt_score(facts)
    places = best_first(learnt.score.out_of_fold)[int(number) - 1]
    return cast("Ids", learnt.who[places[learnt.did[places] == 1] if did else places])


def _class(facts: ReportFacts, name: str) -> Ids:
    people = classify(facts)
    return _chosen(people, people["class"] == name)


def _years(facts: ReportFacts, years: str) -> Ids:
    people = people_by_years(facts.purchases, facts.lines, as_of=facts.as_of)
    return _ids(facts, people.filter(here.years == int(years)))


# Products


def _product(facts: ReportFacts, code: str) -> Ids:
    sold = facts.lines.filter(here.is_product, here.net > 0, here.product_code == code)
    return _ids(facts, sold)


def _together(facts: ReportFacts, first: str, second: str) -> Ids:
    held = facts.lines.filter(here.is_product, here.net > 0)
    one, other = (held.filter(held.product_code == code) for code in (first, second))
    return _ids(facts, one.semi_join(other, "purchase_id"))


def _discount(facts: ReportFacts, band: str) -> Ids:
    return _ids(facts, people_by_band(facts.purchases, facts.lines, currency=facts.currency).filter(here.band == band))


BEHIND: Final[dict[str, Callable[..., Sequence[Any] | Ids]]] = {
    "bought": _bought, "returned": _returned, "best": _best, "lately": _lately, "cell": _cell, "group": _group,
    "band": _band, "type": _type, "often": _often, "stage": _stage, "move": _move, "cohort": _cohort,
    "repeated": _repeated, "valuable": _valuable, "active": _active, "silent": _silent, "tenth": _tenth,
    "class": _class, "years": _years, "product": _product, "together": _together, "discount": _discount,
}  # fmt: skip
