"""The law of promotions: what each country says from which day on, and what follows from it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.activity.queries import sum_promoted_units
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import start_of_day, zone_of
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.organisation.models import LawPolicy
from fidelia.organisation.operations import set_policy
from fidelia.organisation.queries import get_operator, get_policy, list_policies
from fidelia.products.queries import categories_of
from fidelia.rules.law import CEILING, PRIOR_PRICE, Ceiling, Volume, check_volume

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
        help_text=_(
            "One path on each line, such as Food/Tea, with all beneath it; * is every product; empty is none."
            " A category with a share of its own says it after an equals sign: Hygiene = 40."
        ),
    )  # fmt: skip
    counts_deferred = forms.BooleanField(label=_("What its points will pay counts too"), required=False, initial=True)
    volume = forms.DecimalField(
        label=_("Most of the volume under promotion, in percent"), required=False, min_value=0, max_value=100,
        decimal_places=2, help_text=_("Of a year’s units of each category; empty where the law says nothing of it."),
    )  # fmt: skip
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
        written = [line.partition("=") for line in given["categories"].splitlines() if line.strip()]
        return {
            "share": _ratio(given["share"] or 0),
            "categories": [path.strip() for path, _equals, _own in written],
            "counts_deferred": given["counts_deferred"],
            "shares": {path.strip(): _ratio(_percent_in(own)) for path, equals, own in written if equals},
            "volume": _ratio(given["volume"]) if given["volume"] else None,
        }


def _ratio(percent: Decimal | int) -> list[int]:
    return [int(percent * 100), 10_000]


def _percent_in(text: str) -> Decimal:
    """Return the percentage that follows a category; what is no number is no share, and refused where shares are."""
    try:
        return Decimal(text.strip().removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        return Decimal(0)


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
    more: dict[str, Any] = {}
    if found.kind == CEILING and found.terms.get("volume"):
        more = {"asks_volume": True, "year": clock.now().year, "limit": _percent_of(found.terms["volume"])}
        if "volume" in request.GET:
            rows = _volumes(request.actor, Ceiling.of(found.terms))
            more["volumes"] = [{"is": row, "units": row.units / 1000, "promoted": row.promoted / 1000} for row in rows]
    return _edit(request, PolicyForm(request.POST or None, initial=_initial(found)), title, more)


def _volumes(by: Actor, ceiling: Ceiling) -> tuple[Volume, ...]:
    """Return what was sold this year of each category of a policy, and what of it under promotion."""
    zone = zone_of(get_operator().time_zone)
    since, until = start_of_day(clock.now().astimezone(zone).date().replace(month=1, day=1), zone), clock.now()
    sold = sum_promoted_units(by=by, since=since, until=until)
    known = categories_of([one.product_id for one in sold if one.product_id is not None])
    return check_volume(
        ceiling,
        [
            (known.get(one.product_id, "") if one.product_id is not None else one.category, one.units, one.promoted)
            for one in sold
        ],
    )


def _edit(
    request: ConsoleRequest, form: PolicyForm, title: str, more: dict[str, Any] | None = None
) -> HttpResponseBase:
    by = request.actor
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        messages.success(request, _t("The policy is kept. It is asked at each publication and for each basket."))
        return redirect("console:policies")
    context = {"form": form, "title": title, "may_change": by.may("policy.change"), **(more or {})}
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
        put_on(form, refusal, {f"/terms/{name}": name for name in form.fields})
        return False
    return True


def _initial(found: LawPolicy) -> dict[str, Any]:
    names = ("kind", "country", "valid_from", "valid_until", "action", "source")
    initial: dict[str, Any] = {name: getattr(found, name) for name in names}
    if found.kind == PRIOR_PRICE:
        return {**initial, "days": found.terms["days"]}
    return {
        **initial,
        "share": _percent_of(found.terms["share"]),
        "categories": "\n".join([_path_with_share(path, found.terms) for path in found.terms["categories"]]),
        "counts_deferred": found.terms["counts_deferred"],
        "volume": _percent_of(found.terms["volume"]) if found.terms.get("volume") else None,
    }


def _path_with_share(path: str, terms: dict[str, Any]) -> str:
    own = terms.get("shares", {}).get(path)
    return path if own is None else f"{path} = {_percent_of(own)}"


def _percent_of(ratio: list[int]) -> str:
    return f"{ratio[0] * 100 / ratio[1]:g}"


def _says(found: LawPolicy) -> str:
    if found.kind == PRIOR_PRICE:
        return _t("The lowest price of the %(days)s days before") % {"days": found.terms["days"]}
    share = " / ".join(
        dict.fromkeys([_percent_of(one) for one in (found.terms["share"], *found.terms.get("shares", {}).values())])
    )
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
