"""What every page of the console knows: the menu as this person sees it, and how they like their pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from fidelia.demo.filling import is_invented
from fidelia.jobs.queries import count_parked, count_under_way, list_jobs
from fidelia.kernel.actor import Actor

from .jobs import import_url_of
from .menu import menu_for
from .preferences import THEME_COOKIE


def console(request: HttpRequest) -> dict[str, Any]:
    """Context processor; pages of the other faces and of people who are not signed in get the look alone."""
    actor = getattr(request, "actor", None)
    user = getattr(request, "user", None)
    if actor is None or user is None or actor.kind != "user":
        return {"theme": request.COOKIES.get(THEME_COOKIE, "system")}
    running = count_under_way(by=actor)
    menu = menu_for(actor, request.path, {"parked": parked} if (parked := count_parked(by=actor)) else {})
    return {
        "menu": menu,
        "go_keys": menu.addresses_by_key(),
        "house": getattr(request, "house", ""),
        "is_invented": is_invented(getattr(request, "house", "")),
        "may_remove_it": actor.may("operator.set_up"),
        "theme": user.theme,
        "density": user.density,
        "jobs_running": running,
        **_what_runs(actor, running),
    }


def _what_runs(actor: Actor, running: int) -> dict[str, Any]:
    """The chip goes to the one import that runs, else to the list of jobs."""
    only = list_jobs(by=actor, under_way=True, limit=1) if running == 1 else []
    import_url = import_url_of(only[0]) if only else ""
    return {"jobs_url": import_url or reverse("console:jobs"), "import_running": bool(import_url)}
