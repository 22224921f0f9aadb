"""Custom fields: which facts the house keeps of its customers beside those of the product."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.customers.errors import UnknownField
from fidelia.customers.models import TraitDefinition
from fidelia.customers.operations import define_custom_field
from fidelia.customers.queries import custom_fields_by_key, key_of, list_custom_fields, type_of
from fidelia.intake.new_fields import KEY_LENGTH_MAX, key_of_name
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.localized import LocalizedText

from .customers.custom import label_of
from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on

RIGHT = "customer.define_trait"
TYPES = {
    "text": _("Text"),
    "list": _("One of a list"),
    "number": _("Whole number"),
    "day": _("Day"),
    "flag": _("Yes or no"),
}


class FieldForm(forms.Form):
    """A custom field as one declares it."""

    label_fr = forms.CharField(label=_("Name in French"), max_length=60)
    label_en = forms.CharField(label=_("Name in English"), max_length=60)
    type = forms.ChoiceField(
        label=_("What it holds"), choices=tuple(TYPES.items()),
        help_text=_("Rules of a programme read everything but a free text, which is erased with the person."),
    )  # fmt: skip
    choices = forms.CharField(
        label=_("Choices"), required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Of a list: one on each line."),
    )  # fmt: skip
    retired = forms.BooleanField(
        label=_("Offered no more"), required=False, help_text=_("What is filled in stays, and rules still read it.")
    )

    def clean_choices(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["choices"].splitlines() if line.strip()]


class NewFieldForm(FieldForm):
    """One that is new has a key, made of its name unless told."""

    key = forms.CharField(
        label=_("Key"), required=False, max_length=KEY_LENGTH_MAX,
        help_text=_("By which rules and the API name it, such as skin_type. Empty: made of its name."),
    )  # fmt: skip
    field_order = ("label_fr", "label_en", "type", "choices", "key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["retired"]


@signed_in
def fields(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("customer.see"):
        by.require("customer.see")
    rows = [
        {
            "field": one,
            "key": key_of(one),
            "name": one.label.in_language(request.user.language),
            "type": TYPES[type_of(one)],
            "choices": ", ".join(one.choices[:6]),
        }
        for one in list_custom_fields(retired=True)
    ]
    return show(request, "console/custom_fields/list.html", {"rows": rows, "may_define": by.may(RIGHT)})


@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    request.actor.require(RIGHT)
    form = NewFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"] or key_of_name(form.cleaned_data["label_en"])
        if key in custom_fields_by_key():
            form.add_error("key", _t("This key names another field already."))
        elif _define(request, form, key):
            messages.success(request, _t("From now on it stands on each customer, in lists, files and rules."))
            return redirect("console:custom-fields")
    context = {"form": form, "title": _t("New custom field"), "verb": _t("Keep this field")}
    return show(request, "console/custom_fields/one.html", context, status=422 if form.errors else 200)


@signed_in
def change(request: ConsoleRequest, key: str) -> HttpResponseBase:
    request.actor.require(RIGHT)
    found = custom_fields_by_key().get(key)
    if found is None:
        raise UnknownField("There is no such custom field.")
    form = FieldForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid() and _define(request, form, key):
        messages.success(request, _t("The field is changed."))
        return redirect("console:custom-fields")
    context = {
        "form": form, "title": label_of(found), "verb": _t("Save the field"), "key": key
    }  # fmt: skip
    return show(request, "console/custom_fields/one.html", context, status=422 if form.errors else 200)


def _define(request: ConsoleRequest, form: FieldForm, key: str) -> bool:
    given = form.cleaned_data
    try:
        define_custom_field(
            by=request.actor, at=clock.now(), key=key, type=given["type"],
            label=LocalizedText(en=given["label_en"], fr=given["label_fr"]), choices=given["choices"],
            retired=given.get("retired", False),
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal, {"/label": "label_fr"})
        return False
    return True


def _initial(found: TraitDefinition) -> dict[str, Any]:
    return {
        "label_fr": found.label.fr, "label_en": found.label.en, "type": type_of(found),
        "choices": "\n".join(found.choices), "retired": found.retired_at is not None,
    }  # fmt: skip
