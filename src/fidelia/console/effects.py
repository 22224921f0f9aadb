"""Effectiveness: every campaign against its control group, with intervals that may be looked at every day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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

from fidelia.campaigns.models import CampaignResult, RuleResult, State
from fidelia.campaigns.operations import resume_rule
from fidelia.campaigns.operations.ending import HARM
from fidelia.campaigns.operations.parting import PartOfResult, part_of
from fidelia.campaigns.operations.rules_measured import watched_part_of_rule
from fidelia.campaigns.operations.watching import WatchedCampaign, watched_part_of
from fidelia.campaigns.queries import FINDINGS, WatchedRule, list_watched, list_watched_rules
from fidelia.customers.queries import list_segments
from fidelia.insight.measures.effect import Effect
from fidelia.insight.measures.margin import DEFAULT_RATE
from fidelia.insight.models import Slice
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money
from fidelia.organisation.queries import get_operator, list_banners, list_stores
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
from .slices import slice_of, store_name

SHOWN = 12


class EffectsForm(PeriodForm):
    """Which campaigns and rules are shown: of a programme, made to a segment, that counted in a period; and of whose
    people: those of a store or a banner before they were drawn.
    """

    programme = forms.ChoiceField(label=_lazy("Programme"), required=False)
    segment = forms.ChoiceField(label=_lazy("Segment"), required=False)
    banner = forms.ChoiceField(label=_lazy("Banner"), required=False)
    store = forms.ChoiceField(label=_lazy("Store"), required=False)
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
        self._stores = {str(one.id): one for one in list_stores(by=by)}
        self._choose("banner", everything + [(str(one.id), one.name) for one in list_banners()])
        self._choose("store", everything + [(key, store_name(one)) for key, one in self._stores.items()])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        store = self._stores.get(data.get("store", ""))
        if store is not None and data.get("banner") and str(store.banner_id) != data["banner"]:
            self.add_error("store", _("This store is not of this banner."))
        return data

    @property
    def part(self) -> tuple[str, str] | None:
        """Of whose people: the kind of part and its id; None: of all."""
        wanted = self.chosen
        kind = next((kind for kind in ("store", "banner") if kind in wanted), None)
        return None if kind is None else (kind, wanted[kind])

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
    if part := slice_of(request, request.actor):
        return _show_part(request, part, {one.campaign.segment_key for one in watched})
    form = EffectsForm(request.actor, request.GET or None, watched, rules)
    is_empty = not watched and not rules
    watched = [one for one in watched if _is_asked(form, one)]
    rules = [
        one for one in rules
        if form.takes(one.result.programme_id, one.result.counted_from, one.result.counted_until)
    ]  # fmt: skip
    of_part = form.part
    few: dict[UUID, str] = {}  # by result: how many of a part there are, where nothing can be said of them
    if of_part is not None:
        watched, rules = _in_part(watched, rules, of_part, few)
    told = [one for one in watched if one.spend is not None]
    context: dict[str, Any] = {
        "told": {
            "chart": meanings_tables.effects_chart(),
            "campaigns": meanings_tables.campaigns(),
            "rules": meanings_tables.rules(),
            "instruments": meanings_tables.instruments(),
        },
        "form": form,
        "chips": _chips(form),
        "is_filtered": bool(form.chosen),
        "is_empty": is_empty,
        "rows": [_row(one, few) for one in watched],
        "rules": [_rule_row(one, few) for one in rules],
        "instruments": instruments_of(watched, rules) if of_part is None else [],
        "of_part": of_part is not None,
        "may_draft": request.actor.may_somewhere("campaign.draft"),
        "may_stop": request.actor.may_somewhere("campaign.stop"),
        "rate": formats.share(float(DEFAULT_RATE), language(), decimals=0),
        "charts": _charts(request.actor, told[:SHOWN], is_part=of_part is not None),
    }
    return show(request, "console/insight/effects.html", context)


def _show_part(request: ConsoleRequest, part: Slice, segments: set[str]) -> HttpResponseBase:
    """Go where the store or banner, the segment and the period of a part of the purchases are chosen here."""
    wanted = {"store": part.store_id, "banner": part.banner_id, "segment": part.segment, "since": part.since,
              "until": part.until}  # fmt: skip
    if part.segment and part.segment not in segments:
        messages.info(request, _("No campaign was made to the segment chosen: it leaves nothing out here."))
        wanted["segment"] = ""
    chosen = {name: str(value) for name, value in wanted.items() if value}
    return redirect(f"{reverse('console:insight-effects')}?{urlencode(chosen)}")


def _in_part(
    watched: list[WatchedCampaign], rules: list[WatchedRule], part: tuple[str, str], few: dict[UUID, str]
) -> tuple[list[WatchedCampaign], list[WatchedRule]]:
    """The same campaigns and rules for the people of one part; `few` is filled where they are too few."""

    def of(result: CampaignResult | RuleResult) -> PartOfResult:
        found = part_of(result, *part)
        if found.treated is None or found.control is None:
            few[result.id] = _few(found) if result.parts else _("not counted by store yet: the next night does")
        return found

    return [one if one.result is None else watched_part_of(one, of(one.result)) for one in watched], [
        replace(one, effects=watched_part_of_rule(one.result, of(one.result))) for one in rules
    ]


def _few(found: PartOfResult) -> str:
    tongue = language()
    return _("too few people: %(treated)s treated, %(control)s left out") % {
        "treated": formats.number(found.treated_people, tongue),
        "control": formats.number(found.control_people, tongue),
    }


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


def _row(one: WatchedCampaign, few: dict[UUID, str]) -> dict[str, Any]:
    tongue = language()
    row: dict[str, Any] = {
        "name": one.campaign.name.in_language(tongue), "state": one.campaign.state, "harms": one.harms,
        "url": reverse("console:campaign", args=(one.campaign.key,)),
        "finding": _("not measured yet") if one.result is None
        else few.get(one.result.id, _("too few people yet")),
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


def _rule_row(one: WatchedRule, few: dict[UUID, str]) -> dict[str, Any]:
    tongue, result, spend = language(), one.result, one.effects.spend
    row: dict[str, Any] = {
        "name": one.name.in_language(tongue), "programme": one.programme.name.in_language(tongue),
        "url": reverse("console:programme", args=(one.programme.slug,)), "stop": one.stop,
        "share": formats.share(result.permille / 1000, tongue, decimals=1),
        "harmed": one.stop is not None and one.stop.reason == HARM,
        "finding": few.get(result.id, _("too few people yet")),
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


def _charts(by: Actor, told: list[WatchedCampaign], *, is_part: bool) -> list[charts.Chart]:
    """One chart for each currency: amounts of two stand on no common axis."""
    found: dict[str, list[WatchedCampaign]] = {}
    for one in told:
        if one.result is not None:
            found.setdefault(one.result.currency, []).append(one)
    return [_chart(by, currency, those, is_part) for currency, those in sorted(found.items())]


def _chart(by: Actor, currency: str, told: list[WatchedCampaign], is_part: bool) -> charts.Chart:
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
        value_name=_("Spent more, a person"), links=[_people_url(by, one, is_part) for one in told],
    )  # fmt: skip


def _people_url(by: Actor, one: WatchedCampaign, is_part: bool) -> str:
    """Where the treated are: as a segment to be seen and kept while the campaign marks them, else the campaign (also of
    the people of a store, whom no condition of a segment tells).
    """
    campaign = one.campaign
    if is_part or campaign.state != State.RUNNING or not by.may_somewhere("segment.define"):
        return reverse("console:campaign", args=(campaign.key,))
    condition = f'has(trait.{campaign.mark}) && trait.{campaign.mark} == "treated"'
    return SegmentOffer(f"treated-{campaign.key}"[:60], condition, campaign.name).url
