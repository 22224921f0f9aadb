"""What every view of the console shares: who may come in, and page or fragment from one template.

A view answers the same address with the whole page or, when htmx asks, with one named partial of the same template.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from fidelia.access.models import User
from fidelia.access.queries import actor_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.queries import get_operator

from .errors import refused

P = ParamSpec("P")


class ConsoleRequest(HttpRequest):
    """A request of someone signed in: `actor` is what they may do, `house` the operator's name ("" before set-up)."""

    user: User
    actor: Actor
    house: str
    htmx: HtmxDetails


def signed_in(
    view: Callable[Concatenate[ConsoleRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let users in, in their language and the operator's time zone; others go to the log-in page and come back.

    A refusal that leaves the view becomes its page (a card when htmx asked).
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_login(request)
        inside = cast(ConsoleRequest, request)
        inside.actor = actor_of(inside.user)
        inside.house, zone = house_and_zone()
        with translation.override(inside.user.language), timezone.override(zone):
            try:
                return view(inside, *args, **kwargs)
            except FideliaError as refusal:
                return refused(request, refusal, fragment=wants_fragment(request))

    return guarded


def wants_fragment(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of the page; going back in history asks for all of it."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and htmx.request_type != "full" and not htmx.history_restore_request


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """Render the page, or its `partial` when htmx asks for a part. Nothing of it is kept by browser or proxy."""
    name = f"{template}#{partial}" if partial and wants_fragment(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    response["Cache-Control"] = "private, no-store"
    response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    return response


def house_and_zone() -> tuple[str, ZoneInfo]:
    """Return the operator's name and time zone; before set-up no name, and UTC."""
    try:
        operator = get_operator()
    except OperatorNotSetUp:
        return "", ZoneInfo("UTC")
    return operator.name, ZoneInfo(operator.time_zone)


def _to_login(request: HttpRequest) -> HttpResponseBase:
    if wants_fragment(request):
        return HttpResponseClientRedirect(f"{settings.LOGIN_URL}?next={request.path}")
    return redirect_to_login(request.get_full_path())
