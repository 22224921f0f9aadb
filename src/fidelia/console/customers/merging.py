"""Two records of one person: found, looked at side by side, and made one.

A merge is not undone. Points move with their lots and are spent afterwards from both; tiers are derived from what
both bought; purchases made since belong to the one person, and nothing says to which of the two they would go back.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.customers.models import ContactPoint
from fidelia.customers.operations import update_customer
from fidelia.customers.queries import Duplicate, find_duplicates, ids_of
from fidelia.kernel.addresses import readable_phone
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.ledger.queries import get_balance
from fidelia.persons.operations import merge_customers
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import list_enrolments, tier_standing
from fidelia.programme.queries.words import in_points
from fidelia.ui.formats import numeric_date

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import put_on
from ..words import FACTS, LANGUAGES
from .reading import Dossier, frame_of, read_dossier

MERGE = "customer.merge"
SOURCE = "console"
REASONS = {
    "identity": _("the same card or log-in, now or before"),
    "email": _("the same e-mail address"),
    "phone": _("the same telephone number"),
    "name_and_birthday": _("the same name and birthday"),
    "near_name_and_birthday": _("a near name and the same birthday"),
    "name": _("the same name"),
}
CHOSEN = ("given_name", "family_name", "company_name", "birth_on", "town", "postal_code", "country", "language")


class MergeForm(forms.Form):
    """Which record stays, what differing facts say, and why; ticked that it is understood."""

    stays = forms.ChoiceField(label=_("Which record stays"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why they are one person"), max_length=300, required=False)
    understood = forms.BooleanField(label=_("I have looked at both: they are one person, and this is not undone."))

    def __init__(self, one: Dossier, other: Dossier, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sides = [(str(each.customer.id), each.name) for each in (one, other)]
        self.fields["stays"].choices = sides  # type: ignore[attr-defined]
        self.differing = [name for name in CHOSEN if _said(one, name) != _said(other, name)]
        for name in self.differing:
            choices = [(side, _said(each, name) or "—") for side, each in (("one", one), ("other", other))]
            first = "one" if _said(one, name) else "other"
            self.fields[name] = forms.ChoiceField(
                label=str(FACTS.get(name, name)), choices=choices, widget=forms.RadioSelect, initial=first
            )


@signed_in
def duplicates(request: ConsoleRequest, customer_id: UUID) -> HttpResponseBase:
    """The records that may be of the same person, with the reason for each."""
    dossier = _open_to(request, customer_id)
    rows = [_row(dossier, one) for one in find_duplicates(by=request.actor, customer_id=customer_id)]
    context = frame_of(dossier, "console:customer-record") | {"rows": rows}
    return show(request, "console/customers/duplicates.html", context)


@signed_in
def merge(request: ConsoleRequest, customer_id: UUID, other_id: UUID) -> HttpResponseBase:
    """Both side by side, what will happen, and the merge."""
    one, other = _open_to(request, customer_id), _open_to(request, other_id)
    if other.customer.id in one.ids:
        messages.info(request, _t("They are one person already."))
        return redirect("console:customer", customer_id=one.customer.id)
    form = MergeForm(one, other, request.POST or None, initial={"stays": str(_older(one, other).customer.id)})
    if request.method == "POST" and form.is_valid() and _merge(request, form, one, other):
        messages.success(request, _t("The two records are one person now."))
        return redirect("console:customer", customer_id=form.cleaned_data["stays"])
    context = frame_of(one, "console:customer-record") | {
        "form": form,
        "facts_form": [form[name] for name in form.differing],
        "sides": [_side(one), _side(other)],
        "effects": _effects(one, other),
    }
    return show(request, "console/customers/merge.html", context, status=422 if form.errors else 200)


def _merge(request: ConsoleRequest, form: MergeForm, one: Dossier, other: Dossier) -> bool:
    """Merge, and let the record that stays say what was chosen; False with the refusal on the form."""
    said = form.cleaned_data
    kept, gone = (one, other) if said["stays"] == str(one.customer.id) else (other, one)
    sides = {"one": one, "other": other}
    changes = {
        name: getattr(sides[said[name]].customer, name)
        for name in form.differing
        if getattr(sides[said[name]].customer, name) != getattr(kept.customer, name)
    }
    try:
        merge_customers(
            by=request.actor, at=one.at, customer_id=gone.customer.id, into=kept.customer.id, reason=said["reason"]
        )
        if changes and kept.may("customer.change"):
            update_customer(
                by=request.actor, at=one.at, customer_id=kept.customer.id, changes=changes, source=SOURCE
            )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


def _open_to(request: ConsoleRequest, customer_id: UUID) -> Dossier:
    dossier = read_dossier(request, customer_id)
    request.actor.require(MERGE, dossier.scope)
    return dossier


def _row(dossier: Dossier, found: Duplicate) -> dict[str, Any]:
    one = found.customer
    return {
        "customer": one,
        "name": one.display_name or "—",
        "reasons": [REASONS[reason] for reason in found.reasons],
        "is_sure": found.reasons[0] in ("identity", "name_and_birthday") or len(found.reasons) > 1,
        "town": " ".join(filter(None, (one.postal_code, one.town))),
        "birth_on": one.birth_on,
        "programmes": [each.programme.name.in_language(dossier.speech.language) for each in _memberships(one.id)],
    }


def _side(dossier: Dossier) -> dict[str, Any]:
    points = dossier.card.contact_points
    return {
        "d": dossier,
        "facts": [(FACTS.get(name, name), _said(dossier, name) or "—") for name in CHOSEN],
        "reached": [_readable(each) for each in points if each.status != "retired"] if points is not None else None,
        "named": [each.value for each in dossier.card.identities],
        "memberships": [_membership(dossier, each) for each in _memberships(dossier.customer.id)],
    }


def _readable(point: ContactPoint) -> str:
    return readable_phone(point.value) if point.channel == "phone" else point.value


def _membership(dossier: Dossier, enrolment: Enrolment) -> dict[str, str]:
    language = dossier.speech.language
    currency = enrolment.programme.points_currency
    held = get_balance(account_id=enrolment.account_id, currency=currency.code, at=dossier.at)
    standing = tier_standing(enrolment, dossier.at, "")
    tier = standing.held.name.in_language(language) if standing is not None and standing.held is not None else ""
    return {
        "programme": enrolment.programme.name.in_language(language),
        "points": in_points(held.available, currency, language),
        "tier": tier,
    }


def _effects(one: Dossier, other: Dossier) -> list[str]:
    """Say what a merge of these two does, programme by programme."""
    language = one.speech.language
    mine, theirs = ({each.programme_id: each for each in _memberships(side.customer.id)} for side in (one, other))
    said = []
    for id in mine.keys() & theirs.keys():
        programme = mine[id].programme
        currency = programme.points_currency
        together = sum(
            get_balance(account_id=account, currency=currency.code, at=one.at).available
            for account in {mine[id].account_id, theirs[id].account_id}
        )
        said.append(
            _t("%(programme)s: the two memberships become one, with %(points)s; the tier is derived anew from both.")
            % {"programme": programme.name.in_language(language), "points": in_points(together, currency, language)}
        )
    for id in mine.keys() ^ theirs.keys():
        name = (mine.get(id) or theirs[id]).programme.name.in_language(language)
        said.append(_t("%(programme)s: the one membership stays as it is.") % {"programme": name})
    return [
        *sorted(said),
        _t(
            "Cards, addresses, purchases, vouchers, consents and messages of both are the person’s; the last word on "
            "each consent holds."
        ),
        _t("Points that are held for something open, or owed, refuse the merge; so do two different family pools."),
    ]


def _memberships(customer_id: UUID) -> list[Enrolment]:
    return [each for each in list_enrolments(ids_of(customer_id)) if each.ended_at is None]


def _older(one: Dossier, other: Dossier) -> Dossier:
    """The record that stays by itself: a member's before another's, then the older."""
    return min((one, other), key=lambda each: (not _memberships(each.customer.id), each.customer.acquired_at))


def _said(dossier: Dossier, name: str) -> str:
    value = getattr(dossier.customer, name)
    if isinstance(value, date):
        return numeric_date(value)
    return str(LANGUAGES.get(value, value)) if name == "language" else str(value or "")
