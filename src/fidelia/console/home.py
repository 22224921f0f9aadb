"""Home: where one lands, with the pages one may open."""

from __future__ import annotations

from django.http.response import HttpResponseBase

from .pages import ConsoleRequest, show, signed_in


@signed_in
def home(request: ConsoleRequest) -> HttpResponseBase:
    return show(request, "console/home.html", {})
