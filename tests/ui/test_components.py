"""Components: what they write, in the reader's language."""

from __future__ import annotations

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from fidelia.ui import code
from fidelia.ui.icons import UnknownIcon
from fidelia.ui.marks import initials_of, spark_points, tone_of
from fidelia.ui.parts import Change, Definition, Figure, Page, Progress, Segment


def render(source: str, **context: object) -> str:
    return Template("{% load ui formats %}" + source).render(Context(context))


def test_it_draws_an_icon_as_decoration_unless_it_is_named():
    assert 'aria-hidden="true"' in render('{% icon "users" %}')
    assert 'role="img" aria-label="Customers"' in render('{% icon "users" label="Customers" %}')


def test_it_refuses_an_unknown_icon():
    with pytest.raises(UnknownIcon):
        render('{% icon "unicorn-head" %}')


def test_it_never_trusts_a_text():
    bad = "<script>alert(1)</script>"
    drawn = render(
        "{% badge bad %}{% avatar bad %}{% card bad %}x{% endcard %}{% note title=bad %}{{ bad }}{% endnote %}", bad=bad
    )
    assert "<script>" not in drawn


def test_it_writes_a_tier_with_its_name_and_the_colour_of_its_rank():
    assert "f-copper" in render('{% tier_badge "Grand Cru" 1 %}')
    assert "f-petrol" in render('{% tier_badge "Connaisseur" 2 %}')
    assert "f-grey" in render('{% tier_badge "Découverte" 3 %}')
    assert "Grand Cru" in render('{% tier_badge "Grand Cru" 1 %}')


def test_it_colours_a_change_by_good_or_bad_and_not_by_its_direction():
    fewer = Figure("Complaints", "12", change=Change("−3", "down", good=True, against="on last year"))
    drawn = render("{% figures items %}", items=[fewer])
    assert "f-good" in drawn
    assert "arrow-down-right" in drawn
    assert "on last year" in drawn


def test_it_opens_the_definition_behind_a_number():
    drawn = render("{% info definition %}", definition=Definition("Sales", "Tax included.", "10 ÷ 20 = 50%"))
    assert "popovertarget" in drawn
    assert "10 ÷ 20 = 50%" in drawn
    assert render("{% info nothing %}") == ""


@pytest.mark.parametrize(
    ("value", "size"),
    [("12 400 €", ""), ("10\u202f666\u202f684\u202f54", " f-figures-13"),
     ("10\u202f666\u202f684,54\xa0£", " f-figures-16"),
     ("−110\u202f666\u202f684,54\xa0CHF", " f-figures-20"), ("Sales of the last four weeks", "")],
)  # fmt: skip
def test_it_writes_long_numbers_smaller_so_that_none_breaks(value: str, size: str):
    assert f'class="f-card f-figures{size}" role' in render("{% figures items %}", items=[Figure("Sales", value)])


def test_it_refuses_a_sixth_figure():
    with pytest.raises(AssertionError):
        render("{% figures items %}", items=[Figure("a", "1")] * 6)


def test_it_draws_parts_of_a_bar_one_after_the_other():
    drawn = render("{% parts_bar parts %}", parts=[Segment(0.96, "success"), Segment(0.04, "danger")])
    assert 'class="f-fill-success" x="0.00%" width="96.00%"' in drawn
    assert 'class="f-fill-danger" x="96.00%" width="4.00%"' in drawn


def test_it_pages_without_page_numbers():
    with translation.override("fr"):
        drawn = render("{% pager page %}", page=Page(1, 25, "584", next_url="?after=x"))
    assert "Lignes 1 à 25 sur 584" in drawn
    assert 'aria-disabled="true"' in drawn
    assert 'rel="next" href="?after=x"' in drawn


def test_it_asks_for_a_job_until_it_has_ended():
    running = Progress("job-1", "Codes", 1, 4, "1 of 4", poll_url="/jobs/1/", seconds_run=40)
    assert 'hx-trigger="load delay:5s"' in render("{% progress job %}", job=running)
    ended = Progress("job-1", "Codes", 4, 4, "4 of 4", poll_url="/jobs/1/", ended=True)
    assert "hx-get" not in render("{% progress job %}", job=ended)


class Example(forms.Form):
    points = forms.IntegerField(label="Points price", help_text="Whole points")
    note = forms.CharField(label="Note", required=False)


def test_it_lists_mistakes_at_the_top_and_says_them_at_the_field():
    with translation.override("en"):
        drawn = render("{{ form }}", form=Example({"points": "12,5"}))
    assert "1 thing to mend before saving" in drawn
    assert 'href="#id_points"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'id="id_points_error"' in drawn
    assert "(optional)" in drawn


def test_it_keeps_what_was_typed():
    assert 'value="12,5"' in render("{{ form }}", form=Example({"points": "12,5"}))


@pytest.mark.parametrize(
    ("query", "next_url", "direction"),
    [
        ("", "?sort=-spend", ""),
        ("sort=-spend&after=x", "?sort=spend", "descending"),
        ("sort=spend", "?sort=-spend", "ascending"),
    ],
)
def test_it_sorts_by_address_and_says_which_way(query, next_url, direction):
    request = RequestFactory().get(f"/customers/?{query}")
    drawn = render('{% sort_header "Spend" "spend" True %}', request=request)
    assert f'href="{next_url}"' in drawn
    assert ("aria-sort" in drawn) == bool(direction)
    assert direction in drawn


def test_it_numbers_the_lines_of_a_rule_and_marks_the_wrong_one():
    drawn = code.render('# Note\nwhen: purchase.closed\nif: net >= 20.00 && tier == "<b>"', wrong_line=2)
    assert drawn.count("f-code-line") == 3
    assert drawn.count("data-wrong") == 1
    assert '<span class="f-code-note"># Note</span>' in drawn
    assert '<span class="f-code-number">20.00</span>' in drawn
    assert "&lt;b&gt;" in drawn


def test_it_gives_a_name_its_initials_and_always_the_same_tone():
    assert (initials_of("Hélène Marchand"), initials_of("Loïc Le Goff"), initials_of("")) == ("HM", "LL", "")
    assert tone_of("Hélène Marchand") == tone_of("Hélène Marchand")


def test_it_draws_a_spark_line_from_low_to_high():
    assert spark_points([1, 3]) == [(0.0, 16.0), (52.0, 0.0)]
    assert spark_points([2, 2]) == [(0.0, 8.0), (52.0, 8.0)]
    assert spark_points([1]) == []
