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
}
_UNTIL = Text("before {day}", "avant le {day}")
_NEVER = Text("as long as the limit is no higher", "tant que la limite n’est pas plus haute")
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
    if held["kind"] == "budget":
        until = _NEVER.in_language(language)
        if held["until"] is not None:
            day = plain_date(date.fromisoformat(held["until"]), language)
            until = _UNTIL.in_language(language).format(day=day)
        values |= {"taken": amount(held["taken"]), "most": amount(held["at_most"]), "until": until}
    else:
        values["members"] = number(held["members"], language)
    if held["kind"] == "points":
        values["points"] = minor_points(held["points"], held["scale"], language)
    return typeset(_SAID[held["kind"]].in_language(language).format(**values), language)
