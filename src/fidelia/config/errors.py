"""Which face answers when something goes wrong: a member never meets the console's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from fidelia.console import errors as console
from fidelia.portal import errors as portal

CONSOLES = ("/console/", "/till/")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    if request.path.startswith(CONSOLES):
        return console.not_found(request, exception)
    return portal.not_found(request, exception)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF."""
    return console.stale_form(request, reason) if request.path.startswith(CONSOLES) else portal.stale_form(request)
