"""The terms of gift cards of a draft, as a form beside the sentences that are announced to who buys one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.operations import change_draft
from fidelia.programme.queries import parse_document
from fidelia.rules.gift_card_terms import AMOUNTS_MAX, UNDONE_DAYS
from fidelia.rules.reading import DAYS_MAX, MONTHS_MAX

from .pages import ConsoleRequest, signed_in
from .programme_fields import (
    ENDS,
    AmountField,
    Document,
    money_scale,
    put_at,
    save_in_draft,
    span_fields,
    span_of,
    without,
)
from .programme_parts import VersionView, words_of_terms
from .programme_term_forms import TermForm
from .programmes import show_part, view_at

POINTER = "/gift_cards"
# The longer names first: a pointer is known by its beginning.
TOP_UP = {"most_held": "most_held", "undone_days": "undone_days", "least": "charged_least", "most": "charged_most"}


class AmountsField(AmountField):
    """Several amounts of money, such as “20; 50”, as a list of the document."""

    def clean(self, value: Any) -> Any:
        parts = [part.rstrip(",") for part in re.split(r"[;\s]+", str(value or "")) if part.strip(",")]
        if len(parts) > AMOUNTS_MAX:
            raise forms.ValidationError(_t("Name at most %(n)s amounts.") % {"n": AMOUNTS_MAX})
        return [AmountField.clean(self, part) for part in parts]

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(map(str, value)) if isinstance(value, list) else value


class GiftCardsForm(TermForm):
    """How gift cards are sold, how long they live, and how they are charged again; an empty field is left out."""

    places = (
        ("/amounts", "amounts"), ("/validity/months", "validity_months"), ("/validity/days", "validity_days"),
        ("/validity/ends", "fixed_dates"), ("/validity", "validity_months"),
        *((f"/top_up/{name}", field) for name, field in TOP_UP.items()), ("/top_up", "charged"),
    )  # fmt: skip

    least = AmountField(label=_("Sold with at least"), scale=2, required=False)
    most = AmountField(label=_("With at most"), scale=2, required=False)
    amounts = AmountsField(
        label=_("Or with these amounts alone"), scale=2, required=False, help_text=_("Such as 20; 50; 100.")
    )
    validity_months = forms.IntegerField(
        label=_("Valid for months"), required=False, min_value=0, max_value=MONTHS_MAX,
        help_text=_("Without months, days and dates: no end."),
    )  # fmt: skip
    validity_days = forms.IntegerField(label=_("And days"), required=False, min_value=0, max_value=DAYS_MAX)
    ends = forms.ChoiceField(label=_("Rounded up to the"), choices=ENDS)
    fixed_dates = forms.CharField(
        label=_("Or to fixed dates"), required=False, max_length=120, help_text=_("Month-day, such as 03-31, 09-30.")
    )
    charged = forms.BooleanField(label=_("It can be charged again"), required=False)
    charged_least = AmountField(
        label=_("Charged with at least"), scale=2, required=False, help_text=_("Empty, as what it is sold with.")
    )
    charged_most = AmountField(label=_("With at most"), scale=2, required=False)
    most_held = AmountField(label=_("Never more on it than"), scale=2, required=False)
    undone_days = forms.IntegerField(
        label=_("Days in which a charge can be taken back"), required=False, min_value=0, max_value=DAYS_MAX
    )
    renews = forms.BooleanField(label=_("Each charge lets its life begin anew"), required=False)

    def __init__(self, programme: Programme, *args: Any, **kwargs: Any) -> None:
        super().__init__(programme, *args, **kwargs)
        amounts = ("least", "most", "amounts", "charged_least", "charged_most", "most_held")
        self.count_in(money_scale(programme), *amounts, money=True)

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return self.grouped((
            (_("What it is sold with"), ("least", "most", "amounts")),
            (_("How long it lives"), ("validity_months", "validity_days", "ends", "fixed_dates")),
            (_("Charging it again"), ("charged", "renews", "charged_least", "charged_most", "most_held",
                                      "undone_days")),
        ))  # fmt: skip

    @staticmethod
    def values_of(entry: Document) -> dict[str, Any]:
        """Return the part of the document as the values of the fields."""
        charged = entry.get("top_up")
        again = charged or {}
        return {
            **{name: entry.get(name) for name in ("least", "most", "amounts")}, **span_fields(entry.get("validity")),
            **{field: again.get(name) for name, field in TOP_UP.items()}, "charged": charged is not None,
            "undone_days": again.get("undone_days", UNDONE_DAYS), "renews": again.get("renews", True),
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Ask for the switch where something is said of charging: what is said and not saved would be lost."""
        said: dict[str, Any] = super().clean() or {}
        if not said.get("charged") and any(said.get(name) for name in ("charged_least", "charged_most", "most_held")):
            self.add_error("charged", _t("Tick this, or leave empty what is said of charging."))
        return said

    def entry(self) -> dict[str, Any]:
        said = self.cleaned_data
        plain = {name: said[name] for name in ("least", "most", "amounts")} | {"validity": span_of(said)}
        made = without(plain, {})
        if said["charged"]:
            again = {name: said[field] for name, field in TOP_UP.items()} | {"renews": said["renews"]}
            made["top_up"] = without(again, {"renews": True, "undone_days": UNDONE_DAYS})
        return made


@require_http_methods(["GET", "POST"])
@signed_in
def edit_gift_cards(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The terms of gift cards of a draft: saved, with “say it in words” only read, with “take it out” removed."""
    view = view_at(request, slug, number)
    entry = view.version.document.get("gift_cards") or {}
    if request.method == "GET" and not view.is_draft:
        return redirect("console:version-points", slug=slug, number=number)  # there the terms are read
    if request.method == "POST" and "out" in request.POST:
        return _take_out(request, view)
    form = GiftCardsForm(view.programme, request.POST or None, initial=GiftCardsForm.values_of(entry))
    words: Sequence[str] = words_of_terms(view)["gift_card_words"] if request.method == "GET" else ()
    if request.method == "POST" and form.is_valid():
        document = _with(view.version.document, form.entry())
        if "words" in request.POST:
            words = _said(view, document, form)
        elif save_in_draft(request, view, document, form, form.places_in(POINTER)):
            return redirect("console:version-points", slug=slug, number=number)
    return show_part(
        request, view, "points", {"form": form, "words": words, "is_new": not entry},
        template="console/programmes/edit_gift_cards.html", status=422 if form.errors else 200,
    )  # fmt: skip


def _with(document: Document, entry: Document) -> dict[str, Any]:
    """Return a document with the terms of gift cards; without them where they say nothing."""
    others = {name: value for name, value in document.items() if name != "gift_cards"}
    return {**others, "gift_cards": entry} if entry else others


def _take_out(request: ConsoleRequest, view: VersionView) -> HttpResponseBase:
    document = _with(view.version.document, {})
    change_draft(by=request.actor, at=clock.now(), version=view.version, document=document, note=view.version.note)
    messages.success(request, _t("Taken out of the draft; what members hold already stays as it is."))
    return redirect("console:version-points", slug=view.programme.slug, number=view.version.number)


def _said(view: VersionView, document: Document, form: GiftCardsForm) -> Sequence[str]:
    """Return the terms that are not saved in sentences; a mistake is said at its field."""
    try:
        terms = parse_document(view.programme, dict(document), version_id=view.version.id)
    except FideliaError as refusal:
        put_at(form, refusal, form.places_in(POINTER))
        return ()
    said: Sequence[str] = words_of_terms(view, terms)["gift_card_words"]
    return said
