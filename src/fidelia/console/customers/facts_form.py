"""The facts of a person or a company as one types them, of one who is new and of one who is known."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.organisation.models import Store

from ..words import KINDS, LANGUAGES


class PersonForm(forms.Form):
    """Names, place and language; `store_field` is the name of the field that offers the stores."""

    store_field = ""

    kind = forms.ChoiceField(label=_("Kind"), choices=tuple(KINDS.items()))
    given_name = forms.CharField(label=_("Given name"), required=False, max_length=150)
    family_name = forms.CharField(label=_("Family name"), required=False, max_length=150)
    company_name = forms.CharField(label=_("Company"), required=False, max_length=200)
    registration_number = forms.CharField(label=_("SIREN or SIRET"), required=False, max_length=40)
    vat_number = forms.CharField(label=_("VAT number"), required=False, max_length=40)
    role = forms.CharField(label=_("Position"), required=False, max_length=100)
    birth_on = forms.DateField(
        label=_("Born on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is not a day on which someone alive was born.")},
    )  # fmt: skip
    postal_code = forms.CharField(label=_("Postal code"), required=False, max_length=20)
    town = forms.CharField(label=_("Town"), required=False, max_length=150)
    country = forms.CharField(label=_("Country"), required=False, max_length=2, help_text=_("Two letters, such as FR."))
    language = forms.ChoiceField(label=_("Language"), choices=tuple(LANGUAGES.items()))

    def __init__(self, *args: Any, stores: list[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _t("None")), *((str(store.id), store.name) for store in stores)]
        self.fields[self.store_field].choices = choices  # type: ignore[attr-defined]
