"""Cohorts: of those who first bought in a month, how many come back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, Final

from fidelia.insight.measures.cohorts import cohorts
from fidelia.insight.report.blocks import Drawing, Missing, Section, Words, mark
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Chart, Series, Unit, cohort_triangle, lines

COHORTS_SHOWN: Final = 14
COHORTS_MIN: Final = 3
CURVES: Final = 3
_COLOURS: Final = ("petrol", "orange", "violet")


def cohorts_section(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    found: dict[date, dict[int, Any]] = defaultdict(dict)
    computed = facts.rows(cohorts(facts.purchases, facts.lines, as_of=facts.as_of, currency=facts.currency))
    for row in computed:
        if not row["is_partial"]:
            found[row["cohort"]][row["age"]] = row
    whole = [month for month, ages in found.items() if ages.get(0)]
    if len(whole) < COHORTS_MIN:
        return Section("cohorts", title, "", [Missing(_("Customers arrived in fewer than {n} months.", n=COHORTS_MIN))])
    shown = sorted(whole)[-COHORTS_SHOWN:]
    ratios = [[_ratio(found[month], age) for age in range(_age_of(month, facts) + 1)] for month in shown]
    longest = max(map(len, ratios))
    blocks: list[Any] = [
        Drawing(
            _("How many come back, month after month?"),
            cohort_triangle(
                [f"{speech.month(month)} ({speech.number(found[month][0]['size'])})" for month in shown],
                [str(age) for age in range(longest)],
                ratios,
                language=speech.language,
                heading=_("Month of the first purchase (customers)"),
                period_name=_("Months since the first purchase"),
            ),
            90 + 30 * len(shown),
            marks=[
                [mark("cohort", month, 0), *(_mark(found[month], month, age) for age in range(len(line)))]
                for month, line in zip(shown, ratios, strict=True)
            ],
        )
    ]  # fmt: skip
    chosen = _chosen(sorted(whole), facts)
    if chosen:
        ages = range(1, min(_age_of(month, facts) for month in chosen) + 1)
        blocks.append(
            Drawing(
                _("Do newer customers come back more than older ones?"), _curves(found, chosen, ages, speech),
                marks=[["", *(_mark(found[month], month, age) for month in chosen)] for age in ages],
            )
        )  # fmt: skip
    if any(row["is_partial"] for row in computed):
        blocks.append(Words(_("The last month is not over at the end of the history: it is left out here.")))
    return Section(
        "cohorts",
        title,
        _finding(found, whole, facts, speech),
        blocks,
        [speech.definition(_("Cohorts"), cohorts)],
    )


def _finding(found: Any, whole: list[date], facts: ReportFacts, speech: Speech) -> str:
    age = min(6, max(1, _age_of(min(whole), facts) // 2))
    grown = [month for month in whole if _age_of(month, facts) >= age]
    size = sum(found[month][0]["size"] for month in grown)
    back = sum(found[month].get(age, {"active": 0})["active"] for month in grown)
    return speech.ngettext(
        "Of 100 new customers, {n} buys in month {age} after that of their first purchase.",
        "Of 100 new customers, {n} buy in month {age} after that of their first purchase.",
        round(100 * back / size) if size else 0, age=age,
    )  # fmt: skip


def _mark(ages: dict[int, Any], month: date, age: int) -> str:
    return mark("cohort", month, age) if age in ages and ages[age]["active"] else ""


def _chosen(whole: list[date], facts: ReportFacts) -> list[date]:
    """The first, the middle and the last of the cohorts that were seen for at least half the time of the first."""
    least = max(CURVES, _age_of(min(whole), facts) // 2)
    old = [month for month in whole if _age_of(month, facts) >= least]
    return sorted({old[0], old[len(old) // 2], old[-1]}) if len(old) >= CURVES else []


def _curves(found: Any, chosen: list[date], ages: range, speech: Speech) -> Chart:
    return lines(
        [str(age) for age in ages],
        [
            Series(speech.month(month), [_ratio(found[month], age) for age in ages], colour)
            for month, colour in zip(chosen, _COLOURS, strict=False)
        ],
        unit=Unit("share"),
        language=speech.language,
        heading=speech.text("Months since the first purchase"),
        named=True,
    )


def _age_of(month: date, facts: ReportFacts) -> int:
    """Whole months of the file after the month: one that is not over at its end does not count."""
    return (facts.as_of.year - month.year) * 12 + facts.as_of.month - month.month - 1


def _ratio(ages: dict[int, Any], age: int) -> float:
    return float(ages[age]["active"] / ages[0]["size"]) if age in ages else 0.0
