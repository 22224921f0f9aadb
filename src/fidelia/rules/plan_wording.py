"""A plan in sentences that a member and a shopkeeper understand."""

from __future__ import annotations

from fidelia.kernel.localized import LocalizedText as Text

from .plan_terms import Plan

_PERIODS = {
    "day": (Text("a day", "par jour"), Text("for {n} days", "pour {n} jours")),
    "month": (Text("a month", "par mois"), Text("for {n} months", "pour {n} mois")),
    "year": (Text("a year", "par an"), Text("for {n} years", "pour {n} ans")),
    "season": (Text("a season", "par saison"), Text("for {n} seasons", "pour {n} saisons")),
    "lifetime": (Text("once, for life", "une fois, à vie"), Text("once, for life", "une fois, à vie")),
}
_PRICE = Text("{name}: {price} {period}.", "{name}\u00a0: {price} {period}.")
_PLUS = Text("Each period lasts {n} days longer.", "Chaque période dure {n} jours de plus.")
_SEASON = Text("A season ends on {days} (day/month).", "Une saison prend fin le {days} (jour/mois).")
_OR = Text(" or ", " ou ")
_REST = Text(
    "What is left when the plan changes becomes days of the new one.",
    "Ce qui reste au changement devient des jours du nouvel abonnement.",
)
_TRIAL = Text("The first {n} days are a trial without pay.", "Les {n} premiers jours sont un essai gratuit.")
_AUTO = Text("It goes on until it is ended.", "Il continue jusqu’à sa résiliation.")
_BY_HAND = Text("It ends unless it is bought again.", "Il prend fin s’il n’est pas racheté.")
_GRACE = Text("Unpaid, it goes on for {n} more days.", "Impayé, il continue {n} jours de plus.")
_TIER = Text("It gives the tier “{tier}”.", "Il donne le statut «\u00a0{tier}\u00a0».")
_GIVES = Text("It entitles to {list}.", "Il donne droit à {list}.")
_WELCOME = Text("Welcome gift: {points}.", "Cadeau de bienvenue\u00a0: {points}.")
_EACH = Text("Each period gives {points}.", "Chaque période donne {points}.")
_WITHIN = Text("Within {n} days, all the money comes back.", "Sous {n} jours, tout l’argent est rendu.")
_THEN = {
    "none": Text("Later, nothing comes back.", "Ensuite, rien n’est rendu."),
    "day": Text("Later, the days left are given back.", "Ensuite, les jours restants sont rendus."),
    "second": Text("Later, the time left is given back.", "Ensuite, le temps restant est rendu."),
    "month": Text("Later, the whole months left are given back.", "Ensuite, les mois entiers restants sont rendus."),
}
_FEE = Text("{fee} are kept.", "{fee} sont retenus.")
_BACK = {
    "take_back": Text("Its points go back with the money.", "Ses points sont repris avec l’argent."),
    "keep": Text("Its points stay.", "Ses points restent acquis."),
}


def describe_plan(plan: Plan, language: str, *, price: str, fee: str, welcome: str, each_period: str) -> list[str]:
    """Return the plan in sentences; amounts come in words from the caller, who knows the currencies."""

    def say(text: Text, **values: object) -> str:
        return text.in_language(language).format(**values)

    one, many = _PERIODS[plan.period]
    period = say(one if plan.every == 1 else many, n=plan.every)
    said = [say(_PRICE, name=plan.name.in_language(language), price=price, period=period)]
    if plan.plus_days:
        said.append(say(_PLUS, n=plan.plus_days))
    if plan.until:
        days = _OR.in_language(language).join(f"{day:02}/{month:02}" for month, day in plan.until)
        said.append(say(_SEASON, days=days))
    if plan.trial_days:
        said.append(say(_TRIAL, n=plan.trial_days))
    if not plan.is_lifetime:
        said.append(say(_AUTO if plan.renewal == "auto" else _BY_HAND))
    if plan.grace_days and not plan.is_lifetime:
        said.append(say(_GRACE, n=plan.grace_days))
    if plan.tier:
        said.append(say(_TIER, tier=plan.tier))
    if plan.entitlements:
        said.append(say(_GIVES, list=", ".join(plan.entitlements)))
    said += [say(_WELCOME, points=welcome)] if plan.welcome else []
    said += [say(_EACH, points=each_period)] if plan.each_period else []
    said += [say(_WITHIN, n=plan.refund.within_days)] if plan.refund.within_days else []
    said.append(say(_THEN[plan.refund.then]))
    said += [say(_FEE, fee=fee)] if plan.refund.fee else []
    said.append(say(_BACK[plan.refund.points]))
    said += [say(_REST)] if plan.change.rest == "days" else []
    return said
