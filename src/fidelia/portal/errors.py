"""Refusals as pages for members: what happened, what was not done, what to do."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fidelia.access.errors import RateLimited
from fidelia.kernel.errors import FideliaError, NotFound
from fidelia.organisation.models import MemberPortal
from fidelia.organisation.queries import find_portal

from .brand import portals_own


def closed(request: HttpRequest) -> HttpResponse:
    """While the pages for members are closed, the front door is the console's; there is nothing behind the others."""
    if request.path == "/":
        return redirect("console:home")
    return _page(request, HTTPStatus.NOT_FOUND, _("There is nothing here"), "", None)


def refused(request: HttpRequest, refusal: FideliaError, brand: MemberPortal) -> HttpResponse:
    """Return the page of a refusal; what is another member's is as if it were not there."""
    if isinstance(refusal, NotFound):
        return not_found(request)
    if isinstance(refusal, RateLimited):
        return _page(request, refusal.status, _("Too many tries"), _("Wait an hour and try again."), brand)
    text = _("Nothing was changed. Go back and try again; if it stays, ask us.")
    return _page(request, refusal.status, _("This did not work"), text, brand)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same for what does not exist and for what is somebody else's."""
    text = _("The address is mistyped, or what was here is over.")
    return _page(request, HTTPStatus.NOT_FOUND, _("There is nothing here"), text, find_portal())


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF: the form was open for too long, or in another session."""
    text = _("The page was open for long. Nothing was changed. Go back, reload and try again.")
    return _page(request, HTTPStatus.FORBIDDEN, _("This page is out of date"), text, find_portal())


def _page(request: HttpRequest, status: int, title: str, text: str, brand: MemberPortal | None) -> HttpResponse:
    context = {"title": title, "text": text, "brand": portals_own(brand) if brand is not None else None}
    response = render(request, "portal/error.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response
