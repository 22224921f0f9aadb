"""Charts: the option, the sentence and the table say the same, and axes are honest."""

from __future__ import annotations

import ast
import gettext
import json
from pathlib import Path

import pytest

from fidelia.ui import charts
from fidelia.ui.charts.palette import step_of
from fidelia.ui.charts.scale import round_step, value_axis
from fidelia.ui.charts.words import LOCALE

EURO = charts.Unit("money", "EUR")
WEEKS = ["31 Aug", "7 Sep", "14 Sep"]
MEMBERS = charts.Series("Members", [48_000, 50_000, 49_000])
OTHERS = charts.Series("Other customers", [32_000, 31_000, 31_000], "context")


def sales(**changed: object) -> charts.Chart:
    parts = {"unit": EURO, "language": "en", "heading": "Week", **changed}
    return charts.stacked_bars(WEEKS, [MEMBERS, OTHERS], **parts)  # type: ignore[arg-type]


def test_it_says_in_a_sentence_what_it_draws():
    assert sales().sentence == (
        "Total: €80,000 (31 Aug) to €80,000 (14 Sep); lowest €80,000 (31 Aug), highest €81,000 (7 Sep)."
    )


def test_it_gives_the_table_behind_the_drawing():
    chart = sales(comparison=charts.Series("Last year", [76_000, 78_000, 76_000]))
    assert list(chart.columns) == ["Week", "Members", "Other customers", "Last year"]
    assert chart.rows[0] == ["31 Aug", "€48,000", "€32,000", "€76,000"]
    assert [entry.shape for entry in chart.legend] == ["square", "square", "dashed"]


def test_it_starts_bars_at_zero_and_writes_its_own_axis():
    axis = sales().option["yAxis"]
    assert (axis["min"], axis["max"]) == (0, 100_000)
    assert axis["axisLabel"]["formatter"]["$ticks"]["texts"] == ["€0", "€25k", "€50k", "€75k", "€100k"]


def test_it_refuses_a_fifth_part_of_a_whole():
    with pytest.raises(AssertionError):
        charts.stacked_bars(WEEKS, [MEMBERS] * 5, unit=EURO, language="en", heading="Week")


def test_it_draws_what_goes_out_below_zero():
    out = charts.Series("Redeemed", [40_000, 38_000, 44_000], "orange")
    chart = charts.in_out_bars(WEEKS, MEMBERS, [out], unit=charts.Unit(), language="en", heading="Week")
    assert chart.option["series"][1]["data"] == [-40_000, -38_000, -44_000]
    assert chart.option["yAxis"]["min"] == -chart.option["yAxis"]["max"]
    assert chart.rows[0] == ["31 Aug", "48,000", "\u221240,000"]


def test_it_sorts_bars_and_keeps_their_links_with_them():
    chart = charts.sorted_bars(
        [("Tea", -58), ("Coffee", 486), ("Birthday", 12)],
        unit=charts.Unit(), language="en", heading="Rule", value_name="Points", links=["/t", "/c", "/b"],
    )  # fmt: skip
    assert chart.rows == [["Coffee", "+486"], ["Birthday", "+12"], ["Tea", "\u221258"]]
    assert chart.links == ["/c", "/b", "/t"]
    assert chart.sentence == "Largest: Coffee (+486). Smallest: Tea (\u221258)."


def test_the_figure_of_a_negative_bar_has_room_of_its_own_beside_a_long_name():
    def label_of(value: float) -> dict[str, object]:
        chart = charts.sorted_bars(
            [("Coffee", 486), ("Points on everything but coffee, by night", value)],
            unit=charts.Unit(), language="en", heading="Rule", value_name="Points",
        )  # fmt: skip
        return chart.option["yAxis"]["axisLabel"]

    assert label_of(12)["margin"] == 8
    assert label_of(-123_456)["margin"] > label_of(-58)["margin"] > 20
    assert label_of(-58)["width"] == {"$share": 0.36}
    assert label_of(-58)["overflow"] == "break"
    many = charts.sorted_bars(
        [(f"Rule {n}", n) for n in range(9)], unit=charts.Unit(), language="en", heading="Rule", value_name="Points"
    )  # fmt: skip
    assert many.option["yAxis"]["axisLabel"]["overflow"] == "truncate"


def test_it_accounts_for_everyone_in_a_waterfall():
    chart = charts.waterfall(
        ("In the segment", 742), [("No channel", 131, "orange"), ("Control group", 199, "sand")], "Will receive",
        language="en", heading="Step", value_name="People",
    )  # fmt: skip
    assert [text for _, text in chart.rows] == ["742", "\u2212131", "\u2212199", "412"]
    assert chart.option["series"][0]["data"] == [0, 611, 412, 0]


def test_it_puts_the_count_in_the_cell_and_money_in_the_colour():
    chart = charts.heat_map(
        ["old", "new"], ["often", "once"], [[402, 1480], [3558, 331]], [[148.0, 742.0], [24.0, 52.0]],
        unit=EURO, language="fr", heading="Achats", links=[["/a", "/b"], ["/c", "/d"]],
    )  # fmt: skip
    cells = chart.option["series"][0]["data"]
    assert cells[1]["itemStyle"]["color"] == "@step-7"
    assert cells[1]["label"]["formatter"] == "{n|1\u00a0480}\n{m|742\u00a0€}"
    assert cells[2]["itemStyle"]["color"] == "@step-1"
    assert [cell["link"] for cell in cells] == ["/a", "/b", "/c", "/d"]


def test_it_draws_younger_cohorts_shorter():
    chart = charts.cohort_triangle(
        ["May", "June"], ["0", "1"], [[1.0, 0.46], [1.0]], language="en", heading="First purchase"
    )
    assert len(chart.option["series"][0]["data"]) == 3
    assert chart.rows == [["May", "100%", "46%"], ["June", "100%", ""]]


def test_it_says_no_effect_found_when_the_interval_holds_zero():
    chart = charts.dots_with_intervals(
        [charts.Estimate("Winter teas", 0.041, 0.012, 0.07), charts.Estimate("Come back", 0.018, -0.011, 0.047)],
        unit=charts.Unit("share", decimals=1), language="en", heading="Campaign", value_name="Effect",
    )  # fmt: skip
    assert chart.sentence == (
        "Winter teas: +4.1%, from +1.2% to +7.0%. Come back: no effect found (from \u22121.1% to +4.7%)."
    )


def test_it_says_how_much_the_best_tenth_makes():
    shares = [0.43, 0.18, 0.12, 0.08, 0.06, 0.05, 0.03, 0.025, 0.015, 0.01]
    chart = charts.lorenz_curve(shares, language="en", people="customers", amount="margin")
    assert chart.sentence == "The best 10% make 43%."
    assert chart.option["series"][0]["data"][-1] == [1.0, 1.0]


def test_it_draws_each_class_in_its_own_shape():
    chart = charts.portfolio(
        [
            charts.Class("stars", "Stars", "top-right", "petrol", "circle", 3120, "/stars"),
            charts.Class("select", "To select", "bottom-left", "context", "triangle", 15355),
        ],
        [charts.Dot(0.9, 0.9, "stars"), charts.Dot(0.1, 0.2, "select")],
        cut=(0.5, 0.5), x_name="potential", y_name="value", language="en", heading="Class", value_name="Members",
    )  # fmt: skip
    assert chart.sentence == "Largest class: To select, 15,355 people."
    assert chart.option["series"][0]["data"] == [{"value": [0.9, 0.9], "link": "/stars"}]


def test_it_fills_the_difference_between_two_lines():
    chart = charts.lines(WEEKS, [OTHERS, MEMBERS], unit=EURO, language="en", heading="Week", band=True)
    foot, fill = chart.option["series"][:2]
    assert foot["data"] == [32_000, 31_000, 31_000]
    assert fill["data"] == [16_000, 19_000, 18_000]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_drawn_outside_a_browser(theme):
    drawn = json.dumps(charts.coloured(sales().option, theme))
    assert "@" not in drawn
    assert ("#45bccb" in drawn) == (theme == "dark")


def test_it_speaks_french_with_french_numbers():
    chart = sales(language="fr")
    assert "80\u00a0000\u00a0€" in chart.sentence
    assert chart.rows[0][1] == "48\u00a0000\u00a0€"


@pytest.mark.parametrize(("span", "step"), [(104, 30), (226, 60), (1, 0.25), (0, 1), (7, 2)])
def test_it_takes_round_steps(span, step):
    assert round_step(span, 4) == pytest.approx(step)


def test_it_gives_shares_a_decimal_only_where_the_steps_need_one():
    texts = value_axis([0.1], charts.Unit("share"), "en")["axisLabel"]["formatter"]["$ticks"]["texts"]
    assert texts == ["0.0%", "2.5%", "5.0%", "7.5%", "10.0%"]
    assert (
        value_axis([1.0], charts.Unit("share"), "en", parts=5)["axisLabel"]["formatter"]["$ticks"]["texts"][1] == "20%"
    )


def test_it_uses_all_steps_of_the_hue_from_lowest_to_highest():
    assert [step_of(value, 0, 70) for value in (0, 5, 15, 25, 35, 45, 55, 65, 70)] == [1, 1, 2, 3, 4, 5, 6, 7, 7]
    assert step_of(3, 3, 3) == 1


def test_every_sentence_of_a_chart_has_its_french():
    french = gettext.translation("django", LOCALE, ["fr"])
    for path in Path(charts.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "say":
                texts = [part.value for part in ast.walk(call.args[1]) if isinstance(part, ast.Constant)]
                assert all(french.gettext(text) != text or text == "Total" for text in texts), (path.name, texts)
