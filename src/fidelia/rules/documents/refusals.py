"""What is refused of a document, in the reader's language: the words of its parts beside rules, which speak themselves.

A refusal of a part is written in English where it is raised; here is each form of it in French. A test reads them all.
Blanks are plain: who shows a sentence sets them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText as Text

from ..sentences import MEANT, SENTENCES
from .text import WHY, missing_part

FORMS = (
    # Anything
    Text("A document of a programme has parts, such as rules.", "Un document de programme a des parties, dont rules."),
    Text("A document has {parts} (required){others} and {last}.", "Un document a {parts} (exigé){others} et {last}."),
    Text("“{name}” is no part of it. {whole}", "« {name} » n’en est pas une partie. {whole}"),
    Text("“{name}” is not known here; known are {names}", "« {name} » n’est pas connu ici ; sont connus {names}"),
    Text("A group of named values is expected here: {names}.", "Il faut ici un groupe de valeurs nommées : {names}."),
    Text(
        "“{name}” stands here by itself; if it follows a decimal comma, write a point: 1.5.",
        "« {name} » est seul ici ; s’il suit une virgule décimale, écrivez un point : 1.5.",
    ),
    Text("A text is expected here.", "Il faut ici un texte."),
    Text("Write a whole number from {least} to {most}.", "Écrivez un nombre entier de {least} à {most}."),
    Text("Choose one of {choices}.", "Choisissez parmi {choices}."),
    Text("Write true or false.", "Écrivez true ou false."),
    Text("Say true or false.", "Écrivez true ou false."),
    Text("Give this text in both languages: en and fr.", "Donnez ce texte dans les deux langues : en et fr."),
    Text("Neither language of this text may be empty.", "Aucune des deux langues de ce texte n’est vide."),
    Text("Write the name in English and in French.", "Écrivez le nom en anglais et en français."),
    Text("Write an amount such as “{amount}”.", "Écrivez un montant, comme « {amount} »."),
    Text("Write an amount above zero, such as “{amount}”.", "Écrivez un montant supérieur à zéro, comme « {amount} »."),
    Text("Write an amount of zero or more, such as “{amount}”.", "Écrivez un montant, 0 ou plus, comme « {amount} »."),
    Text("Name 1 to {most} dates such as “09-30”.", "Nommez 1 à {most} dates, comme « 09-30 »."),
    Text("A fixed date is written month-day, such as “09-30”.", "Une date fixe s’écrit mois-jour, comme « 09-30 »."),
    Text("A day is written 2026-12-24.", "Un jour s’écrit 2026-12-24."),
    Text(
        "Write a moment with its offset: 2026-12-01T00:00:00+01:00.",
        "Écrivez un instant avec son décalage : 2026-12-01T00:00:00+01:00.",
    ),
    Text("It ends after it begins.", "La fin vient après le début."),
    Text("The most is not below the least.", "Le plus n’est pas inférieur au moins."),
    Text("The most is not less than the least.", "Le plus n’est pas inférieur au moins."),
    Text("Name up to {most} numbers of days before the end.", "Nommez jusqu’à {most} nombres de jours avant la fin."),
    Text("Name up to {most} numbers of days.", "Nommez jusqu’à {most} nombres de jours."),
    Text("Name up to {most} in a list.", "Nommez-en jusqu’à {most} dans une liste."),
    Text("Write a list of up to {most}.", "Écrivez une liste de {most} au plus."),
    Text("Write a key of {least} to {most} characters.", "Écrivez une clé de {least} à {most} caractères."),
    Text("A key is letters, digits and hyphens, at most 40.", "Une clé : lettres, chiffres et tirets, 40 au plus."),
    Text("A key is letters, digits and _ such as “{key}”.", "Une clé : lettres, chiffres et _, comme « {key} »."),
    Text("A points currency is named by its code.", "Une monnaie de points se nomme par son code."),
    Text("Name a points currency of the programme.", "Nommez une monnaie de points du programme."),
    Text(
        "Name the further currencies of the programme: {names}.", "Nommez les autres monnaies du programme : {names}."
    ),
    Text(
        "{who} may not do this: the right “{right}” is missing here.",
        "{who} n’en a pas le droit : il manque ici « {right} ».",
    ),
    Text(
        "There is no programme “{name}”; apply the document to create it.",
        "Il n’y a pas de programme « {name} » ; appliquez le document pour le créer.",
    ),
    Text(
        "Name the programme, in the head of the document or beside it.",
        "Nommez le programme, dans l’en-tête du document ou à côté (--programme).",
    ),
    Text(
        "There is no such programme, and the document has no head to create it by.",
        "Ce programme n’existe pas, et le document n’a pas d’en-tête (programme) pour le créer.",
    ),
    Text("Version {number} says this to the letter.", "La version {number} dit cela mot pour mot."),
    # The head
    Text("The head of a programme names its {name}.", "L’en-tête d’un programme en donne {name}."),
    Text("Points have 0 to 4 decimals.", "Les points ont de 0 à 4 décimales."),
    Text("This programme’s {name} is {value}.", "Ce programme a pour {name} {value}."),
    Text("The {name} of this programme’s points is {value}.", "Les points de ce programme ont pour {name} {value}."),
    Text("The document is of “{name}”.", "Le document est celui de « {name} »."),
    # What prices and returns are
    Text("Prices are with tax (true) or without (false).", "Les prix sont avec taxe (true) ou sans (false)."),
    Text(
        "A return is borne by the store of the “purchase” or of the “return”.",
        "Un retour est porté par le magasin de l’achat (purchase) ou du retour (return).",
    ),
    Text(
        "What was issued is withdrawn with the “whole”, with “any” part, or “never”.",
        "Ce qui fut émis est retiré avec le tout (whole), avec toute partie (any), ou jamais (never).",
    ),
    # Points
    Text(
        "Points that live on with activity need a validity.",
        "Des points que l’activité prolonge demandent une validité.",
    ),
    Text("Name what lets points live on: earn, redeem.", "Nommez ce qui prolonge les points : earn, redeem."),
    Text(
        "Name the keys of the tiers that keep points alive.", "Nommez les clés des statuts qui gardent les points."
    ),
    Text("Name a tier of this document: {names}.", "Nommez un statut de ce document : {names}."),
    Text(
        "Only what waits for an event can be cancelled for its want.",
        "Seul ce qui attend un événement peut être annulé s’il manque.",
    ),
    Text("An event is a word such as “delivered”.", "Un événement est un mot, comme « delivered »."),
    Text(
        "Points wait for “days” and “months”, “until” a day, for “dates”, or for an “event”: one of them.",
        "Les points attendent des jours et mois (days, months), un jour (until), des dates (dates) ou un événement "
        "(event) : l’un des quatre.",
    ),
    Text(
        "Say how many points at most, and per which period.", "Dites combien de points au plus, et par quelle période."
    ),
    Text("A step pays a whole amount of money.", "Un palier paie un montant entier."),
    Text("Points are exchanged for others than themselves.", "Des points s’échangent contre d’autres points."),
    Text("These points are exchanged for those already.", "Ces points s’échangent déjà contre ceux-là."),
    Text(
        "Write a list of up to {most} ways to exchange points.", "Écrivez une liste de {most} échanges au plus."
    ),
    # Chèques and gift cards
    Text("Write a list of up to {most} kinds of chèque.", "Écrivez une liste de {most} sortes de chèques au plus."),
    Text("There is a chèque “{key}” already.", "Il y a déjà un chèque « {key} »."),
    Text("Write “points” and “money”, or a “scale” of them.", "Écrivez points et money, ou un barème (scale)."),
    Text("A scale has 1 to {most} steps.", "Un barème a 1 à {most} paliers."),
    Text(
        "Each step needs more points than the one before it, and gives more money.",
        "Chaque palier demande plus de points que le précédent, et donne plus d’argent.",
    ),
    Text("A gift card lives for months or days.", "Une carte cadeau vaut des mois ou des jours."),
    Text(
        "A card holds at least what it is charged with.", "Une carte contient au moins ce dont elle est chargée."
    ),
    Text("Say the amounts, or the least and the most.", "Dites les montants, ou le moins et le plus."),
    Text("Name 1 to {most} amounts.", "Nommez 1 à {most} montants."),
    # Joining, referral, offers, plans
    Text(
        "A minimum age needs the birthday: write “required”.",
        "Un âge minimum demande la date de naissance : écrivez « required ».",
    ),
    Text("Say what the referrer or the friend gets.", "Dites ce que reçoit le parrain ou le filleul."),
    Text(
        "A gift is points, a voucher or a coupon: one of them.",
        "Un cadeau : des points, un bon ou un coupon, l’un des trois.",
    ),
    Text("Name a series of coupons by its key.", "Nommez une série de coupons par sa clé."),
    Text("Write a list of up to {most} offers.", "Écrivez une liste de {most} offres au plus."),
    Text("There is an offer “{key}” already.", "Il y a déjà une offre « {key} »."),
    Text(
        "What it gives is said in at most {most} characters.", "Ce que donne l’offre se dit en {most} caractères."
    ),
    Text("Write a list of up to {most} plans.", "Écrivez une liste de {most} formules au plus."),
    Text("There is a plan “{key}” already.", "Il y a déjà une formule « {key} »."),
    Text(
        "The product “{product}” buys another plan already.",
        "Le produit « {product} » achète déjà une autre formule.",
    ),
    Text("Say what the plan costs; “0” for nothing.", "Dites ce que coûte la formule ; « 0 » si elle est gratuite."),
    Text(
        "A season has the days “until” which it goes, and only a season.",
        "Une saison, et elle seule, a les jours (until) où elle finit.",
    ),
    Text("What lasts a lifetime is never renewed.", "Ce qui dure toute la vie ne se renouvelle pas."),
    Text("Name a level of the main tiers.", "Nommez un niveau des statuts principaux."),
    # Tiers
    Text("Name 1 to {most} sets of tiers.", "Nommez 1 à {most} échelles de statuts."),
    Text("Name 1 to {most} other measures.", "Nommez 1 à {most} autres mesures."),
    Text(
        "Name 1 to {most} tiers, from the lowest to the highest.",
        "Nommez 1 à {most} statuts, du plus bas au plus haut.",
    ),
    Text("Two tiers have the same key.", "Deux statuts ont la même clé."),
    Text(
        "A tier's key is letters, digits and _ such as “{key}”.",
        "La clé d’un statut : lettres, chiffres et _, comme « {key} ».",
    ),
    Text(
        "Each tier needs more points than the one below it.",
        "Chaque statut demande plus de points que celui d’en dessous.",
    ),
    Text("Each tier needs more than the one below it.", "Chaque statut demande plus que celui d’en dessous."),
    Text(
        "Keeping a level takes no more than reaching it.", "Garder un niveau ne demande pas plus que l’atteindre."
    ),
    Text(
        "A tier is kept for “kept_days”, or as “kept” says.",
        "Un statut se garde des jours (kept_days), ou comme le dit kept : l’un des deux.",
    ),
    Text("On a return a tier is “lower” or “keep”.", "Lors d’un retour, un statut baisse (lower) ou reste (keep)."),
    Text(
        "A balance, or what is carried over, is measured by one measure.",
        "Un solde, ou ce qui est reporté, se mesure d’une seule façon.",
    ),
    Text(
        "Say by the key of a level how much of this measure gives it.",
        "Dites, par la clé d’un niveau, combien de cette mesure le donne.",
    ),
    Text(
        "A window of days has “window_days”, one of the calendar a “window”.",
        "Une fenêtre en jours a window_days, une du calendrier window : l’une des deux.",
    ),
    Text(
        "A tier that runs on has no grace, and is not of a balance.",
        "Un statut qui se prolonge (runs_on) n’a pas de grâce (grace), et n’est pas celui d’un solde.",
    ),
    Text("Only a window of the calendar carries over.", "Seule une fenêtre du calendrier reporte."),
    Text(
        "Years of the tier that carry over begin at once.", "Les années du statut qui reportent commencent aussitôt."
    ),
    Text("Only a window of the calendar has periods.", "Seule une fenêtre du calendrier a des périodes."),
    Text(
        "A further set of tiers has a key of its own.", "Une autre échelle de statuts a sa propre clé."
    ),
    Text("A balance is what it is: it has no window.", "Un solde n’a pas de fenêtre."),
    Text("Say first that the excess is carried.", "Dites d’abord que l’excédent est reporté (carries)."),
)  # fmt: skip
# What stands within a sentence, and is said in the middle of what people wrote.
_WITHIN = (
    (re.compile(r"A document has (.+?) \(required\)(.+) and (\w+)\."), r"Un document a \1 (exigé)\2 et \3."),
    (re.compile(r"\bthere are none\b"), "il n’y en a pas"),
    (re.compile(r"^{…} of "), "{…} parmi "),
    (re.compile(r"^name: value$"), "nom : valeur"),
)
_MEANT = re.compile(r" Did you mean “([^”]+)”\?$")
_HOLE = re.compile(r"\\\{(\w+)\\\}")


def refusal_in_words(refusal: FideliaError, language: str) -> str:
    """Return what a refusal of a document says in a language, without its place; English where no other is known."""
    own: Any = getattr(refusal, "sentence", None)
    if callable(own):
        return str(own(language))
    return document_refusal(refusal.message, language) or refusal.message


def with_missing(said: str, text: str, refusal: FideliaError, language: str) -> str:
    """Return a sentence with the name of the part before it that a text lacks, where it is about one and names none."""
    name = missing_part(text, refusal.pointer or "")
    if not name or name in said:
        return said
    return (f"« {name} » manque. " if language.startswith("fr") else f"“{name}” is missing. ") + said


def document_refusal(message: str, language: str) -> str:
    """Return the English sentence of a refusal of a document in a language, "" where it is none of those known.

    An installation elsewhere tells in English what is wrong with a rule, or with a text that is not YAML, too.
    """
    if not language.startswith("fr"):
        return message
    found = _MEANT.search(message)
    said = _in_french(message[: found.start()] if found is not None else message)
    return said + MEANT.fr.format(nearest=found.group(1)) if said and found is not None else said


def _in_french(message: str) -> str:
    for form, french in _forms():
        found = form.fullmatch(message)
        if found is not None:
            values = found.groupdict()
            return french.format(**{name: _within(value) for name, value in values.items()})
    return ""


def _within(value: str) -> str:
    for english, french in _WITHIN:
        value = english.sub(french, value)
    return value


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    texts = (*FORMS, *WHY.values(), *SENTENCES.values())
    return tuple((_form_of(text.en), text.fr) for text in texts)


def _form_of(sentence: str) -> re.Pattern[str]:
    """Return what a sentence looks like with its values; one that stands twice is the same twice."""
    seen: set[str] = set()

    def hole(found: re.Match[str]) -> str:
        name = found.group(1)
        pattern = f"(?P={name})" if name in seen else f"(?P<{name}>.+)"
        seen.add(name)
        return pattern

    plain = sentence.replace("{{", "{").replace("}}", "}")
    return re.compile(_HOLE.sub(hole, re.escape(plain)), re.DOTALL)
