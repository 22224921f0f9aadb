"""What a retailer writes by hand from the docs, with the slips that hands make: each is told where, and what to do."""

from __future__ import annotations

import pytest

from fidelia.insight.backtest.plan_words import plan_as_text
from fidelia.insight.operations.planning import plan_text
from fidelia.kernel.errors import FideliaError
from fidelia.rules.documents import place_of
from fidelia.rules.documents.refusals import refusal_in_words, with_missing
from tests.cast import SYSTEM
from tests.programme.cast import AT, programme

pytestmark = pytest.mark.django_db
BASE = 'rules:\n  - key: base\n    name: {en: A, fr: A}\n    points_per: {amount: "1", points: "1"}\n'
RULE = BASE + "  - key: x\n    name: {en: X, fr: X}\n"
FIVE = RULE + "    points: 5\n"
LEVEL = "levels: [{key: gold, name: {en: Gold, fr: Or}, threshold: 100}]"
SLIPS: dict[str, tuple[str, tuple[int, int], str, str]] = {
    "a head that is a word": (
        "programme: cercle\n" + BASE, (1, 12),
        "A group of named values is expected here: {…} of currency, name, points, slug, time_zone.",
        "Il faut ici un groupe de valeurs nommées : {…} parmi currency, name, points, slug, time_zone.",
    ),
    "a decimal comma": (
        RULE + "    multiply_points: {by: 1,5}\n", (7, 30),
        "“5” stands here by itself; if it follows a decimal comma, write a point: 1.5.",
        "« 5 » est seul ici ; s’il suit une virgule décimale, écrivez un point : 1.5.",
    ),
    "a factor alone": (
        RULE + "    multiply_points: 2\n", (7, 22),
        "A group of named values is expected here: {…} of by, rounding.",
        "Il faut ici un groupe de valeurs nommées : {…} parmi by, rounding.",
    ),
    "a French date": (
        FIVE + "    valid_from: 01/12/2026\n", (8, 17),
        "A moment with its offset is expected, such as 2026-12-01T00:00:00Z.",
        "Il faut un instant avec son décalage, comme 2026-12-01T00:00:00Z.",
    ),
    "one = for two": (
        FIVE + "    when: purchase.month = 12\n", (8, 26),
        "“=” is not a sign of the language; write “==”.",
        "« = » n’est pas un signe du langage ; écrivez « == ».",
    ),
    "a line in “when”": (
        FIVE + '    when: line.category == "coffee"\n', (8, 11),
        "“line.category” is of one line: write the condition in “lines”, or lines.exists(l, l.category …).",
        "« line.category » est d’une ligne : écrivez la condition dans « lines », ou lines.exists(l, l.category …).",
    ),
    "an offer as a field": (
        FIVE + "    when: offers.double_tea\n", (8, 11),
        "There is no field “offers.double_tea”. Did you mean “customer.offers”?",
        "Il n’y a pas de champ « offers.double_tea ». Vouliez-vous dire « customer.offers » ?",
    ),
    "a sign of per cent": (
        RULE + "    percent_off: {percent: 10%}\n", (7, 28),
        "A percentage above 0 and at most 100, with at most 4 decimals, is expected here, such as 10 or "
        '"12.5", without %.',
        "Il faut ici un pourcentage supérieur à 0 et d’au plus 100, avec 4 décimales au plus, comme 10 ou "
        '"12.5", sans %.',
    ),
    "tiers without a window": (
        BASE + f"tiers: {{{LEVEL}}}\n", (5, 8),
        "“window_days” is missing. Write a whole number from 1 to 3660.",
        "« window_days » manque. Écrivez un nombre entier de 1 à 3660.",
    ),
    "tiers as a list of names": (
        BASE + "tiers:\n  - {name: Bronze, from: 0}\n", (6, 26),
        "“from” is not known here; known are also, begins,", "« from » n’est pas connu ici ; sont connus also, begins,",
    ),
    "a validity in words": (
        BASE + "points: {validity: 12 months}\n", (5, 20),
        "“validity” is not known here; known are approval_above,",
        "« validity » n’est pas connu ici ; sont connus approval_above,",
    ),
    "euros in a chèque": (
        BASE + "cheques: [{key: c, name: {en: a, fr: a}, points: 300, money: 10 EUR}]\n", (5, 62),
        "Write an amount above zero, such as “10”.", "Écrivez un montant supérieur à zéro, comme « 10 ».",
    ),
    "a name in one language": (
        BASE + f"tiers: {{window_days: 9, kept_days: 9, {LEVEL.replace('{en: Gold, fr: Or}', 'Or')}}}\n", (5, 66),
        "Give this text in both languages: en and fr.", "Donnez ce texte dans les deux langues : en et fr.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_where_it_is_and_what_to_do_in_both_languages(slip: str) -> None:
    programme()
    text, place, english, french = SLIPS[slip]
    with pytest.raises(FideliaError) as refused:
        plan_text(by=SYSTEM, at=AT, text=text, slug="cercle", replays=False)
    found = place_of(text, refused.value)
    assert found is not None
    assert (found.line, found.column) == place
    for language, sentence in (("en", english), ("fr", french)):
        said = with_missing(refusal_in_words(refused.value, language), text, refused.value, language)
        assert said.replace("\u00a0", " ").startswith(sentence), said


def test_names_that_no_part_of_the_document_has_are_worth_a_look() -> None:
    programme()
    offers = "offers: [{key: tea, name: {en: Tea, fr: Thé}}]\n"
    tiers = f"tiers: {{window_days: 365, kept_days: 365, {LEVEL}}}\n"

    def looks(when: str, more: str = offers + tiers) -> list[tuple[str, str]]:
        text = FIVE + f"    when: '{when}'\n    valid_until: 2030-01-01T00:00:00Z\n" + more
        plan = plan_text(by=SYSTEM, at=AT, text=text, slug="cercle", replays=False)
        assert all(row in plan_as_text(plan, "fr").replace("\u00a0", " ") for row in french)
        return [(each["kind"], each["other"]) for each in plan["warnings"]]

    french: list[str] = []
    assert looks('member.tier == "gold" || "tea" in customer.offers || member.tier != ""') == []
    french = ["« X » demande le statut « or », que ce document n’a pas : personne ne l’a."]
    assert looks('purchase.total > 5 && member.tier in ["gold", "or"]') == [("no_tier", "or")]
    french = ["« X » demande l’offre « the », que ce document n’a pas : personne ne peut l’activer."]
    assert looks('!("the" in customer.offers)') == [("no_offer", "the")]
    french = ["« X » demande la formule « plus »"]
    assert looks('"plus" in customer.plans && "tea" in customer.offers', offers) == [("no_plan", "plus")]
    french = []
    assert looks('"gold" == member.tier', "") == [("no_tier", "gold")], "the document has no tiers at all"
