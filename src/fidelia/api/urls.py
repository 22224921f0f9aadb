"""Addresses under /api/."""

from __future__ import annotations

from django.urls import path

from . import docs
from .health import health
from .v1 import api

urlpatterns = [
    # /api/v1/
    path("v1/", api.urls),
    # /api/health
    path("health", health),
    # /api/docs/
    path("docs", docs.reference, name="api-docs"),
    path("docs/errors", docs.errors, name="api-docs-errors"),
]
