"""How a person likes their pages: language, theme, density. Before log-in the choice stays on the device."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from fidelia.access.operations import change_preferences
from fidelia.access.queries import actor_of
from fidelia.kernel import clock

CHOICES = {
    "language": ("fr", "en"),
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
}
FLAGS = ("single_keys", "hides_guide", "hears_limits")
THEME_COOKIE = "fidelia_theme"
YEAR = 365 * 24 * 3600


@require_POST
def choose(request: HttpRequest) -> HttpResponseRedirect:
    """Keep what was chosen and go back to the page it was chosen on. A value that is none is left aside."""
    chosen: dict[str, Any] = {
        name: request.POST[name] for name, values in CHOICES.items() if request.POST.get(name) in values
    }
    chosen |= {name: request.POST[name] == "yes" for name in FLAGS if request.POST.get(name) in ("yes", "no")}
    if request.user.is_authenticated and chosen:
        change_preferences(by=actor_of(request.user), at=clock.now(), **chosen)
    response = HttpResponseRedirect(_back(request))
    for name, cookie in (("language", settings.LANGUAGE_COOKIE_NAME), ("theme", THEME_COOKIE)):
        if name in chosen:
            remember(response, cookie, chosen[name], secure=request.is_secure())
    return response


def remember(response: HttpResponseRedirect, cookie: str, value: str, *, secure: bool) -> None:
    """Keep a choice on this device for a year."""
    response.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", secure=secure, httponly=True)


def _back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if here else reverse("console:home")
