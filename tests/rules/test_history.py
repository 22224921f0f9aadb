"""What rules ask about the past: one definition in Python, DuckDB and PostgreSQL; windows, and what came back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.rules import Catalogue, Type, check_rule
from fidelia.rules.errors import RuleError, UnguardedOptional, UnknownFunction, WrongArguments
from fidelia.rules.history import NARROWINGS, BoughtRow, Measure, column_of, measured, measured_field, value_of
from fidelia.rules.sql_rendering import render_to_sql
from fidelia.rules.wording import describe

from .shop import LINES

PARIS = ZoneInfo("Europe/Paris")
# Just after midnight in Paris on the day after the clock went forward: days are local days.
AT = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
TODAY = AT.astimezone(PARIS).date()
CATALOGUE = Catalogue(fields=(), records=(LINES,), measured=measured_field)
NAMES = {
    "product": ["moka", "mug", "o'clock"],
    "category": ["coffee", "coffee/beans", "coffeehouse", "tea", "", "o'clock"],
    "brand": ["", "leonore"],
    "store": ["lyon", "paris"],
    "channel": ["store", "web"],
}


@st.composite
def pasts(draw: st.DrawFn) -> list[BoughtRow]:
    rows = []
    for sale in range(draw(st.integers(0, 5))):
        at = AT - timedelta(hours=draw(st.sampled_from([0, 1, 2, 24, 25, 48, 720, 743, 744, 2160, 9000])))
        for line in range(draw(st.integers(1, 2))):
            said = {name: draw(st.sampled_from(values)) for name, values in NAMES.items()}
            quantity, net = draw(st.sampled_from([1000, 2500, 0])), draw(st.sampled_from([0, 999, 5000, -100]))
            day = at.astimezone(PARIS).date()
            sold = BoughtRow(str(sale), line, at, at, day, **said, quantity=quantity, net=net)
            rows.append(sold)
            for part in draw(st.lists(st.sampled_from([(1, 1), (1, 2), (0, 1)]), max_size=2)):
                known_at = at + timedelta(hours=draw(st.sampled_from([0, 1, 30, 10_000])))
                back = {"quantity": -quantity * part[0] // part[1], "net": -net // part[1]}
                rows.append(sold._replace(known_at=known_at, **back))
    return rows


@st.composite
def measures(draw: st.DrawFn) -> Measure:
    kind = draw(st.sampled_from(["purchases", "spent", "units", "days_since"]))
    days = None if kind == "days_since" else draw(st.sampled_from([None, 1, 2, 30, 31, 90, 365]))
    of = draw(st.sampled_from(["", *NARROWINGS]))
    return Measure(kind, days, of, draw(st.sampled_from([one for one in NAMES[of] if one])) if of else "")


TABLE = (
    "create temporary table if not exists bought (customer_id bigint, sale {text}, line bigint, "
    "occurred_at timestamptz, known_at timestamptz, day date, product {text}, category {text}, brand {text}, "
    "store {text}, channel {text}, quantity bigint, net bigint)"
)
ASK = "select {} from (select 1 as customer_id, {}::timestamptz as occurred_at, {}::date as day) purchase"


def _text(measure: Measure, dialect: Any) -> str:
    program = check_rule(measure.path, CATALOGUE, expects=tuple(Type)) if measure.kind != "days_since" else None
    if program is not None:
        return program.to_sql(dialect)
    asked = check_rule(f"orElse({measure.path}, -1)", CATALOGUE, expects=tuple(Type))
    return render_to_sql(asked.tree, dialect)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=pasts(), asked=st.lists(measures(), min_size=1, max_size=4))
def test_it_says_the_same_in_python_duckdb_and_postgresql(
    rows: list[BoughtRow],
    asked: list[Measure],
    in_duckdb: duckdb.DuckDBPyConnection,
    in_postgres: psycopg.Connection[Any],
) -> None:
    expected = [value_of(each, rows, at=AT, today=TODAY) for each in asked]
    expected = [-1 if value is None else value for value in expected]
    given_rows = [(1, *row) for row in rows] + [(2, *row) for row in rows[:3]]  # another customer's are not theirs
    moment, day = f"'{AT.isoformat()}'", f"'{TODAY.isoformat()}'"
    in_duckdb.execute(TABLE.format(text="varchar"))
    in_duckdb.execute("delete from bought")
    if given_rows:
        in_duckdb.executemany(f"insert into bought values ({', '.join('?' * 13)})", given_rows)
    for each, value in zip(asked, expected, strict=True):
        assert in_duckdb.execute(ASK.format(_text(each, "duckdb"), moment, day)).fetchall() == [(value,)], each
    with in_postgres.cursor() as cursor:
        cursor.execute(TABLE.format(text="text").encode())
        cursor.execute("delete from bought")
        cursor.executemany(f"insert into bought values ({', '.join(['%s'] * 13)})", given_rows)
        for each, value in zip(asked, expected, strict=True):
            cursor.execute(ASK.format(_text(each, "postgres"), moment, day).encode())
            assert cursor.fetchall() == [(value,)], each


@given(measures())
def test_a_measure_is_read_back_from_its_path(measure: Measure) -> None:
    assert measured(measure.path) == measure
    field = measured_field(measure.path)
    assert field is not None
    assert field.column == column_of(measure)


def _row(days_ago: int, **changes: Any) -> BoughtRow:
    at = AT - timedelta(days=days_ago, hours=2)
    day = at.astimezone(PARIS).date()
    base = BoughtRow("s1", 1, at, at, day, "moka", "coffee/beans", "", "lyon", "store", 2000, 3490)
    return base._replace(**changes)


def test_a_window_counts_local_days_and_a_purchase_of_so_many_days_ago_is_in_it() -> None:
    rows = [_row(30)]
    days = (TODAY - rows[0].day).days
    assert value_of(Measure("purchases", days), rows, at=AT, today=TODAY) == 1
    assert value_of(Measure("purchases", days - 1), rows, at=AT, today=TODAY) == 0
    assert value_of(Measure("days_since"), rows, at=AT, today=TODAY) == days


def test_what_came_back_is_not_bought() -> None:
    back = _row(3, known_at=AT - timedelta(hours=1), quantity=-1000, net=-1745)
    rows = [_row(3), back]
    assert value_of(Measure("spent", 30), rows, at=AT, today=TODAY) == 1745
    assert value_of(Measure("units"), rows, at=AT, today=TODAY) == 1000
    assert value_of(Measure("purchases"), rows, at=AT, today=TODAY) == 1
    assert value_of(Measure("purchases"), [*rows, back], at=AT, today=TODAY) == 0
    assert value_of(Measure("days_since"), [*rows, back], at=AT, today=TODAY) is None


def test_a_category_holds_what_is_beneath_it_and_nothing_that_only_begins_like_it() -> None:
    assert value_of(Measure("units", None, "category", "coffee"), [_row(1)], at=AT, today=TODAY) == 2000
    other = _row(1, category="coffeehouse")
    assert value_of(Measure("units", None, "category", "coffee"), [other], at=AT, today=TODAY) == 0


def test_numbers_take_the_unit_of_what_is_measured() -> None:
    program = check_rule('history.spent(90, "category", "coffee") >= 100 && history.purchases() >= 3', CATALOGUE)
    assert program.fields_read == ("history.purchases()", 'history.spent(90, "category", "coffee")')
    values = {"history.purchases()": 3, 'history.spent(90, "category", "coffee")': 10_000}
    assert program.evaluate(values)
    assert not program.evaluate({**values, 'history.spent(90, "category", "coffee")': 9_999})


def test_it_is_said_in_words() -> None:
    program = check_rule('history.units(30, "product", "moka") >= 10', CATALOGUE)
    assert describe(program, "en") == (
        "the number of units bought before of the product “moka” in the last 30 days is at least 10"
    )
    assert describe(program, "fr") == (
        "le nombre d’unités achetées auparavant de l’article « moka » ces 30 derniers jours est d’au moins 10"
    )


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("history.days_since() <= 30", UnguardedOptional),
        ("history.spend(30) >= 1", UnknownFunction),
        ("history.spent(0) >= 1", WrongArguments),
        ("history.spent(1.5) >= 1", WrongArguments),
        ("history.spent(99999) >= 1", WrongArguments),
        ("history.spent(-3) >= 1", WrongArguments),
        ('history.spent(30, "colour", "red") >= 1', WrongArguments),
        ('history.spent(30, "product", "") >= 1', WrongArguments),
        ('history.spent("product", "moka", 30) >= 1', WrongArguments),
        ("history.days_since(30) >= 1", WrongArguments),
        ("history >= 1", RuleError),
    ],
)
def test_what_cannot_be_asked_is_refused(source: str, error: type[RuleError]) -> None:
    with pytest.raises(error):
        check_rule(source, CATALOGUE)


def test_the_days_since_a_purchase_are_asked_where_there_was_one() -> None:
    program = check_rule("has(history.days_since()) && history.days_since() > 60", CATALOGUE)
    assert program.evaluate({"history.days_since()": 61})
    assert not program.evaluate({"history.days_since()": None})
