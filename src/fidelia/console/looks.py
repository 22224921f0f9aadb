"""How a programme looks to its members: its own name, colors and logo, and a card drawn as they will see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from fidelia.kernel import clock
from fidelia.kernel.actor import Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.organisation.models import MemberPortal
from fidelia.organisation.operations.portal import LOGO_BYTES_MAX
from fidelia.organisation.queries import find_portal
from fidelia.programme.models import Programme, ProgrammeLook
from fidelia.programme.operations.looks import CHANGE, Look, set_look, take_look_away
from fidelia.programme.queries import get_programme
from fidelia.programme.queries.looks import find_look, find_look_by_slug
from fidelia.ui.colors import contrast, dark_look, light_look
from fidelia.ui.formats import number

from .pages import ConsoleRequest, show, signed_in
from .refusals import put_on
from .speech import speech_of

COLOR = {"type": "color"}
LOGO_HELP = _("PNG, JPEG or WebP, at most 200 kB. Without one, the first letter stands.")


class LookForm(forms.Form):
    """Three colors and two logos; the colors of texts are computed from these."""

    PROPOSED: ClassVar[dict[str, str]] = {
        "brand_color": "#1F3D36", "accent_color": "#A0521F", "paper_color": "#FBF6EE",
    }  # fmt: skip
    brand_color = forms.CharField(
        label=_("Brand color"), max_length=7, widget=forms.TextInput(attrs=COLOR),
        help_text=_("Buttons, the card, headings."),
    )  # fmt: skip
    accent_color = forms.CharField(
        label=_("Accent color"), max_length=7, widget=forms.TextInput(attrs=COLOR),
        help_text=_("What is to be done today."),
    )  # fmt: skip
    paper_color = forms.CharField(
        label=_("Paper color"), max_length=7, widget=forms.TextInput(attrs=COLOR),
        help_text=_("Behind everything; light."),
    )  # fmt: skip
    logo = forms.FileField(label=_("Logo"), required=False, help_text=LOGO_HELP)
    no_logo = forms.BooleanField(label=_("Take the logo away"), required=False)
    dark_logo = forms.FileField(
        label=_("Logo for dark grounds"), required=False,
        help_text=_("For telephones set to dark. Without one, the logo stands there too."),
    )  # fmt: skip
    no_dark_logo = forms.BooleanField(label=_("Take the logo for dark grounds away"), required=False)

    def logos(self) -> dict[str, bytes | None]:
        """Return what is said of both logos: a picture, b"" to take it away, None to leave it."""
        return {name: self._logo(name) for name in ("logo", "dark_logo")}

    def _logo(self, name: str) -> bytes | None:
        given = self.cleaned_data
        if given[name]:
            content: bytes = given[name].read(LOGO_BYTES_MAX + 1)
            return content
        return b"" if given[f"no_{name}"] else None


class ProgrammeLookForm(LookForm):
    """The look of one programme."""

    field_order = ("name",)
    name = forms.CharField(
        label=_("Name shown"), max_length=60, required=False, help_text=_("Empty: the name of the programme.")
    )

    def look(self) -> Look:
        given = self.cleaned_data
        logos = self.logos()
        return Look(
            name=given["name"], brand_color=given["brand_color"], accent_color=given["accent_color"],
            paper_color=given["paper_color"], logo=logos["logo"], dark_logo=logos["dark_logo"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shade:
    """A card as members see it in light or in dark: colors by name, and the contrast of each text with its ground."""

    name: str
    colors: dict[str, str]
    ratios: list[tuple[str, str]]


@signed_in
def look(request: ConsoleRequest, slug: str) -> HttpResponseBase:
    """The look of a programme: what is kept, drawn in light and in dark, and the form."""
    by = request.actor
    programme = _seen(request, slug)
    found = find_look(programme.id)
    form = ProgrammeLookForm(request.POST or None, request.FILES or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid() and _keep(request, programme, form):
        messages.success(request, _t("Members see this look from now on."))
        return redirect("console:programme-look", slug=slug)
    context = {
        "programme": programme,
        "name": programme.name.in_language(speech_of(clock.now()).language),
        "form": form,
        "found": found,
        "look": preview_of(found or find_portal()),
        "may_change": by.may(CHANGE, Scope(programme.partner_id)),
    }
    return show(request, "console/programmes/look.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def removal(request: ConsoleRequest, slug: str) -> HttpResponseBase:
    """Let the programme look as the portal does again."""
    take_look_away(by=request.actor, at=clock.now(), programme=_seen(request, slug))
    messages.success(request, _t("The programme looks as the portal does."))
    return redirect("console:programme-look", slug=slug)


@require_safe
@signed_in
def logo(request: ConsoleRequest, slug: str) -> HttpResponseBase:
    """The picture alone, of the type that it was read to be when it was kept."""
    found = find_look_by_slug(_seen(request, slug).slug)
    is_dark = request.GET.get("ground") == "dark"
    content, kind = ((found.dark_logo, found.dark_logo_type) if is_dark else (found.logo, found.logo_type)) if found \
        else (b"", "")  # fmt: skip
    if not kind:
        raise Http404
    return HttpResponse(bytes(content), content_type=kind, headers={"X-Content-Type-Options": "nosniff"})


def preview_of(found: MemberPortal | ProgrammeLook | None) -> list[Shade]:
    """Return how a look is in light and in dark, with its contrasts; nothing where there is none yet."""
    if found is None:
        return []
    colors = (found.brand_color, found.accent_color, found.paper_color)
    return [_shade(_t("In light"), light_look(*colors)), _shade(_t("In the dark"), dark_look(*colors))]


def _shade(name: str, colors: dict[str, str]) -> Shade:
    language = speech_of(clock.now()).language
    pairs = (
        (_t("Text on the brand color"), "on_card", "card"),
        (_t("Text on the accent color"), "on_accent", "accent"),
        (_t("Brand color on paper"), "brand_text", "paper"),
        (_t("Accent color on paper"), "accent_text", "paper"),
        (_t("Text on paper"), "ink", "paper"),
    )
    ratios = [(said, contrast(colors[one], colors[other])) for said, one, other in pairs]
    return Shade(name, colors, [(said, f"{number(one, language, decimals=1)}\u00a0:\u00a01") for said, one in ratios])


def _seen(request: ConsoleRequest, slug: str) -> Programme:
    found = get_programme(slug)
    request.actor.require("programme.see", Scope(found.partner_id))
    return found


def _initial(found: ProgrammeLook | None) -> dict[str, Any]:
    if found is not None:
        return {name: getattr(found, name) for name in ("name", *LookForm.PROPOSED)}
    portal = find_portal()
    return {name: getattr(portal, name) for name in LookForm.PROPOSED} if portal is not None else LookForm.PROPOSED


def _keep(request: ConsoleRequest, programme: Programme, form: ProgrammeLookForm) -> bool:
    try:
        set_look(by=request.actor, at=clock.now(), programme=programme, look=form.look())
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True
