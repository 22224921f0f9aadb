"""Addresses of the console, grouped by resource."""

from __future__ import annotations

from django.urls import path

from . import home, login, preferences, search, settings, style

app_name = "console"

urlpatterns = [
    # /console/
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("preferences/", preferences.choose, name="preferences"),
    # /console/settings/
    path("settings/", settings.settings_home, name="settings"),
    path("settings/style/", style.style, name="style"),
    path("settings/style/progress/", style.progress, name="style-progress"),
]
