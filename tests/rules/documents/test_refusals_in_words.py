"""Every refusal of a part of a document is said in French too: the forms are read from the code that raises them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

import fidelia
from fidelia.console.refusals import sentence_of
from fidelia.kernel.errors import Invalid
from fidelia.rules.documents import UnreadableText, read_text
from fidelia.rules.documents.refusals import FORMS, document_refusal, refusal_in_words
from fidelia.rules.documents.text import WHY
from fidelia.rules.reading import MalformedTerms
from fidelia.rules.sentences import SENTENCES

SOURCE = Path(fidelia.__file__).parent
RAISED = {"MalformedTerms", "MalformedDocument", "HeadDiffers"}


def raised() -> Iterator[str]:
    """Every sentence that such a refusal is raised with, "7" where a value stands."""
    for file in sorted([*SOURCE.glob("rules/**/*.py"), *SOURCE.glob("programme/**/*.py")]):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            named = {
                each.targets[0].id: each.value
                for each in ast.walk(function)
                if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
            }
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") in RAISED and call.args:
                    said = call.args[0]
                    yield written(named.get(said.id, said) if isinstance(said, ast.Name) else said)


def written(said: ast.expr) -> str:
    if isinstance(said, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in said.values)
    assert isinstance(said, ast.Constant), ast.unparse(said)
    return str(said.value)


def test_every_refusal_of_a_part_is_said_in_french() -> None:
    found = sorted(set(raised()))
    assert len(found) > 80
    missing = [each for each in found if not document_refusal(each, "fr")]
    assert missing == []
    assert all(document_refusal(each, "en") == each for each in found)


def test_no_form_stands_twice_and_both_languages_tell_the_same_values() -> None:
    assert len({each.en for each in FORMS}) == len(FORMS)
    for each in FORMS:
        assert set(re.findall(r"{\w+}", each.en)) >= set(re.findall(r"{\w+}", each.fr)), each.en


def test_what_was_meant_is_said_in_french_too() -> None:
    refusal = Invalid("“thresold” is not known here; known are key, name, threshold. Did you mean “threshold”?")
    assert refusal_in_words(refusal, "fr") == (
        "« thresold » n’est pas connu ici ; sont connus key, name, threshold. Vouliez-vous dire « threshold » ?"
    )
    assert refusal_in_words(Invalid("Nothing of that kind."), "fr") == "Nothing of that kind."


def test_what_an_installation_elsewhere_tells_in_english_is_said_in_french_too() -> None:
    for text in (*WHY.values(), *SENTENCES.values()):
        names = set(re.findall(r"{(\w+)}", text.en.replace("{{", "").replace("}}", "")))
        values = dict.fromkeys(names, "7")
        assert document_refusal(text.en.format(**values), "fr") != "", text.en
    told = "There is no field “offers.tea”. Did you mean “customer.offers”?"
    assert document_refusal(told, "fr") == (
        "Il n’y a pas de champ « offers.tea ». Vouliez-vous dire « customer.offers » ?"
    )
    assert document_refusal("Anything else.", "fr") == ""


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("a: b: c\n", (1, 5), "colon"),
        ("key:a\nb: 1\n", (2, 2), "colon"),
        ("a: 1\nb\nc: 2\n", (2, 1), "no_colon"),
        ("rules:\n - key: a\n   name: b\n  points: 5\n", (4, 3), "indent"),
        ("- a\nb: 1\n", (2, 1), "indent"),
        ('when: "gold" in customer.segments\n', (1, 14), "beside_quotes"),
        ("name: 'l'été'\n", (1, 10), "beside_quotes"),
        ('name: {en: "Hi" fr: "Salut"}\n', (1, 7), "bracket"),
        ("a: [1, 2\nb: 3\n", (1, 4), "bracket"),
        ('a: "x\nb: 1\n', (1, 4), "open_quote"),
        ("at: @home\n", (1, 5), "sign"),
        ('a: "\\d"\n', (1, 6), "escape"),
        ("a: b\n\tc: d\n", (2, 1), "tab"),
        ("when: !has(customer.city)\n", (1, 7), "tag"),
    ],
)
def test_slips_of_yaml_are_said_as_what_they_mostly_are(text: str, place: tuple[int, int], why: str) -> None:
    with pytest.raises(UnreadableText) as refused:
        read_text(text)
    told = refused.value
    assert (told.details["line"], told.details["column"], told.details["why"]) == (*place, why)
    assert told.sentence("en") == told.message != told.sentence("fr")


def test_the_console_says_in_french_what_is_wrong_with_a_part_and_not_that_something_is() -> None:
    refusal = MalformedTerms("Each tier needs more than the one below it.", pointer="/tiers/levels/1")
    with translation.override("fr"):
        assert sentence_of(refusal) == "Chaque statut demande plus que celui d’en dessous."
        assert sentence_of(MalformedTerms("Write a whole number from 1 to 9.")) == "Écrivez un nombre entier de 1 à 9."
