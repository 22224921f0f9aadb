"""The limits of a rule in words."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.kernel.localized import LocalizedText as Text

from .points_name import PointsName
from .rule_set import RuleSet
from .rule_terms import Limit
from .writing import say_money

_LIMIT = Text(en=", at most {amount}{per}{period}", fr=", au plus {amount}{per}{period}")
_USES = (Text(en="once", fr="une fois"), Text(en="{n} times", fr="{n} fois"))
_PER = {
    "all": Text(en=" in all", fr=" en tout"),
    "member": Text(en=" per member", fr=" par adhérent"),
    "store": Text(en=" per store", fr=" par magasin"),
}
_PERIODS = {
    "ever": Text(en="", fr=""),
    "day": Text(en=" and day", fr=" et par jour"),
    "week": Text(en=" and week", fr=" et par semaine"),
    "month": Text(en=" and month", fr=" et par mois"),
    "quarter": Text(en=" and quarter", fr=" et par trimestre"),
    "year": Text(en=" and year", fr=" et par an"),
    "anniversary": Text(en=" and year since joining", fr=" et par année d’adhésion"),
    "plan": Text(en=" and paid period of “{plan}”", fr=" et par période payée de «\u00a0{plan}\u00a0»"),
    "rolling": Text(en=" within {days} days", fr=" en {days} jours glissants"),
}


def say_limits(limits: Sequence[Limit], rule_set: RuleSet, points_name: PointsName, tongue: str) -> str:
    """Say how often, or how much, a rule gives at most: each limit after a comma."""
    said = ""
    for limit in limits:
        if limit.of == "uses":
            amount = _USES[0] if limit.at_most == 1 else _USES[1]
            much = amount.in_language(tongue).format(n=limit.at_most)
        elif limit.of == "money":
            much = say_money(limit.at_most, rule_set.catalogue.currency, tongue)
        else:
            much = points_name.say(limit.at_most, rule_set.points_scale, tongue)
        period = _PERIODS[limit.period].in_language(tongue).format(days=limit.rolling_days, plan=limit.plan)
        per = _PER[limit.per].in_language(tongue)
        said += _LIMIT.in_language(tongue).format(amount=much, per=per, period=period)
    return said
