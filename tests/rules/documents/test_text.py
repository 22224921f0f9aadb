"""Documents as people write them, and the place in them at which a refusal points."""

from __future__ import annotations

import pytest

from fidelia.kernel.errors import Invalid
from fidelia.rules.documents import Place, UnreadableText, place_of, read_text, write_text

DOCUMENT = {
    "rules": [
        {"key": "base", "name": {"en": "Base", "fr": "Gain"}, "when": "purchase.totl >= 3", "points": "50"},
        {"key": "long", "when": "purchase.total >= 3\n&& purchase.hour < 9", "valid_from": "2026-12-01T00:00:00+01:00"},
    ]
}


def test_it_reads_what_it_writes() -> None:
    assert read_text(write_text(DOCUMENT)) == DOCUMENT


def test_it_reads_json_and_keeps_decimals_and_dates_as_texts() -> None:
    assert read_text('{"amount": 1.50, "from": 2026-12-01, "count": 3, "all": true}') == {
        "amount": "1.50", "from": "2026-12-01", "count": 3, "all": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1\nb: 2", (1, 4)),  # where the bracket was opened
        ("a: &x 1\nb: *x", (1, 4)),
        ("a: *x", (1, 4)),
        ("x" * 200_001, (1, 1)),
        ("a: !!python/name:os.system", (1, 4)),
    ],
)
def test_it_says_where_a_text_cannot_be_read(text, place) -> None:
    with pytest.raises(UnreadableText) as refused:
        read_text(text)
    assert (refused.value.details["line"], refused.value.details["column"]) == place


def test_it_finds_the_column_within_a_rule() -> None:
    text = write_text(DOCUMENT)
    place = place_of(text, Invalid("no", pointer="/rules/0/when", line=1, column=10))
    assert place is not None
    assert text.splitlines()[place.line - 1][place.column - 1 :] == "totl >= 3"


def test_it_finds_the_line_within_a_block() -> None:
    text = write_text(DOCUMENT)
    place = place_of(text, Invalid("no", pointer="/rules/1/when", line=2, column=4))
    assert place is not None
    assert text.splitlines()[place.line - 1][place.column - 1 :] == "purchase.hour < 9"


def test_it_stops_at_the_nearest_part_that_is_there() -> None:
    assert place_of("rules:\n  - key: a\n", Invalid("no", pointer="/rules/0/name/fr")) == Place(2, 5)
    assert place_of("rules: []\n", Invalid("no")) is None


@pytest.mark.parametrize("escape", [r"\0", r"\x00", r"\u0000", r"\ud800"])
@pytest.mark.parametrize("text", ['a: "x{}"', 'rules:\n  - "{}": 1', '[1, {{b: "{}"}}]'])
def test_what_no_database_keeps_is_refused_where_it_stands(text: str, escape: str) -> None:
    with pytest.raises(UnreadableText) as caught:
        read_text(text.format(escape))
    assert caught.value.details["line"] == text.count("\n") + 1
    assert caught.value.details["column"] > 1
