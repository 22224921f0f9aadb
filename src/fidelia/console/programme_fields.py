"""Fields that the forms of a draft share: amounts as people write them, spans of the calendar, days of notice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError, Invalid
from fidelia.kernel.money import exponent_of
from fidelia.kernel.points import parse_points
from fidelia.programme.models import Programme
from fidelia.programme.operations import change_draft
from fidelia.rules.spans import FIXED_DATES_MAX

from .pages import ConsoleRequest
from .programme_parts import VersionView, language
from .refusals import sentence_of

Document = Mapping[str, Any]
ENDS = (
    ("day", _("End of the day")), ("week", _("End of the week")), ("month", _("End of the month")),
    ("quarter", _("End of the quarter")), ("half_year", _("End of the half-year")), ("year", _("End of the year")),
)  # fmt: skip


class AmountField(forms.CharField):
    """An amount of points or of money with `scale` decimals, kept as the document writes it: "100", "2.50"."""

    def __init__(self, *, scale: int, least: int = 1, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)
        self.scale, self.least = scale, least
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> str:
        said: str = super().clean(value).strip().replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
        if not said:
            return ""
        said = said.replace(",", ".")
        try:
            amount = parse_points(said, self.scale)
        except Invalid:
            amount = -1
        if amount < self.least:
            raise forms.ValidationError(self._mistake())
        return said

    def _mistake(self) -> str:
        if self.scale:
            return _t("Write an amount above zero of at most %(n)s decimals, such as 2.50.") % {"n": self.scale}
        return _t("Write a whole amount above zero, such as 100.")


class NoticeField(forms.CharField):
    """Days before an end, such as "30, 7", as whole numbers."""

    def clean(self, value: Any) -> list[int]:
        parts = [part.strip() for part in super().clean(value).replace(";", ",").split(",") if part.strip()]
        if not all(part.isdecimal() and 1 <= int(part) <= 366 for part in parts) or len(parts) > 5:
            raise forms.ValidationError(_t("Write up to five numbers of days from 1 to 366, such as 30, 7."))
        return [int(part) for part in parts]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value


def points_scales(programme: Programme) -> dict[str, int]:
    """Return the decimals of each points currency of a programme, "" for the main one."""
    more = {one.currency_id: one.currency.scale for one in programme.more_currencies.select_related("currency")}
    return {"": programme.points_currency.scale, **more}


def currency_choices(programme: Programme) -> list[tuple[str, str]]:
    """Return the points currencies of a programme by code and name, the main one first."""
    tongue = language()
    more = programme.more_currencies.select_related("currency").order_by("currency_id")
    named = [(one.currency_id, one.currency.name.in_language(tongue)) for one in more]
    return [("", programme.points_currency.name.in_language(tongue)), *named]


def money_scale(programme: Programme) -> int:
    """Return the decimals of a programme's money."""
    return exponent_of(programme.currency)


def span_fields(life: Document | None) -> dict[str, Any]:
    """Return a span of the document as the form's values `validity_months`, `validity_days`, `ends`, `fixed_dates`."""
    known = life or {}
    ends = known.get("ends", "day")
    return {
        "validity_months": known.get("months"), "validity_days": known.get("days"),
        "ends": "day" if isinstance(ends, list) else ends,
        "fixed_dates": ", ".join(ends) if isinstance(ends, list) else "",
    }  # fmt: skip


def span_of(said: Document) -> dict[str, Any] | None:
    """Return what the form says of a span as the document has it; None: for ever."""
    dates = dates_of(said["fixed_dates"])
    if said["validity_months"] is None and said["validity_days"] is None and not dates:
        return None
    numbers = {"months": said["validity_months"], "days": said["validity_days"]}
    return {**{name: number for name, number in numbers.items() if number}, "ends": dates or said["ends"]}


def dates_of(text: str) -> list[str]:
    """Return "03-31, 09-30" as a list of at most as many as a document may have, and one more."""
    return [part.strip() for part in text.split(",") if part.strip()][: FIXED_DATES_MAX + 1]


def without(part: Document, defaults: Document) -> dict[str, Any]:
    """Return a part of a document without what is empty or says what holds anyway."""
    return {name: value for name, value in part.items() if value not in (None, "", []) and defaults.get(name) != value}


def put_at(form: forms.Form, refusal: FideliaError, places: Iterable[tuple[str, str]]) -> None:
    """Say a refusal at the field of its pointer: `places` names the beginnings of pointers and their fields."""
    pointer = refusal.pointer or ""
    field = next((name for begins, name in places if pointer.startswith(begins) and name in form.fields), None)
    form.add_error(field, sentence_of(refusal))


def save_in_draft(
    request: ConsoleRequest, view: VersionView, document: Document, form: forms.Form, places: Iterable[tuple[str, str]]
) -> bool:
    """Change the draft, and say so; a refusal is said at its field. Return whether it was saved."""
    try:
        change_draft(
            by=request.actor, at=clock.now(), version=view.version, document=dict(document), note=view.version.note
        )
    except FideliaError as refusal:
        put_at(form, refusal, places)
        return False
    messages.success(request, _t("Saved in the draft; members notice nothing before it is published."))
    return True
