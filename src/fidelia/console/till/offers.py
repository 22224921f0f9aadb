"""The offers of a basket as the till numbers them: what acts, what is within reach, what was set aside and why."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.activity.operations import Preview
from fidelia.programme.models import Programme
from fidelia.rules import Outcome, Rule, RuleSet, explain_outcomes
from fidelia.rules.settlement import CONDITION_FALSE, EXPIRED, GRANTED, NOT_YET_VALID
from fidelia.ui import formats

from ..programme_parts import points_name_of
from ..trials import text_without_name

OFFERS_MAX = 9


def offers_of(preview: Preview, programme: Programme) -> list[dict[str, Any]]:
    """Return at most nine offers, the applied first, then those within reach; rules that are over are not offered."""
    if preview.decision is None or preview.terms is None:
        return []
    rule_set, tongue, name = preview.terms.rule_set, get_language() or "en", points_name_of(programme)
    said = explain_outcomes(preview.decision, rule_set, tongue, points_name=name)
    offers = [
        _offer(outcome, text, rule_set.rule_at[outcome.rule_key], rule_set, tongue)
        for outcome, text in said
        if outcome.reason not in (NOT_YET_VALID, EXPIRED)
    ]
    order = ("applied", "within_reach", "aside")
    shown = sorted(offers, key=lambda offer: order.index(str(offer["state"])))[:OFFERS_MAX]
    return [
        offer | {"number": place, "state_text": _state_text(str(offer["state"]))}
        for place, offer in enumerate(shown, 1)
    ]


def _offer(outcome: Outcome, text: str, rule: Rule, rule_set: RuleSet, tongue: str) -> dict[str, Any]:
    name, points = rule.name.in_language(tongue), outcome.points
    return {
        "rule": rule.key,
        "name": name,
        "state": _state(outcome),
        "detail": text_without_name(text, name),
        "amount": formats.minor_points(points, rule_set.points_scale, tongue, sign=True) if points else "",
    }


def _state(outcome: Outcome) -> str:
    if outcome.reason == GRANTED:
        return "applied"
    return "within_reach" if outcome.reason == CONDITION_FALSE and outcome.missing is not None else "aside"


def _state_text(state: str) -> str:
    return {"applied": _("applied by itself"), "within_reach": _("within reach"), "aside": _("not this time")}[state]
