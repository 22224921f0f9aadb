"""A plan as text for a terminal, and as one HTML page for a pull request, in English or French."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money
from fidelia.ui.formats import minor_points, money, number, share, typeset

from .held_words import HELD, held_in_words

NOTHING, CHANGES, REFUSED = 0, 2, 3
TITLE = Text("Plan for {programme}, against version {number}", "Plan pour {programme}, face à la version {number}")
TITLE_FIRST = Text("Plan for {programme}, which has no version yet", "Plan pour {programme}, encore sans version")
SAME = Text("Nothing changes: this is in force.", "Rien ne change\u00a0: c’est en vigueur.")
DIFFERENCES = Text("What changes", "Ce qui change")
REPLAYED = Text(
    "Over {n} purchases and returns of {members} members", "Sur {n} achats et retours de {members} adhérents"
)
SIDES = Text(
    "Before the arrow: what happened, under the versions of then. Behind it: all of it under this document.",
    "Avant la flèche\u00a0: ce qui s’est passé, sous les versions d’alors. Après\u00a0: le tout selon ce document.",
)
EXACT = Text(
    "Proof: what was in force gives exactly what members received.",
    "Preuve\u00a0: ce qui était en vigueur donne exactement ce que les adhérents ont reçu.",
)
INEXACT = Text(
    "Replaying what was in force differs for {n} purchases: read the figures with care.",
    "Rejouer ce qui était en vigueur diffère pour {n} achats\u00a0: lisez les chiffres avec prudence.",
)
ROWS = {
    "points": Text("points issued", "points émis"),
    "discount": Text("discounts", "remises"),
    "liability": Text("liability ({n} % redeemed)", "dette ({n} % utilisés)"),
    "gain": Text("members better off", "adhérents gagnants"),
    "lose": Text("members worse off", "adhérents perdants"),
    "moves": Text("members in another tier at the end", "adhérents d’un autre statut à la fin"),
    "changed": Text("purchases that change", "achats qui changent"),
}
TODAY = Text("Against version {number} over the same history", "Face à la version {number} sur le même historique")
TODAY_SIDES = Text(
    "Before the arrow: all of history under version {number}, in force today. Behind it: under this document.",
    "Avant la flèche\u00a0: tout l’historique selon la version {number}, en vigueur aujourd’hui. Après\u00a0: le tout "
    "selon ce document.",
)
BY_RULE = Text("Points by rule", "Points par règle")
RETURNS = Text("taken back with returns", "repris avec les retours")
LAW = Text("What the law says", "Ce que dit la loi")
LAW_ROW = Text(
    "“{rule}” may take {found} off a product; {allowed} are allowed.",
    "«\u00a0{rule}\u00a0» peut retirer {found} d’un article\u00a0; {allowed} sont permis.",
)
WARNINGS = Text("Worth a look", "À regarder")
WARNED = {
    "never": Text("“{rule}”: its condition can never be met.", "«\u00a0{rule}\u00a0»\u00a0: jamais remplie."),
    "no_line": Text(
        "“{rule}”: no line can ever be chosen.", "«\u00a0{rule}\u00a0»\u00a0: aucune ligne ne peut être choisie."
    ),
    "hidden": Text(
        "“{rule}” is never reached: “{other}” comes first in its group.",
        "«\u00a0{rule}\u00a0» n’est jamais atteinte\u00a0: «\u00a0{other}\u00a0» passe avant dans son groupe.",
    ),
    "multiplies": Text(
        "“{rule}” and “{other}” multiply the points of the same lines.",
        "«\u00a0{rule}\u00a0» et «\u00a0{other}\u00a0» multiplient les points des mêmes lignes.",
    ),
    "lowers": Text(
        "“{rule}” and “{other}” lower the prices of the same lines, one on top of the other.",
        "«\u00a0{rule}\u00a0» et «\u00a0{other}\u00a0» baissent les prix des mêmes lignes, l’une après l’autre.",
    ),
    "no_tier": Text(
        "“{rule}” asks for the tier “{other_key}”, which the document does not have: nobody holds it.",
        "«\u00a0{rule}\u00a0» demande le statut «\u00a0{other_key}\u00a0», que ce document n’a pas\u00a0: personne "
        "ne l’a.",
    ),
    "no_offer": Text(
        "“{rule}” asks for the offer “{other_key}”, which the document does not have: nobody can activate it.",
        "«\u00a0{rule}\u00a0» demande l’offre «\u00a0{other_key}\u00a0», que ce document n’a pas\u00a0: personne ne "
        "peut l’activer.",
    ),
    "no_plan": Text(
        "“{rule}” asks for the plan “{other_key}”, which the document does not have: nobody can take it.",
        "«\u00a0{rule}\u00a0» demande la formule «\u00a0{other_key}\u00a0», que ce document n’a pas\u00a0: "
        "personne ne peut la prendre.",
    ),
    "over": Text("“{rule}”: its dates are past.", "«\u00a0{rule}\u00a0»\u00a0: ses dates sont passées."),
    "unreached": Text(
        "“{rule}”: no purchase of the history meets it.",
        "«\u00a0{rule}\u00a0»\u00a0: aucun achat de l’historique ne la remplit.",
    ),
    "renamed": Text(
        "“{rule}” has another key (it was {other_key}): its limits count anew.",
        "«\u00a0{rule}\u00a0» change de clé (était {other_key})\u00a0: ses limites repartent de zéro.",
    ),
    "unbounded": Text(
        "“{rule}”: no limit, cap or end bounds what it gives.",
        "«\u00a0{rule}\u00a0»\u00a0: ni limite, ni plafond, ni fin ne borne ce qu’elle donne.",
    ),
}
DOUBTS = Text("What history does not tell", "Ce que l’historique ne dit pas")
DOUBTED = {
    "unknown": Text(
        "“{field}” is not kept in history: read as unknown by {rules}.",
        "«\u00a0{field}\u00a0» n’est pas conservé dans l’historique\u00a0: lu comme inconnu par {rules}.",
    ),
    "today": Text(
        "“{field}” is read as it is today, not as it was then, by {rules}.",
        "«\u00a0{field}\u00a0» est lu tel qu’aujourd’hui, non tel qu’alors, par {rules}.",
    ),
    "paid": Text(
        "“{field}” counts what was paid then, without the discounts of this document: read by {rules}.",
        "«\u00a0{field}\u00a0» compte ce qui fut payé alors, sans les remises de ce document\u00a0: lu par {rules}.",
    ),
    "balance": Text(
        "“{field}” follows a balance of which points left as they did then: read by {rules}.",
        "«\u00a0{field}\u00a0» suit un solde dont les points sont partis comme alors\u00a0: lu par {rules}.",
    ),
    "balance_at_end": Text(
        "Tiers follow a balance of which points left as they did then: who moves is an estimate.",
        "Les statuts suivent un solde dont les points sont partis comme alors\u00a0: qui change est une estimation.",
    ),
}
HOLES = {
    "undecided": Text(
        "{n} purchases of members were decided by no rules (brought in, or no version was in force): not replayed.",
        "{n} achats de membres n’ont été décidés par aucune règle (repris, ou sans version)\u00a0: non rejoués.",
    ),
    "lost": Text(
        "{n} decisions have no purchase in the history: not replayed, their points count on neither side.",
        "{n} décisions n’ont pas d’achat dans l’historique\u00a0: non rejouées, leurs points ne comptent d’aucun côté.",
    ),
    "gaps": Text(
        "{n} decisions are missing in the chains of accounts: budgets and tiers do without them.",
        "{n} décisions manquent dans les chaînes des comptes\u00a0: budgets et statuts s’en passent.",
    ),
    "unsold": Text(
        "{n} returns are of purchases that were not replayed: they take back what they did then.",
        "{n} retours portent sur des achats non rejoués\u00a0: ils reprennent ce qu’ils ont repris alors.",
    ),
    "unlined": Text(
        "{n} purchases have no lines in the history: what was not recorded then is unknown.",
        "{n} achats n’ont pas de lignes dans l’historique\u00a0: ce qui n’a pas été noté alors est inconnu.",
    ),
    "memberless": Text(
        "{n} purchases are of memberships that the history does not have: their tier is unknown.",
        "{n} achats sont d’adhésions absentes de l’historique\u00a0: leur statut est inconnu.",
    ),
    "unversioned": Text(
        "{n} decisions are of versions that are not known here: counted as they were.",
        "{n} décisions relèvent de versions inconnues ici\u00a0: comptées telles qu’elles furent.",
    ),
    "backwards": Text(
        "{n} decisions were written by a clock that ran back: replayed in the order of their accounts.",
        "{n} décisions ont été écrites par une horloge qui reculait\u00a0: rejouées dans l’ordre de leurs comptes.",
    ),
}
AS_THEN = Text(
    "{n} purchases could not be decided again: counted as they were.",
    "{n} achats n’ont pas pu être décidés à nouveau\u00a0: comptés tels qu’ils furent.",
)
NOT_REPLAYED = Text(
    "No figure above shows what changes in: {parts}. Purchases are replayed; the forecast follows the life of points.",
    "Aucun chiffre ci-dessus ne montre ce qui change dans\u00a0: {parts}. Seuls les achats sont rejoués.",
)
SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "↕"}


def exit_code(plan: Mapping[str, Any]) -> int:
    """Return what a pull request is told: 0 nothing changes, 2 something does, 3 the law refuses it."""
    if any(each["refuses"] for each in plan["law"]):
        return REFUSED
    return CHANGES if plan["differences"]["en"] else NOTHING


def plan_as_text(plan: Mapping[str, Any], language: str) -> str:
    """Return the plan as lines for a terminal."""
    lines = []
    for heading, rows in _sections(plan, language):
        lines += [heading, *(f"  {row}" for row in rows), ""]
    return "\n".join(lines).rstrip() + "\n"


def plan_as_html(plan: Mapping[str, Any], language: str) -> str:
    """Return the plan as one HTML page that stands alone."""
    (title, first), *rest = _sections(plan, language)
    body = [f"<h1>{escape(title)}</h1>", *_listed(first)]
    for heading, rows in rest:
        body += [f"<h2>{escape(heading)}</h2>", *_listed(rows)]
    style = "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}li{white-space:pre-wrap}"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _listed(rows: list[str]) -> list[str]:
    return ["<ul>", *(f"<li>{escape(row)}</li>" for row in rows), "</ul>"] if rows else []


def _sections(plan: Mapping[str, Any], language: str) -> Iterator[tuple[str, list[str]]]:
    def say(text: Text, **values: Any) -> str:
        return text.in_language(language).format(**values)

    title = TITLE if plan["from_version"] is not None else TITLE_FIRST
    differences = plan["differences"][language]
    heading = say(title, programme=plan["programme"], number=plan["from_version"])
    yield heading, [] if differences else [say(SAME)]
    if differences:
        yield say(DIFFERENCES), [row for each in differences for row in _difference(each, language)]
    if plan["backtest"] is not None:
        yield from _replayed(plan, plan["backtest"], language)
    if held := plan.get("held"):
        yield say(HELD), [held_in_words(each, plan["currency"], plan["points_scale"], language) for each in held]
    if plan["law"]:
        law = [say(LAW_ROW, **{name: each[name] for name in ("rule", "found", "allowed")}) for each in plan["law"]]
        yield say(LAW), law
    result = plan["backtest"] or {}
    doubts = [doubt_in_words(each, plan["rules"], language) for each in result.get("doubts", ())]
    if rows := [*_beside(plan, differences, language), *holes_in_words(result, language), *doubts]:
        yield say(DOUBTS), rows
    if plan["warnings"]:
        names = {key: name[language] for key, name in plan["rules"].items()}
        yield (
            say(WARNINGS),
            [
                say(
                    WARNED[each["kind"]],
                    rule=names[each["rule"]],
                    other=names.get(each["other"], ""),
                    other_key=each["other"],
                )
                for each in plan["warnings"]
            ],
        )


def doubt_in_words(doubt: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], language: str) -> str:
    """Say what history does not tell, and which rules ask for it; `names` are those of rules by key and language."""
    quotes = "«\u00a0{}\u00a0»" if language == "fr" else "“{}”"
    rules = ", ".join(quotes.format(names[key][language] if key in names else key) for key in doubt["rules"])
    return DOUBTED[doubt["why"]].in_language(language).format(field=doubt["label"][language], rules=rules)


def _beside(plan: Mapping[str, Any], differences: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """Say which parts that change a replay does not follow, by the names under which their changes are told."""
    parts = plan.get("not_replayed", ())
    names = dict.fromkeys(
        each["name"] for each in differences if each["pointer"].split("/")[1:2] in [[one] for one in parts]
    )
    return [NOT_REPLAYED.in_language(language).format(parts=", ".join(names))] if names else []


def holes_in_words(result: Mapping[str, Any], language: str) -> list[str]:
    """Say what of a history could not be replayed, kind by kind; nothing where all of it was."""
    found = [(HOLES[kind], count) for kind, count in result.get("holes", {}).items()]
    if result.get("approximate"):
        found.append((AS_THEN, result["approximate"]))
    return [text.in_language(language).format(n=number(count, language)) for text, count in found]


def _difference(each: Mapping[str, Any], language: str) -> Iterator[str]:
    yield f"{SIGNS[each['kind']]} {each['name']}"
    for sign, sentences in (("-", each["before"]), ("+", each["after"])):
        for sentence in sentences:
            yield f"    {sign} {typeset(sentence, language)}"


def _replayed(plan: Mapping[str, Any], result: Mapping[str, Any], language: str) -> Iterator[tuple[str, list[str]]]:
    def say(text: Text, **values: Any) -> str:
        return text.in_language(language).format(**values)

    write = Writers(plan, language)
    points, paid = write.points, write.money
    counts = {"n": number(result["occasions"], language), "members": number(result["customers"], language)}
    changed = result["proof"]["changed"]
    rows = [say(EXACT) if not changed else say(INEXACT, n=number(changed, language))]
    rows.append(say(SIDES))
    rows.append(_row(say(ROWS["points"]), result["points"], points, language))
    rows.append(_row(say(ROWS["discount"]), result["discount"], paid, language))
    if result["liability"] is not None:
        owed = result["liability"]
        rows.append(_row(say(ROWS["liability"], n=owed["percent"]), owed["money"], paid, language))
    moved = sum(members for was, now, members in result["tiers"] if was != now)
    counted = {"gain": result["members"]["gain"], "lose": result["members"]["lose"], "moves": moved}
    rows += [_count(say(ROWS[name]), count, language) for name, count in counted.items()]
    rows.append(_count(say(ROWS["changed"]), result["changed"], language))
    yield say(REPLAYED, **counts), rows
    names = {key: name[language] for key, name in plan["rules"].items()}
    by_rule = sorted(result["by_rule"].items(), key=lambda each: each[1][0] - each[1][1])
    rules = [
        _row(names.get(key, key) if key else say(RETURNS), pair, points, language)
        for key, pair in by_rule
        if pair[0] != pair[1]
    ]
    if rules:
        yield say(BY_RULE), rules
    if result.get("beside") is not None:
        yield _against_today(plan, result["beside"], language)


def _against_today(plan: Mapping[str, Any], found: Mapping[str, Any], language: str) -> tuple[str, list[str]]:
    """Tell the document beside the version of today, both over all history."""

    def say(text: Text, **values: Any) -> str:
        return text.in_language(language).format(**values)

    write = Writers(plan, language)
    rows = [say(TODAY_SIDES, number=found["number"])]
    rows.append(_row(say(ROWS["points"]), found["points"], write.points, language))
    rows.append(_row(say(ROWS["discount"]), found["discount"], write.money, language))
    if found["liability"] is not None:
        owed = found["liability"]
        rows.append(_row(say(ROWS["liability"], n=owed["percent"]), owed["money"], write.money, language))
    counted = {**found["members"], "moves": found["moves"]}
    rows += [_count(say(ROWS[name]), counted[name], language) for name in ("gain", "lose", "moves")]
    names = {key: name[language] for key, name in plan["rules"].items()}
    for key, pair in sorted(found["by_rule"].items(), key=lambda each: -abs(each[1][1] - each[1][0])):
        if pair[0] != pair[1]:
            rows.append(_row(names.get(key, key) if key else say(RETURNS), pair, write.points, language))
    return say(TODAY, number=found["number"]), rows


class Writers:
    """Amounts of a plan in a language."""

    def __init__(self, plan: Mapping[str, Any], language: str) -> None:
        self.plan, self.language = plan, language

    def points(self, amount: int) -> str:
        """Return points, given in minor units."""
        return minor_points(amount, self.plan["points_scale"], self.language)

    def money(self, amount: int) -> str:
        """Return money, given in minor units."""
        currency = self.plan["currency"]
        return money(Money(amount, currency).text(), currency, self.language)


def _count(name: str, count: int, language: str) -> str:
    return typeset(f"{name} : " if language == "fr" else f"{name}: ", language) + number(count, language)


def _row(name: str, pair: list[int], write: Any, language: str) -> str:
    was, now = pair
    change = f" ({relative_change(was, now, language)})" if was and (was < 0) == (now < 0) else ""
    colon = "\u00a0:" if language == "fr" else ":"
    return f"{name}{colon} {write(was)} → {write(now)}{change}"


def relative_change(was: int, now: int, language: str) -> str:
    """Return by which share an amount that is not zero grew or fell, also what is taken back: +10.2%, −9,1 %."""
    return share((now - was) / was, language, sign=True)
