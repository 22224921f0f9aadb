"""What people fill in about a reward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.calendar import last_day, local_day, zone_of
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.kernel.points import format_points, parse_points
from fidelia.programme.models import Programme
from fidelia.rewards.models import Reward
from fidelia.rewards.operations import RewardTerms
from fidelia.ui.pictures import read_picture

from .words import KINDS, tongue

DAY = {"type": "date"}
PICTURE_BYTES_MAX = 2_000_000


class RewardForm(forms.Form):
    """A reward to add, or to change: then its programme, key and kind stay."""

    programme = forms.ChoiceField(label=_("Programme"))
    name_fr = forms.CharField(label=_("Name in French"), max_length=150)
    name_en = forms.CharField(label=_("Name in English"), max_length=150)
    description_fr = forms.CharField(
        label=_("Description in French"), required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 2})
    )
    description_en = forms.CharField(
        label=_("Description in English"), required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 2})
    )
    picture = forms.FileField(label=_("Picture"), required=False, help_text=_("PNG, JPEG or WebP, at most 2 MB."))
    kind = forms.ChoiceField(label=_("Kind"), choices=tuple(KINDS.items()))
    key = forms.CharField(label=_("Key"), max_length=50, help_text=_("By which the API names it, such as mug-2026."))
    points = forms.CharField(label=_("Points"), max_length=16, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    money = forms.CharField(
        label=_("And money"), max_length=16, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("Paid when it is handed over. Empty: none."),
    )  # fmt: skip
    pieces = forms.IntegerField(
        label=_("Pieces in all"), required=False, min_value=0,
        help_text=_("Those given included. Empty: without end."),
    )  # fmt: skip
    per_member = forms.IntegerField(
        label=_("Pieces for each member"), required=False, min_value=1, max_value=10_000,
        help_text=_("Empty: as many as they like. A sample: 1."),
    )  # fmt: skip
    condition = forms.CharField(
        label=_("For whom"), required=False, max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "f-mono", "spellcheck": "false"}),
        help_text=_("In the language of rules, such as member.tier == \"gold\". Empty: every member."),
    )  # fmt: skip
    valid_from = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    valid_until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        help_text=_("Empty: it never ends by itself."),
    )  # fmt: skip
    voucher_amount = forms.CharField(
        label=_("Worth of the voucher"), required=False, max_length=16, help_text=_("Only for a voucher.")
    )
    voucher_days = forms.IntegerField(label=_("Days it is valid"), required=False, min_value=0, max_value=3_660)
    voucher_minimum = forms.CharField(label=_("Smallest basket"), required=False, max_length=16)
    voucher_purpose = forms.ChoiceField(
        label=_("VAT"), required=False,
        choices=(("multi", _("Multi-purpose: taxed when used")), ("single", _("Single-purpose: taxed when issued"))),
    )  # fmt: skip

    def __init__(
        self, *args: Any, programmes: Mapping[str, Programme] | None = None, own: Reward | None = None
    ) -> None:  # fmt: skip
        super().__init__(*args)
        self.initial = _known(own) if own is not None else {"points": "100"}
        if own is not None:
            for name in ("programme", "key"):
                del self.fields[name]
            self.fields["kind"].choices = [(own.kind, KINDS[own.kind])]  # type: ignore[attr-defined]
        else:
            named = [(id, one.name.in_language(tongue())) for id, one in (programmes or {}).items()]
            self.fields["programme"].choices = named  # type: ignore[attr-defined]

    def clean_picture(self) -> Any:
        """A picture is known by its bytes, not by its name."""
        file = self.cleaned_data["picture"]
        if file is None:
            return None
        if (file.size or 0) > PICTURE_BYTES_MAX:
            raise forms.ValidationError(_("This picture is larger than 2 MB."))
        content = file.read()
        file.seek(0)
        if read_picture(content) is None:
            raise forms.ValidationError(_("This is no PNG, JPEG or WebP picture."))
        return file


def terms_of(form: RewardForm, programme: Programme, picture_id: UUID | None) -> RewardTerms:
    """Return what the form says. Raises MalformedAmount with the field."""
    given = form.cleaned_data
    described = LocalizedText(
        en=given["description_en"] or given["description_fr"], fr=given["description_fr"] or given["description_en"]
    ) if given["description_en"] or given["description_fr"] else None  # fmt: skip
    worth = given["voucher_amount"]
    return RewardTerms(
        name=LocalizedText(en=given["name_en"], fr=given["name_fr"]),
        description=described,
        picture_id=picture_id,
        kind=given["kind"],
        points=parse_points(_plain(given["points"]), programme.points_currency.scale),
        money=_money(given["money"], programme),
        condition=given["condition"].strip(),
        per_member=given["per_member"],
        pieces=given["pieces"],
        valid_from=given["valid_from"],
        valid_until=given["valid_until"],
        voucher_amount=_money(worth, programme) if worth else None,
        voucher_days=given["voucher_days"],
        voucher_minimum=_money(given["voucher_minimum"], programme),
        voucher_purpose=given["voucher_purpose"] or "multi",
    )


def _money(text: str, programme: Programme) -> int:
    return Money.parse(_plain(text), programme.currency).minor if text else 0


def _plain(text: str) -> str:
    """People write a comma where they speak French."""
    return text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")


def _known(own: Reward) -> dict[str, Any]:
    zone, currency = zone_of(own.programme.time_zone), own.programme.currency
    same = ("kind", "condition", "per_member", "voucher_days", "voucher_purpose")
    return {
        **{name: getattr(own, name) for name in same},
        "name_fr": own.name.fr, "name_en": own.name.en,
        "description_fr": own.description.fr if own.description else "",
        "description_en": own.description.en if own.description else "",
        "points": format_points(own.points, own.programme.points_currency.scale),
        "money": Money(own.money, currency).text() if own.money else "",
        "pieces": None if own.stock is None else own.stock.pieces,
        "valid_from": local_day(own.valid_from, zone),
        "valid_until": None if own.valid_until is None else last_day(own.valid_until, zone),
        "voucher_amount": Money(own.voucher_amount, currency).text() if own.voucher_amount else "",
        "voucher_minimum": Money(own.voucher_minimum, currency).text() if own.voucher_minimum else "",
    }  # fmt: skip
