"""Effectiveness: every campaign against its control group, with intervals that may be looked at every day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from fidelia.campaigns.operations import resume_rule
from fidelia.campaigns.operations.ending import HARM
from fidelia.campaigns.operations.rules_measured import cost_of
from fidelia.campaigns.operations.watching import WatchedCampaign
from fidelia.campaigns.queries import FINDINGS, WatchedRule, list_watched, list_watched_rules
from fidelia.insight.measures.effect import Effect
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money
from fidelia.ui import charts, formats

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import sentence_of
from .words import Words, word

SHOWN = 12
COSTED = ("points", "coupon", "discount")  # what a gift or a voucher costs does not follow from what was decided
INSTRUMENTS: Words = {
    "points": _lazy("Points"), "coupon": _lazy("Coupons"), "discount": _lazy("Discounts"), "gift": _lazy("Gifts"),
    "voucher": _lazy("Vouchers"), "campaign": _lazy("Campaigns"),
}  # fmt: skip


@signed_in
def effects(request: ConsoleRequest) -> HttpResponseBase:
    """Each launched campaign: what the treated spent and bought more, how sure that is, and whether it was stopped."""
    watched, rules = list_watched(by=request.actor), list_watched_rules(by=request.actor)
    told = [one for one in watched if one.spend is not None]
    context: dict[str, Any] = {
        "rows": [_row(one) for one in watched],
        "rules": [_rule_row(one) for one in rules],
        "instruments": _instruments([*_of_campaigns(watched), *_of_rules(rules)]),
        "may_stop": request.actor.may_somewhere("campaign.stop"),
        "rate": formats.share(float(DEFAULT_RATE), language(), decimals=0),
        "chart": _chart(told[:SHOWN]) if told else None,
    }
    return show(request, "console/insight/effects.html", context)


def _row(one: WatchedCampaign) -> dict[str, Any]:
    tongue = language()
    row: dict[str, Any] = {
        "name": one.campaign.name.in_language(tongue), "state": one.campaign.state, "harms": one.harms,
        "url": reverse("console:campaign", args=(one.campaign.key,)),
        "finding": _("not measured yet") if one.result is None else _("too few people yet"),
    }  # fmt: skip
    if one.result is not None and one.spend is not None and one.buyers is not None:
        row |= {
            "people": one.spend.n_treated + one.spend.n_control,
            "spend": _money(one.spend.difference, one.result.currency),
            "span": _span(one.spend, one.result.currency),
            "margin": _money(one.spend.difference * float(DEFAULT_RATE) * one.spend.n_treated, one.result.currency),
            "buyers": formats.number(100 * one.buyers.difference, tongue, decimals=1, sign=True),
            "finding": FINDINGS[one.spend.finding].in_language(tongue),
            "tone": {"positive": "green", "negative": "red"}.get(one.spend.finding, "grey"),
        }
    return row


@require_POST
@signed_in
def resume(request: ConsoleRequest, stop_id: UUID) -> HttpResponseBase:
    """Undo the stop of a rule."""
    try:
        resume_rule(by=request.actor, at=clock.now(), stop_id=stop_id)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("The rule gives again from now on, in a new version of the programme."))
    return redirect("console:insight-effects")


def _rule_row(one: WatchedRule) -> dict[str, Any]:
    tongue, result, spend = language(), one.result, one.effects.spend
    row: dict[str, Any] = {
        "name": one.name.in_language(tongue), "programme": one.programme.name.in_language(tongue),
        "url": reverse("console:programme", args=(one.programme.slug,)), "stop": one.stop,
        "share": formats.share(result.permille / 1000, tongue, decimals=1),
        "harmed": one.stop is not None and one.stop.reason == HARM, "finding": _("too few people yet"),
    }  # fmt: skip
    if spend is not None:
        row |= {
            "people": spend.n_treated + spend.n_control, "held_out": spend.n_control,
            "spend": _money(spend.difference, result.currency), "span": _span(spend, result.currency),
            "finding": FINDINGS[spend.finding].in_language(tongue),
            "tone": {"positive": "green", "negative": "red"}.get(spend.finding, "grey"),
        }  # fmt: skip
    return row


@dataclass(frozen=True, slots=True)
class Instrument:
    """One rule, or one campaign, whose effect is known: what it gave, what that cost, what its people spent more."""

    kind: str
    currency: str
    spend: Effect
    given: Mapping[str, int]
    cost: float | None


def _of_campaigns(watched: list[WatchedCampaign]) -> Iterator[Instrument]:
    for one in watched:
        result, version_id = one.result, one.campaign.version_id
        if one.spend is not None and result is not None and result.given and version_id is not None:
            cost = cost_of(version_id, result.given)
            yield Instrument("campaign", result.currency, one.spend, result.given, cost)


def _of_rules(rules: list[WatchedRule]) -> Iterator[Instrument]:
    for one in rules:
        if one.effects.spend is not None:
            result = one.result
            cost = cost_of(result.version_id, result.given) if result.kind in COSTED else None
            yield Instrument(result.kind, result.currency, one.effects.spend, result.given, cost)


def _instruments(those: list[Instrument]) -> list[dict[str, Any]]:
    """What each instrument cost and brought, over all that leave people out; in one currency each."""
    found: dict[tuple[str, str], list[Instrument]] = {}
    for one in those:
        found.setdefault((one.kind, one.currency), []).append(one)
    return [_instrument(kind, currency, those) for (kind, currency), those in sorted(found.items())]


def _instrument(kind: str, currency: str, those: list[Instrument]) -> dict[str, Any]:
    tongue = language()
    costs = [one.cost for one in those]
    cost = None if None in costs else sum(filter(None, costs))
    # Amounts are what was paid: a discount has lowered them already, so it is put back before its cost is held
    # against what it brought.
    edges = [
        sum(float(DEFAULT_RATE) * (edge(one.spend) * one.spend.n_treated + one.given["discount"]) for one in those)
        for edge in (_difference, _low, _high)
    ]
    margin, low, high = (_money(edge, currency) for edge in edges)
    return {
        "name": word(INSTRUMENTS, kind), "count": formats.number(len(those), tongue),
        "times": formats.number(sum(one.given["times"] for one in those), tongue),
        "cost": formats.money(Money(round(cost), currency).text(), currency, tongue) if cost is not None else "",
        "margin": margin, "span": _("%(low)s to %(high)s") % {"low": low, "high": high},
        "back": formats.number(edges[0] / cost, tongue, decimals=2) if cost else "",
    }  # fmt: skip


def _difference(effect: Effect) -> float:
    return effect.difference


def _low(effect: Effect) -> float:
    return effect.low


def _high(effect: Effect) -> float:
    return effect.high


def _money(minor: float, currency: str) -> str:
    return formats.money(Money(round(minor), currency).text(), currency, language(), sign=True)


def _span(effect: Effect, currency: str) -> str:
    low, high = (_money(edge, currency) for edge in (effect.low, effect.high))
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def _chart(told: list[WatchedCampaign]) -> charts.Chart:
    currency = told[0].result.currency if told[0].result else "EUR"
    scale = float(Money(1, currency).text())
    estimates = [
        charts.Estimate(
            one.campaign.name.in_language(language()), one.spend.difference * scale, one.spend.low * scale,
            one.spend.high * scale,
        )
        for one in told
        if one.spend is not None and one.result is not None and one.result.currency == currency
    ]  # fmt: skip
    return charts.dots_with_intervals(
        estimates, unit=charts.Unit("money", currency, 2), language=language(), heading=_("Campaign"),
        value_name=_("Spent more, a person"),
    )  # fmt: skip
