"""Bounds of discounts in words: caps, what is left, how prices end, and caps over several rules."""

from __future__ import annotations

from fidelia.kernel.localized import LocalizedText as Text

from .rule_terms import Bound, Ending, JointCap, RuleTerms
from .writing import say_money, say_percent

_SHARE = Text(en="{share} of the price", fr="{share} du prix")
_BOTH = {
    False: Text(
        en="{amount} or {share} of the price, whichever is lower",
        fr="{amount} ou {share} du prix, le plus petit des deux",
    ),
    True: Text(
        en="{amount} or {share} of the price, whichever is higher",
        fr="{amount} ou {share} du prix, le plus grand des deux",
    ),
}
_PER = {
    "checkout": Text(en=" per purchase", fr=" par achat"),
    "line": Text(en=" per line", fr=" par ligne"),
    "unit": Text(en=" per unit", fr=" par unité"),
}
_CAP = Text(en=", at most {bound}{per}", fr=", au plus {bound}{per}")
_LEAVES = Text(en=", leaving at least {bound}{per}", fr=", en laissant au moins {bound}{per}")
_ENDING = Text(en=", unit prices ending in {at}", fr=", prix unitaires finissant par {at}")
_ENDING_OF = Text(
    en=", unit prices ending in {at} of every {step}", fr=", prix unitaires finissant par {at} de chaque {step}"
)
_STEPS = Text(en=", unit prices in steps of {step}", fr=", prix unitaires par pas de {step}")
_MEANT = {
    "with_tax": Text(en=", amounts meant with tax", fr=", montants entendus taxes comprises"),
    "without_tax": Text(en=", amounts meant without tax", fr=", montants entendus hors taxes"),
}
_TOGETHER = Text(
    en="Together at most {bound}{per}; {gives_way}.", fr="Ensemble, au plus {bound}{per}\u00a0; {gives_way}."
)
GIVES_WAY = {
    "last": Text(en="the last gives way", fr="le dernier cède"),
    "first": Text(en="the first gives way", fr="le premier cède"),
    "smallest": Text(en="the smallest gives way", fr="le plus petit cède"),
    "largest": Text(en="the largest gives way", fr="le plus grand cède"),
    "in_proportion": Text(en="all give way in proportion", fr="tous cèdent en proportion"),
}


def say_bounds(terms: RuleTerms, currency: str, tongue: str, *, unit: int) -> str:
    """Return what holds a rule's discount, each after a comma; `unit` is one of the currency in minor units."""
    said = ""
    for template, bound in ((_CAP, terms.cap), (_LEAVES, terms.leaves)):
        if bound is not None:
            per = _PER[bound.per].in_language(tongue)
            said += template.in_language(tongue).format(bound=say_bound(bound, currency, tongue), per=per)
    if terms.ending is not None:
        said += _say_ending(terms.ending, currency, tongue, unit)
    return said + (_MEANT[terms.meaning].in_language(tongue) if terms.meaning in _MEANT else "")


def say_bound(bound: Bound, currency: str, tongue: str) -> str:
    """Return "€30", "50 % of the price", or both."""
    amount = "" if bound.amount is None else say_money(bound.amount, currency, tongue)
    if bound.ratio is None:
        return amount
    share = say_percent(bound.ratio * 100, tongue)
    template = _BOTH[bound.higher] if amount else _SHARE
    return template.in_language(tongue).format(amount=amount, share=share)


def say_joint_cap(cap: JointCap, currency: str, tongue: str) -> str:
    """Return one sentence: what several rules take off together at most, and who gives way."""
    return _TOGETHER.in_language(tongue).format(
        bound=say_bound(cap.most, currency, tongue),
        per=_PER[cap.most.per].in_language(tongue),
        gives_way=GIVES_WAY[cap.gives_way].in_language(tongue),
    )


def _say_ending(ending: Ending, currency: str, tongue: str, unit: int) -> str:
    at, step = (say_money(amount, currency, tongue) for amount in (ending.at, ending.step))
    if not ending.at:
        template = _STEPS
    else:
        template = _ENDING if ending.step == unit else _ENDING_OF
    return template.in_language(tongue).format(at=at, step=step)
