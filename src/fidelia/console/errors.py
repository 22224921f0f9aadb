"""Refusals as pages: what happened, what was not done, what to do. The other faces answer in their own way."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from fidelia.kernel.errors import Denied, FideliaError, NotFound

from .refusals import sentence_of


def refused(request: HttpRequest, refusal: FideliaError, *, fragment: bool) -> HttpResponse:
    """Return the page of a refusal, or with `fragment` a card with *Try again* while the rest of the page lives."""
    if fragment:
        context = {"message": sentence_of(refusal), "code": refusal.code, "url": request.get_full_path()}
        return render(request, "ui/failed.html", context, status=refusal.status)
    if isinstance(refusal, NotFound):
        return not_found(request)
    if isinstance(refusal, Denied):
        return denied(request, refusal)
    return _page(request, refusal.status, _("This was not done"), sentence_of(refusal), code=refusal.code)


def denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: someone can grant it."""
    text = _("Your role does not include this page or this act. An administrator can grant it under Users and roles.")
    right = exception.details.get("right", "") if isinstance(exception, FideliaError) else ""
    return _page(request, HTTPStatus.FORBIDDEN, _("This is not open to you"), text, icon="lock", code=str(right))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same page for what does not exist and for what is not yours to see."""
    text = _("The address is mistyped, or this was moved or closed, or it is not yours to see. Nothing was changed.")
    return _page(request, HTTPStatus.NOT_FOUND, _("There is nothing here"), text, icon="search-off")


def failed(request: HttpRequest) -> HttpResponse:
    """500: our own mistake; the page draws nothing that could fail again."""
    text = _("The mistake is ours. What you were doing was not saved. Try again; if it stays, tell your administrator.")
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("This page failed"), text)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF: the form was open for too long, or in another session."""
    text = _("The form was open for long, or you logged in again elsewhere. Nothing was saved. Go back and reload.")
    return _page(request, HTTPStatus.FORBIDDEN, _("This form is out of date"), text, icon="clock", code="csrf")


def _page(
    request: HttpRequest, status: int, title: str, text: str, *, icon: str = "alert-triangle", code: str = ""
) -> HttpResponse:
    context = {"title": title, "text": text, "icon": icon, "code": code or str(int(status))}
    return render(request, "console/error.html", context, status=status)
