"""The forms of the entries of a draft: a chèque that points become, an exchange of points for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fidelia.programme.models import Programme
from fidelia.rules.cheque_terms import SCALE_MAX, STEPS_OF_A_SUM_MAX
from fidelia.rules.reading import DAYS_MAX, MONTHS_MAX

from .programme_fields import (
    ENDS,
    AmountField,
    Document,
    NoticeField,
    currency_choices,
    dates_of,
    money_scale,
    points_scales,
    span_fields,
    span_of,
    without,
)

CHEQUE_DEFAULTS = {
    "currency": "", "issued": "at_once", "each": "sum", "remainder": "carried", "purpose": "multi",
    "on_return": "withdraw", "debt": "points", "divisible": False,
}  # fmt: skip
CONVERSION_DEFAULTS = {"rounding": "down"}
CHEQUE_PLACES = (
    ("/name", "name_en"), ("/validity/months", "validity_months"), ("/validity/days", "validity_days"),
    ("/validity/ends", "fixed_dates"), ("/validity", "validity_months"), ("/issued/", "issued_dates"),
)  # fmt: skip
CONVERSION_PLACES = (("/from", "source"), ("/to", "target"))


STEPS_SHOWN = 2


class TermForm(forms.Form):
    """One entry of a list of the document; `amounts` are its fields counted in points or in money, by name."""

    places: Sequence[tuple[str, str]] = ()

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

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields that stand together, under their headings, which may be empty."""
        return [("", self.visible_fields())]

    def grouped(self, names: Sequence[tuple[Any, Sequence[str]]]) -> list[tuple[Any, list[forms.BoundField]]]:
        """Return fields by their names under their headings, without those that are hidden."""
        return [(title, [self[name] for name in each if not self[name].is_hidden]) for title, each in names]

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
    points = AmountField(label=_("So many points"), scale=0)
    money = AmountField(label=_("become so much money"), scale=2)
    issued = forms.ChoiceField(
        label=_("Issued"),
        choices=(("at_once", _("as soon as they are there")), ("nightly", _("in the night")),
                 ("month", _("at the beginning of each month")), ("quarter", _("at the beginning of each quarter")),
                 ("half_year", _("at the beginning of each half-year")), ("year", _("at the beginning of each year")),
                 ("anniversary", _("on each anniversary of joining")), ("dates", _("on dates of the year"))),
    )  # fmt: skip
    issued_dates = forms.CharField(
        label=_("On which dates"), required=False, max_length=120, help_text=_("Month-day, such as 03-31, 09-30.")
    )
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
        self._add_steps(scale)
        if self.initial.get("key"):
            self.fields["key"].disabled = True

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        steps = [name for pair in self._pairs() for name in pair]
        return self.grouped((
            (_("What it is called"), ("key", "currency")),
            ("", ("name_en", "name_fr")),
            (_("What it is made of"), steps),
            ("", ("issued", "issued_dates", "minimum", "maximum", "each", "remainder")),
            (_("How long it lives"), ("validity_months", "validity_days", "ends", "fixed_dates", "starts_after_days",
                                      "notice_days")),
            (_("How it is used"), ("minimum_basket", "per_checkout", "purpose", "divisible")),
            (_("When a purchase comes back"), ("on_return", "debt")),
        ))  # fmt: skip

    def _add_steps(self, scale: int) -> None:
        """Add the fields of the further steps of a scale: those that are there, and one to add."""
        known = [name for name in self.data if name.startswith("points_") and name.removeprefix("points_").isdecimal()]
        shown = max(len(self.initial.get("scale") or ()) + 1, STEPS_SHOWN, len(known) + 1)
        for n in range(2, min(shown, SCALE_MAX) + 1):
            self.fields[f"points_{n}"] = AmountField(label=_("And so many points"), scale=scale, required=False)
            self.fields[f"money_{n}"] = AmountField(
                label=_("so much money"), scale=money_scale(self.programme), required=False,
                help_text=_("A further step: the dearest that is reached counts first."),
            )  # fmt: skip

    def _pairs(self) -> list[tuple[str, str]]:
        """The names of the fields of each step, from the lowest."""
        further = [n for n in range(2, SCALE_MAX + 1) if f"points_{n}" in self.fields]
        return [("points", "money"), *((f"points_{n}", f"money_{n}") for n in further)]

    def places_in(self, pointer: str) -> list[tuple[str, str]]:
        steps = [
            (f"{pointer}/scale/{n}/{name.partition('_')[0]}", name)
            for n, pair in enumerate(self._pairs())
            for name in pair
        ]
        wholes = [(f"{pointer}/scale/{n}", pair[0]) for n, pair in enumerate(self._pairs())]
        return [*steps, *reversed(wholes), *super().places_in(pointer)]

    def clean(self) -> dict[str, Any]:
        """Of a further step both are said or none; dates are said where it is issued on dates."""
        said: dict[str, Any] = super().clean() or {}
        for points, money in self._pairs()[1:]:
            if bool(said.get(points)) != bool(said.get(money)):
                self.add_error(money if said.get(points) else points, _("Say both, or leave both empty."))
        if said.get("issued") == "dates" and not dates_of(said.get("issued_dates") or ""):
            self.add_error("issued_dates", _("Write at least one date."))
        return said

    @staticmethod
    def values_of(entry: Document) -> dict[str, Any]:
        """Return an entry of the document as the values of the fields."""
        name = entry.get("name") or {"en": "Loyalty cheque", "fr": "Chèque fidélité"}
        return {
            **CHEQUE_DEFAULTS, **entry, **span_fields(entry.get("validity")), "key": entry.get("key", "cheque"),
            "name_en": name["en"], "name_fr": name["fr"], **_steps_of(entry), **_issued_of(entry),
        }  # fmt: skip

    def entry(self) -> dict[str, Any]:
        said = self.cleaned_data
        plain = {name: said[name] for name in ("currency", "issued", "minimum", "maximum", "each", "remainder")}
        if said["issued"] == "dates":
            plain["issued"] = dates_of(said["issued_dates"])
        steps = [{"points": said[points], "money": said[money]} for points, money in self._pairs() if said[points]]
        plain |= (steps[0] if len(steps) == 1 else {"scale": steps}) | {"validity": span_of(said)}
        plain |= {
            name: said[name]
            for name in ("starts_after_days", "minimum_basket", "per_checkout", "divisible", "purpose", "on_return",
                         "debt", "notice_days")
        }  # fmt: skip
        named = {"key": said["key"], "name": {"en": said["name_en"], "fr": said["name_fr"]}}
        return named | without(plain, CHEQUE_DEFAULTS | {"starts_after_days": 0})


def _steps_of(entry: Document) -> dict[str, Any]:
    """Return the steps of a chèque as values of the fields, the lowest first."""
    values: dict[str, Any] = {}
    for n, step in enumerate(entry.get("scale") or (), start=1):
        end = "" if n == 1 else f"_{n}"
        values |= {f"points{end}": step.get("points"), f"money{end}": step.get("money")}
    return values


def _issued_of(entry: Document) -> dict[str, Any]:
    """Return when it is issued as values of the fields."""
    issued = entry.get("issued", CHEQUE_DEFAULTS["issued"])
    if isinstance(issued, list):
        return {"issued": "dates", "issued_dates": ", ".join(map(str, issued))}
    return {"issued": issued}


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
