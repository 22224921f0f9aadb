"""Join: a name, an address, consents one by one; a code; and in. The same pages for who is a member already."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fidelia.kernel.addresses import MalformedEmail, MalformedPhone
from fidelia.kernel.clock import now
from fidelia.kernel.errors import Invalid
from fidelia.kernel.sms import is_sms_open
from fidelia.members.errors import BirthdayMissing, CodeOver, TextsClosed, TooYoung, WrongCode
from fidelia.members.operations import Agreed, Joined, Newcomer, ask_to_join, join, open_by_sign_up
from fidelia.members.queries import programmes_to_join, sign_up_of
from fidelia.organisation.models import MemberPortal
from fidelia.programme.models import Programme
from fidelia.rules.joining_terms import JoiningPolicy

from .consents import CHOICES, WORDING_VERSION, Choice
from .door import SESSION_COOKIE, device_of, network_of, open_to_all, remember_device
from .friends import CODE_PATTERN
from .log_in import (
    ASK_COOKIE_AGE,
    asked_in,
    digits_in_demo,
    how_to_write_an_address,
    is_over,
    said_of,
    shown_address,
)
from .pages import show_outside

JOIN_COOKIE = "fidelia_member_join"
OFFERED = ("marketing-email", "marketing-sms", "profiling-any")


class JoinForm(forms.Form):
    """What a newcomer writes; the birthday is there where the programme asks for it."""

    given_name = forms.CharField(label=_("Given name"), max_length=150)
    family_name = forms.CharField(label=_("Family name"), max_length=150, required=False)
    address = forms.CharField(max_length=320)
    birth_on = forms.DateField(label=_("Day of birth"), required=False)
    card = forms.CharField(label=_("Number of a card that you hold"), max_length=40, required=False)
    friend = forms.CharField(label=_("Code of a friend"), max_length=20, required=False)

    def __init__(self, policy: JoiningPolicy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if policy.birthday == "no":
            del self.fields["birth_on"]
        else:
            self.fields["birth_on"].required = policy.birthday == "required"


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def join_page(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """Choose the programme where there are several, and write who one is."""
    friend = CODE_PATTERN.fullmatch(request.GET.get("ref", "").strip())
    code = friend[0].upper() if friend else ""
    offered = programmes_to_join(now())
    wanted = request.GET.get("programme", "")
    chosen = next((one for one in offered if one[0].slug == wanted), offered[0] if len(offered) == 1 else None)
    if not offered:
        return show_outside(request, brand, "portal/join.html", {"code": code})
    if chosen is None:
        rows = [{"programme": each, "address": _address(each.slug, request)} for each, _policy in offered]
        return show_outside(request, brand, "portal/join_choice.html", {"rows": rows})
    return _form(request, brand, *chosen, code)


@open_to_all
@sensitive_post_parameters("digits")
@require_http_methods(["GET", "HEAD", "POST"])
def join_code(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """Ask for the digits; right, they make the member and open the pages."""
    token, address = asked_in(request, JOIN_COOKIE)
    if not token or sign_up_of(token) is None:
        return redirect("portal:join")
    context: dict[str, Any] = {**shown_address(address), "shown": digits_in_demo(token)}
    if request.method != "POST":
        return show_outside(request, brand, "portal/join_code.html", context)
    digits = request.POST.get("digits", "")
    try:
        joined = join(at=now(), token=token, digits=digits, network=network_of(request))
    except (WrongCode, CodeOver) as refusal:
        context |= {"mistake": said_of(refusal), "over": is_over(refusal)}
        return show_outside(request, brand, "portal/join_code.html", context, status=422)
    session = open_by_sign_up(
        at=now(), token=token, digits=digits, device=device_of(request),
        former=request.COOKIES.get(SESSION_COOKIE, ""),
    )  # fmt: skip
    rotate_token(request)
    for tone, said in _told(joined):
        messages.add_message(request, tone, said)
    response = redirect("portal:home")
    remember_device(response, session.token)
    return response


def _form(
    request: HttpRequest, brand: MemberPortal, programme: Programme, policy: JoiningPolicy, code: str
) -> HttpResponseBase:
    first = {"friend": code, "card": request.GET.get("card", "")[:40]}
    form = JoinForm(policy, request.POST or None, initial=first)
    context: dict[str, Any] = {
        "form": form, "programme": programme, "policy": policy, "by_text": is_sms_open(),
        "choices": [(key, choice, request.POST.get(key) == "yes") for key, choice in _choices()], "code": code,
        "opened": bool(form["card"].value() or form["friend"].value()),
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        asked = _ask(request, form, programme)
        if asked is not None:
            response = redirect("portal:join-code")
            response.set_signed_cookie(
                JOIN_COOKIE, f"{asked.token} {asked.address}", max_age=ASK_COOKIE_AGE, secure=settings.BEHIND_TLS,
                httponly=True, samesite="Lax",
            )  # fmt: skip
            return response
    status = 422 if form.errors else 200
    return show_outside(request, brand, "portal/join_form.html", context, status=status)


def _ask(request: HttpRequest, form: JoinForm, programme: Programme) -> Any:
    """Ask for the code; None with the mistake on the form."""
    said = form.cleaned_data
    newcomer = Newcomer(
        given_name=said["given_name"], family_name=said["family_name"], birth_on=said.get("birth_on"),
        language=(get_language() or "fr")[:2], card=said["card"], friend=said["friend"], device=device_of(request),
        agreed=tuple(
            Agreed(purpose=one.purpose, channel=one.channel, wording=str(one.wording), version=WORDING_VERSION)
            for key, one in _choices() if request.POST.get(key) == "yes"
        ),
    )  # fmt: skip
    try:
        return ask_to_join(
            at=now(), programme=programme, address=said["address"], newcomer=newcomer, network=network_of(request)
        )
    except (MalformedEmail, MalformedPhone, TextsClosed):
        form.add_error("address", how_to_write_an_address())
    except TooYoung as refusal:
        age = refusal.details["minimum_age"]
        form.add_error("birth_on", _t("This programme is for people of %(age)s years or more.") % {"age": age})
    except BirthdayMissing:
        form.add_error("birth_on", _t("Write your day of birth."))
    except Invalid as refusal:
        field = (refusal.pointer or "").strip("/")
        form.add_error(field if field in form.fields else "given_name", _t("This cannot be kept as it is written."))
    return None


def _choices() -> list[tuple[str, Choice]]:
    """Return what may be agreed to, each for itself; nothing is ticked beforehand."""
    known = [(f"{one.purpose}-{one.channel}", one) for one in CHOICES]
    return [(key, one) for key, one in known if key in OFFERED and (one.channel != "sms" or is_sms_open())]


def _address(slug: str, request: HttpRequest) -> str:
    kept = {name: request.GET[name] for name in ("ref", "card") if request.GET.get(name)}
    return f"{reverse('portal:join')}?{urlencode({'programme': slug, **kept})}"


def _told(joined: Joined) -> list[tuple[int, str]]:
    """Return what the first page says: welcome or welcome back, and what became of a card and a friend's code."""
    said = [
        (messages.SUCCESS, _t("You are a member already: these are your pages."))
        if joined.person == "member"
        else (messages.SUCCESS, _t("Welcome! Your card is ready to be shown at the till."))
        if joined.card
        else (messages.SUCCESS, _t("Welcome! You are a member now."))
    ]
    if joined.card not in ("", "digital", "taken"):
        said.append((messages.WARNING, _t("We could not add the card whose number you wrote: ask at the till.")))
    if joined.referral not in ("", "noted"):
        said.append((messages.WARNING, _t("Nobody has the friend’s code that you wrote.")))
    return said
