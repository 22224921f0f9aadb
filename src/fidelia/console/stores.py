"""Company and stores: partners, their banners and the stores of each; added, renamed and closed here."""

from __future__ import annotations

from collections.abc import Callable
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
from fidelia.organisation.errors import OperatorNotSetUp, StoreUnknown
from fidelia.organisation.models import Banner, Store
from fidelia.organisation.operations import add_banner, add_store, close_store, rename_banner, rename_store
from fidelia.organisation.queries import get_banner, get_operator, list_banners, list_partners, list_stores

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


class StoreNameForm(forms.Form):
    """What may change of a store: its name."""

    name = forms.CharField(label=_("Name"), max_length=150)


class ClosureForm(forms.Form):
    """The last day on which a store trades."""

    closed_on = forms.DateField(
        label=_("Last day of trade"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


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
        "banners": [
            {
                "banner": each,
                "partner": partners.get(each.partner_id),
                "may_rename": _may_rename(by, each),
                "stores": sum(1 for one in found if one.banner_id == each.id),
            }
            for each in list_banners()
        ],
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


@signed_in
def store(request: ConsoleRequest, store_id: UUID) -> HttpResponseBase:
    """One store: its facts; renamed and closed with the right over it."""
    by = request.actor
    found = next((each for each in list_stores(by=by) if each.id == store_id), None)
    if found is None:
        raise StoreUnknown("There is no such store.")
    may_rename = by.may("store.rename", found.scope)
    form = StoreNameForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid() and _try(form, lambda: rename_store(
        by=by, at=clock.now(), store_id=store_id, name=form.cleaned_data["name"]
    )):  # fmt: skip
        messages.success(request, _t("The store has its new name everywhere. Its code stays."))
        return redirect("console:store", store_id=store_id)
    return _show_store(request, found, form if may_rename else None)


@signed_in
def close(request: ConsoleRequest, store_id: UUID) -> HttpResponseBase:
    """Close a store from the day after its last; its purchases stay."""
    by = request.actor
    found = next((each for each in list_stores(by=by) if each.id == store_id), None)
    if found is None:
        raise StoreUnknown("There is no such store.")
    form = ClosureForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _try(form, lambda: close_store(
        by=by, at=clock.now(), store_id=store_id, closed_on=form.cleaned_data["closed_on"]
    )):  # fmt: skip
        messages.success(request, _t("The store is closed after that day. Its purchases and customers stay."))
        return redirect("console:store", store_id=store_id)
    return _show_store(request, found, StoreNameForm(initial={"name": found.name}), form)


def _may_rename(by: Actor, one: Banner) -> bool:
    return by.may("banner.rename", Scope(one.partner_id))


def _show_store(
    request: ConsoleRequest, found: Store, form: forms.Form | None, closure: forms.Form | None = None
) -> HttpResponseBase:
    by = request.actor
    may_close = by.may("store.close", found.scope) and found.closed_on is None
    wrong = any(each.errors for each in (form, closure) if each is not None)
    context = {
        "store": found,
        "channel": dict(CHANNELS)[found.channel],
        "form": form,
        "closure": (closure or ClosureForm()) if may_close else None,
        "sees_purchases": by.may_somewhere("purchase.see"),
        "sees_customers": by.may_somewhere("customer.see"),
    }
    return show(request, "console/stores/one.html", context, status=422 if wrong else 200)


@signed_in
def banner(request: ConsoleRequest, banner_id: UUID) -> HttpResponseBase:
    """Rename a banner; its code stays."""
    by = request.actor
    found = get_banner(banner_id=banner_id)
    by.require("banner.rename", Scope(found.partner_id))
    form = StoreNameForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid() and _try(form, lambda: rename_banner(
        by=by, at=clock.now(), banner_id=banner_id, name=form.cleaned_data["name"]
    )):  # fmt: skip
        messages.success(request, _t("The banner has its new name everywhere. Its code stays."))
        return redirect("console:stores")
    context = {"form": form, "title": found.name, "verb": _t("Rename the banner")}
    return show(request, "console/stores/new.html", context, status=422 if form.errors else 200)


def _try(form: forms.Form, verb: Callable[[], object]) -> bool:
    """Do it; a refusal is said on the form."""
    try:
        verb()
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


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
    return _try(form, lambda: add_store(by=by, at=clock.now(), banner_id=banner_id, **typed))


def _add_banner(by: Actor, form: BannerForm) -> bool:
    typed = form.cleaned_data
    partner_id = UUID(typed["partner"])
    return _try(
        form,
        lambda: add_banner(by=by, at=clock.now(), partner_id=partner_id, code=typed["code"], name=typed["name"]),
    )
