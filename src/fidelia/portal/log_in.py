"""Come in: an address, six digits, and in a household who one is. No password anywhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _t
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.customers.queries import list_customers_by_id
from fidelia.demo.filling import State, find_state
from fidelia.kernel.actor import Actor
from fidelia.kernel.addresses import MalformedEmail, MalformedPhone, readable_phone
from fidelia.kernel.clock import now
from fidelia.kernel.sms import is_sms_open
from fidelia.members.errors import CodeOver, LinkOver, NotThisPerson, TextsClosed, WrongCode
from fidelia.members.operations import ask_code, end_session, enter_code, open_by_link, open_session, use_session
from fidelia.members.queries import candidates_entered, programmes_to_join, shown_digits
from fidelia.organisation.models import MemberPortal

from .door import (
    ASK_COOKIE,
    PROGRAMME_COOKIE,
    SESSION_COOKIE,
    SPENDING,
    MemberRequest,
    device_of,
    members_only,
    network_of,
    open_to_all,
    remember_device,
    wanted_address,
)
from .pages import show_outside

ASK_COOKIE_AGE = 1_200
# Where the link of a letter leads, by the key of its template.
PAGE_OF_LETTER = {
    "points_earned": "portal:points",
    "points_expiring": "portal:points",
    "tier_reached": "portal:tiers",
    "tier_ending": "portal:tiers",
    "cheque_issued": "portal:rewards",
    "cheque_ending": "portal:rewards",
    "referral_news": "portal:friends",
    "subscription_news": "portal:home",
    "campaign_offer": "portal:rewards",
    "coupon_given": "portal:rewards",
}


class AddressForm(forms.Form):
    address = forms.CharField(max_length=320)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """Ask for an address; the answer is the same whoever has it."""
    context: dict[str, Any] = {"next": wanted_address(request), "typed": request.GET.get("address", "")[:320]}
    context["to_spend"] = (request.POST.get("why") or request.GET.get("why")) == SPENDING
    context |= {"by_text": is_sms_open(), "joining": bool(programmes_to_join(now()))}
    if request.method != "POST":
        return show_outside(request, brand, "portal/log_in.html", context)
    form = AddressForm(request.POST)
    typed = form.data.get("address", "")
    try:
        asked = ask_code(
            at=now(), address=form.cleaned_data["address"] if form.is_valid() else "", network=network_of(request),
            language=(get_language() or "fr")[:2],
        )  # fmt: skip
    except (MalformedEmail, MalformedPhone, TextsClosed):
        context |= {"typed": typed, "mistake": how_to_write_an_address()}
        return show_outside(request, brand, "portal/log_in.html", context, status=422)
    response = redirect(_with_next("portal:log-in-code", context["next"]))
    response.set_signed_cookie(
        ASK_COOKIE, f"{asked.token} {asked.address}", max_age=ASK_COOKIE_AGE, secure=settings.BEHIND_TLS,
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


@open_to_all
@sensitive_post_parameters("digits")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """Ask for the digits."""
    token, address = asked_in(request)
    if not token:
        return redirect("portal:log-in")
    context: dict[str, Any] = {
        **shown_address(address),
        "next": wanted_address(request),
        "shown": digits_in_demo(token),
    }
    if request.method != "POST":
        return show_outside(request, brand, "portal/code.html", context)
    try:
        found = enter_code(
            at=now(), token=token, digits=request.POST.get("digits", ""), network=network_of(request)
        )  # fmt: skip
    except (WrongCode, CodeOver) as refusal:
        context |= {"mistake": said_of(refusal), "over": is_over(refusal)}
        return show_outside(request, brand, "portal/code.html", context, status=422)
    if len(found) > 1:
        return redirect(_with_next("portal:log-in-person", context["next"]))
    return _enter(request, token, found[0])


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """A household of one address: who is it?"""
    token, _address = asked_in(request)
    found = candidates_entered(token, now()) if token else ()
    if not found:
        return redirect("portal:log-in")
    if request.method == "POST":
        chosen = _uuid(request.POST.get("person", ""))
        if chosen in found:
            return _enter(request, token, chosen)
        raise NotThisPerson("This address does not open these pages.")
    people = list_customers_by_id(found)
    context = {"people": [people[id] for id in found], "next": wanted_address(request)}
    return show_outside(request, brand, "portal/person.html", context)


@members_only
@require_POST
def log_out(request: MemberRequest) -> HttpResponseBase:
    """Forget this device: the session ends; the log-in page takes away the card that was kept for off line."""
    end_session(at=request.at, customer_id=request.person.id, session_id=request.session_row.id)
    response = redirect("portal:log-in")
    response.delete_cookie(SESSION_COOKIE, samesite="Lax")
    response.delete_cookie(PROGRAMME_COOKIE, samesite="Lax")
    # Never "storage": a till of the same address keeps the sales there that it could not send yet.
    response["Clear-Site-Data"] = '"cache"'
    return response


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def from_message(request: HttpRequest, brand: MemberPortal, token: str) -> HttpResponseBase:
    """The link of a letter: a button on GET, for scanners of mail systems follow every link; in on POST, once."""
    if request.method != "POST":
        return show_outside(request, brand, "portal/from_message.html", {})
    former = request.COOKIES.get(SESSION_COOKIE, "")
    try:
        new, template = open_by_link(at=now(), token=token, device=device_of(request), former=former)
    except LinkOver:
        # Who is logged in here already needs no link; others prove their address by a code.
        here = use_session(at=now(), token=former)
        return redirect("portal:home" if here is not None else "portal:log-in")
    rotate_token(request)
    response = redirect(PAGE_OF_LETTER.get(template, "portal:home"))
    remember_device(response, new.token)
    return response


def asked_in(request: HttpRequest, name: str = ASK_COOKIE) -> tuple[str, str]:
    """Return what this browser asked for: the token of its code and the address it went to; empty without one."""
    held = str(request.get_signed_cookie(name, default="", max_age=ASK_COOKIE_AGE) or "")
    token, _space, address = held.partition(" ")
    return token, address


def how_to_write_an_address() -> str:
    """Return what is asked of a typed address, by what codes go by here."""
    if is_sms_open():
        return _t("Write an e-mail address such as camille@example.com, or a mobile number such as 06 12 34 56 78.")
    return _t("Write an e-mail address such as camille@example.com.")


def shown_address(address: str) -> dict[str, Any]:
    """Return for a page where a code went, as people read it, and whether by text."""
    by_text = address.startswith("+")
    return {"address": readable_phone(address) if by_text else address, "by_text": by_text}


def said_of(refusal: WrongCode | CodeOver) -> str:
    """Return a refused code in words."""
    if isinstance(refusal, CodeOver):
        return _t("This code is over. Ask for another one.")
    left = int(refusal.details.get("left", 0))
    if not left:
        return _t("These are not the digits we sent. Ask for another code.")
    return ngettext(
        "These are not the digits we sent. %(left)s try left.",
        "These are not the digits we sent. %(left)s tries left.",
        left,
    ) % {"left": left}


def is_over(refusal: WrongCode | CodeOver) -> bool:
    """Tell whether another code must be asked for."""
    return isinstance(refusal, CodeOver) or not refusal.details.get("left", 0)


def digits_in_demo(token: str) -> str:
    """Return the digits where the shop is invented and no mail leaves; nothing anywhere else."""
    if (
        settings.EMAIL_HOST
        or settings.SMS_GATEWAY not in ("", "console")
        or find_state(by=Actor.system("portal")) is not State.FILLED
    ):
        return ""
    return shown_digits(token)


def _enter(request: HttpRequest, token: str, customer_id: UUID) -> HttpResponse:
    former = request.COOKIES.get(SESSION_COOKIE, "")
    new = open_session(
        at=now(), token=token, customer_id=customer_id, device=device_of(request), former=former
    )  # fmt: skip
    rotate_token(request)
    response = redirect(wanted_address(request))
    remember_device(response, new.token)
    response.delete_cookie(ASK_COOKIE, samesite="Lax")
    return response


def _with_next(name: str, wanted: str) -> str:
    return f"{reverse(name)}?{urlencode({'next': wanted})}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
