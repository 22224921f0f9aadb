"""The law of promotions: what each country says from which day on, and what follows from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.kernel import clock
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.organisation.models import LawPolicy
from fidelia.organisation.operations import set_policy
from fidelia.organisation.queries import get_policy, list_policies
from fidelia.rules.law import CEILING, PRIOR_PRICE

from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on

KINDS = ((CEILING, _("Promotion ceiling")), (PRIOR_PRICE, _("Prior price of an announced cut")))
ACTIONS = (
    (LawPolicy.Action.WARN, _("Warn: people read it and decide")),
    (LawPolicy.Action.REFUSE, _("Refuse: such a version is not published, such a basket not closed")),
    (LawPolicy.Action.IGNORE, _("Take no notice")),
)
DAY = {"type": "date"}


class PolicyForm(forms.Form):
    """A policy as people fill it in; the share and the days each belong to one kind."""

    kind = forms.ChoiceField(label=_("What it rules"), choices=KINDS)
    country = forms.CharField(label=_("Country"), max_length=2, initial="FR")
    valid_from = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    valid_until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        help_text=_("Empty: no end is known."),
    )  # fmt: skip
    action = forms.ChoiceField(label=_("What follows"), choices=ACTIONS, widget=forms.RadioSelect, initial="warn")
    share = forms.DecimalField(
        label=_("Most of the price, in percent"), required=False, min_value=0, max_value=100, decimal_places=2,
        help_text=_("Of a promotion ceiling: immediate and deferred advantages together."),
    )  # fmt: skip
    categories = forms.CharField(
        label=_("Categories concerned"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One path on each line, such as Food/Tea, with all beneath it; * is every product; empty is none."),
    )  # fmt: skip
    counts_deferred = forms.BooleanField(label=_("What its points will pay counts too"), required=False, initial=True)
    days = forms.IntegerField(
        label=_("Days before the cut"), required=False, min_value=1, max_value=366,
        help_text=_("Of a prior price: the lowest price of these days."),
    )  # fmt: skip
    source = forms.CharField(
        label=_("Source"), required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The text of the law with its article, as people shall read it."),
    )  # fmt: skip

    def terms(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given["kind"] == PRIOR_PRICE:
            return {"days": given["days"] or 0}
        share = given["share"] or 0
        return {
            "share": [int(share * 100), 10_000],
            "categories": [line.strip() for line in given["categories"].splitlines() if line.strip()],
            "counts_deferred": given["counts_deferred"],
        }


@signed_in
def policies(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    today = clock.now().date()
    rows = [{"policy": one, "kind": dict(KINDS)[one.kind], "says": _says(one), "state": _state(one, today)}
            for one in list_policies(by=by)]  # fmt: skip
    return show(request, "console/policies/list.html", {"rows": rows, "may_change": by.may("policy.change")})


@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    request.actor.require("policy.change")
    return _edit(request, PolicyForm(request.POST or None), _t("New policy"))


@signed_in
def policy(request: ConsoleRequest, policy_id: UUID) -> HttpResponseBase:
    """One policy: read, and with the right changed. Another first day is another policy."""
    found = get_policy(by=request.actor, policy_id=policy_id)
    title = _t("%(kind)s, %(country)s") % {"kind": dict(KINDS)[found.kind], "country": found.country}
    return _edit(request, PolicyForm(request.POST or None, initial=_initial(found)), title)


def _edit(request: ConsoleRequest, form: PolicyForm, title: str) -> HttpResponseBase:
    by = request.actor
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        messages.success(request, _t("The policy is kept. It is asked at each publication and for each basket."))
        return redirect("console:policies")
    context = {"form": form, "title": title, "may_change": by.may("policy.change")}
    return show(request, "console/policies/one.html", context, status=422 if form.errors else 200)


def _keep(request: ConsoleRequest, form: PolicyForm) -> bool:
    given = form.cleaned_data
    try:
        set_policy(
            by=request.actor, at=clock.now(), country=given["country"].upper(), kind=given["kind"],
            valid_from=given["valid_from"], valid_until=given["valid_until"], action=given["action"],
            terms=form.terms(), source=given["source"],
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


def _initial(found: LawPolicy) -> dict[str, Any]:
    names = ("kind", "country", "valid_from", "valid_until", "action", "source")
    initial: dict[str, Any] = {name: getattr(found, name) for name in names}
    if found.kind == PRIOR_PRICE:
        return {**initial, "days": found.terms["days"]}
    numerator, denominator = found.terms["share"]
    return {
        **initial,
        "share": f"{numerator * 100 / denominator:g}",
        "categories": "\n".join(found.terms["categories"]),
        "counts_deferred": found.terms["counts_deferred"],
    }


def _says(found: LawPolicy) -> str:
    if found.kind == PRIOR_PRICE:
        return _t("The lowest price of the %(days)s days before") % {"days": found.terms["days"]}
    numerator, denominator = found.terms["share"]
    share = f"{numerator * 100 / denominator:g}"
    count = len(found.terms["categories"])
    if "*" in found.terms["categories"]:
        return _t("At most %(share)s %% of the price, every product") % {"share": share}
    if not count:
        return _t("At most %(share)s %% of the price; no product is named yet") % {"share": share}
    return _t("At most %(share)s %% of the price, %(count)s categories") % {"share": share, "count": count}


def _state(found: LawPolicy, today: Any) -> str:
    if found.valid_until is not None and found.valid_until < today:
        return "over"
    if found.valid_from > today:
        return "coming"
    return str(found.action)
