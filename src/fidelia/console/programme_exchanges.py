"""The chèques of a draft and the exchanges of its points, each as a form beside the sentences of what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.operations import change_draft
from fidelia.programme.queries import parse_document
from fidelia.rules.cheque_terms import CHEQUES_MAX, STEPS_OF_A_SUM_MAX
from fidelia.rules.conversion_terms import CONVERSIONS_MAX
from fidelia.rules.reading import DAYS_MAX, MONTHS_MAX

from .pages import ConsoleRequest, signed_in
from .programme_fields import (
    ENDS,
    AmountField,
    Document,
    NoticeField,
    currency_choices,
    money_scale,
    points_scales,
    put_at,
    save_in_draft,
    span_fields,
    span_of,
    without,
)
from .programme_parts import VersionView, words_of_terms
from .programmes import show_part, view_at

CHEQUE_DEFAULTS = {
    "currency": "", "issued": "at_once", "each": "sum", "remainder": "carried", "purpose": "multi",
    "on_return": "withdraw", "debt": "points", "divisible": False,
}  # fmt: skip
CONVERSION_DEFAULTS = {"rounding": "down"}
KEPT = {
    "scale": _("Its scale of steps is changed in the document and stays as it is here."),
    "issued": _("The dates on which it is issued are changed in the document and stay as they are here."),
}
CHEQUE_PLACES = (
    ("/name", "name_en"), ("/validity/months", "validity_months"), ("/validity/days", "validity_days"),
    ("/validity/ends", "fixed_dates"), ("/validity", "validity_months"),
)  # fmt: skip
CONVERSION_PLACES = (("/from", "source"), ("/to", "target"))


class TermForm(forms.Form):
    """One entry of a list of the document; `amounts` are its fields counted in points or in money, by name."""

    places: Sequence[tuple[str, str]] = ()
    notes: Sequence[Any] = ()  # what the form does not show of the entry, in sentences

    def __init__(self, programme: Programme, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programme = programme

    def count_in(self, scale: int, *names: str, money: bool = False) -> None:
        """Let fields be amounts of so many decimals, with the money's name where it is one."""
        for name in names:
            field = self.fields[name]
            assert isinstance(field, AmountField)
            field.scale = scale
            if money:
                field.help_text = field.help_text or self.programme.currency

    def chosen(self, name: str) -> str:
        """Return what is chosen in a field before it is checked."""
        value = self[name].value()
        return value if isinstance(value, str) else ""

    def places_in(self, pointer: str) -> list[tuple[str, str]]:
        """Return the beginnings of pointers below the entry's, and the fields that answer for them."""
        named = [*self.places, *((f"/{name}", name) for name in self.fields)]
        return [(pointer + begins, name) for begins, name in named]

    def entry(self) -> dict[str, Any]:
        """Return what the form says as the document has it."""
        raise NotImplementedError


class ChequeForm(TermForm):
    """A kind of chèque fidélité; an empty field is left out of the document."""

    places = CHEQUE_PLACES

    key = forms.RegexField(
        r"^[A-Za-z_][A-Za-z0-9_-]*$", label=_("Key"), max_length=40,
        help_text=_("By which files and tills name it; it stays."),
        error_messages={"invalid": _("Letters, digits and hyphens, with a letter first.")},
    )  # fmt: skip
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    name_fr = forms.CharField(label=_("Name in French"), max_length=80)
    currency = forms.ChoiceField(label=_("Made of"), required=False)
    points = AmountField(
        label=_("So many points"), scale=0, help_text=_("A scale of several steps is written in the document.")
    )
    money = AmountField(label=_("become so much money"), scale=2)
    issued = forms.ChoiceField(
        label=_("Issued"),
        choices=(("at_once", _("as soon as they are there")), ("nightly", _("in the night")),
                 ("month", _("at the beginning of each month")), ("quarter", _("at the beginning of each quarter")),
                 ("half_year", _("at the beginning of each half-year")), ("year", _("at the beginning of each year")),
                 ("anniversary", _("on each anniversary of joining"))),
        help_text=_("Dates of the year of one’s own are written in the document."),
    )  # fmt: skip
    minimum = AmountField(label=_("From how many points"), scale=0, required=False)
    each = forms.ChoiceField(
        label=_("Several steps at once make"),
        choices=(("sum", _("one voucher together")), ("step", _("a voucher each"))),
    )
    maximum = forms.IntegerField(
        label=_("At most how many steps at a time"), required=False, min_value=1, max_value=STEPS_OF_A_SUM_MAX
    )
    remainder = forms.ChoiceField(
        label=_("What makes no whole step"), choices=(("carried", _("stays for the next one")), ("lost", _("is gone")))
    )
    validity_months = forms.IntegerField(
        label=_("Valid for months"), required=False, min_value=0, max_value=MONTHS_MAX,
        help_text=_("Without months, days and dates it never ends."),
    )  # fmt: skip
    validity_days = forms.IntegerField(label=_("And days"), required=False, min_value=0, max_value=DAYS_MAX)
    ends = forms.ChoiceField(label=_("Rounded up to the"), choices=ENDS)
    fixed_dates = forms.CharField(
        label=_("Or to fixed dates"), required=False, max_length=120, help_text=_("Month-day, such as 03-31, 09-30.")
    )
    starts_after_days = forms.IntegerField(
        label=_("Usable after so many days"), required=False, min_value=0, max_value=366
    )
    minimum_basket = AmountField(label=_("Smallest basket"), scale=2, required=False)
    per_checkout = forms.IntegerField(
        label=_("How many one checkout takes"), required=False, min_value=1, max_value=100,
        help_text=_("Empty: any number."),
    )  # fmt: skip
    divisible = forms.BooleanField(label=_("It can be spent in parts"), required=False)
    purpose = forms.ChoiceField(
        label=_("For the VAT"),
        choices=(("multi", _("multi-purpose: taxed when it is used")),
                 ("single", _("single-purpose: taxed when it is issued"))),
    )  # fmt: skip
    on_return = forms.ChoiceField(
        label=_("Unused, when the purchase behind it is returned"),
        choices=(("withdraw", _("it is withdrawn, and its points are back")), ("keep", _("it stays"))),
    )
    debt = forms.ChoiceField(
        label=_("Used, when the purchase behind it is returned"),
        choices=(("points", _("the balance pays as the points currency says")),
                 ("next_cheque", _("what is missing is taken from the next one"))),
    )  # fmt: skip
    notice_days = NoticeField(
        label=_("Days of notice before the end"), required=False, max_length=40, help_text=_("Such as 30, 7.")
    )

    def __init__(self, programme: Programme, *args: Any, **kwargs: Any) -> None:
        super().__init__(programme, *args, **kwargs)
        choices = currency_choices(programme)
        self.fields["currency"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["currency"].widget = forms.HiddenInput()
        scale = points_scales(programme).get(self.chosen("currency"), 0)
        self.count_in(scale, "points", "minimum")
        self.count_in(money_scale(programme), "money", "minimum_basket", money=True)
        if self.initial.get("key"):
            self.fields["key"].disabled = True
        # A scale and dates of the year are written in the text of the document; here they stay as they are.
        self.kept = {name: self.initial[name] for name in ("scale",) if self.initial.get(name)}
        if self.kept:
            del self.fields["points"], self.fields["money"]
        if isinstance(self.initial.get("issued"), list):
            self.kept["issued"] = self.initial["issued"]
            del self.fields["issued"]
        self.notes = [KEPT[name] for name in self.kept]

    @staticmethod
    def values_of(entry: Document) -> dict[str, Any]:
        """Return an entry of the document as the values of the fields."""
        name = entry.get("name") or {"en": "Loyalty cheque", "fr": "Chèque fidélité"}
        return {
            **CHEQUE_DEFAULTS, **entry, **span_fields(entry.get("validity")), "key": entry.get("key", "cheque"),
            "name_en": name["en"], "name_fr": name["fr"],
        }  # fmt: skip

    def entry(self) -> dict[str, Any]:
        said = self.cleaned_data
        plain = {
            name: said[name]
            for name in ("currency", "points", "money", "issued", "minimum", "maximum", "each", "remainder")
            if name in said
        } | {"validity": span_of(said)}
        plain |= {
            name: said[name]
            for name in ("starts_after_days", "minimum_basket", "per_checkout", "divisible", "purpose", "on_return",
                         "debt", "notice_days")
        }  # fmt: skip
        named = {"key": said["key"], "name": {"en": said["name_en"], "fr": said["name_fr"]}}
        return named | self.kept | without(plain, CHEQUE_DEFAULTS | {"starts_after_days": 0})


class ConversionForm(TermForm):
    """A way to exchange points of one currency for those of another."""

    places = CONVERSION_PLACES

    source = forms.ChoiceField(label=_("Points of"), required=False)
    target = forms.ChoiceField(label=_("for points of"), required=False)
    points = AmountField(label=_("So many points"), scale=0)
    gives = AmountField(label=_("give so many"), scale=0)
    minimum = AmountField(label=_("At least at a time"), scale=0, required=False)
    maximum = AmountField(label=_("At most at a time"), scale=0, required=False)
    step = AmountField(label=_("In steps of"), scale=0, required=False)
    fee = AmountField(label=_("Kept of what is taken"), scale=0, least=0, required=False)
    bonus_each = AmountField(label=_("For each full"), scale=0, required=False)
    bonus_gives = AmountField(label=_("so many more"), scale=0, required=False)
    rounding = forms.ChoiceField(
        label=_("What the rate leaves over"),
        choices=(("down", _("is rounded down")), ("up", _("is rounded up")),
                 ("half_up", _("is rounded to the nearest, halves up")),
                 ("half_down", _("is rounded to the nearest, halves down")),
                 ("half_even", _("is rounded to the nearest, halves to even")),
                 ("half_odd", _("is rounded to the nearest, halves to odd")),
                 ("floor", _("is rounded to the lower")), ("ceiling", _("is rounded to the higher"))),
    )  # fmt: skip

    def __init__(self, programme: Programme, *args: Any, **kwargs: Any) -> None:
        super().__init__(programme, *args, **kwargs)
        for name in ("source", "target"):
            self.fields[name].choices = currency_choices(programme)  # type: ignore[attr-defined]
        scales = points_scales(programme)
        self.count_in(scales.get(self.chosen("source"), 0), "points", "minimum", "maximum", "step", "fee", "bonus_each")
        self.count_in(scales.get(self.chosen("target"), 0), "gives", "bonus_gives")

    @staticmethod
    def values_of(entry: Document) -> dict[str, Any]:
        """Return an entry of the document as the values of the fields."""
        bonus = {f"bonus_{name}": amount for name, amount in (entry.get("bonus") or {}).items()}
        return {**CONVERSION_DEFAULTS, **entry, **bonus, "source": entry.get("from", ""), "target": entry.get("to", "")}

    def entry(self) -> dict[str, Any]:
        said = self.cleaned_data
        amounts = ("points", "gives", "minimum", "maximum", "step", "fee", "rounding")
        plain = {"from": said["source"], "to": said["target"], **{name: said[name] for name in amounts}}
        bonus = {"each": said["bonus_each"], "gives": said["bonus_gives"]}
        more = {"bonus": bonus} if any(bonus.values()) else {}
        return without(plain, CONVERSION_DEFAULTS | {"fee": "0"}) | more


@require_http_methods(["GET", "POST"])
@signed_in
def cheque(request: ConsoleRequest, slug: str, number: int, key: str = "") -> HttpResponseBase:
    """A kind of chèque of a draft, or a new one without `key`."""
    view = view_at(request, slug, number)
    entries = view.version.document.get("cheques") or []
    place = _place_of(entries, lambda entry: entry.get("key", "cheque") == key) if key else len(entries)
    initial = ChequeForm.values_of(entries[place]) if key else {"validity_months": 3, **CHEQUE_DEFAULTS}
    form = ChequeForm(view.programme, request.POST or None, initial=initial)
    return _edit(request, view, form, "cheques", place, CHEQUES_MAX)


@require_http_methods(["GET", "POST"])
@signed_in
def conversion(request: ConsoleRequest, slug: str, number: int, place: int | None = None) -> HttpResponseBase:
    """A way to exchange points of a draft, counted from 1, or a new one without `place`."""
    view = view_at(request, slug, number)
    entries = view.version.document.get("conversions") or []
    if place is not None and not 1 <= place <= len(entries):
        raise Http404
    at = len(entries) if place is None else place - 1
    initial = dict(CONVERSION_DEFAULTS) if place is None else ConversionForm.values_of(entries[at])
    form = ConversionForm(view.programme, request.POST or None, initial=initial)
    return _edit(request, view, form, "conversions", at, CONVERSIONS_MAX)


@require_POST
@signed_in
def remove(request: ConsoleRequest, slug: str, number: int, part: str, place: int) -> HttpResponseBase:
    """Take an entry out of a draft's `cheques` or `conversions`, counted from 1."""
    view = view_at(request, slug, number)
    entries = list(view.version.document.get(part) or [])
    if part not in PARTS or not 1 <= place <= len(entries):
        raise Http404
    del entries[place - 1]
    document = {name: value for name, value in view.version.document.items() if name != part}
    document |= {part: entries} if entries else {}
    change_draft(by=request.actor, at=clock.now(), version=view.version, document=document, note=view.version.note)
    messages.success(request, _t("Taken out of the draft; what members hold already stays as it is."))
    return redirect("console:version-points", slug=slug, number=number)


def _edit(  # noqa: PLR0917
    request: ConsoleRequest, view: VersionView, form: TermForm, part: str, place: int, most: int
) -> HttpResponseBase:
    """Show a form beside what it means; save it, or with the button “say it in words” only read it."""
    words: Sequence[str] = ()
    entries = list(view.version.document.get(part) or [])
    is_new = place == len(entries)
    if request.method == "POST" and form.is_valid():
        entries[place:] = [form.entry(), *entries[place + 1 :]]
        document = {**view.version.document, part: entries}
        places = form.places_in(f"/{part}/{place}")
        if "words" in request.POST:
            words = _said(view, document, form, part, place)
        elif save_in_draft(request, view, document, form, places):
            return redirect("console:version-points", slug=view.programme.slug, number=view.version.number)
    elif request.method == "GET" and not is_new:
        words = PARTS[part](words_of_terms(view))[place]
    context = {
        "form": form, "words": words, "place": place + 1, "is_new": is_new, "kind": part, "is_full": place >= most,
    }  # fmt: skip
    template = "console/programmes/edit_exchange.html"
    return show_part(request, view, "points", context, template=template, status=422 if form.errors else 200)


def _said(view: VersionView, document: Document, form: TermForm, part: str, place: int) -> Sequence[str]:
    """Return an entry that is not saved in sentences; a mistake is said at its field."""
    try:
        terms = parse_document(view.programme, dict(document), version_id=view.version.id)
    except FideliaError as refusal:
        put_at(form, refusal, form.places_in(f"/{part}/{place}"))
        return ()
    return PARTS[part](words_of_terms(view, terms))[place]


def _place_of(entries: Sequence[Document], is_it: Callable[[Document], bool]) -> int:
    found = next((n for n, entry in enumerate(entries) if is_it(entry)), None)
    if found is None:
        raise Http404
    return found


PARTS: Mapping[str, Callable[[Mapping[str, Any]], list[list[str]]]] = {
    "cheques": lambda words: [sentences for _key, _name, sentences in words["cheques"]],
    "conversions": lambda words: words["conversions"],
}
