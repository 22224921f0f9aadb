"""What people fill in about coupons, gift cards and stock."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.localized import LocalizedText
from fidelia.rewards.operations import SeriesTerms

DAY = {"type": "date"}


class TermsForm(forms.Form):
    """What a series of coupons says."""

    name_fr = forms.CharField(label=_("Name in French"), max_length=150)
    name_en = forms.CharField(label=_("Name in English"), max_length=150)
    valid_from = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    valid_until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        help_text=_("Empty: it never ends by itself."),
    )  # fmt: skip
    uses = forms.IntegerField(
        label=_("Uses in all"), required=False, min_value=1, help_text=_("Empty: as often as people like.")
    )
    uses_per_code = forms.IntegerField(label=_("Uses of each code"), required=False, min_value=1)
    uses_per_member = forms.IntegerField(
        label=_("Uses by each member"), required=False, min_value=1,
        help_text=_("With this, the coupon works for members only."),
    )  # fmt: skip

    def terms(self) -> SeriesTerms:
        given = self.cleaned_data
        names = ("valid_from", "valid_until", "uses", "uses_per_code", "uses_per_member")
        return SeriesTerms(
            name=LocalizedText(en=given["name_en"], fr=given["name_fr"]), **{name: given[name] for name in names}
        )


class SeriesForm(TermsForm):
    """A series to create."""

    programme = forms.ChoiceField(label=_("Programme"))
    kind = forms.ChoiceField(
        label=_("Codes"), widget=forms.RadioSelect, initial="generic",
        choices=(("generic", _("One code for everybody")), ("unique", _("Each code another, drawn or brought in"))),
    )  # fmt: skip
    pattern = forms.CharField(
        label=_("Code, or pattern of the codes"), max_length=64,
        help_text=_("BIENVENUE is one code. In a pattern each # is a letter drawn: NOEL-####-####."),
    )  # fmt: skip
    key = forms.CharField(label=_("Key"), max_length=60, help_text=_("By which rules name it, such as noel-2026."))
    is_assigned = forms.BooleanField(label=_("Each code works only for the member it was given to"), required=False)
    field_order = ("programme", "name_fr", "name_en", "kind", "pattern", "key", "valid_from", "valid_until")

    def __init__(self, *args: Any, programmes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = programmes  # type: ignore[attr-defined]


class CountForm(forms.Form):
    """How many codes to draw."""

    count = forms.IntegerField(label=_("How many codes"), min_value=1, max_value=10_000_000, initial=1_000)


class SaleForm(forms.Form):
    """A gift card to sell."""

    programme = forms.ChoiceField(label=_("Programme"))
    amount = forms.CharField(label=_("Amount"), max_length=20, help_text=_("Such as 50.00."))
    valid_until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        help_text=_("What the buyer is told. Empty: the day that the terms of the programme say, if any."),
    )  # fmt: skip

    def __init__(self, *args: Any, programmes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = programmes  # type: ignore[attr-defined]


class RefundForm(forms.Form):
    """Why the money of a card is paid out."""

    note = forms.CharField(label=_("Reason"), max_length=300)


class StockForm(forms.Form):
    """Pieces to give away."""

    programme = forms.ChoiceField(label=_("Programme"))
    name_fr = forms.CharField(label=_("Name in French"), max_length=150)
    name_en = forms.CharField(label=_("Name in English"), max_length=150)
    key = forms.CharField(label=_("Key"), max_length=60, help_text=_("By which rules name it, such as mug."))
    product_code = forms.CharField(label=_("Product code"), max_length=64, required=False)
    pieces = forms.IntegerField(
        label=_("Pieces"), required=False, min_value=0, help_text=_("Empty: there is no end of it.")
    )

    def __init__(self, *args: Any, programmes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = programmes  # type: ignore[attr-defined]


class PiecesForm(forms.Form):
    """How many pieces there are in all."""

    pieces = forms.IntegerField(label=_("Pieces in all"), required=False, min_value=0)


class TopUpForm(forms.Form):
    """More money for a gift card."""

    amount = forms.CharField(label=_("Amount"), max_length=20, help_text=_("Such as 50.00."))
    note = forms.CharField(label=_("Reason"), max_length=300, required=False)


class SegmentGiftForm(forms.Form):
    """Whom to give a code each, and whether a letter tells them."""

    segment = forms.ChoiceField(label=_("Segment"))
    told = forms.BooleanField(
        label=_("Tell them by e-mail"), required=False,
        help_text=_("In each member’s language, only to those who agreed to offers by e-mail."),
    )  # fmt: skip

    def __init__(self, *args: Any, segments: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].choices = segments  # type: ignore[attr-defined]
