"""Two tabs of a version: what its rules give to be used later or chosen, and what they may give at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.programme.queries import in_points
from fidelia.rewards.queries import list_rewards
from fidelia.rewards.queries.catalog import offer
from fidelia.rules import Rule, RuleSet
from fidelia.rules.cap_wording import say_joint_cap
from fidelia.ui import formats

from .pages import ConsoleRequest, signed_in
from .programme_parts import RuleView, VersionView, is_reward, language
from .programmes import show_part, view_at
from .rewards.budgets import budget_rows
from .rewards.words import kind_word, price_words
from .speech import speech_of


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule gives beside a lower price or points, and how a member comes by it."""

    rule: RuleView
    how: str


@dataclass(frozen=True, slots=True)
class CapTold:
    """What holds several rules together: how it is said, and of which."""

    name: str
    text: str


@signed_in
def rewards(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The rules by which members get or choose something, and the catalog of the programme."""
    view = view_at(request, slug, number)
    context = {"given": given_by(view), "catalog": _catalog(request.actor, view)}
    return show_part(request, view, "rewards", context)


@signed_in
def limits(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Each limit with what was counted of it so far, caps over several rules, and rules that nothing limits."""
    view = view_at(request, slug, number)
    rule_set = view.terms.rule_set
    context: dict[str, Any] = {
        "budgets": budget_rows(request.actor, view.programme, view.version, view.terms, speech_of(clock.now())),
        "caps": [_cap(rule_set, each) for each in rule_set.joint_caps],
        "unlimited": [each for each in view.rules if each.is_active and _is_unlimited(rule_set, each)],
    }
    return show_part(request, view, "limits", context)


def given_by(view: VersionView) -> list[Given]:
    """Return the rules of a version that members choose, pay for in points, or get something from for later."""
    rules = view.terms.rule_set.written_at
    return [Given(each, _how(view, rules[each.key])) for each in view.rules if is_reward(rules[each.key])]


def _how(view: VersionView, rule: Rule) -> str:
    terms = rule.terms
    if terms.costs_points:
        points = in_points(terms.costs_points, view.programme.points_currency, language())
        return _("chosen, for %(points)s") % {"points": points}
    if terms.is_claimed:
        return _("chosen at the till")
    return _("by itself") if terms.coupon is None else _("with the code of “%(series)s”") % {"series": terms.coupon}


def _catalog(by: Actor, view: VersionView) -> list[dict[str, Any]]:
    if not by.may_somewhere("reward.see"):
        return []
    return [
        {
            "name": row.reward.name.in_language(language()),
            "href": reverse("console:reward", args=[row.reward.id]),
            "kind": kind_word(row.reward.kind),
            "price": price_words(row.reward, row.reward.points, row.reward.money),
            "left": "" if row.left is None else formats.number(row.left, language()),
        }
        for row in offer(list_rewards(by=by, programme_id=view.programme.id), at=clock.now())
        if "over" not in row.reasons
    ]


def _cap(rule_set: RuleSet, cap: Any) -> CapTold:
    tongue = "fr" if language().startswith("fr") else "en"
    if cap.group is not None:
        name = _("Group “%(group)s”") % {"group": cap.group}
    elif cap.rules is None:
        name = _("All rules")
    else:
        name = ", ".join(one.name.in_language(tongue) for key, one in rule_set.written_at.items() if key in cap.rules)
    return CapTold(name, formats.typeset(say_joint_cap(cap, rule_set.catalogue.currency, tongue), tongue))


def _is_unlimited(rule_set: RuleSet, view: RuleView) -> bool:
    """Tell whether nothing bounds what a rule gives away beside the points of a purchase."""
    rule = rule_set.rule_at[view.key]
    return (rule.lowers_prices or rule.issues) and view.key not in rule_set.limits_of and rule.terms.coupon is None
