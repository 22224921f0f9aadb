"""Company and stores: partners, their banners and the stores of each; a banner and a store are added here."""

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
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.models import Banner
from fidelia.organisation.operations import add_banner, add_store
from fidelia.organisation.queries import get_operator, list_banners, list_partners, list_stores

from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on

CHANNELS = (("store", _("Store")), ("web", _("Web shop")), ("phone", _("Telephone desk")))


class StoreForm(forms.Form):
    """A place of sale; country, currency and time zone are proposed as the operator's."""

    name = forms.CharField(label=_("Name"), max_length=150)
    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("As tills send it, such as lyon-2."))
    banner = forms.ChoiceField(label=_("Banner"))
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS)
    opened_on = forms.DateField(label=_("Opened on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    country = forms.CharField(label=_("Country"), max_length=2)
    currency = forms.CharField(label=_("Currency"), max_length=3)
    time_zone = forms.CharField(label=_("Time zone"), max_length=64)

    def __init__(self, *args: Any, banners: list[Banner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["banner"].choices = [(str(banner.id), banner.name) for banner in banners]  # type: ignore[attr-defined]


class BannerForm(forms.Form):
    """The name over the door."""

    name = forms.CharField(label=_("Name"), max_length=150)
    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Lower-case letters, digits and dashes."))
    partner = forms.ChoiceField(label=_("Company"))


@signed_in
def stores(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("store.see"):
        by.require("store.see")
    found = list_stores(by=by)
    partners = {partner.id: partner for partner in list_partners(by=by)}
    context = {
        "rows": [{"store": store, "partner": partners.get(store.partner_id)} for store in found],
        "banners": list_banners(),
        "may_add_store": bool(_banners_for(by)),
        "may_add_banner": by.may_somewhere("banner.add") and bool(partners),
    }
    return show(request, "console/stores/list.html", context)


@signed_in
def new_store(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("store.add"):
        by.require("store.add")
    form = StoreForm(request.POST or None, banners=_banners_for(by), initial=_proposed())
    if request.method == "POST" and form.is_valid() and _add_store(by, form):
        messages.success(request, _t("The store was added. Tills may name it by its code."))
        return redirect("console:stores")
    context = {"form": form, "title": _t("New store"), "verb": _t("Add the store")}
    return show(request, "console/stores/new.html", context, status=422 if form.errors else 200)


@signed_in
def new_banner(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("banner.add"):
        by.require("banner.add")
    form = BannerForm(request.POST or None)
    partners = [(str(each.id), each.name) for each in list_partners(by=by) if by.may("banner.add", Scope(each.id))]
    form.fields["partner"].choices = partners  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid() and _add_banner(by, form):
        messages.success(request, _t("The banner was added."))
        return redirect("console:stores")
    context = {"form": form, "title": _t("New banner"), "verb": _t("Add the banner")}
    return show(request, "console/stores/new.html", context, status=422 if form.errors else 200)


def _banners_for(by: Actor) -> list[Banner]:
    return [banner for banner in list_banners() if by.may("store.add", Scope(banner.partner_id))]


def _proposed() -> dict[str, str]:
    try:
        operator = get_operator()
    except OperatorNotSetUp:
        return {}
    return {"country": operator.country, "currency": operator.currency, "time_zone": operator.time_zone}


def _add_store(by: Actor, form: StoreForm) -> bool:
    typed = dict(form.cleaned_data)
    banner_id = UUID(typed.pop("banner"))
    typed |= {"country": typed["country"].upper(), "currency": typed["currency"].upper()}
    try:
        add_store(by=by, at=clock.now(), banner_id=banner_id, **typed)
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


def _add_banner(by: Actor, form: BannerForm) -> bool:
    typed = form.cleaned_data
    try:
        add_banner(by=by, at=clock.now(), partner_id=UUID(typed["partner"]), code=typed["code"], name=typed["name"])
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True
