"""Earning rules and decisions in sentences: what a rule gives, for the console; why 12 points, for a member."""

from __future__ import annotations

from fidelia.kernel.localized import LocalizedText

from .decision import Decision
from .points_name import POINTS, PointsName
from .price_wording import PriceWords, say_missing
from .pricing.reasons import (
    AMOUNT_SHORT,
    CAP_OF,
    CAP_REACHED,
    COUPON_MISSING,
    COUPON_STATES,
    EFFECT_FAILED,
    EXCLUDED,
    GIFT_NOT_IN_BASKET,
    NEEDS_MEMBER,
    NO_ADVANTAGE,
    NOT_ALL_TRIED,
    NOT_CLAIMED,
    OUT_OF_STOCK,
    POINTS_SHORT,
    TOO_FEW_UNITS,
    UNDONE,
)
from .rule_set import Effect, FixedPoints, MultiplyPoints, PointsPerAmount, PointsPerUnit, Rule, RuleSet
from .settlement import (
    CONDITION_FALSE,
    CONTROL,
    EXPIRED,
    GRANTED,
    LIMIT_REACHED,
    NO_LINES,
    NOT_BEST,
    NOT_FIRST,
    NOT_LEAST,
    NOT_YET_VALID,
    NOTHING_EARNED,
    ONLY_AT_CHECKOUT,
    Outcome,
)
from .types import Type
from .wording import Words, french_of, language_of
from .writing import say_money, say_number

_IF = LocalizedText(en="If {0}, {1}.", fr="Si {0}, {1}.")
_FIXED = LocalizedText(en="the purchase earns {points}", fr="l’achat rapporte {points}")
_AS_MANY = LocalizedText(
    en="the purchase earns as many {many} as {value}", fr="l’achat rapporte autant de {many} que {value}"
)
_PER_AMOUNT = LocalizedText(
    en="each {step} of {base} over {lines} earns {points}",
    fr="chaque tranche de {step} {de_base} sur {lines} rapporte {points}",
)
_PER_UNIT = LocalizedText(en="each unit of {lines} earns {points}", fr="chaque unité {de_lines} rapporte {points}")
_MULTIPLIED = LocalizedText(
    en="the {many} of {lines} are multiplied by {ratio}", fr="les {many} {de_lines} sont multipliés par {ratio}"
)
_WHERE = LocalizedText(en="{lines} where {clause}", fr="{lines} où {clause}")
_LIMIT = LocalizedText(en=", at most {points} per purchase", fr=", au plus {points} par achat")
_ROUNDED = LocalizedText(en=" ({rounding}, {per})", fr=" ({rounding}, {per})")
_PER = {
    "purchase": LocalizedText(en="over the whole purchase", fr="sur l’achat entier"),
    "line": LocalizedText(en="line by line", fr="ligne par ligne"),
}
ROUNDING_WORDS = {
    "floor": LocalizedText(en="complete steps only", fr="tranches entières seulement"),
    "ceiling": LocalizedText(en="every step begun counts", fr="toute tranche commencée compte"),
    "down": LocalizedText(en="rounded towards zero", fr="arrondi vers zéro"),
    "up": LocalizedText(en="rounded away from zero", fr="arrondi en s’éloignant de zéro"),
    "half_up": LocalizedText(en="rounded to the nearest", fr="arrondi au plus proche"),
    "half_down": LocalizedText(
        en="rounded to the nearest, a half towards zero", fr="arrondi au plus proche, la moitié vers zéro"
    ),
    "half_even": LocalizedText(
        en="rounded to the nearest, a half to the even neighbour", fr="arrondi au plus proche, la moitié au voisin pair"
    ),
    "half_odd": LocalizedText(
        en="rounded to the nearest, a half to the odd neighbour",
        fr="arrondi au plus proche, la moitié au voisin impair",
    ),
}

_TOTAL = LocalizedText(en="{points} in all.", fr="{points} en tout.")
_GIVEN = LocalizedText(en="{name}: {points}.", fr="{name} : {points}.")
_GIVEN_ON = LocalizedText(en="{name}: {points} on {base}.", fr="{name} : {points} sur {base}.")
_LIMITED = LocalizedText(
    en="{name}: {points}, the limit per purchase ({unlimited} without it).",
    fr="{name} : {points}, le plafond par achat ({unlimited} sans lui).",
)
_MISSING = LocalizedText(en="{name}: nothing, {missing} short.", fr="{name} : rien, il manque {missing}.")
_WHY_NOT = {
    NOT_YET_VALID: LocalizedText(en="{name}: nothing, it has not begun yet.", fr="{name} : rien, pas encore commencé."),
    EXPIRED: LocalizedText(en="{name}: nothing, it has ended.", fr="{name} : rien, c’est terminé."),
    CONDITION_FALSE: LocalizedText(
        en="{name}: nothing, its condition is not met.", fr="{name} : rien, sa condition n’est pas remplie."
    ),
    NO_LINES: LocalizedText(
        en="{name}: nothing, no line of the purchase counts for it.",
        fr="{name} : rien, aucune ligne de l’achat n’y compte.",
    ),
    NOTHING_EARNED: LocalizedText(
        en="{name}: nothing, the amount is too small.", fr="{name} : rien, le montant est trop petit."
    ),
    NOT_BEST: LocalizedText(
        en="{name}: set aside, another advantage gives more.", fr="{name} : écarté, un autre avantage donne plus."
    ),
    NOT_LEAST: LocalizedText(
        en="{name}: set aside, another advantage gives less.", fr="{name} : écarté, un autre avantage donne moins."
    ),
    NOT_FIRST: LocalizedText(
        en="{name}: set aside, another advantage comes first.", fr="{name} : écarté, un autre avantage passe avant."
    ),
    ONLY_AT_CHECKOUT: LocalizedText(
        en="{name}: nothing, it applies at the checkout only.", fr="{name} : rien, il ne vaut qu’au passage en caisse."
    ),
    LIMIT_REACHED: LocalizedText(
        en="{name}: nothing, its limit is reached.", fr="{name} : rien, sa limite est atteinte."
    ),
    # What a member reads names no group: who knows to be in one no longer buys as before.
    CONTROL: LocalizedText(
        en="{name}: nothing, it is not offered to everybody at the moment.",
        fr="{name} : rien, il n’est pas proposé à tout le monde en ce moment.",
    ),
    NO_ADVANTAGE: LocalizedText(
        en="{name}: nothing, there is nothing left to lower.", fr="{name} : rien, il n’y a plus rien à réduire."
    ),
    TOO_FEW_UNITS: LocalizedText(en="{name}: nothing, too few units.", fr="{name} : rien, trop peu d’unités."),
    AMOUNT_SHORT: LocalizedText(
        en="{name}: nothing, the amount is too small.", fr="{name} : rien, le montant est trop petit."
    ),
    EXCLUDED: LocalizedText(
        en="{name}: set aside, another advantage stands alone.",
        fr="{name} : écarté, un autre avantage s’applique seul.",
    ),
    NOT_ALL_TRIED: LocalizedText(
        en="{name}: set aside for other advantages, the best of those combinations that were tried.",
        fr="{name} : écarté pour d’autres avantages, les meilleurs des combinaisons essayées.",
    ),
    UNDONE: LocalizedText(
        en="{name}: withdrawn, its condition no longer held after another advantage.",
        fr="{name} : retiré, sa condition n’était plus remplie après un autre avantage.",
    ),
    CAP_REACHED: LocalizedText(
        en="{name}: nothing, other advantages reach the cap that they share with it.",
        fr="{name} : rien, d’autres avantages atteignent le plafond qu’ils partagent avec lui.",
    ),
    COUPON_MISSING: LocalizedText(
        en="{name}: nothing, its code was not presented.", fr="{name} : rien, son code n’a pas été présenté."
    ),
    COUPON_STATES["unknown"]: LocalizedText(
        en="{name}: nothing, the code is not known.", fr="{name} : rien, le code est inconnu."
    ),
    COUPON_STATES["expired"]: LocalizedText(
        en="{name}: nothing, the code has expired.", fr="{name} : rien, le code est périmé."
    ),
    COUPON_STATES["not_yet_valid"]: LocalizedText(
        en="{name}: nothing, the code is not valid yet.", fr="{name} : rien, le code n’est pas encore valable."
    ),
    COUPON_STATES["used_up"]: LocalizedText(
        en="{name}: nothing, the code has been used already.", fr="{name} : rien, le code a déjà servi."
    ),
    COUPON_STATES["not_yours"]: LocalizedText(
        en="{name}: nothing, the code is someone else’s.", fr="{name} : rien, le code est celui d’une autre personne."
    ),
    COUPON_STATES["cancelled"]: LocalizedText(
        en="{name}: nothing, the code was cancelled.", fr="{name} : rien, le code a été annulé."
    ),
    NOT_CLAIMED: LocalizedText(
        en="{name}: nothing, it was not asked for.", fr="{name} : rien, il n’a pas été demandé."
    ),
    POINTS_SHORT: LocalizedText(
        en="{name}: nothing, the balance is too low.", fr="{name} : rien, le solde est insuffisant."
    ),
    NEEDS_MEMBER: LocalizedText(
        en="{name}: nothing, it is for members.", fr="{name} : rien, il est réservé aux adhérents."
    ),
    OUT_OF_STOCK: LocalizedText(
        en="{name}: nothing, the gift is out of stock.", fr="{name} : rien, le cadeau est épuisé."
    ),
    GIFT_NOT_IN_BASKET: LocalizedText(
        en="{name}: a gift is waiting, it is not in the basket.",
        fr="{name} : un cadeau vous attend, il n’est pas au panier.",
    ),
    EFFECT_FAILED: LocalizedText(
        en="{name}: nothing, what should carry it out failed.",
        fr="{name} : rien, ce qui devait l’exécuter a échoué.",
    ),
}
# Of what lowers prices; {n} counts units, {base} is what the share was counted on, {uncapped} what it was before a cap.
_LOWERED = LocalizedText(en="{name}: −{discount}.", fr="{name} : −{discount}.")
_LOWERED_UNITS = LocalizedText(en="{name}: −{discount} on {quantity}.", fr="{name} : −{discount} sur {quantity}.")
_CAPPED = LocalizedText(
    en="{name}: −{discount}, its cap ({unlimited} without it).",
    fr="{name} : −{discount}, son plafond ({unlimited} sans lui).",
)
_CAPPED_TOGETHER = LocalizedText(
    en="{name}: −{discount}, the cap “{cap}” that several advantages share ({unlimited} without it).",
    fr="{name} : −{discount}, le plafond « {cap} » que plusieurs avantages partagent ({unlimited} sans lui).",
)
_ISSUED = LocalizedText(en="{name}: granted.", fr="{name} : accordé.")
_BY = LocalizedText(en=" ({other})", fr=" ({other})")


def describe_rule(rule: Rule, rule_set: RuleSet, language: str, *, points_name: PointsName = POINTS) -> str:
    """Return one sentence that says when a rule gives what, in "en" or "fr"."""
    tongue = language_of(language)
    words = Words(rule_set.catalogue, tongue)
    said = _effect(rule, rule_set, words, points_name) + _terms(rule, rule_set, words, points_name)
    if rule.limit_per_purchase is not None:
        limit = points_name.say(rule.limit_per_purchase, rule_set.points_scale, tongue)
        said += _LIMIT.in_language(tongue).format(points=limit)
    if rule.when is None:
        return f"{said[0].upper()}{said[1:]}."
    return words.said(_IF, words.clause(rule.when.tree), said)


def _effect(rule: Rule, rule_set: RuleSet, words: Words, points_name: PointsName) -> str:
    tongue, effect = words.language, rule.effect
    lines = words.said(rule_set.lines.words)
    if rule.lines is not None:
        lines = _WHERE.in_language(tongue).format(lines=lines, clause=words.clause(rule.lines.tree))
    if rule.lowers_prices or rule.issues:
        return PriceWords(rule, rule_set, words, lines, points_name).effect()
    template, parts = _effect_parts(effect, rule_set, words)
    amount = getattr(effect, "points", getattr(effect, "amount", 0))
    return template.in_language(tongue).format(
        lines=lines,
        de_lines=french_of(lines),
        points=points_name.say(amount, rule_set.points_scale, tongue),
        many=points_name.many.in_language(tongue),
        **parts,
    )


def _terms(rule: Rule, rule_set: RuleSet, words: Words, points_name: PointsName) -> str:
    return PriceWords(rule, rule_set, words, "", points_name).terms()


def _effect_parts(effect: Effect, rule_set: RuleSet, words: Words) -> tuple[LocalizedText, dict[str, str]]:
    tongue = words.language
    match effect:
        case FixedPoints(program=None):
            return _FIXED, {}
        case FixedPoints(program=program):
            assert program is not None
            return _AS_MANY, {"value": words.value(program.tree)}
        case PointsPerAmount():
            net = rule_set.lines.by_name["net"]
            base = words.said(net.words or net.label) if effect.base is None else words.value(effect.base.tree)
            how = _ROUNDED.in_language(tongue).format(
                rounding=ROUNDING_WORDS[effect.rounding].in_language(tongue), per=_PER[effect.per].in_language(tongue)
            )
            template = LocalizedText(en=_PER_AMOUNT.en + how, fr=_PER_AMOUNT.fr + how)
            step = say_money(effect.step, rule_set.catalogue.currency, tongue)
            return template, {"step": step, "base": base, "de_base": french_of(base)}
        case PointsPerUnit():
            return _PER_UNIT, {}
        case MultiplyPoints():
            ratio = effect.numerator * 10**4 // effect.denominator
            return _MULTIPLIED, {"ratio": say_number(ratio, 4, tongue)}
        case _:
            raise AssertionError(effect)


def explain(decision: Decision, rule_set: RuleSet, language: str, *, points_name: PointsName = POINTS) -> list[str]:
    """Return why a purchase earned its points, as sentences in "en" or "fr".

    `rule_set` is that of the decision's rule version. The total comes first, then the rules that gave, then those that
    did not, each with its reason.
    """
    tongue = language_of(language)
    scale = rule_set.points_scale
    given = [each for each in decision.outcomes if each.reason == GRANTED]
    others = [each for each in decision.outcomes if each.reason != GRANTED]
    total = _TOTAL.in_language(tongue).format(points=points_name.say(decision.points, scale, tongue))
    return [total, *(_sentence(each, rule_set, tongue, points_name) for each in (*given, *others))]


def explain_outcomes(
    decision: Decision, rule_set: RuleSet, language: str, *, points_name: PointsName = POINTS
) -> list[tuple[Outcome, str]]:
    """Return each rule's outcome with its sentence, in declared order; as `explain` says it, one by one."""
    tongue = language_of(language)
    return [(each, _sentence(each, rule_set, tongue, points_name)) for each in decision.outcomes]


def say_outcome(outcome: Outcome, rule_set: RuleSet, language: str, *, points_name: PointsName = POINTS) -> str:
    """Return what one rule came to, and why, as one sentence that begins with the rule's name and a colon."""
    return _sentence(outcome, rule_set, language_of(language), points_name)


def _sentence(outcome: Outcome, rule_set: RuleSet, tongue: str, points_name: PointsName) -> str:
    rule = rule_set.rule_at[outcome.rule_key]
    if outcome.reason != GRANTED:
        return _refusal(outcome, rule_set, tongue)
    elif rule.lowers_prices:
        return _lowered(outcome, rule_set, tongue)
    elif rule.issues:
        return _ISSUED.in_language(tongue).format(name=rule.name.in_language(tongue))
    scale = rule_set.points_scale
    parts = {
        "name": rule.name.in_language(tongue),
        "points": _signed(outcome.points) + points_name.say(outcome.points, scale, tongue),
    }
    if outcome.unlimited is not None:
        template = _LIMITED
        parts["unlimited"] = say_number(outcome.unlimited, scale, tongue)
    elif outcome.base is not None:
        template = _GIVEN_ON
        parts["base"] = say_money(outcome.base, rule_set.catalogue.currency, tongue)
    else:
        template = _GIVEN
    return template.in_language(tongue).format(**parts)


def _refusal(outcome: Outcome, rule_set: RuleSet, tongue: str) -> str:
    name = rule_set.rule_at[outcome.rule_key].name.in_language(tongue)
    if outcome.missing is not None and outcome.missing_type is not None:
        missing = say_missing(outcome.missing, outcome.missing_type, rule_set, tongue)
        return _MISSING.in_language(tongue).format(name=name, missing=missing)
    said = _WHY_NOT[outcome.reason].in_language(tongue).format(name=name)
    if outcome.by is None or outcome.by not in rule_set.rule_at:
        return said
    other = rule_set.rule_at[outcome.by].name.in_language(tongue)
    return said[:-1] + _BY.in_language(tongue).format(other=other) + said[-1]


def _lowered(outcome: Outcome, rule_set: RuleSet, tongue: str) -> str:
    currency = rule_set.catalogue.currency
    name = rule_set.rule_at[outcome.rule_key].name.in_language(tongue)
    discount = say_money(outcome.discount or 0, currency, tongue)
    if outcome.unlimited is not None:
        unlimited = say_money(outcome.unlimited, currency, tongue)
        cap = (outcome.by or "").partition(CAP_OF)[2]
        template = _CAPPED_TOGETHER if cap else _CAPPED
        return template.in_language(tongue).format(name=name, discount=discount, unlimited=unlimited, cap=cap)
    elif outcome.quantity:
        quantity = say_missing(outcome.quantity, Type.QUANTITY, rule_set, tongue)
        return _LOWERED_UNITS.in_language(tongue).format(name=name, discount=discount, quantity=quantity)
    return _LOWERED.in_language(tongue).format(name=name, discount=discount)


def _signed(points: int) -> str:
    return "+" if points > 0 else ""
