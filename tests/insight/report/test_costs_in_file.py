"""Costs told by a file of purchases: margins known where they stand, assumed elsewhere, and the share said."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from fidelia.insight.errors import NothingToReport
from fidelia.insight.report import make_report, open_purchases
from fidelia.insight.report.blocks import Words
from fidelia.insight.report.costs_in_file import CostColumn, cost_column
from fidelia.insight.report.margins import lines_with_margin, margin_in_words, margin_of
from fidelia.insight.report.speech import Speech

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROWS = """A1;2026-01-05;C1;moka;2;20,00;6,00
A2;2026-01-06;C1;mug;1;10,00;
A3;2026-01-07;C2;moka;1;10,00;6,005
A4;2026-01-08;C2;moka;-1;-10,00;6,005
A5;2026-02-08;C2;moka;0,5;5,00;on request
"""
HEADER = "ticket;date;client;article;quantité;montant;{cost}\n"


def written(folder: Path, cost: str, rows: str = ROWS) -> Path:
    path = folder / "ventes.csv"
    path.write_text(HEADER.format(cost=cost) + rows, encoding="utf-8")
    return path


def margins(path: Path, **told: str) -> tuple[dict[str, tuple[int, bool]], float, float, str]:
    with open_purchases(path, language="en", now=NOW, margin_rate=Fraction(3, 10), **told) as facts:
        rows = facts.rows(lines_with_margin(facts).select("purchase_id", "margin", "is_assumed"))
        found, speech = margin_of(facts), Speech("en", facts.currency, facts.scale)
        by_receipt = {row["purchase_id"]: (row["margin"], row["is_assumed"]) for row in rows}
        return by_receipt, found.rate, found.assumed, margin_in_words(facts, speech)


def test_the_cost_of_a_unit_counts_by_quantity_and_comes_back_with_a_return(tmp_path: Path) -> None:
    found, rate, assumed, words = margins(written(tmp_path, "Prix d’achat"))
    # 6.005 is 6.01 when it is rounded as amounts are; what tells no cost has 30 % of its amount.
    assert found == {"A1": (800, False), "A2": (300, True), "A3": (399, False), "A4": (-399, False), "A5": (150, True)}
    assert rate == pytest.approx((800 + 300 + 150) / 3_500)
    assert assumed == pytest.approx(1_500 / 5_500)
    assert words.startswith("The margin was 35.7% of sales")


def test_the_cost_of_a_row_is_of_its_whole_quantity_and_a_column_is_taken_by_what_one_says(tmp_path: Path) -> None:
    whole = {"A1": (1_400, False), "A2": (300, True), "A3": (399, False), "A4": (-399, False), "A5": (150, True)}
    assert margins(written(tmp_path, "COGS"))[0] == whole
    doubtful = written(tmp_path, "Cost")
    assert {is_assumed for _margin, is_assumed in margins(doubtful)[0].values()} == {True}, "of a unit or of the row?"
    assert margins(doubtful, cost="Cost")[0] == whole
    assert margins(doubtful, unit_cost="Cost")[0]["A1"] == (800, False)
    with pytest.raises(NothingToReport, match="no column “Prix”"):
        margins(doubtful, cost="Prix")


def test_the_report_says_which_column_it_took(tmp_path: Path) -> None:
    rows = "".join(
        f"B{n};{2024 + n % 3}-{1 + n % 9:02}-{1 + n % 27:02};C{n % 40};moka;1;10,00;7,50\n" for n in range(360)
    )
    with open_purchases(written(tmp_path, "Coût unitaire", rows), language="fr", now=NOW) as facts:
        assert ("Coût d’une unité", "Coût unitaire") in facts.quality.understood
        assert margin_of(facts).rate == pytest.approx(0.25)
        words = margin_in_words(facts, Speech("fr", facts.currency, facts.scale))
        profit = next(one for one in make_report(facts, language="fr", made_at=NOW).sections if one.key == "profit")
    assert words in [block.text for block in profit.blocks if isinstance(block, Words)]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("unit_cost", CostColumn("unit_cost", True)), ("Cost Price", CostColumn("Cost Price", True)),
        ("Prix de revient", CostColumn("Prix de revient", True)),
        ("COST_OF_GOODS_SOLD", CostColumn("COST_OF_GOODS_SOLD")),
        ("Coût total", CostColumn("Coût total")), ("Cost", CostColumn()), ("Shipping cost", CostColumn()),
        ("Customer acquisition cost", CostColumn()), ("Costume", CostColumn()),
    ],
)  # fmt: skip
def test_only_a_name_that_leaves_no_doubt_is_taken_by_itself(name: str, found: CostColumn) -> None:
    assert cost_column(["date", name], taken=()) == found
    assert cost_column(["date", name], taken=[name]) == CostColumn()
