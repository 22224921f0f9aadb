"""Sales and returns over time, and how concentrated they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import ibis

from fidelia.insight.measures.sales import Period, amount_by_customer, concentration, lorenz_points, sales_by_period
from fidelia.insight.report.blocks import Block, Definition, Drawing, Number, Numbers, Section, Words, mark
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Series, in_out_bars, lorenz_curve, stacked_bars

DAILY_UNDER_DAYS = 62
WEEKLY_UNDER_DAYS = 200
CUSTOMERS_FOR_LORENZ = 100
ONE_FOR_ALL = 0.2  # of the sales
NAME_MAX = 40


def sales(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    period: Period = "day" if facts.days < DAILY_UNDER_DAYS else "week" if facts.days < WEEKLY_UNDER_DAYS else "month"
    rows = facts.rows(sales_by_period(facts.purchases, currency=facts.currency, period=period))
    sold, back = sum(row["sold"] for row in rows), sum(row["returned"] for row in rows)
    count = sum(row["sales"] for row in rows)
    finding = _finding(sold, back, count, speech)
    numbers = [
        Number(_("Sales"), speech.money(sold), speech.ngettext("{n} purchase", "{n} purchases", count)),
        Number(_("Returns"), speech.money(back)),
        Number(_("Net sales"), speech.money(sold + back)),
        Number(_("Mean basket"), speech.money(sold / count if count else 0, exact=True)),
    ]
    blocks: list[Block] = [
        Numbers(numbers),
        Drawing(
            _("What was sold, and what came back?"), _bars(rows, period, speech),
            marks=[_marks(row, period) for row in rows],
        ),
    ]  # fmt: skip
    if sold <= 0:
        doubt = _("If these are sales, the column of amounts is another one, or its sign is turned round: say which "
                  "column it is, or write sales as amounts above zero.")  # fmt: skip
        blocks = [Numbers(numbers), Words(doubt, "warn")]
    if facts.ends_within(period):
        blocks.append(Words(_("The last period is not over at the end of the history.")))
    blocks += _concentration(facts, speech)
    return Section("sales", title, finding, blocks, _definitions(speech))


def _finding(sold: int, back: int, count: int, speech: Speech) -> str:
    _ = speech.text
    if sold <= 0:
        return _("Nothing was sold for an amount above zero; {back} were given back.", back=speech.money(-back))
    if not back:
        return speech.ngettext(
            "{sold} were sold in {n} purchase; the history holds no returns.",
            "{sold} were sold in {n} purchases; the history holds no returns.",
            count, sold=speech.money(sold),
        )  # fmt: skip
    return _(
        "{sold} were sold and {back} given back ({share}).",
        sold=speech.money(sold), back=speech.money(-back), share=speech.share(-back / sold),
    )  # fmt: skip


def _marks(row: dict[str, Any], period: str) -> list[str]:
    bought = mark("bought", period, row["period"]) if row["customers"] else ""
    return [bought, bought, mark("returned", period, row["period"]) if row["returned"] else ""]


def _bars(rows: list[dict[str, Any]], period: str, speech: Speech) -> Any:
    _ = speech.text
    labels = [speech.month(row["period"]) if period == "month" else speech.day(row["period"]) for row in rows]
    headings = {"day": _("Day"), "week": _("Week of"), "month": _("Month")}
    sold = Series(_("Sales"), [speech.major(row["sold"]) for row in rows])
    if not any(row["returned"] for row in rows):
        return stacked_bars(labels, [sold], unit=speech.unit, language=speech.language, heading=headings[period])
    return in_out_bars(
        labels,
        sold,
        [Series(_("Returns"), [speech.major(-row["returned"]) for row in rows], "orange")],
        unit=speech.unit,
        language=speech.language,
        heading=headings[period],
    )


def _concentration(facts: ReportFacts, speech: Speech) -> list[Block]:
    _ = speech.text
    amounts = amount_by_customer(
        facts.purchases, since=facts.first_at - timedelta(seconds=1), as_of=facts.as_of, currency=facts.currency
    )
    (spread,) = facts.rows(concentration(amounts))
    if spread["people"] < CUSTOMERS_FOR_LORENZ or spread["gini"] is None:
        return []
    (largest,) = facts.rows(amounts.order_by(ibis.desc("amount"), "customer_id").limit(1))
    points = facts.rows(lorenz_points(amounts))
    reached = {row["part"]: row["amount"] / row["total"] for row in points}
    tenths = [reached[part] - reached.get(part - 10, 0.0) for part in range(10, 101, 10)]
    return [
        Drawing(
            _("How much do the best customers make?"),
            lorenz_curve(tenths, language=speech.language, people=_("customers"), amount=_("sales")),
            height=320,
            width=560,
            marks=[[mark("best", part) if part else ""] for part in range(0, 101, 10)],
        ),
        Words(
            _(
                "The best 1% of customers make {one} of the sales, the best 10% {ten}, the best half {half}. Gini "
                "coefficient: {gini}.",
                one=speech.share(reached[1]),
                ten=speech.share(reached[10]),
                half=speech.share(reached[50]),
                gini=speech.number(spread["gini"], 2),
            )
        ),
        *_one_for_all(largest, spread, speech),
    ]


def _one_for_all(largest: dict[str, Any], spread: dict[str, Any], speech: Speech) -> list[Block]:
    """Ask about a customer who is as large as hundreds of others: often the till's name for whoever has no card."""
    share = largest["amount"] / spread["total"] if spread["total"] else 0.0
    if share < ONE_FOR_ALL:
        return []
    told = speech.text(
        "One customer ({name}) makes {share} of the sales. See whether this is one person or the till's name for "
        "everybody without a card: without these rows the chapters on customers tell more of the others.",
        name=str(largest["customer_id"])[:NAME_MAX], share=speech.share(share),
    )  # fmt: skip
    return [Words(told, "warn")]


def _definitions(speech: Speech) -> list[Definition]:
    _ = speech.text
    return [
        speech.definition(_("Sales by period"), sales_by_period),
        speech.definition(_("Concentration"), lorenz_points),
        speech.definition(_("Gini coefficient"), concentration),
    ]
