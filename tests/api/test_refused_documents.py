"""Documents that cannot be: the command, the API and the console refuse each with its place, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import draft_version
from fidelia.worker.command import main
from tests.cast import AT, SYSTEM, leonore
from tests.console.test_customers import signed_in
from tests.programme.cast import DOCUMENT, programme

from .caller import Caller

pytestmark = pytest.mark.django_db(transaction=True)
RULE = "rules:\n  - key: a\n    name: {en: A, fr: A}\n    points: 5\n"
WITH = "    when: "
MANY = "".join(f"- {{key: r{n}, points: 1}}\n" for n in range(5_000))
# what is wrong with it: the text, and the line and column that every face names
REFUSED: dict[str, tuple[str, int, int]] = {
    "nothing": ("", 1, 1),
    "a comment alone": ("# hello\n", 1, 1),
    "a word": ("hello\n", 1, 1),
    "an unknown part": (RULE + "rulez: 1\n", 5, 8),
    "an unknown member": (RULE + "    pionts: 5\n", 5, 13),
    "no list of rules": ("rules: 5\n", 1, 8),
    "a rule that is a word": ("rules: [abc]\n", 1, 9),
    "a rule that is nothing": ("rules: [null]\n", 1, 9),
    "a key that is a number": (RULE.replace("key: a", "key: 5"), 2, 10),
    "a name in no language": (RULE.replace("{en: A, fr: A}", "A"), 3, 11),
    "a condition that is a number": (RULE + WITH + "5\n", 5, 11),
    "a field that is not": (RULE + WITH + "true && purchase.totl > 5\n", 5, 19),
    "dates reversed": (RULE + "    valid_from: 2026-05-01T00:00:00Z\n    valid_until: 2026-04-01T00:00:00Z\n", 6, 18),
    "a 30 February": (RULE + "    valid_from: 2026-02-30T00:00:00Z\n", 5, 17),
    "a 30 February in a condition": (RULE + WITH + 'purchase.on > date("2026-02-30")\n', 5, 25),
    "a 30 February of each year": (RULE + 'points: {pending: {dates: ["02-30"]}}\n', 5, 28),
    "a year past all years": (RULE + "    valid_from: 9999-12-31T23:59:59-12:00\n", 5, 17),
    "two rules of one key": (RULE + RULE[7:], 5, 10),
    "one name twice": (RULE + "rules: []\n", 5, 1),
    "one name twice in a rule": (RULE + "    points: 6\n", 5, 5),
    "not a number": (RULE.replace("5", ".nan"), 4, 13),
    "not a number in JSON": ('{"rules": [{"key": "a", "name": {"en": "A", "fr": "A"}, "points": NaN}]}', 1, 67),
    "without an end": (RULE.replace("5", ".inf"), 4, 13),
    "below zero": (RULE.replace("5", "-1"), 4, 13),
    "a number of 5,000 digits": (RULE.replace("5", "9" * 5_000), 4, 13),
    "ninety in sixties": (RULE.replace("5", "1:30"), 4, 14),
    "too many rules": ("rules: [" + ",".join(["{}"] * 300) + "]\n", 1, 8),
    "10,000 rules": ("rules:\n" + MANY + MANY, 1, 1),
    "5 MB": ("rules: []\n#" + "x" * 5_000_000, 1, 1),
    "a bomb of aliases": ('a: &a ["x", "x"]\nb: &b [*a, *a]\nrules: *b\n', 1, 4),
    "an anchor": ("rules: &a []\n", 1, 8),
    "a merge": ("rules:\n  - <<: {key: b}\n    points: 1\n", 2, 5),
    "a tag": ("rules: !!python/object:os.system []\n", 1, 8),
    "a list as a name": ("rules: []\n? [a, b]\n: 1\n", 2, 3),
    "tabs": ("rules:\n\t- key: a\n", 2, 1),
    "two documents": (RULE + "---\n" + RULE, 5, 1),
    "a control character": ("rules: []\x07\n", 1, 10),
    "a zero in a name": (RULE.replace("en: A", 'en: "a\\0b"'), 3, 16),
    "half a character": (RULE.replace("en: A", 'en: "\\ud800"'), 3, 16),
    "lists in lists": ("rules: " + "[" * 5_000 + "]" * 5_000, 1, 1),
    "a condition too deep": (RULE + WITH + "(" * 5_000 + "true" + ")" * 5_000 + "\n", 5, 4011),
    "a schema of the future": ("format: 2\n" + RULE, 1, 9),
    "JSON that is none": ('{"rules": [}', 1, 12),
}  # fmt: skip

# The sentence of each kind of slip, in English and in French: it says what to do, and nothing of the machine.
TOLD: dict[str, tuple[str, str]] = {
    "an unknown part": (
        "“rulez” is no part of it. A document has format, groups, campaigns, rules (required), ",
        "« rulez » n’en est pas une partie. Un document a format, groups, campaigns, rules (exigé), ",
    ),
    "an unknown member": ("“pionts” is not known here; known are: key, ", "« pionts » n’est pas connu ici ; sont"),
    "a field that is not": (
        "There is no field “purchase.totl”. Did you mean “purchase.total”?",
        "Il n’y a pas de champ « purchase.totl ». Vouliez-vous dire « purchase.total » ?",
    ),
    "no list of rules": ("A list is expected here.", "Il faut ici une liste."),
    "a rule that is a word": ("A group of named values is expected here.", "Il faut ici un groupe de valeurs nommées."),
    "a condition that is a number": ("A text is expected here.", "Il faut ici un texte."),
    "a name in no language": (
        "Give this text in both languages, en and fr.", "Donnez ce texte dans les deux langues, en et fr.",
    ),
    "two rules of one key": (
        "The key “a” is used twice; give one of the two another.",
        "La clé « a » est employée deux fois ; donnez-en une autre à l’une des deux.",
    ),
    "one name twice": ("“rules” stands here twice.", "« rules » est écrit ici deux fois."),
    "dates reversed": ("valid_until must be after valid_from.", "valid_until doit être postérieur à valid_from."),
    "a 30 February": (
        "A moment with its offset is expected, such as 2026-12-01T00:00:00Z.",
        "Il faut un instant avec son décalage, comme 2026-12-01T00:00:00Z.",
    ),
    "a 30 February of each year": (
        "A fixed date is written month-day, such as “09-30”.", "Une date fixe s’écrit mois-jour, comme « 09-30 ».",
    ),
    "10,000 rules": (
        "The text is too long: 257,787 characters of 200,000.",
        "Le texte est trop long : 257 787 caractères, 200 000 au plus.",
    ),
    "5 MB": (
        "The text is too long: 5,000,011 characters of 200,000.",
        "Le texte est trop long : 5 000 011 caractères, 200 000 au plus.",
    ),
    "a bomb of aliases": (
        "Anchors and aliases (& and *) are not read: write the part out.",
        "Les ancres et les alias (& et *) ne sont pas lus : écrivez la partie en entier.",
    ),
    "a schema of the future": (
        "This installation reads format 1: update Fidelia, or export the programme anew.",
        "Cette installation lit le format 1 : mettez Fidelia à jour, ou exportez à nouveau le programme.",
    ),
}  # fmt: skip

# Longer than a request may be, or nothing in a form: what is not read has no place.
WITHOUT = ("nothing", "5 MB", "10,000 rules")


@pytest.fixture
def draft() -> ProgrammeVersion:
    return draft_version(by=SYSTEM, at=AT, programme=programme(), document={**DOCUMENT, "rules": DOCUMENT["rules"][:2]})


def by_command(file: Path, capsys: Any, *act: str) -> tuple[int, str]:
    code = main(["programme", act[0], str(file), "--programme", "cercle", *act[1:]])
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith(str(file))]
    return code, plain("".join(said).removeprefix(str(file)))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def by_api(text: str, author: Caller, path: str) -> dict[str, Any]:
    answer = author.post(path, {"text": text, "programme": "cercle"})
    assert answer.status in (413, 422), (answer.status, answer.body[:300])
    told: dict[str, Any] = answer.json()
    return told


def by_console(text: str, client: Client) -> str:
    answer = client.post("/console/programmes/cercle/versions/2/document/", {"document": text, "note": "x"})
    assert answer.status_code in (400, 413, 422), answer.status_code
    return answer.content.decode()


@pytest.mark.slow
def test_each_is_refused_at_its_place_by_every_face(
    draft: ProgrammeVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    author, client = Caller("programme.see", "programme.draft"), signed_in(leonore())
    for what, (text, line, column) in REFUSED.items():
        file = tmp_path / "a.yaml"
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        planned = by_command(file, capsys, "plan", "--no-backtest")
        assert (planned[0], planned[1].split(": ")[0]) == (1, f":{line}:{column}"), (what, planned[1][:200])
        assert by_command(file, capsys, "apply") == planned, what
        assert not re.search(r"Line \d+, column|pointer|None", planned[1]), "its place stands before it, once"
        if what in TOLD:
            english, french = TOLD[what]
            assert planned[1].startswith(f":{line}:{column}: {english}"), (what, planned[1])
            _code, said = by_command(file, capsys, "plan", "--no-backtest", "--language", "fr")
            assert said.startswith(f":{line}:{column}: {french}"), (what, said)
        for path in ("/programme-plans", "/programme-drafts"):
            told = by_api(text, author, path)
            if told["code"] not in (
                "invalid_request",
                "body_too_large",
            ):
                place = told["details"]["text_line"], told["details"]["text_column"]
                assert place == (line, column), (what, told)
        page = by_console(text, client)
        assert re.search(rf"[Ll]ine {line}\D.*column {column}\D", page) or what in WITHOUT, what
    assert ProgrammeVersion.objects.count() == 2
    draft.refresh_from_db()
    assert draft.note == ""


def test_a_file_of_other_letters_is_refused_at_its_place(
    draft: ProgrammeVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_bytes("rules: []\n# été ".encode() + b"\xe9\n")
    assert main(["programme", "plan", str(tmp_path / "a.yaml"), "--programme", "cercle"]) == 1
    assert f"{tmp_path / 'a.yaml'}:2:7: this is not UTF-8 text." in capsys.readouterr().err
    author = Caller("programme.see", "programme.draft")
    assert author.post("/programme-plans", b'{"text": "\xe9"}').status in (400, 422)
    for odd in ("\x00", "\ud800"):
        assert author.post("/programme-plans", {"text": RULE, "programme": odd, "backtest": False}).status in (404, 422)


def test_what_is_unlike_yaml_of_old_reads_as_it_is_written(draft: ProgrammeVersion) -> None:
    """010 is ten, not eight; a file may begin with a mark of its letters, and end with three points."""
    author = Caller("programme.see", "programme.draft")
    for text in (RULE.replace("5", "010"), "\ufeff" + RULE, "---\n" + RULE + "...\n"):
        answer = author.post("/programme-plans", {"text": text, "programme": "cercle", "backtest": False})
        assert answer.status == 200, answer.body
    assert author.post("/programme-drafts", {"text": RULE.replace("5", "010"), "programme": "cercle"}).status == 201
    assert ProgrammeVersion.objects.get(number=3).document["rules"][0]["points"] == "010"
