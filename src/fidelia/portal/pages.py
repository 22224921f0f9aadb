"""How a page for members is rendered: with the brand, kept by nobody, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from fidelia.organisation.models import MemberPortal

from .brand import brand_of, portals_own
from .door import MemberRequest
from .holdings import holdings_of


def show(
    request: MemberRequest, template: str, context: dict[str, Any] | None = None, *, here: str = "", status: int = 200
) -> HttpResponse:
    """Render a page of a member; `here` is its entry in the bar at the foot."""
    enrolment = holdings_of(request).enrolment
    brand = brand_of(request.brand, enrolment, translation.get_language() or settings.LANGUAGE_CODE)
    known = {"brand": brand, "person": request.person, "here": here, **(context or {})}
    return _kept_by_nobody(render(request, template, known, status=status))


def show_outside(
    request: HttpRequest, brand: MemberPortal, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page for somebody who is not known yet."""
    return _kept_by_nobody(render(request, template, {"brand": portals_own(brand), **context}, status=status))


def _kept_by_nobody(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "same-origin"
    response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    return response
