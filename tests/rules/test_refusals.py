"""A rule that cannot be right is refused, at its place, with the reason and what was probably meant."""

from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.rules import Type, check_rule, errors
from fidelia.rules.errors import RuleError
from fidelia.rules.lexer import LENGTH_MAX
from fidelia.rules.sentences import SENTENCES

from .shop import CATALOGUE

REFUSED: list[tuple[str, type[RuleError], int, str | None]] = [
    # Names
    ("purchse.total > 1", errors.UnknownField, 1, "purchase.total"),
    ("purchase.totl > 1", errors.UnknownField, 1, "purchase.total"),
    ("lines.exists(l, l.nett > 1)", errors.UnknownField, 17, "l.net"),
    ("purchase > 1", errors.UnknownField, 1, None),
    ("purchase.total.real > 1", errors.UnknownField, 1, None),
    ("member.name.upper == \"A\"", errors.UnknownField, 1, None),
    ("lines.exists(l, l.net.real > 1)", errors.UnknownField, 17, None),
    ("min(1, 2).real > 1", errors.UnknownField, 1, None),
    ("l.net > 1", errors.UnknownField, 1, None),
    ("lines.exists(l, l.earns) && l.earns", errors.UnknownField, 29, None),
    ("minn(1, 2) == 1", errors.UnknownFunction, 1, "min"),
    ("member.name.startWith(\"A\")", errors.UnknownFunction, 13, "startsWith"),
    ("eval(\"1\") == 1", errors.UnknownFunction, 1, None),
    ("purchase.weekday == \"tusday\"", errors.UnknownChoice, 21, "tuesday"),
    ("orElse(member.tier, \"gold\") in [\"gold\", \"sliver\"]", errors.UnknownChoice, 41, "silver"),
    # What is no language of ours
    ("__import__(\"os\")", errors.ForbiddenName, 1, None),
    ("purchase.__class__", errors.ForbiddenName, 10, None),
    ("member.name._x == \"\"", errors.ForbiddenName, 13, None),
    ("a__b", errors.ForbiddenName, 1, None),
    ("purchase.total / 2 > 1", errors.RuleSyntax, 16, None),
    ("purchase.total % 2 == 1", errors.RuleSyntax, 16, None),
    ("purchase.total = 5", errors.RuleSyntax, 16, None),
    ("purchase.online & true", errors.RuleSyntax, 17, None),
    ("purchase.tip == null", errors.RuleSyntax, 17, None),
    ("lambda: 1", errors.RuleSyntax, 7, None),
    ("purchase.total > 1;", errors.ForbiddenCharacter, 19, None),
    ("purchase.total > 1\x00", errors.ForbiddenCharacter, 19, None),
    ("member.name == \"a\nb\"", errors.ForbiddenCharacter, 18, None),
    ("member.name == \"a\u2028b\"", errors.ForbiddenCharacter, 18, None),
    ("member.name == \"\ud800\"", errors.ForbiddenCharacter, 17, None),
    ("prénom == 1", errors.ForbiddenCharacter, 3, None),
    ("member.name == \"abc", errors.UnterminatedText, 16, None),
    ("member.name == \"a\\n\"", errors.RuleSyntax, 18, None),
    ("purchase.total > 1 2", errors.RuleSyntax, 20, None),
    ("purchase.total > 1)", errors.RuleSyntax, 19, None),
    ("purchase.total >", errors.RuleSyntax, 17, None),
    ("(purchase.total > 1", errors.RuleSyntax, 20, None),
    ("purchase.total > 1e3", errors.RuleSyntax, 18, None),
    ("purchase.total > 0x1F", errors.RuleSyntax, 18, None),
    ("purchase.total > 1_000", errors.RuleSyntax, 18, None),
    ("purchase.total > 1.2.3", errors.RuleSyntax, 18, None),
    ("purchase. > 1", errors.RuleSyntax, 11, None),
    ("", errors.RuleSyntax, 1, None),
    ("  \n ", errors.RuleSyntax, 1, None),
    # Types
    ("purchase.total", errors.WrongType, 1, None),
    ("purchase.total > \"a\"", errors.WrongType, 16, None),
    ("purchase.total > purchase.on", errors.WrongType, 16, None),
    ("purchase.total + member.visits > 1", errors.WrongType, 16, None),
    ("purchase.total * purchase.total > 1", errors.WrongType, 16, None),
    ("member.name + \"a\" == \"b\"", errors.WrongType, 13, None),
    ("purchase.online < true", errors.WrongType, 17, None),
    ("1 < purchase.total < 3", errors.WrongType, 20, None),
    ("!purchase.total", errors.WrongType, 2, None),
    ("-member.name == \"\"", errors.WrongType, 2, None),
    ("purchase.online && 1", errors.WrongType, 20, None),
    ("purchase.online ? 1 : \"a\"", errors.WrongType, 19, None),
    ("lines", errors.WrongType, 1, None),
    ("lines == lines", errors.WrongType, 1, None),
    ("lines.filter(l, l.earns)", errors.WrongType, 7, None),
    ("member.segments == \"a\"", errors.WrongType, 1, None),
    ("[1, 2] == 1", errors.WrongType, 1, None),
    ("1 in 2", errors.WrongType, 6, None),
    ("1 in []", errors.WrongType, 6, None),
    ("purchase.total in [1, \"a\"]", errors.WrongType, 23, None),
    ("1 in member.segments", errors.WrongType, 1, None),
    ("lines.sum(l, l.product) > 1", errors.WrongType, 14, None),
    ("lines.exists(l, l.net)", errors.WrongType, 17, None),
    ("min(\"a\", \"b\") == \"a\"", errors.WrongType, 1, None),
    ("size(purchase.total) > 1", errors.WrongType, 6, None),
    # Arguments
    ("per(purchase.total) > 1", errors.WrongArguments, 1, None),
    ("per(purchase.total, 0) > 1", errors.WrongArguments, 21, None),
    ("per(purchase.total, -1) > 1", errors.WrongArguments, 21, None),
    ("per(purchase.total, purchase.total) > 1", errors.WrongArguments, 21, None),
    ("share(purchase.total, 10, half_pu) > 1", errors.WrongArguments, 27, "half_up"),
    ("share(purchase.total, 1.23456, floor) > 1", errors.WrongArguments, 23, None),
    ("share(purchase.total, 1001, floor) > 1", errors.WrongArguments, 23, None),
    ("min(1) == 1", errors.WrongArguments, 1, None),
    ("startsWith(member.name, \"a\")", errors.WrongArguments, 1, None),
    ("lines.exists(l.net > 1)", errors.WrongArguments, 7, None),
    ("lines.exists(purchase, true)", errors.WrongArguments, 14, None),
    ("lines.exists(min, true)", errors.WrongArguments, 14, None),
    ("date(\"2026-02-30\") == purchase.on", errors.WrongArguments, 1, None),
    ("date(member.name) == purchase.on", errors.WrongArguments, 1, None),
    ("timestamp(\"2026-02-03T00:00:00\") == purchase.at", errors.WrongArguments, 1, None),
    ("has(1)", errors.WrongArguments, 5, None),
    ("has(purchase.total)", errors.WrongArguments, 1, None),
    ("orElse(purchase.total, 1) > 1", errors.WrongArguments, 1, None),
    # Numbers
    ("purchase.total > 12.345", errors.TooManyDecimals, 18, None),
    ("member.visits > 1.5", errors.TooManyDecimals, 17, None),
    ("member.visits > 9223372036854775808", errors.NumberTooLarge, 17, None),
    ("purchase.total > 99999999999999999999999999", errors.NumberTooLarge, 18, None),
    ("purchase.total * member.visits > 1", errors.MayOverflow, 16, None),
    ("9223372036854775807 + 1 == member.visits", errors.MayOverflow, 21, None),
    ("lines.sum(l, l.net * 1000) > 1", errors.MayOverflow, 7, None),
    ("share(purchase.total * 9000000, 250, floor) > 1", errors.MayOverflow, 1, None),
    # What may be unknown
    ("purchase.tip > 1", errors.UnguardedOptional, 1, None),
    ("has(purchase.tip) || purchase.tip > 1", errors.UnguardedOptional, 22, None),
    ("!has(purchase.tip) && purchase.tip > 1", errors.UnguardedOptional, 23, None),
    ("purchase.tip > 1 && has(purchase.tip)", errors.UnguardedOptional, 1, None),
    ("has(purchase.tip) ? true : purchase.tip > 1", errors.UnguardedOptional, 28, None),
    ("(has(purchase.tip) && true) && purchase.tip > 1 || purchase.tip > 2", errors.UnguardedOptional, 52, None),
    ("lines.exists(l, has(l.category)) && lines.exists(l, l.category == \"a\")", errors.UnguardedOptional, 53, None),
    # Size
    ("(" * 40 + "true" + ")" * 40, errors.RuleTooDeep, 34, None),
    ("!" * 40 + "true", errors.RuleTooDeep, 34, None),
    ("member.visits == " + "+".join(["1"] * 60), errors.RuleTooDeep, 73, None),
    ("lines.exists(a, lines.exists(b, b.earns))", errors.RuleTooCostly, 1, None),
    ("purchase.online" + " && true" * 1000, errors.RuleTooLong, LENGTH_MAX + 1, None),
]  # fmt: skip


@pytest.mark.parametrize(("source", "refusal", "column", "nearest"), REFUSED, ids=[row[0][:60] for row in REFUSED])
def test_it_refuses(source: str, refusal: type[RuleError], column: int, nearest: str | None) -> None:
    with pytest.raises(RuleError) as caught:
        check_rule(source, CATALOGUE)
    assert (type(caught.value), caught.value.column, caught.value.nearest) == (refusal, column, nearest)


def test_it_counts_lines_and_columns_from_one() -> None:
    with pytest.raises(errors.UnknownField) as caught:
        check_rule("purchase.online\n  && purchase.totl > 1", CATALOGUE)
    assert (caught.value.line, caught.value.column) == (2, 6)
    assert str(caught.value) == ("Line 2, column 6: There is no field “purchase.totl”. Did you mean “purchase.total”?")
    assert caught.value.sentence("fr") == (
        "Il n’y a pas de champ « purchase.totl ». Vouliez-vous dire « purchase.total » ?"
    )


def test_it_says_each_refusal_in_both_languages_with_the_same_parts() -> None:
    def parts(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}

    for reason, sentence in SENTENCES.items():
        assert parts(sentence.en) == parts(sentence.fr), reason


def test_it_has_a_code_of_its_own_for_each_kind_of_refusal() -> None:
    kinds = RuleError.__subclasses__()
    assert len({kind.default_code for kind in kinds}) == len(kinds)
    assert {kind for _, kind, _, _ in REFUSED} == set(kinds)


WORDS = (
    *(
        "(",
        ")",
        "[",
        "]",
        "!",
        "-",
        "+",
        "*",
        ".",
        ",",
        "?",
        ":",
        "&&",
        "||",
        "==",
        "<",
        "in",
        "has",
        "per",
        "min",
        "size",
    ),
    *("1", "2.5", "'a'", "true", "l", "l.net", "lines", "lines.exists(", "lines.filter(l,", "purchase", "total"),
    *("purchase.total", "member.tier"),
)


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)))
def test_it_never_fails_on_any_text_but_by_a_refusal(source: str) -> None:
    with contextlib.suppress(RuleError):
        check_rule(source, CATALOGUE, expects=tuple(Type))


def test_it_does_not_take_long_to_refuse_nested_functions() -> None:
    # Checking an argument twice took 2**depth steps.
    nested = "min(" * 15 + "purchase.total" + ", purchase.total)" * 15
    assert check_rule(nested, CATALOGUE, expects=Type.MONEY).cost == 31
