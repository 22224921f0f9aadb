"""The addresses of the portal."""

from __future__ import annotations

from django.urls import path

from . import unsubscribing

app_name = "portal"
urlpatterns = [
    # /unsubscribe/: messaging writes these addresses into messages (UNSUBSCRIBE_PATH)
    path("unsubscribe/<str:token>", unsubscribing.unsubscribe_page, name="unsubscribe"),
]
