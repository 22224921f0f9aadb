"""Every address of the installation, by face."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("fidelia.api.urls")),
    path("console/", include("fidelia.console.urls")),
    path("till/", include("fidelia.console.till.urls")),
    path("", include("fidelia.portal.urls")),
]

handler403 = "fidelia.console.errors.denied"
handler404 = "fidelia.config.errors.not_found"
handler500 = "fidelia.console.errors.failed"
