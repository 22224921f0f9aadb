"""/api/docs: the description for people, made from the OpenAPI file on the server; it needs no script and no network."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def reference(request: HttpRequest) -> HttpResponse:
    """Every address with its parameters and examples."""
    return render(request, "api/reference.html", {})


def errors(request: HttpRequest) -> HttpResponse:
    """Every code a problem can have."""
    return render(request, "api/errors.html", {})
