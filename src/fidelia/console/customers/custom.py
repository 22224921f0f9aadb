"""Custom fields on a customer's pages: as a person types them, as a page says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fidelia.customers.fields import TRAIT_NUMBER_MAX
from fidelia.customers.models import TraitDefinition
from fidelia.customers.queries import key_of, list_custom_fields, type_of
from fidelia.ui.formats import number

PREFIX = "custom-"
TEXT_LENGTH_MAX = 200
DAY = {"type": "date"}


@dataclass(frozen=True, slots=True)
class CustomInputs:
    """The custom fields of a form: its fields by name, and back from what was typed to values by key."""

    fields: Sequence[TraitDefinition]

    def put_on(self, form: forms.Form, held: Mapping[str, Any]) -> None:
        """Add a field for each custom field, filled in with what is held."""
        for one in self.fields:
            name = f"{PREFIX}{key_of(one)}"
            form.fields[name] = _input(one)
            form.initial.setdefault(name, _typed(held.get(key_of(one))))

    def bound_on(self, form: forms.Form) -> list[forms.BoundField]:
        """Return the fields of the form that are custom ones, for the template."""
        return [form[f"{PREFIX}{key_of(one)}"] for one in self.fields]

    def changed_on(self, form: forms.Form) -> dict[str, Any]:
        """Return by key what was changed on a form that is valid."""
        names = {f"{PREFIX}{key_of(one)}": one for one in self.fields}
        return {
            key_of(names[name]): _value(names[name], form.cleaned_data[name])
            for name in form.changed_data
            if name in names
        }

    @property
    def pointers(self) -> dict[str, str]:
        """Where a refusal of a value belongs: by its JSON pointer, the name of the field."""
        return {f"/custom/{key_of(one)}": f"{PREFIX}{key_of(one)}" for one in self.fields}


def inputs() -> CustomInputs:
    """Return the inputs of every custom field that is offered."""
    return CustomInputs(list_custom_fields())


def say_value(value: Any, language: str) -> str:
    """Return a value of a custom field as a page says it; empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return number(value, language) if isinstance(value, int) else str(value)


def label_of(field: TraitDefinition) -> str:
    return str(field.label.in_language(get_language() or "en"))


def _input(one: TraitDefinition) -> forms.Field:
    label, kind = label_of(one), type_of(one)
    if kind == "list":
        return _pick(label, [(each, each) for each in one.choices])
    if kind == "flag":
        return _pick(label, [("yes", _("yes").capitalize()), ("no", _("no").capitalize())])
    if kind == "number":
        return forms.IntegerField(label=label, required=False, min_value=-TRAIT_NUMBER_MAX, max_value=TRAIT_NUMBER_MAX)
    if kind == "day":
        return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    return forms.CharField(label=label, required=False, max_length=TEXT_LENGTH_MAX)


def _pick(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", "—"), *choices])


def _typed(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _value(one: TraitDefinition, typed: Any) -> Any:
    if typed in (None, ""):
        return None
    return typed == "yes" if type_of(one) == "flag" else typed
