"""Numbers, money and dates are written as the table in the design says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from fidelia.ui import formats

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "fr", "en"),
    [
        (lambda to: formats.number(12480, to), "12\u00a0480", "12,480"),
        (lambda to: formats.number(1_284_600, to), "1\u00a0284\u00a0600", "1,284,600"),
        (lambda to: formats.number(-22, to), "\u221222", "\u221222"),
        (lambda to: formats.number("0.125", to, decimals=2), "0,13", "0.13"),
        (lambda to: formats.number("-0.004", to, decimals=2), "0,00", "0.00"),
        (lambda to: formats.number(0, to, sign=True), "0", "0"),
        (lambda to: formats.share("0.639", to), "63,9\u00a0%", "63.9%"),
        (lambda to: formats.share_change("0.018", to), "+1,8\u00a0pt", "+1.8\u00a0pt"),
        (lambda to: formats.money("1284.60", "EUR", to), "1\u00a0284,60\u00a0€", "€1,284.60"),
        (lambda to: formats.money("412860.00", "EUR", to, decimals=0), "412\u00a0860\u00a0€", "€412,860"),
        (lambda to: formats.money("-7.60", "EUR", to), "\u22127,60\u00a0€", "\u2212€7.60"),
        (lambda to: formats.money("12.00", "CHF", to), "12,00\u00a0CHF", "CHF\u00a012.00"),
        (lambda to: formats.figure_money("38214.40", "EUR", to), "38\u00a0214\u00a0€", "€38,214"),
        (lambda to: formats.figure_money("75.56", "EUR", to), "75,56\u00a0€", "€75.56"),
        (lambda to: formats.compact_money(30000, "EUR", to), "30\u00a0k\u00a0€", "€30k"),
        (lambda to: formats.compact(4_780_000, to), "4,78\u00a0M", "4.78\u00a0M"),
        (lambda to: formats.compact(-120_000, to), "\u2212120\u00a0k", "\u2212120k"),
        (lambda to: formats.compact(9_870, to), "9\u00a0870", "9,870"),
        (lambda to: formats.money_span(980, 1420, "EUR", to), "de 980 à 1\u00a0420\u00a0€", "€980 to €1,420"),
        (lambda to: formats.minor_points(1234, 2, to), "12,34", "12.34"),
        (
            lambda to: formats.points(-1200, to, sign=True, unit=True),
            "\u22121\u00a0200\u00a0pts",
            "\u22121,200\u00a0pts",
        ),
    ],
)
def test_it_writes_numbers_in_both_languages(written, fr, en):
    assert (written("fr"), written("en")) == (fr, en)


@pytest.mark.parametrize(
    ("written", "fr", "en"),
    [
        (lambda to: formats.long_date(date(2026, 11, 17), to), "mardi 17 novembre 2026", "Tuesday 17 November 2026"),
        (lambda to: formats.short_date(date(2026, 11, 17), to, today=TODAY), "17 nov.", "17 Nov"),
        (lambda to: formats.short_date(date(2026, 12, 1), to, today=TODAY), "1ᵉʳ déc.", "1 Dec"),
        (lambda to: formats.short_date(date(2025, 5, 3), to, today=TODAY), "3 mai 2025", "3 May 2025"),
        (
            lambda to: formats.short_date(date(2026, 11, 25), to, today=TODAY, weekday=True),
            "mer. 25 nov.",
            "Wed 25 Nov",
        ),
        (lambda to: formats.numeric_date(date(2026, 11, 17)), "17/11/2026", "17/11/2026"),
        (lambda to: formats.clock_time(NOW, to), "9\u00a0h", "09:00"),
        (lambda to: formats.clock_time(NOW + timedelta(minutes=5), to), "9\u00a0h\u00a005", "09:05"),
        (lambda to: formats.day_heading(date(2026, 11, 17), to), "Mardi 17 novembre", "Tuesday 17 November"),
        (lambda to: formats.month_name(date(2026, 10, 1), to, today=TODAY), "Octobre", "October"),
        (lambda to: formats.duration(7800, to), "2\u00a0h\u00a010", "2\u00a0h\u00a010"),
        (lambda to: formats.duration(14, to), "14\u00a0s", "14\u00a0s"),
    ],
)
def test_it_writes_dates_in_both_languages(written, fr, en):
    assert (written("fr"), written("en")) == (fr, en)


@pytest.mark.parametrize(
    ("hours_ago", "fr", "en"),
    [
        (1, "aujourd’hui, 8\u00a0h", "today, 08:00"),
        (16, "hier, 17\u00a0h", "yesterday, 17:00"),
        (24, "21 nov.", "21 Nov"),
        (-1, "22 nov.", "22 Nov"),
    ],
)
def test_it_is_relative_only_within_24_hours(hours_ago, fr, en):
    at = NOW - timedelta(hours=hours_ago)
    assert (formats.moment(at, "fr", now=NOW), formats.moment(at, "en", now=NOW)) == (fr, en)


def test_it_never_breaks_a_french_line_before_a_sign():
    assert formats.french_spaces("Voir « Thé » : oui ?") == "Voir «\u00a0Thé\u00a0»\u00a0: oui\u00a0?"


def test_it_never_uses_the_narrow_space_that_inter_draws_too_thin():
    texts = [formats.number(1284, "fr"), formats.money("1284.60", "EUR", "fr"), formats.compact(4_780_000, "fr")]
    assert "\u202f" not in "".join(texts)


def test_a_sentence_is_set_as_its_language_asks() -> None:
    assert formats.typeset("la condition « Thé » ; sinon", "fr-CA") == "la condition «\u00a0Thé\u00a0»\u00a0; sinon"
    assert formats.typeset("either : or ?", "en") == "either : or ?"
