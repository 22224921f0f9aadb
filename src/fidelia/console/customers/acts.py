"""What is done for a customer: added to the file, and a word on consent noted."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.customers.operations import NewCustomer, add_customer, record_consent
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.organisation.models import Store
from fidelia.organisation.queries import list_stores

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import put_on
from ..words import CHANNELS, PROOFS, PURPOSES
from .custom import PREFIX, CustomInputs, inputs
from .facts_form import PersonForm
from .reading import Dossier, frame_of, read_dossier

CONSENT_CHANNELS = ("email", "sms", "phone", "post", "any")
CONSENT_PURPOSES = ("marketing", "profiling", "open_tracking")
PLACES = ("counter", "phone", "form", "web")
ANSWERS = (("yes", _("Agrees")), ("no", _("Refuses")))


class CustomerForm(PersonForm):
    """A customer as one types it; one name, card, e-mail or telephone number is enough."""

    store_field = "store"
    card = forms.CharField(label=_("Card"), required=False, max_length=40)
    email = forms.CharField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)
    store = forms.ChoiceField(label=_("Store"), required=False)


class ConsentForm(forms.Form):
    """One word of the customer, and where it was said."""

    purpose = forms.ChoiceField(label=_("What for"), choices=[(code, PURPOSES[code]) for code in CONSENT_PURPOSES])
    channel = forms.ChoiceField(label=_("Channel"), choices=[(code, CHANNELS[code]) for code in CONSENT_CHANNELS])
    given = forms.ChoiceField(label=_("Answer"), choices=ANSWERS)
    place = forms.ChoiceField(label=_("Proof: where it was said"), choices=[(code, PROOFS[code]) for code in PLACES])
    wording = forms.CharField(
        label=_("The words agreed to"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )


@signed_in
def add(request: ConsoleRequest) -> HttpResponseBase:
    """Add a customer; mistakes are said at their field and what was typed is kept."""
    by = request.actor
    stores = [store for store in list_stores(by=by) if by.may("customer.create", store.scope)]
    if not stores and not by.may("customer.create"):
        by.require("customer.create")
    typed = {"family_name": request.GET.get("name", ""), "card": request.GET.get("card", "")}
    form = CustomerForm(request.POST or None, stores=stores, initial={"language": request.user.language, **typed})
    own = inputs()
    own.put_on(form, {})
    if request.method == "POST" and form.is_valid():
        customer_id = _add(by, form, {str(store.id): store for store in stores}, own)
        if customer_id is not None:
            messages.success(request, _t("The customer was added."))
            return redirect("console:customer", customer_id=customer_id)
    context = {"form": form, "own": own.bound_on(form)}
    return show(request, "console/customers/new.html", context, status=422 if form.errors else 200)


@signed_in
def consent(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """Note what a customer agreed to or refused, with its proof; no word is ever changed."""
    dossier = read_dossier(request, customer_id)
    if not dossier.may("customer.record_consent"):
        raise Denied(_t("You may not note consents."), right="customer.record_consent")
    form = ConsentForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _record(dossier, form):
        messages.success(request, _t("Noted, with its proof."))
        return redirect("console:customer", customer_id=customer_id)
    context = frame_of(dossier, "console:customer-record") | {"form": form}
    return show(request, "console/customers/consent.html", context, status=422 if form.errors else 200)


def _add(by: Actor, form: CustomerForm, stores: dict[str, Store], own: CustomInputs) -> UUID | None:
    typed = {name: value for name, value in form.cleaned_data.items() if not name.startswith(PREFIX)}
    card, store = typed.pop("card"), stores.get(typed.pop("store"))
    home = store.scope if store is not None else Scope()
    typed["country"] = typed["country"].upper()
    new = NewCustomer(
        source="console", identities=(("card", card),) if card else (), partner_id=home.partner_id,
        home_store_id=home.store_id, custom=own.changed_on(form), **typed,
    )  # fmt: skip
    try:
        return add_customer(by=by, at=clock.now(), customer=new).id
    except Denied:
        form.add_error("store", _t("Choose a store: your role reaches only some of them."))
    except FideliaError as refusal:
        put_on(form, refusal, {"/identities": "card", "/contact_points": "email", **own.pointers})
    return None


def _record(dossier: Dossier, form: ConsentForm) -> bool:
    said = form.cleaned_data
    try:
        record_consent(
            by=dossier.by, at=clock.now(), customer_id=dossier.customer.id, purpose=said["purpose"],
            channel=said["channel"], given=said["given"] == "yes",
            proof={"place": said["place"], "wording": said["wording"]},
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal, {"/proof": "wording"})
        return False
    return True
