"""The customer portfolio: value so far against value expected, and what a budget would go to."""

from __future__ import annotations

from typing import Any, Final, Literal

import ibis
import numpy as np

from fidelia.insight.measures.margin import margin_by_customer
from fidelia.insight.measures.portfolio import CLASSES, DEFAULT_WEIGHTS, allocate_budget
from fidelia.insight.measures.portfolio import portfolio as classed
from fidelia.insight.report.blocks import Block, Drawing, Grid, Section, Words, mark, who_are
from fidelia.insight.report.buying import future_of
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.margins import lines_with_margin, margin_in_words, margin_of
from fidelia.insight.report.speech import Speech
from fidelia.ui.charts import Class, Dot
from fidelia.ui.charts import portfolio as draw_portfolio

from .rfm import scored

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
Shape = Literal["circle", "diamond", "square", "triangle"]
DOTS: Final = 600
BUDGET: Final = 100  # shared out of a hundred: the file knows no budget
_LOOKS: Final[tuple[tuple[str, Corner, str, Shape], ...]] = (
    ("stars", "top-right", "petrol", "diamond"),
    ("question_marks", "bottom-right", "orange", "triangle"),
    ("profit_customers", "top-left", "violet", "square"),
    ("to_select", "bottom-left", "context", "circle"),
)


def portfolio(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    people = classify(facts)
    names = class_names(speech)
    counts = {name: int((people["class"] == name).sum()) for name in CLASSES}
    sums = {
        name: (
            float(people["value"][people["class"] == name].sum()),
            float(people["potential"][people["class"] == name].sum()),
        )
        for name in CLASSES
    }
    whole = max(1.0, sum(value for value, _potential in sums.values()))
    finding = _(
        "The stars ({stars}) bring {share} of the margin so far; question marks worth winning: {questions}.",
        stars=speech.number(counts["stars"]), share=speech.share(sums["stars"][0] / whole),
        questions=speech.number(counts["question_marks"]),
    )  # fmt: skip
    rows = [
        [names[name], speech.number(counts[name]), speech.money(sums[name][0]), speech.money(sums[name][1])]
        for name in CLASSES
    ]
    columns = [_("Class"), _("Customers"), _("Margin so far"), _("Margin expected")]
    if facts.is_file:  # the platform divides a real budget, on a page of its own
        shares = allocate_budget(BUDGET, counts)
        rows = [[*row, speech.share(shares[name] / BUDGET, 0)] for name, row in zip(CLASSES, rows, strict=True)]
        columns.append(_("Share of a budget"))
    blocks: list[Block] = [
        Drawing(
            _("Who brings much, and who could?"), _draw(people, counts, names, speech), 420, 640,
            people=[who_are("portfolio_class", name) for name, *_look in _LOOKS],
            marks=[[mark("class", name) if counts[name] else ""] for name, *_look in _LOOKS],
        ),
        Grid(
            _("The four classes"), columns, rows, 1, [who_are("portfolio_class", name) for name in CLASSES],
            [[mark("class", name) if counts[name] else ""] for name in CLASSES],
        ),
        Words(margin_in_words(facts, speech)),
    ]  # fmt: skip
    if facts.is_file:
        blocks.append(Words(
            _(
                "The shares of a budget are a place to begin ({weights}), not a result: keep the stars, win the "
                "question marks, let the others cost little.",
                weights=" : ".join(str(DEFAULT_WEIGHTS[name]) for name in CLASSES),
            )
        ))  # fmt: skip
    return Section("portfolio", title, finding, blocks, [speech.definition(_("Portfolio"), classed)])


def class_names(speech: Speech) -> dict[str, str]:
    """The classes as a person reads them."""
    _ = speech.text
    return {
        "stars": _("Stars"), "question_marks": _("Question marks"),
        "profit_customers": _("Profit customers"), "to_select": _("Customers to select"),
    }  # fmt: skip


def classify(facts: ReportFacts) -> dict[str, Any]:
    """Return value (margin so far), potential (expected) and class of each customer who can be valued."""

    def compute() -> dict[str, Any]:
        future, rfm = future_of(facts), scored(facts)
        brought = _brought(facts, rfm)
        customers = future.counted.customers.tolist()
        table = ibis.memtable(
            {
                "customer_id": customers,
                "value": [brought.get(name, 0.0) for name in customers],
                "potential": future.worth.tolist(),
            }
        )
        names = ("customer_id", "value", "potential", "class")
        return dict(zip(names, facts.columns(classed(table), names), strict=True))

    found: dict[str, Any] = facts.once("portfolio", compute)
    return found


def _brought(facts: ReportFacts, rfm: dict[str, Any]) -> dict[str, float]:
    """The margin so far of each customer: of their own lines where costs are known, else the rate of what they paid."""
    if "cost" not in facts.has:
        rate = margin_of(facts).rate
        pairs = zip(rfm["customer_id"].tolist(), rfm["amount"].tolist(), strict=True)
        return {name: float(amount) * rate for name, amount in pairs}
    found = margin_by_customer(facts.purchases, lines_with_margin(facts).drop("customer_id"))
    who, margin = facts.columns(found, ["customer_id", "margin"])
    return dict(zip(who.tolist(), margin.astype(np.float64).tolist(), strict=True))


def _draw(people: dict[str, Any], counts: dict[str, int], names: dict[str, str], speech: Speech) -> Any:
    """Places are ranks: amounts would crowd nearly everybody into one corner."""
    _ = speech.text
    value, potential = _ranks(people["value"]), _ranks(people["potential"])
    taken = np.unique(np.linspace(0, len(value) - 1, min(DOTS, len(value))).astype(np.int64))
    dots = [Dot(float(potential[at]), float(value[at]), str(people["class"][at])) for at in taken]
    cut = (
        _boundary(potential, people["class"], "question_marks", "stars"),
        _boundary(value, people["class"], "profit_customers", "stars"),
    )
    return draw_portfolio(
        [Class(name, names[name], corner, colour, shape, counts[name]) for name, corner, colour, shape in _LOOKS],
        dots,
        cut=cut,
        x_name=_("Margin expected (rank)"),
        y_name=_("Margin so far (rank)"),
        language=speech.language,
        heading=_("Class"),
        value_name=_("Customers"),
    )


def _ranks(values: Any) -> Any:
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return order / max(1, len(values) - 1)


def _boundary(ranks: Any, classes: Any, *high: str) -> float:
    above = ranks[np.isin(classes, high)]
    return float(above.min()) if len(above) else 1.0
