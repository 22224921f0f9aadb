"""What a budget is divided by: the people of each class, what they brought, and what was given to them so far."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import ibis
from ibis import _

from fidelia.kernel.errors import FideliaError
from fidelia.programme.queries import list_programmes, terms_of, version_in_force

from ..measures.engine import Facts
from ..measures.portfolio import CLASSES
from ..models import Refresh, folder_of
from ..report import ReportFacts
from ..report.margins import margin_of
from ..report.sections.portfolio import classify

GIVEN_DAYS: Final = 365


def total_portfolio(facts: ReportFacts, refresh: Refresh, *, at: datetime) -> dict[str, Any] | None:
    """Return what `Refresh.portfolio` keeps; None where no model fits these people.

    `classes`: by class its people, value and potential (margin so far and expected), and given: what discounts took off
    in the last 365 days and the points granted there, at what a point pays at the till by the version in force, else
    what a cheque makes of it; minor units, returns taken off. `unvalued`: points that are worth nothing by the terms.
    `rate` is the margin per amount sold, `assumed` the share of the sales, 0 to 1, of which no cost is known.
    """
    try:
        people = classify(facts)
    except FideliaError:
        return None
    given, unvalued = _given(facts, refresh, people, at)
    found = margin_of(facts)
    classes = {
        name: {
            "people": int(inside.sum()), "value": round(float(people["value"][inside].sum())),
            "potential": round(float(people["potential"][inside].sum())), "given": given.get(name, 0),
        }
        for name in CLASSES
        for inside in [people["class"] == name]
    }  # fmt: skip
    return {"classes": classes, "unvalued": unvalued, "rate": found.rate, "assumed": found.assumed}


def _given(facts: ReportFacts, refresh: Refresh, people: dict[str, Any], at: datetime) -> tuple[dict[str, int], int]:
    tables = Facts(folder_of(refresh.export_id), facts.backend)
    purchases = tables.people_of("purchases").filter(
        _.customer_id.notnull(), _.currency == facts.currency,
        _.occurred_at > refresh.as_of - timedelta(days=GIVEN_DAYS), _.occurred_at <= refresh.as_of,
    )  # fmt: skip
    sums = purchases.group_by("customer_id", "programme_id").agg(
        discount=_.discount.fill_null(0).sum().cast("int64"), points=_.points.fill_null(0).sum().cast("int64")
    )
    classes = ibis.memtable({"customer_id": people["customer_id"].tolist(), "class": people["class"].tolist()})
    joined = sums.join(classes, "customer_id").group_by("class", "programme_id").agg(
        discount=_.discount.sum().cast("int64"), points=_.points.sum().cast("int64")
    )  # fmt: skip
    worth = _worth_of_points(at)
    given, unvalued = dict.fromkeys(CLASSES, 0.0), 0
    for row in tables.rows_of(joined):
        of_point = worth.get(row["programme_id"] or "")
        given[row["class"]] += row["discount"] + (row["points"] * of_point if of_point is not None else 0)
        unvalued += row["points"] if of_point is None else 0
    return {name: max(0, round(amount)) for name, amount in given.items()}, unvalued


def _worth_of_points(at: datetime) -> dict[str, float]:
    """What a minor unit of points pays, in minor units of money, by programme; without those whose points pay none."""
    found = {}
    for programme in list_programmes():
        version = version_in_force(programme, at)
        terms = terms_of(version.id) if version is not None else None
        cheque = next((one for one in terms.cheques if not one.currency), None) if terms is not None else None
        if terms is not None and terms.points.pays is not None:
            found[str(programme.id)] = terms.points.pays.money / terms.points.pays.points
        elif cheque is not None:
            found[str(programme.id)] = cheque.money / cheque.points
    return found
