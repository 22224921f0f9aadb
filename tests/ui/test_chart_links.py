"""Addresses put behind a chart that is drawn already: the mark and its cell of the table lead to the same people."""

from __future__ import annotations

from fidelia.ui.charts import (
    Class,
    Dot,
    Flow,
    Series,
    Unit,
    cohort_triangle,
    heat_map,
    lines,
    portfolio,
    sankey,
    stacked_bars,
    with_links,
)

EN = {"language": "en", "heading": "Kind"}


def test_a_cell_of_a_grid_and_of_its_table_lead_to_the_same():
    plain = heat_map(["often", "seldom"], ["tea", "coffee"], [[1, 2], [3, 0]], [[1, 2], [3, 0]], unit=Unit(), **EN)
    linked = with_links(plain, [["/tea", "/tea-often", "/tea-seldom"], ["", "/coffee-often"]])
    drawn = {tuple(cell["value"][:2]): cell["link"] for cell in linked.option["series"][0]["data"]}
    assert drawn == {(0, 0): "/tea-often", (1, 0): "/tea-seldom", (0, 1): "/coffee-often", (1, 1): ""}
    assert linked.table[0] == [("tea", "/tea"), ("1 · 1", "/tea-often"), ("2 · 2", "/tea-seldom")]
    assert [url for _text, url in linked.table[1]] == ["", "/coffee-often", ""]
    assert not any(cell["link"] for cell in plain.option["series"][0]["data"]), "what is kept is left as it was"


def test_a_younger_cohort_has_fewer_cells():
    plain = cohort_triangle(["Jan", "Feb"], ["0", "1"], [[1.0, 0.5], [1.0]], **EN)
    linked = with_links(plain, [["/jan", "/jan-0", "/jan-1"], ["/feb", "/feb-0"]])
    assert [cell["link"] for cell in linked.option["series"][0]["data"]] == ["/jan-0", "/jan-1", "/feb-0"]


def test_each_series_of_bars_and_lines_has_its_own_people_or_those_of_the_row():
    series = [Series("once", [1, 2]), Series("again", [3, 4])]
    bars = with_links(stacked_bars(["a", "b"], series, unit=Unit(), **EN), [["/a", "/a-once"], ["", "", "/b-again"]])
    assert [[point["link"] for point in one["data"]] for one in bars.option["series"]] == [
        ["/a-once", ""],
        ["/a", "/b-again"],
    ]
    drawn = with_links(lines(["a", "b"], series, unit=Unit(), **EN), [["", "/x"], ["", "/y"]])
    assert [one["showSymbol"] for one in drawn.option["series"]] == [True, False], "only a symbol can be clicked"


def test_a_flow_and_a_class_have_people_and_a_node_has_none():
    flows = [Flow("new", "gone", 3), Flow("new", "back", 2)]
    told = {"left": "gone", "before": "then", "after": "now", "value_name": "people", "language": "en"}
    drawn = with_links(sankey(["new", "back", "gone"], flows, **told), [["/lost"], ["/won"]])
    assert [link["link"] for link in drawn.option["series"][0]["links"]] == ["/lost", "/won"]
    assert {node["link"] for node in drawn.option["series"][0]["data"]} == {""}
    classes = [Class("a", "A", "top-left", "petrol", "circle", 2), Class("b", "B", "top-right", "orange", "square", 1)]
    dots = [Dot(0.1, 0.2, "a"), Dot(0.3, 0.2, "b"), Dot(0.5, 0.9, "a")]
    spread = with_links(
        portfolio(classes, dots, cut=(0.5, 0.5), x_name="x", y_name="y", value_name="people", **EN), [["/a"], ["/b"]]
    )
    assert [[dot["link"] for dot in one["data"]] for one in spread.option["series"][:2]] == [["/a", "/a"], ["/b"]]
