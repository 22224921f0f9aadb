"""Me: what they know about me, what they may send me, where I am logged in, and how I leave."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fidelia.customers.operations import add_contact_point, retire_contact_point, update_customer
from fidelia.customers.queries import find_address, list_contact_points
from fidelia.kernel.addresses import MalformedEmail, MalformedPhone, normalise_phone, readable_phone
from fidelia.kernel.errors import Invalid
from fidelia.kernel.sms import is_sms_open
from fidelia.members.errors import CodeOver, TextsClosed, WrongCode
from fidelia.members.operations import ask_address_code, confirm_address, end_session
from fidelia.members.queries import list_open_sessions
from fidelia.persons.queries import requests_of
from fidelia.ui.formats import date_time

from .door import MemberRequest, by_code_only, members_only, network_of
from .friends import referral_for
from .holdings import holdings_of
from .log_in import ASK_COOKIE_AGE, asked_in, digits_in_demo, how_to_write_an_address, is_over, said_of, shown_address
from .pages import show

ADDRESS_COOKIE = "fidelia_member_address"
SOURCE = "portal"


class ProfileForm(forms.Form):
    """What a member changes by herself; the day of birth is the shop's to change, for gifts hang on it."""

    given_name = forms.CharField(label=_("Given name"), max_length=150, required=False)
    family_name = forms.CharField(label=_("Family name"), max_length=150, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    town = forms.CharField(label=_("Town"), max_length=150, required=False)
    phone = forms.CharField(label=_("Mobile phone"), max_length=30, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


@require_safe
@members_only
def me(request: MemberRequest) -> HttpResponseBase:
    ids = request.person.ids
    asked = next((one for one in requests_of(ids) if one.state == "open"), None)
    context = {
        "by_text": is_sms_open(),
        "email": find_address(ids, "email"),
        "phone": readable_phone(find_address(ids, "phone") or ""),
        "asked": asked,
        "refers": referral_for(holdings_of(request)) is not None,
    }
    return show(request, "portal/me.html", context, here="me")


@members_only
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: MemberRequest) -> HttpResponseBase:
    """Facts of one's own; each change is kept with the former value."""
    form = ProfileForm(request.POST or None, initial=_initial(request))
    if is_sms_open() or request.session_row.how != "code":
        del form.fields["phone"]  # where it opens these pages it is proven first, and a letter can be passed on
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        with override(form.cleaned_data["language"]):
            messages.success(request, _t("Your details are changed."))
        return redirect("portal:me")
    return show(request, "portal/profile.html", {"form": form}, here="me", status=422 if form.errors else 200)


@by_code_only
@require_http_methods(["GET", "HEAD", "POST"])
def email(request: MemberRequest) -> HttpResponseBase:
    """Another address: proven by a code before it takes the place of the former."""
    ids = request.person.ids
    phone = readable_phone(find_address(ids, "phone") or "") if is_sms_open() else ""
    context: dict[str, Any] = {"email": find_address(ids, "email"), "phone": phone, "by_text": is_sms_open()}
    if request.method != "POST":
        return show(request, "portal/email.html", context, here="me")
    typed = request.POST.get("address", "")[:320]
    try:
        asked = ask_address_code(
            by=request.person.by, at=request.at, customer_id=request.person.id, address=typed,
            network=network_of(request), language=request.person.customer.language,
        )  # fmt: skip
    except (MalformedEmail, MalformedPhone, TextsClosed):
        context |= {"typed": typed, "mistake": how_to_write_an_address()}
        return show(request, "portal/email.html", context, here="me", status=422)
    response = redirect("portal:email-code")
    response.set_signed_cookie(
        ADDRESS_COOKIE, f"{asked.token} {asked.address}", max_age=ASK_COOKIE_AGE, secure=settings.BEHIND_TLS,
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


@by_code_only
@sensitive_post_parameters("digits")
@require_http_methods(["GET", "HEAD", "POST"])
def email_code(request: MemberRequest) -> HttpResponseBase:
    token, address = asked_in(request, ADDRESS_COOKIE)
    if not token:
        return redirect("portal:email")
    context: dict[str, Any] = {**shown_address(address), "shown": digits_in_demo(token)}
    if request.method != "POST":
        return show(request, "portal/email_code.html", context, here="me")
    try:
        confirm_address(
            by=request.person.by, at=request.at, customer_id=request.person.id, token=token,
            digits=request.POST.get("digits", ""), network=network_of(request),
        )  # fmt: skip
    except (WrongCode, CodeOver) as refusal:
        context |= {"mistake": said_of(refusal), "over": is_over(refusal)}
        return show(request, "portal/email_code.html", context, here="me", status=422)
    messages.success(request, _t("We write to %(address)s from now on.") % shown_address(address))
    response = redirect("portal:me")
    response.delete_cookie(ADDRESS_COOKIE, samesite="Lax")
    return response


@require_safe
@members_only
def devices(request: MemberRequest) -> HttpResponseBase:
    language = request.person.customer.language
    rows = [
        {
            "id": one.id,
            "device": one.device,
            "seen": date_time(timezone.localtime(one.seen_at), language, today=timezone.localtime(request.at).date()),
            "is_here": one.id == request.session_row.id,
        }
        for one in list_open_sessions(request.person.id, request.at)
    ]
    return show(request, "portal/devices.html", {"rows": rows}, here="me")


@members_only
@require_POST
def end_device(request: MemberRequest, session_id: UUID) -> HttpResponseBase:
    """Log another device out. One that is not hers is as if it were not there."""
    end_session(at=request.at, customer_id=request.person.id, session_id=session_id)
    messages.success(request, _t("That device is logged out."))
    return redirect("portal:devices")


def _initial(request: MemberRequest) -> dict[str, Any]:
    customer = request.person.customer
    names = ("given_name", "family_name", "postal_code", "town", "language")
    return {name: getattr(customer, name) for name in names} | {"phone": find_address(request.person.ids, "phone")}


def _keep(request: MemberRequest, form: ProfileForm) -> bool:
    """Keep what was changed; False with the mistake on the form."""
    given = dict(form.cleaned_data)
    phone = given.pop("phone", None)
    person = request.person
    try:
        wanted = normalise_phone(phone, country=person.customer.country, pointer="/phone") if phone else ""
        update_customer(by=person.by, at=request.at, customer_id=person.id, changes=given, source=SOURCE)
        if phone is not None:
            _keep_phone(request, wanted)
    except MalformedPhone:
        form.add_error("phone", _t("Write a telephone number such as 06 12 34 56 78."))
        return False
    except Invalid as refusal:
        form.add_error((refusal.pointer or "/given_name").strip("/"), _t("This cannot be kept as it is written."))
        return False
    return True


def _keep_phone(request: MemberRequest, wanted: str) -> None:
    """Reach the member at this number from now on; an empty one takes the former away."""
    person = request.person
    phones = [one for one in list_contact_points(person.ids) if one.channel == "phone" and one.status != "retired"]
    if wanted and wanted not in [one.value for one in phones]:
        add_contact_point(
            by=person.by, at=request.at, customer_id=person.id, channel="phone", value=wanted, source=SOURCE
        )
    for one in phones:
        if one.value != wanted:
            retire_contact_point(by=person.by, at=request.at, customer_id=person.id, contact_point_id=one.pk)
