"""Part of a backtest: a store, a tier held then, a month, a segment; chosen by a filter, told as chips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from fidelia.customers.queries import list_segments
from fidelia.insight.backtest.parts import NO_TIER, Part
from fidelia.kernel.actor import Actor
from fidelia.organisation.queries import list_stores
from fidelia.ui import formats
from fidelia.ui.parts import Chip

from .programme_parts import VersionView, language


class PartForm(forms.Form):
    """Which part of what is replayed is counted."""

    store_id = forms.ChoiceField(label=_lazy("Store"), required=False)
    tier = forms.ChoiceField(label=_lazy("Tier held then"), required=False)
    month = forms.ChoiceField(label=_lazy("Month"), required=False)
    segment = forms.ChoiceField(label=_lazy("Segment, as it is now"), required=False)

    def __init__(self, by: Actor, view: VersionView, months: Iterable[str], data: Mapping[str, Any]) -> None:
        super().__init__(data)
        tongue = language()
        stores = list_stores(by=by) if by.may("store.see") else []
        segments = list_segments(by=by) if by.may("segment.see") else []
        self._choose("store_id", [(str(one.id), one.name) for one in stores])
        self._choose("tier", [(NO_TIER, _("no tier")), *_tiers(view)])
        self._choose("month", [(month, formats.month_name(_first_day(month), tongue)) for month in months])
        self._choose("segment", [(one.key, one.name.in_language(tongue)) for one in segments])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("all")), *choices]

    def part(self) -> Part:
        """Return what is chosen; what is no choice of the form is none."""
        self.is_valid()
        return Part.of(self.cleaned_data)

    def chips(self, path: str) -> list[Chip]:
        """Return what is chosen as sentences, each with the address of the page without it."""
        chosen = self.part().as_mapping()
        return [
            Chip(f"{self.fields[name].label}", self._word(name, value), f"{path}?{urlencode(_without(chosen, name))}")
            for name, value in chosen.items()
        ]

    def _word(self, name: str, value: str) -> str:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]


def short_month_in_words(month: str, language: str) -> str:
    """Return "nov. 2024" or "Nov 2024" for "2024-11"."""
    day = _first_day(month)
    return f"{formats.short_month(day, language)} {day.year}"


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _without(chosen: Mapping[str, str], name: str) -> dict[str, str]:
    return {each: value for each, value in chosen.items() if each != name}


def _tiers(view: VersionView) -> list[tuple[str, str]]:
    """Return the tiers of the version in force and of this one, by key: a purchase was made under one of then."""
    found: dict[str, str] = {}
    for version in (view.current, view.version):
        tiers = (version.document.get("tiers") if version is not None else None) or {}
        for one in tiers if isinstance(tiers, list) else [tiers]:
            for level in one.get("levels", ()):
                found.setdefault(level["key"], str(level["name"][language()[:2]]))
    return list(found.items())
