"""The global control group: how large it is, since when, and what the programme changes against it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from fidelia.campaigns.models import GlobalControlResult
from fidelia.campaigns.operations import change_global_control
from fidelia.campaigns.operations.measuring_all import watched_control
from fidelia.campaigns.queries import GlobalControlView, see_global_control
from fidelia.insight.measures.effect import Effect
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money
from fidelia.programme.queries import get_programme_by_id
from fidelia.ui import formats
from fidelia.ui.parts import Definition, Figure

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import sentence_of
from .words import Words, word

FOUND: Words = {
    "positive": _lazy("Members spend more than those held out."),
    "negative": _lazy("Members spend less than those held out."),
    "no effect found": _lazy(
        "No effect found: members spend no more and no less than those held out, as far as can be told."
    ),
}


class ShareForm(forms.Form):
    """The share of all members held out, in percent; nought ends the group."""

    percent = forms.DecimalField(
        label=_lazy("Members held out, in %"),
        min_value=0,
        max_value=20,
        max_digits=4,
        decimal_places=1,
        localize=True,
        help_text=_lazy("Between 0.1 and 20; 0 ends the group. Two to five percent tell the effect of a year."),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def global_control(request: ConsoleRequest) -> HttpResponseBase:
    """The group and its last results; a POST changes its share from now on."""
    found = see_global_control(by=request.actor)
    initial = {"percent": found.current.permille / 10} if found.current else None
    form = ShareForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            share = Fraction(form.cleaned_data["percent"]) / 100
            change_global_control(by=request.actor, at=clock.now(), share=share)
        except FideliaError as refusal:
            messages.error(request, sentence_of(refusal))
        else:
            messages.success(request, _("The group is held out from now on; campaigns that run keep their people."))
        return redirect("console:global-control")
    context = {**_context(found), "form": form, "may_change": request.actor.may("campaign.hold_out")}
    return show(request, "console/campaigns/global_control.html", context, status=422 if form.errors else 200)


def _context(found: GlobalControlView) -> dict[str, Any]:
    return {
        "current": found.current,
        "share": formats.share(found.current.permille / 1000, language()) if found.current else "",
        "control": found.control,
        "treated": found.treated,
        "results": [_result(one) for one in found.results],
        "past": [(formats.share(one.permille / 1000, language()), one) for one in found.past],
    }


def _result(result: GlobalControlResult) -> dict[str, Any]:
    seen = watched_control(result)
    programme = get_programme_by_id(result.programme_id)
    scale = programme.points_currency.scale
    tongue = language()

    def money(minor: float) -> str:
        return formats.money(Money(round(minor), result.currency).text(), result.currency, tongue)

    return {
        "name": programme.name.in_language(tongue),
        "result": result,
        "finding": word(FOUND, seen.spend.finding) if seen.spend is not None else "",
        "figures": [
            _figure(_("Share who bought"), seen.buyers, lambda value: formats.share_change(value, tongue)),
            _figure(_("Spent per member"), seen.spend, money),
            _figure(
                _("Points per member"), seen.points, lambda value: formats.minor_points(round(value), scale, tongue)
            ),
        ],
    }


def _figure(label: str, effect: Effect | None, say: Any) -> Figure:
    meaning = Definition(label, _("Members less the global control group, with an interval that holds at every look."))
    if effect is None:
        return Figure(label, "—", note=_("fewer than 30 people in a group"), definition=meaning, few=True)
    span = _("between %(low)s and %(high)s") % {"low": say(effect.low), "high": say(effect.high)}
    return Figure(label, say(effect.difference), note=span, definition=meaning)
