"""The pages for members: open or closed, the brand's name, colours, logo and words; and how they look now."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.demo.filling import State, find_state
from fidelia.demo.filling.door import find_address_of_member
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.members.queries import programmes_to_join
from fidelia.organisation.models import MemberPortal
from fidelia.organisation.operations import PortalLook, set_portal
from fidelia.organisation.queries import find_portal, get_operator
from fidelia.ui.codes import qr_svg

from .looks import LookForm, preview_of
from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on


class PortalForm(LookForm):
    """How members meet the brand; a refused colour says its contrast."""

    field_order = ("is_open", "name")

    is_open = forms.BooleanField(label=_("Open to members"), required=False)
    name = forms.CharField(label=_("Name"), max_length=60)
    welcome_fr = forms.CharField(
        label=_("Welcome, in French"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    welcome_en = forms.CharField(
        label=_("Welcome, in English"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    contact = forms.CharField(
        label=_("Where members ask"), max_length=200, required=False, help_text=_("An address or a telephone number.")
    )

    def look(self) -> PortalLook:
        given, logos = self.cleaned_data, self.logos()
        return PortalLook(
            name=given["name"], brand_color=given["brand_color"], accent_color=given["accent_color"],
            paper_color=given["paper_color"], contact=given["contact"], logo=logos["logo"],
            dark_logo=logos["dark_logo"],
            welcome=LocalizedText(en=given["welcome_en"], fr=given["welcome_fr"]),
        )  # fmt: skip


@signed_in
def member_portal(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    by.require("portal.see")
    found = find_portal()
    form = PortalForm(request.POST or None, request.FILES or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid() and _keep(request, form):
        text = _t("The pages are open to members.") if form.cleaned_data["is_open"] else _t("The pages are closed.")
        messages.success(request, text)
        return redirect("console:member-portal")
    context = {
        "form": form,
        "found": found,
        "address": settings.BASE_URL,
        "joining": _joining_address() if programmes_to_join(clock.now()) else "",
        "has_mail": bool(settings.EMAIL_HOST or settings.SMS_GATEWAY),
        "look": preview_of(found),
        "demo_member": find_address_of_member() if _is_demo() else "",
        "may_change": by.may("portal.change"),
    }
    return show(request, "console/member_portal.html", context, status=422 if form.errors else 200)


@signed_in
def joining_code(request: ConsoleRequest) -> HttpResponseBase:
    """The QR code to hang at the till: it leads to where people join."""
    request.actor.require("portal.see")
    name = {"Content-Disposition": 'attachment; filename="join.svg"'} if "download" in request.GET else {}
    drawn = qr_svg(_joining_address(), label=_t("Join"))
    return HttpResponse(drawn, content_type="image/svg+xml", headers=name)


def _joining_address() -> str:
    return f"{settings.BASE_URL}{reverse('portal:join')}"


def _keep(request: ConsoleRequest, form: PortalForm) -> bool:
    try:
        set_portal(by=request.actor, at=clock.now(), look=form.look(), is_open=form.cleaned_data["is_open"])
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


def _initial(found: MemberPortal | None) -> dict[str, Any]:
    if found is None:
        return {
            **LookForm.PROPOSED,
            "name": get_operator().name[:60],
            "welcome_fr": "Vos points, vos avantages et votre carte, où que vous soyez.",
            "welcome_en": "Your points, your rewards and your card, wherever you are.",
        }
    names = ("is_open", "name", "brand_color", "accent_color", "paper_color", "contact")
    initial: dict[str, Any] = {name: getattr(found, name) for name in names}
    return initial | {"welcome_fr": found.welcome.fr, "welcome_en": found.welcome.en}


def _is_demo() -> bool:
    return find_state(by=Actor.system("console")) is State.FILLED
