"""The style page: every component with the invented shop's data. It is the reference and what browser tests look at."""

from __future__ import annotations

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.translation import get_language

from . import style_charts, style_parts
from .pages import ConsoleRequest, show, signed_in

RIGHT = "system.see"


@signed_in
def style(request: ConsoleRequest) -> HttpResponseBase:
    """Show everything; for administrators, or for anybody while developing."""
    _require(request)
    say = style_parts.Speaker(get_language() or "en")
    return show(request, "console/style.html", style_parts.all_parts(say) | style_charts.all_charts(say))


@signed_in
def progress(request: ConsoleRequest) -> HttpResponseBase:
    """A job that has ended, for the progress bar's question."""
    _require(request)
    say = style_parts.Speaker(get_language() or "en")
    return show(request, "console/style_progress.html", {"job": style_parts.ended_job(say)})


def _require(request: ConsoleRequest) -> None:
    if not settings.DEBUG:
        request.actor.require(RIGHT)
