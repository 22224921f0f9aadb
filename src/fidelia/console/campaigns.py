"""Campaigns: an offer to a segment, some of it left alone, and the difference measured."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.campaigns.models import Campaign, State
from fidelia.campaigns.operations import (
    Audience,
    approve_campaign,
    ask_approval_of_campaign,
    change_campaign,
    draft_campaign,
    launch_campaign,
    measure_campaign,
    preview_audience,
    refuse_campaign,
    stop_campaign,
)
from fidelia.campaigns.operations.drafting import CampaignPlan
from fidelia.campaigns.queries import get_campaign, get_result, list_campaigns
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.messaging.queries import list_templates
from fidelia.programme.models import Programme
from fidelia.programme.queries import get_programme_by_id, see_programme, see_programmes
from fidelia.rules.documents import read_text, write_text
from fidelia.ui.parts import Definition

from . import campaign_parts as parts
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import put_on, sentence_of
from .segments import rows_for_choice

EXAMPLE = {"points": "100", "when": "purchase.total >= 30"}
DATE_TIME = "%Y-%m-%dT%H:%M"
FIELDS = {
    "/key": "key",
    "/control_share": "control",
    "/ends_at": "ends_at",
    "/starts_at": "starts_at",
    "/template": "template",
    "/budget": "budget",
    "/offer": "offer",
    "/rules": "offer",
    "/segment": "segment",
}
SHARES = [(percent, f"{percent} %") for percent in range(5, 55, 5)]
OFFER = forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "f-area f-code-input"})


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format=DATE_TIME)


class CampaignForm(forms.Form):
    """What a person plans: to whom, what, against whom, when."""

    name_fr = forms.CharField(label=_lazy("Name in French"), max_length=80)
    name_en = forms.CharField(label=_lazy("Name in English"), max_length=80)
    key = forms.RegexField(
        r"^[a-z][a-z0-9_]*$",
        label=_lazy("Key"),
        max_length=30,
        help_text=_lazy("a-z, 0-9 and _; it names the campaign for ever."),
        error_messages={"invalid": _lazy("A key is a-z, 0-9 and _, begins with a letter, 30 at most.")},
    )
    programme = forms.ChoiceField(label=_lazy("Programme"))
    segment = forms.ChoiceField(label=_lazy("Segment"))
    offer = forms.CharField(
        label=_lazy("Offer, as a rule"),
        widget=OFFER,
        strip=False,
        help_text=_lazy("points, points_per, points_per_unit or multiply_points, with a condition after when."),
    )
    budget = forms.IntegerField(
        label=_lazy("Budget, in points"),
        min_value=1,
        max_value=10**12,
        required=False,
        help_text=_lazy("The night that finds it used up stops the campaign. Empty: no limit."),
    )
    template = forms.ChoiceField(
        label=_lazy("Message"),
        required=False,
        help_text=_lazy("Goes at the launch to those of the treated who agreed."),
    )
    control = forms.TypedChoiceField(label=_lazy("Control group, left alone"), coerce=int, choices=SHARES)
    base = forms.IntegerField(
        label=_lazy("Would buy anyway, in %"),
        min_value=0,
        max_value=99,
        required=False,
        help_text=_lazy("The part of these people you think buys without the offer; only to see what would show."),
    )
    starts_at = forms.DateTimeField(label=_lazy("Begins"), widget=_moment())
    ends_at = forms.DateTimeField(label=_lazy("Ends"), widget=_moment())

    def __init__(self, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tongue = language()
        programmes = [(one.slug, one.name.in_language(tongue)) for one in see_programmes(by=by)]
        segments = [(row["key"], f"{row['name']} ({row['count']})") for row in rows_for_choice(by)]
        templates = list_templates(by=by) if by.may_somewhere("message.see") else []
        none = [("", _("no message"))]
        self._choose("programme", programmes)
        self._choose("segment", segments)
        self._choose("template", none + [(one.key, one.name.in_language(tongue)) for one in templates])
        if len(programmes) == 1:
            self.fields["programme"].widget = forms.HiddenInput()
            self.fields["programme"].initial = programmes[0][0]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_offer(self) -> Any:
        """Read the text of the offer, so that a mistake in it stands at the field."""
        try:
            return read_text(self.cleaned_data["offer"].replace("\r\n", "\n"))
        except FideliaError as refusal:
            raise forms.ValidationError(sentence_of(refusal)) from None

    def plan(self, programme: Programme) -> CampaignPlan:
        data, scale = self.cleaned_data, 10**programme.points_currency.scale
        return CampaignPlan(
            name=LocalizedText(en=data["name_en"], fr=data["name_fr"]),
            segment_key=data["segment"],
            control_share=Fraction(data["control"], 100),
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            offer=data["offer"],
            template=data["template"],
            budget=None if data["budget"] is None else data["budget"] * scale,
        )


class ChangedCampaignForm(CampaignForm):
    """The same of a draft, whose key and programme stay."""

    key = None  # type: ignore[assignment]


@signed_in
def index(request: ConsoleRequest) -> HttpResponseBase:
    tongue = language()
    rows = [
        {"campaign": one, "name": one.name.in_language(tongue), "state": parts.STATES[State(one.state)]}
        for one in list_campaigns(by=request.actor)
    ]
    context = {"rows": rows, "may_draft": request.actor.may_somewhere("campaign.draft")}
    return show(request, "console/campaigns/index.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    request.actor.require("campaign.draft")
    at = clock.now()
    initial = {
        "segment": request.GET.get("segment", ""), "offer": write_text(EXAMPLE), "control": 20, "base": 20,
        "starts_at": at, "ends_at": at + timedelta(days=30),
    }  # fmt: skip
    form = CampaignForm(request.actor, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            programme = see_programme(by=request.actor, slug=form.cleaned_data["programme"])
            made = draft_campaign(
                by=request.actor, at=at, programme=programme, key=form.cleaned_data["key"], plan=form.plan(programme)
            )
        except FideliaError as refusal:
            put_on(form, refusal, FIELDS)
        else:
            messages.success(request, _("The draft is kept. Ask another person for approval when it is ready."))
            return redirect("console:campaign", key=made.key)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: ConsoleRequest, key: str) -> HttpResponseBase:
    campaign = get_campaign(by=request.actor, key=key)
    request.actor.require("campaign.draft", campaign.scope)
    programme = get_programme_by_id(campaign.programme_id)
    initial = {
        "budget": None if campaign.budget is None else campaign.budget // 10**programme.points_currency.scale,
        "name_fr": campaign.name.fr, "name_en": campaign.name.en, "segment": campaign.segment_key,
        "programme": programme.slug, "offer": write_text(campaign.offer), "template": campaign.template,
        "control": int(campaign.control_share * 100), "base": 20, "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
    }  # fmt: skip
    form = ChangedCampaignForm(request.actor, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_campaign(by=request.actor, at=clock.now(), campaign_id=campaign.id, plan=form.plan(programme))
        except FideliaError as refusal:
            put_on(form, refusal, FIELDS)
        else:
            messages.success(request, _("The draft is saved."))
            return redirect("console:campaign", key=key)
    return _form_page(request, form, campaign)


@require_POST
@signed_in
def preview(request: ConsoleRequest) -> HttpResponseBase:
    """Say the offer in words, and what the control group would show; nothing is written."""
    return show(request, "console/campaigns/preview.html", _previewed(request, request.POST), partial="beside")


def _form_page(request: ConsoleRequest, form: CampaignForm, campaign: Campaign | None) -> HttpResponseBase:
    values = {name: form[name].value() for name in form.fields}
    context = {"form": form, "campaign": campaign, **_previewed(request, values)}
    return show(request, "console/campaigns/form.html", context, status=422 if form.errors else 200)


def _previewed(request: ConsoleRequest, values: Any) -> dict[str, Any]:
    programmes = see_programmes(by=request.actor)
    programme = next((one for one in programmes if one.slug == values.get("programme")), (*programmes, None)[0])
    sizes = {row["key"]: row["count"] for row in rows_for_choice(request.actor)}
    people = sizes.get(values.get("segment") or "", next(iter(sizes.values()), 0))
    share = Fraction(_whole(values.get("control"), 20), 100)
    base = min(99, _whole(values.get("base"), 20)) / 100
    words, mistake = "", ""
    try:
        offer = read_text(str(values.get("offer") or ""))
        if programme is not None:
            words, mistake = parts.offer_in_words(programme, offer, clock.now())
    except FideliaError as refusal:
        mistake = sentence_of(refusal)
    return {
        "words": words,
        "mistake": mistake,
        "people": people,
        "proof": parts.smallest_lift_text(people, base, share if 0 < share <= Fraction(1, 2) else Fraction(1, 5)),
        "chart": parts.proof_chart(people, base) if people >= 2 else None,
    }


def _whole(value: Any, default: int) -> int:
    return int(value) if str(value).isdigit() else default


@signed_in
def campaign(request: ConsoleRequest, key: str) -> HttpResponseBase:
    """One campaign: before its launch what it would do, afterwards what it did."""
    found = get_campaign(by=request.actor, key=key)
    at = clock.now()
    programme = get_programme_by_id(found.programme_id)
    audience = (
        Audience(**found.audience)
        if found.audience
        else preview_audience(by=request.actor, at=at, campaign=found, programme=programme)
    )
    words, mistake = parts.offer_in_words(programme, found.offer, at)
    result = get_result(by=request.actor, campaign=found)
    people = audience.treated + audience.control
    context = {
        "campaign": found,
        "name": found.name.in_language(language()),
        "letter": parts.letter_name(found),
        "may_see_letter": request.actor.may_somewhere("message.see"),
        "state": parts.STATES[State(found.state)],
        "programme": programme,
        "programme_name": programme.name.in_language(language()),
        "audience": audience,
        "control_share": float(found.control_share),
        "audience_chart": parts.audience_chart(audience),
        "words": words,
        "mistake": mistake,
        "offer_text": write_text(found.offer),
        "proof": parts.proof_sentence(parts.proof_of_campaign(found, audience, parts.BASE)),
        "proof_chart": parts.proof_chart(people, parts.BASE) if people >= 2 else None,
        "proof_definition": Definition(
            _("Smallest rise that shows"),
            _(
                "The smallest rise in buyers that groups of these sizes would show with a 95% interval, "
                "four times in five."
            ),
            detail=_("if 20% of these people buy anyway"),
        ),
        "checks": parts.checklist(found, programme, audience, words, at),
        "result": result,
        "verdict": parts.verdict_of(result, programme, found) if result else None,
        **_acts(request.actor, found),
    }
    return show(request, "console/campaigns/campaign.html", context)


def _acts(by: Actor, found: Campaign) -> dict[str, bool]:
    """What this person may do with the campaign as it stands."""
    waiting = found.state == State.AWAITING_APPROVAL
    approved = waiting and parts.is_approved(found)
    is_own = by.kind == "user" and by.id == found.author_id
    return {
        "may_edit": found.state == State.DRAFT and by.may("campaign.draft", found.scope),
        "may_decide": waiting and not approved and not is_own and by.may("campaign.approve", found.scope),
        "may_launch": approved and by.may("campaign.launch", found.scope) and by.may("programme.publish", found.scope),
        "may_stop": found.state == State.RUNNING and by.may("campaign.stop", found.scope),
        "may_measure": found.launched_at is not None and by.may("campaign.measure", found.scope),
        "waits_for_other": waiting and not approved and is_own,
    }


# Changes of state: each is one verb, and a refusal is said on the campaign's own page


def _act(request: ConsoleRequest, key: str, verb: Any, said: str, **more: Any) -> HttpResponseBase:
    found = get_campaign(by=request.actor, key=key)
    try:
        verb(by=request.actor, at=clock.now(), campaign_id=found.id, **more)
    except FideliaError as refusal:
        if refusal.status == 403:
            raise
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, said)
    return redirect("console:campaign", key=key)


@require_POST
@signed_in
def approval_request(request: ConsoleRequest, key: str) -> HttpResponseBase:
    said = _("Approval is asked; another person decides.")
    return _act(request, key, ask_approval_of_campaign, said, note=request.POST.get("note", "")[:1000])


@require_POST
@signed_in
def approval(request: ConsoleRequest, key: str) -> HttpResponseBase:
    return _act(request, key, approve_campaign, _("The campaign is approved; it may be launched."))


@require_POST
@signed_in
def refusal(request: ConsoleRequest, key: str) -> HttpResponseBase:
    said = _("The campaign is a draft again; its author sees your reason.")
    return _act(request, key, refuse_campaign, said, note=request.POST.get("note", "")[:1000])


@require_POST
@signed_in
def launch(request: ConsoleRequest, key: str) -> HttpResponseBase:
    return _act(request, key, launch_campaign, _("The campaign is launched."))


@require_POST
@signed_in
def stop(request: ConsoleRequest, key: str) -> HttpResponseBase:
    said = _("The campaign is stopped: the offer is no longer made.")
    return _act(request, key, stop_campaign, said, reason=request.POST.get("reason", "")[:1000])


@require_POST
@signed_in
def measurement(request: ConsoleRequest, key: str) -> HttpResponseBase:
    return _act(request, key, measure_campaign, _("The campaign is measured on the last facts."))
