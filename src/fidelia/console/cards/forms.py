"""What people fill in about cards."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fidelia.cards.models import CardSeries
from fidelia.cards.operations import NewCardSeries
from fidelia.kernel.localized import LocalizedText


class SeriesForm(forms.Form):
    """A series of cards to create."""

    programme = forms.ChoiceField(label=_("Programme"))
    name_fr = forms.CharField(label=_("Name in French"), max_length=150)
    name_en = forms.CharField(label=_("Name in English"), max_length=150)
    key = forms.SlugField(label=_("Key"), max_length=60, help_text=_("Short, without spaces: shop-cards"))
    kind = forms.ChoiceField(
        label=_("Numbers"), widget=forms.RadioSelect, initial="ean13",
        choices=(("ean13", _("EAN-13, as any till reads it")), ("pattern", _("A pattern of letters and digits"))),
    )  # fmt: skip
    beginning = forms.CharField(
        label=_("Beginning of the EAN-13"), required=False, max_length=9,
        help_text=_("20 to 29 are free for a shop’s own use, such as 299."),
    )  # fmt: skip
    is_running = forms.BooleanField(
        label=_("One after the other"), required=False, help_text=_("Otherwise drawn: nobody knows one by another."),
    )  # fmt: skip
    first_number = forms.IntegerField(label=_("Begin at"), required=False, min_value=0, initial=0)
    pattern = forms.CharField(
        label=_("Pattern"), required=False, max_length=64, help_text=_("Each # is a letter drawn: CLUB-####-####")
    )
    validity_months = forms.IntegerField(
        label=_("Months a card is valid"), required=False, min_value=1, max_value=600,
        help_text=_("Counted from the day it is given. Empty: it never ends by itself."),
    )  # fmt: skip
    is_digital = forms.BooleanField(
        label=_("Given on a screen to members who have no card"), required=False
    )  # fmt: skip

    def __init__(self, *args: Any, programmes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["programme"]
        assert isinstance(field, forms.ChoiceField), "as it is declared above"
        field.choices = programmes

    def series(self) -> NewCardSeries:
        given = self.cleaned_data
        is_ean = given["kind"] == CardSeries.Kind.EAN13
        return NewCardSeries(
            key=given["key"], name=LocalizedText(en=given["name_en"], fr=given["name_fr"]), kind=given["kind"],
            prefix=given["beginning"], pattern=given["pattern"], is_running=is_ean and given["is_running"],
            first_number=given["first_number"] or 0, is_digital=given["is_digital"],
            validity_months=given["validity_months"],
        )  # fmt: skip


class CardCountForm(forms.Form):
    """How many cards to make."""

    count = forms.IntegerField(label=_("How many cards"), min_value=1, max_value=5_000_000, initial=500)


class ReasonForm(forms.Form):
    """Why something is done to a card."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)


class ReplacementForm(ReasonForm):
    """The card that takes the place."""

    number = forms.CharField(
        label=_("Number of the new card"), required=False, max_length=100,
        help_text=_("Scan one out of the drawer. Empty: a new number of the same series."),
    )  # fmt: skip


class RegistrationForm(forms.Form):
    """Whose card it is."""

    given_name = forms.CharField(label=_("First name"), required=False, max_length=150)
    family_name = forms.CharField(label=_("Family name"), required=False, max_length=150)
    email = forms.CharField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)
