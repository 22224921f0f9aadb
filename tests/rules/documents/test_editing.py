"""Changing a text: what did not change keeps its characters and its comments; what is read is what was asked."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.rules.documents import NameTwice, UnreadableText, change_text, read_text, write_text

TEXT = """\
# The circle of 2026, agreed on 12 January.
format: 1

rules:
  # Everybody, everywhere.
  - key: base
    name: {en: Base, fr: Base}   # both languages
    points_per: {amount: "1", points: "1"}

  # Only until spring.
  - key: coffee
    name:
      en: Coffee
      fr: Café
    when: |
      purchase.total >= 20
      && purchase.hour < 12
    points: "50"
# Two years, to the end of the month.
points: {validity_months: 24, ends: month}
"""


def changed(edit: Any) -> str:
    before = read_text(TEXT)
    after = deepcopy(before)
    edit(after)
    text = change_text(TEXT, before, after)
    assert read_text(text) == after
    return text


def test_a_value_is_changed_in_its_place_and_no_other_line_moves() -> None:
    text = changed(lambda each: each["points"].update(validity_months=12))
    assert text == TEXT.replace("validity_months: 24", "validity_months: 12")


def test_a_scalar_keeps_the_comment_behind_it() -> None:
    text = changed(lambda each: each["rules"][0]["name"].update(en="Everybody"))
    assert "name: {en: Everybody, fr: Base}   # both languages\n" in text


def test_a_rule_that_goes_takes_the_comment_above_it_along() -> None:
    text = changed(lambda each: each["rules"].pop(1))
    assert "Only until spring" not in text
    assert "# Everybody, everywhere." in text
    assert "# Two years, to the end of the month." in text


def test_rules_that_change_places_carry_their_comments() -> None:
    text = changed(lambda each: each["rules"].reverse())
    assert text.index("Only until spring") < text.index("key: coffee") < text.index("Everybody, everywhere")


def test_what_is_new_is_written_where_it_belongs() -> None:
    rule = {"key": "tea", "name": {"en": "Tea", "fr": "Thé"}, "points": "5"}
    text = changed(lambda each: (each["rules"].insert(1, rule), each.update(tiers=None)))
    assert text.index("key: base") < text.index("key: tea") < text.index("key: coffee")
    assert text.startswith("# The circle of 2026")


def test_a_long_condition_is_written_as_a_block() -> None:
    text = changed(lambda each: each["rules"][0].update(when="purchase.total >= 5\n&& purchase.hour < 9\n"))
    assert "# Everybody, everywhere." in text


def test_what_cannot_be_changed_in_place_is_written_afresh_with_its_head() -> None:
    text = change_text("# ours\n{rules: []}\n", {"rules": []}, {"rules": [], "points": None})
    assert text == "# ours\nrules: []\npoints: null\n"


WORDS = st.text(alphabet="abcé #:-'\"{}[]&*!|>%@`\n ", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1000) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("pqrstu")}, optional={"when": WORDS, "x": VALUES}),
    max_size=4,
    unique_by=lambda item: str(item["key"]),
)
DOCUMENTS = st.fixed_dictionaries({"rules": ITEMS}, optional={"points": VALUES, "tiers": VALUES})


@settings(max_examples=300, deadline=None)
@given(before=DOCUMENTS, after=DOCUMENTS, comments=st.booleans())
def test_it_reads_as_asked_whatever_changed(before: Any, after: Any, comments: bool) -> None:
    text = write_text(before)
    if comments and "|" not in text:
        lines = [line if line[:1].isspace() else f"# note\n{line}" for line in text.splitlines(keepends=True)]
        noted = "".join(lines)
        with suppress(UnreadableText):
            text = noted if read_text(noted) == before else text
    assert read_text(change_text(text, before, after)) == after


@settings(max_examples=300, deadline=None)
@given(document=DOCUMENTS)
def test_what_is_written_is_read_back(document: Any) -> None:
    assert read_text(write_text(document)) == document


def test_a_name_that_stands_twice_is_refused_where_it_does() -> None:
    with pytest.raises(NameTwice) as refusal:
        read_text("rules: []\npoints: null\nrules: []\n")
    assert (refusal.value.details["line"], refusal.value.details["name"]) == (3, "rules")


def test_five_megabytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(UnreadableText) as refusal:
        read_text("a: " + "x" * 5_000_000)
    assert refusal.value.details["length"] == 5_000_003


def test_aliases_that_explode_are_refused_where_they_begin() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(UnreadableText) as refusal:
        read_text(bomb)
    assert refusal.value.details["line"] == 1
