"""The page of the till, and the worker that keeps it at hand off line."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..pages import ConsoleRequest, show, signed_in
from .texts import page_texts

# What the page needs when the network is gone. Their order is that of the page.
_KEPT = (
    *("ui/tokens.css", "ui/base.css", "ui/frame.css", "ui/controls.css", "ui/content.css", "ui/work.css"),
    *("console/till.css", "console/till.js", "console/till_store.js", "console/till_page.js"),
    *("console/till_dialogs.js", "console/till_entry.js", "console/till_net.js", "console/till_queue.js"),
    *("console/till_back.js", "console/till_cards.js"),
    *("ui/icons.svg", "ui/mark.svg", "ui/fonts/inter-latin-wght-normal.woff2", "ui/ui.js"),
)


@require_safe
@signed_in
def till(request: ConsoleRequest) -> HttpResponseBase:
    """The till: one page, whatever happens on it. Raises Denied (purchase.record)."""
    if not request.actor.may_somewhere("purchase.record"):
        request.actor.require("purchase.record")
    context = {"texts": page_texts(), "cashier": request.user.name, "title": _("Till")}
    return show(request, "console/till/till.html", context)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, under /till/ so that its scope is the till and nothing else."""
    kept = "".join(f"  {static(name)!r},\n" for name in _KEPT)
    text = f"const KEPT = [\n{kept}];\n{_worker_text()}"
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _worker_text() -> str:
    found = finders.find("console/till_worker.js")
    path = Path(str(found)) if found else Path(settings.STATIC_ROOT) / "console" / "till_worker.js"
    return path.read_text(encoding="utf-8")
