"""Settings: the foot of the menu. Its pages are those the person may open."""

from __future__ import annotations

from django.http.response import HttpResponseBase

from .menu import FOOT, menu_for
from .pages import ConsoleRequest, show, signed_in


@signed_in
def settings_home(request: ConsoleRequest) -> HttpResponseBase:
    foot = menu_for(request.actor, request.path, {}).foot
    pages = next(entry for entry in foot if entry.text == FOOT[0].text).children
    return show(request, "console/settings.html", {"pages": pages})
