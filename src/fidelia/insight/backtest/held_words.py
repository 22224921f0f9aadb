"""What a document meets that is held today, in words: see `insight.operations.holding`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money
from fidelia.ui.formats import minor_points, money, number, plain_date, typeset

HELD = Text("What it meets today", "Ce qu’il rencontre aujourd’hui")
_SAID = {
    "tier": Text(
        "Members who hold “{name}”, which the document does not have: {members}. Once it is published they hold what "
        "it gives them.",
        "Adhérents qui détiennent « {name} », que ce document n’a pas : {members}. Dès sa publication, ils ont le "
        "statut qu’il leur donne.",
    ),
    "plan": Text(
        "Members who have “{name}”, which the document does not have: {members}. What they paid for runs to its end "
        "and is not renewed.",
        "Adhérents abonnés à « {name} », que ce document n’a pas : {members}. Ce qu’ils ont payé court jusqu’à son "
        "terme, sans renouvellement.",
    ),
    "points": Text(
        "Members who hold “{name}”, of which the document has no terms: {members}, with {points} in all. These then "
        "live as the main points do.",
        "Adhérents qui ont des « {name} », sans règles dans ce document : {members}, pour {points} en tout. Ils "
        "vivront comme les points principaux.",
    ),
    "budget": Text(
        "“{name}”: {taken} of {most} are used already; nothing is left {until}.",
        "« {name} » : {taken} sur {most} sont déjà utilisés ; il ne reste rien {until}.",
    ),
    "member": Text(
        "Members who have used up “{name}”, {most} for each: {users} (as it is in force: {before}). They get nothing "
        "of it {until}.",
        "Adhérents qui ont épuisé « {name} », {most} chacun : {users} (selon la version en vigueur : {before}). Ils "
        "n’en ont rien {until}.",
    ),
    "store": Text(
        "Stores in which “{name}” is used up, {most} for each: {users} (as it is in force: {before}). It gives nothing "
        "there {until}.",
        "Magasins où « {name} » est épuisé, {most} chacun : {users} (selon la version en vigueur : {before}). Rien n’y "
        "est donné {until}.",
    ),
    "offer": Text(
        "Members who have activated “{name}”, which the document does not have: {members}. It counts to its end for "
        "them where a rule still asks for it; nobody else can activate it.",
        "Adhérents qui ont activé « {name} », que ce document n’a pas : {members}. L’offre vaut pour eux jusqu’à son "
        "terme si une règle la demande encore ; personne d’autre ne peut l’activer.",
    ),
    "taken": Text(
        "“{name}”: {members} have activated it, {most} may; nobody else can.",
        "« {name} » : {members} l’ont activée, {most} le peuvent ; plus personne ne le peut.",
    ),
}
_UNTIL = Text("before {day}", "avant le {day}")
_NO_DAY = {
    "ever": Text("as long as the limit is no higher", "tant que la limite n’est pas plus haute"),
    "rolling": Text("until what was used is {days} days old", "tant que ce qui a servi n’a pas {days} jours"),
    "anniversary": Text("until their year since joining is over", "jusqu’à la fin de leur année d’adhésion"),
    "plan": Text("until the period that they paid is over", "jusqu’à la fin de la période qu’ils ont payée"),
}
_USES, _ONE_USE = Text("{n} uses", "{n} utilisations"), Text("{n} use", "{n} utilisation")


def held_in_words(held: Mapping[str, Any], currency: str, points_scale: int, language: str) -> str:
    """Say what members hold, or what was used, that a document does not have or allows less of."""

    def amount(value: int) -> str:
        if held["of"] == "money":
            return money(Money(value, currency).text(), currency, language)
        if held["of"] == "points":
            return minor_points(value, points_scale, language, unit=True)
        return (_ONE_USE if value == 1 else _USES).in_language(language).format(n=number(value, language))

    values = {"name": held["name"][language]}
    if held["kind"] in ("budget", "limit"):
        values |= {"most": amount(held["at_most"]), "until": _until(held, language)}
        values |= {"taken": amount(held["taken"])} if held["kind"] == "budget" else {
            name: number(held[name], language) for name in ("users", "before")
        }  # fmt: skip
    else:
        values["members"] = number(held["members"], language)
    if held["kind"] == "taken":
        values["most"] = number(held["at_most"], language)
    if held["kind"] == "points":
        values["points"] = minor_points(held["points"], held["scale"], language)
    said = _SAID[held["per"] if held["kind"] == "limit" else held["kind"]]
    return typeset(said.in_language(language).format(**values), language)


def _until(held: Mapping[str, Any], language: str) -> str:
    if held["until"] is not None:
        day = plain_date(date.fromisoformat(held["until"]), language)
        return _UNTIL.in_language(language).format(day=day)
    return _NO_DAY[held["period"]].in_language(language).format(days=held["days"])
