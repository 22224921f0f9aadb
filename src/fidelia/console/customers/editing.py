"""The record of a customer, changed: facts, where they are reached, what names them. Former values are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from fidelia.customers.operations import (
    add_contact_point,
    add_identity,
    end_identity,
    retire_contact_point,
    update_customer,
)
from fidelia.customers.queries import custom_values_of_each_at
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.organisation.models import Store
from fidelia.organisation.queries import list_stores

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import put_on
from ..words import CHANNELS, SCHEMES
from .custom import PREFIX, inputs
from .facts_form import PersonForm
from .reading import Dossier, frame_of, read_dossier

SOURCE = "console"
REACHED_BY = ("email", "phone", "post")
NAMED_BY = ("card", "email", "phone", "external", "app")
TEXTS = (
    "given_name",
    "family_name",
    "company_name",
    "registration_number",
    "vat_number",
    "role",
    "town",
    "postal_code",
    "country",
    "language",
    "kind",
)


class FactsForm(PersonForm):
    """The facts of a record. What is not changed is not written."""

    store_field = "home_store_id"
    home_store_id = forms.ChoiceField(label=_("Store"), required=False)


class ContactForm(forms.Form):
    """Where a customer is reached from now on."""

    channel = forms.ChoiceField(label=_("Channel"), choices=[(code, CHANNELS[code]) for code in REACHED_BY])
    value = forms.CharField(label=_("Address or number"), max_length=500)


class IdentityForm(forms.Form):
    """What names this customer alone."""

    scheme = forms.ChoiceField(label=_("Kind of identity"), choices=[(code, SCHEMES[code]) for code in NAMED_BY])
    value = forms.CharField(label=_("Number or address"), max_length=320)


@signed_in
def edit(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """Change the facts; mistakes are said at their field and what was typed is kept."""
    dossier = _open_to(request, customer_id, "customer.change")
    stores = _stores_of(dossier)
    own = inputs()
    form = FactsForm(request.POST or None, stores=stores, initial=_facts_of(dossier))
    own.put_on(form, custom_values_of_each_at([customer_id], dossier.at)[customer_id])
    if request.method == "POST" and form.is_valid():
        changes = _changes_of(form, {str(store.id): store for store in stores})
        if _try(form, lambda: update_customer(
            by=dossier.by, at=clock.now(), customer_id=customer_id, changes=changes, source=SOURCE,
            custom=own.changed_on(form),
        ), own.pointers):  # fmt: skip
            messages.success(request, _t("The record is changed; the former values stay under History."))
            return redirect("console:customer-record", customer_id=customer_id)
    context = frame_of(dossier, "console:customer-record") | {"form": form, "own": own.bound_on(form)}
    return show(request, "console/customers/edit.html", context, status=422 if form.errors else 200)


@signed_in
def add_contact(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = _open_to(request, customer_id, "customer.change")
    if not dossier.may("customer.see_contacts"):
        raise Denied("Addresses are not open to this role.", right="customer.see_contacts")
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if _try(form, lambda: add_contact_point(
            by=dossier.by, at=clock.now(), customer_id=customer_id, channel=said["channel"], value=said["value"],
            source=SOURCE,
        )):  # fmt: skip
            messages.success(request, _t("Noted. What is written goes to the newest address of a channel first."))
            return redirect("console:customer-record", customer_id=customer_id)
    words = {
        "title": _t("Add an address or a number"),
        "sub": _t("It opens no channel by itself: offers need a consent."),
        "verb": _t("Add it to the record"),
    }
    return _form_page(request, dossier, form, words)


@require_POST
@signed_in
def retire_contact(request: ConsoleRequest, customer_id: UUID, contact_point_id: int) -> HttpResponseBase:
    retire_contact_point(
        by=request.actor, at=clock.now(), customer_id=customer_id, contact_point_id=contact_point_id
    )  # fmt: skip
    messages.info(request, _t("Nothing is written there any more. Adding it again brings it back."))
    return redirect("console:customer-record", customer_id=customer_id)


@signed_in
def identify(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    dossier = _open_to(request, customer_id, "customer.identify")
    form = IdentityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if _try(form, lambda: add_identity(
            by=dossier.by, at=clock.now(), customer_id=customer_id, scheme=said["scheme"], value=said["value"],
            source=SOURCE,
        ), {"/identities": "value"}):  # fmt: skip
            messages.success(request, _t("From now on it names this customer."))
            return redirect("console:customer-record", customer_id=customer_id)
    words = {
        "title": _t("Give a card or another number"),
        "sub": _t("It names one customer at a time: tills, the API and the search find the record by it."),
        "verb": _t("Give it to the customer"),
    }
    return _form_page(request, dossier, form, words)


@require_POST
@signed_in
def stop_identity(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """End a card or number, such as a lost one; it may then name somebody else."""
    scheme, value = (request.POST.get(name, "") for name in ("scheme", "value"))
    end_identity(by=request.actor, at=clock.now(), customer_id=customer_id, scheme=scheme, value=value)
    messages.info(request, _t("It names this customer no longer. Points and history stay."))
    return redirect("console:customer-record", customer_id=customer_id)


def _open_to(request: ConsoleRequest, customer_id: UUID, right: str) -> Dossier:
    dossier = read_dossier(request, customer_id)
    if not dossier.may(right):
        raise Denied("This role may not change this record.", right=right)
    return dossier


def _form_page(
    request: ConsoleRequest, dossier: Dossier, form: forms.Form, words: Mapping[str, str]
) -> HttpResponseBase:
    context = frame_of(dossier, "console:customer-record") | {"form": form, **words}
    return show(request, "console/customers/form.html", context, status=422 if form.errors else 200)


def _try(form: forms.Form, verb: Callable[[], object], fields: Mapping[str, str] | None = None) -> bool:
    """Do it; a refusal is said on the form."""
    try:
        verb()
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal, fields)
        return False
    return True


def _stores_of(dossier: Dossier) -> list[Store]:
    """The stores this person may move a record to, and the one it has."""
    home = dossier.customer.home_store_id
    stores = list_stores(by=dossier.by)
    return [store for store in stores if store.id == home or dossier.by.may("customer.change", store.scope)]


def _facts_of(dossier: Dossier) -> dict[str, Any]:
    customer = dossier.customer
    home = str(customer.home_store_id) if customer.home_store_id else ""
    return {name: getattr(customer, name) for name in (*TEXTS, "birth_on")} | {"home_store_id": home}


def _changes_of(form: FactsForm, stores: dict[str, Store]) -> dict[str, Any]:
    """Only what differs from what the form showed: two people may change one record after each other."""
    typed = {name: form.cleaned_data[name] for name in form.changed_data if not name.startswith(PREFIX)}
    if "country" in typed:
        typed["country"] = typed["country"].upper()
    if "home_store_id" in typed:
        store = stores.get(typed["home_store_id"])
        typed |= {"home_store_id": store.id if store else None, "partner_id": store.partner_id if store else None}
    return typed
