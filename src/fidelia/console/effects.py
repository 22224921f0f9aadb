"""Effectiveness: every campaign against its control group, with intervals that may be looked at every day."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.campaigns.operations.watching import WatchedCampaign
from fidelia.campaigns.queries import FINDINGS, list_watched
from fidelia.insight.measures.effect import Effect
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.kernel.money import Money
from fidelia.ui import charts, formats

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language

SHOWN = 12


@signed_in
def effects(request: ConsoleRequest) -> HttpResponseBase:
    """Each launched campaign: what the treated spent and bought more, how sure that is, and whether it was stopped."""
    watched = list_watched(by=request.actor)
    told = [one for one in watched if one.spend is not None]
    context: dict[str, Any] = {
        "rows": [_row(one) for one in watched],
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
