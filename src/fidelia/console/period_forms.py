"""Forms that filter a page by choices and by a period."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

DAY: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """Filters of which `since` and `until` are a period; who inherits declares the two under its own labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._words: dict[str, dict[str, str]] = {}

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        self._words[name] = dict(choices)

    def word(self, name: str, value: str) -> str:
        """How a choice is called; the value itself where the person may not see it."""
        return self._words[name].get(value, value)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("The period ends before it begins."))
        return data

    @property
    def chosen(self) -> dict[str, Any]:
        """What is asked for and right; nothing of a form that holds a mistake."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}
