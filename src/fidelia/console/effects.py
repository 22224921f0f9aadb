"""Effectiveness: every campaign against its control group, with intervals that may be looked at every day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from fidelia.campaigns.models import State
from fidelia.campaigns.operations import resume_rule
from fidelia.campaigns.operations.ending import HARM
from fidelia.campaigns.operations.watching import WatchedCampaign
from fidelia.campaigns.queries import FINDINGS, WatchedRule, list_watched, list_watched_rules
from fidelia.customers.queries import list_segments
from fidelia.insight.measures.effect import Effect
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money
from fidelia.organisation.queries import get_operator
from fidelia.programme.queries import get_programme_by_id
from fidelia.ui import charts, formats
from fidelia.ui.parts import Chip

from . import meanings_tables
from .effects_costs import instruments_of
from .insight import SegmentOffer
from .pages import ConsoleRequest, show, signed_in
from .period_forms import DAY, PeriodForm
from .programme_parts import language
from .refusals import sentence_of
from .slices import slice_of

SHOWN = 12


class EffectsForm(PeriodForm):
    """Which campaigns and rules are shown: of a programme, made to a segment, that counted in a period."""

    programme = forms.ChoiceField(label=_lazy("Programme"), required=False)
    segment = forms.ChoiceField(label=_lazy("Segment"), required=False)
    since = forms.DateField(label=_lazy("Counted from"), required=False, widget=DAY)
    until = forms.DateField(label=_lazy("Counted up to"), required=False, widget=DAY)

    def __init__(self, by: Actor, data: Any, watched: Sequence[WatchedCampaign], rules: Sequence[WatchedRule]) -> None:
        super().__init__(data)
        ids = {one.campaign.programme_id for one in watched} | {one.result.programme_id for one in rules}
        programmes = sorted((get_programme_by_id(one) for one in ids), key=lambda one: one.slug)
        everything = [("", _("all"))]
        self._choose("programme", everything + [(str(one.id), one.name.in_language(language())) for one in programmes])
        keys = sorted({one.campaign.segment_key for one in watched})
        segments = list_segments(by=by, with_archived=True) if by.may("segment.see") else []
        names = {one.key: one.name.in_language(language()) for one in segments}
        self._choose("segment", everything + [(key, names.get(key, key)) for key in keys])

    def takes(self, programme_id: UUID, begun: datetime | None, ended: datetime | None, segment: str = "") -> bool:
        """Whether something that counted in this span is asked for; days are of the operator's zone."""
        wanted = self.chosen
        zone = zone_of(get_operator().time_zone)
        return (
            wanted.get("programme", str(programme_id)) == str(programme_id)
            and wanted.get("segment", segment) == segment
            and ("since" not in wanted or ended is None or local_day(ended, zone) >= wanted["since"])
            and ("until" not in wanted or begun is None or local_day(begun, zone) <= wanted["until"])
        )


@signed_in
def effects(request: ConsoleRequest) -> HttpResponseBase:
    """Each launched campaign: what the treated spent and bought more, how sure that is, and whether it was stopped."""
    watched, rules = list_watched(by=request.actor), list_watched_rules(by=request.actor)
    form = EffectsForm(request.actor, request.GET or None, watched, rules)
    is_empty = not watched and not rules
    watched = [one for one in watched if _is_asked(form, one)]
    rules = [
        one for one in rules
        if form.takes(one.result.programme_id, one.result.counted_from, one.result.counted_until)
    ]  # fmt: skip
    told = [one for one in watched if one.spend is not None]
    context: dict[str, Any] = {
        "told": {
            "chart": meanings_tables.effects_chart(),
            "campaigns": meanings_tables.campaigns(),
            "rules": meanings_tables.rules(),
            "instruments": meanings_tables.instruments(),
        },
        "part": slice_of(request, request.actor),
        "form": form,
        "chips": _chips(form),
        "is_filtered": bool(form.chosen),
        "is_empty": is_empty,
        "rows": [_row(one) for one in watched],
        "rules": [_rule_row(one) for one in rules],
        "instruments": instruments_of(watched, rules),
        "may_draft": request.actor.may_somewhere("campaign.draft"),
        "may_stop": request.actor.may_somewhere("campaign.stop"),
        "rate": formats.share(float(DEFAULT_RATE), language(), decimals=0),
        "charts": _charts(request.actor, told[:SHOWN]),
    }
    return show(request, "console/insight/effects.html", context)


def _is_asked(form: EffectsForm, one: WatchedCampaign) -> bool:
    campaign = one.campaign
    until = one.result.counted_until if one.result is not None else campaign.counts_until
    return form.takes(campaign.programme_id, campaign.counted_from, until, campaign.segment_key)


def _chips(form: EffectsForm) -> list[Chip]:
    """What is chosen; each is taken off by its address."""
    chips, chosen = [], form.chosen
    for name, value in chosen.items():
        field = form.fields[name]
        shown = formats.plain_date(value, language()) if isinstance(value, date) else form.word(name, str(value))
        rest = {other: str(kept) for other, kept in chosen.items() if other != name}
        chips.append(Chip(str(field.label), shown, f"{reverse('console:insight-effects')}?{urlencode(rest)}"))
    return chips


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


def _money(minor: float, currency: str) -> str:
    return formats.money(Money(round(minor), currency).text(), currency, language(), sign=True)


def _span(effect: Effect, currency: str) -> str:
    low, high = (_money(edge, currency) for edge in (effect.low, effect.high))
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def _charts(by: Actor, told: list[WatchedCampaign]) -> list[charts.Chart]:
    """One chart for each currency: amounts of two stand on no common axis."""
    found: dict[str, list[WatchedCampaign]] = {}
    for one in told:
        if one.result is not None:
            found.setdefault(one.result.currency, []).append(one)
    return [_chart(by, currency, those) for currency, those in sorted(found.items())]


def _chart(by: Actor, currency: str, told: list[WatchedCampaign]) -> charts.Chart:
    scale = float(Money(1, currency).text())
    return charts.dots_with_intervals(
        [
            charts.Estimate(
                one.campaign.name.in_language(language()), one.spend.difference * scale, one.spend.low * scale,
                one.spend.high * scale,
            )
            for one in told
            if one.spend is not None
        ],
        unit=charts.Unit("money", currency, 2), language=language(), heading=_("Campaign"),
        value_name=_("Spent more, a person"), links=[_people_url(by, one) for one in told],
    )  # fmt: skip


def _people_url(by: Actor, one: WatchedCampaign) -> str:
    """Where the treated are: as a segment to be seen and kept while the campaign marks them, else the campaign."""
    campaign = one.campaign
    if campaign.state != State.RUNNING or not by.may_somewhere("segment.define"):
        return reverse("console:campaign", args=(campaign.key,))
    condition = f'has(trait.{campaign.mark}) && trait.{campaign.mark} == "treated"'
    return SegmentOffer(f"treated-{campaign.key}"[:60], condition, campaign.name).url
