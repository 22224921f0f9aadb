"""Reading cells: each text of the table means what the table says, or is refused for the reason it names."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fidelia.intake import values
from fidelia.intake.reading import DateOrder, Reading
from fidelia.intake.values import BadCell, says_nothing
from fidelia.intake.wording import REASONS, say

CASES = Path(__file__).parent / "cases"


def cases(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            {
                part: re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
                for part, text in row.items()
            }
            for row in csv.DictReader(file)
        ]


def reading_of(case: dict[str, str]) -> Reading:
    return Reading(
        decimal=case.get("decimal") or ".",
        thousands=case.get("thousands") or "",
        date_order=DateOrder(case.get("date_order") or "ymd"),
        date_format=case.get("date_format") or None,
    )


def number(case: dict[str, str]) -> str:
    return f"{values.read_decimal(case['text'], reading_of(case)):f}"


def money(case: dict[str, str]) -> str:
    return str(values.read_money(case["text"], reading_of(case), case["currency"]))


def percent(case: dict[str, str]) -> str:
    return str(values.read_percent(case["text"], reading_of(case)))


def moment(case: dict[str, str]) -> str:
    return values.read_moment(case["text"], ZoneInfo(case["time_zone"]), None, reading_of(case)).isoformat()


def hour(case: dict[str, str]) -> str:
    return values.read_time(case["text"]).isoformat()


def flag(case: dict[str, str]) -> str:
    return str(values.read_flag(case["text"])).lower()


def country(case: dict[str, str]) -> str:
    return values.read_country(case["text"])


READERS: dict[str, Callable[[dict[str, str]], str]] = {
    "numbers": number,
    "money": money,
    "percents": percent,
    "moments": moment,
    "times": hour,
    "flags": flag,
    "countries": country,
}


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind in READERS for case in cases(kind)], ids=str)
def test_a_text_means_what_the_table_says(kind: str, case: dict[str, str]) -> None:
    if case["reason"]:
        with pytest.raises(BadCell) as refused:
            READERS[kind](case)
        assert refused.value.code == case["reason"]
        assert refused.value.reason("fr") != refused.value.reason("en") == str(refused.value)
    else:
        assert READERS[kind](case) == case["expected"]


def test_every_reason_is_said_in_both_languages_with_the_same_parts() -> None:
    for code, words in REASONS.items():
        assert set(re.findall(r"{(\w+)}", words.en)) == set(re.findall(r"{(\w+)}", words.fr)), code


def test_a_long_text_is_cut_where_it_is_quoted() -> None:
    assert say("not_a_number", text="x" * 100) == f"“{'x' * 40}” is not a number"


@pytest.mark.parametrize(("text", "language"), [("fr-CA", "fr"), ("Français", "fr"), ("EN", "en"), ("English", "en")])
def test_a_language_is_known_by_code_or_name(text: str, language: str) -> None:
    assert values.read_language(text) == language
    with pytest.raises(BadCell, match="tlh"):
        values.read_language("tlh")


def test_a_day_leaves_the_hour_out() -> None:
    assert values.read_day("03/02/1979 00:00", Reading(date_order=DateOrder.DAY_FIRST)).isoformat() == "1979-02-03"


def test_a_day_and_an_hour_of_two_columns_are_one_moment() -> None:
    assert values.join_moment("03/02/2024 00:00:00", "14h05") == "03/02/2024 14h05"
    assert values.join_moment("2024-02-03", "") == "2024-02-03"


@pytest.mark.parametrize("text", ["-", " – ", "NULL", "(null)", "N/A", "n/d", "#N/A", "\\N", "n.c.", "None"])
def test_a_word_for_nothing_in_a_cell_of_values_is_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["", "NaN", "0", "-1", "0,00", "-,5", "12 N", "Nadia", "ND12", "31/12/2024", "----"])
def test_what_may_be_a_value_or_a_name_is_not(text: str) -> None:
    assert not says_nothing(text)
