"""/api/health: whether this installation serves, for a load balancer or a monitor; it needs no key and tells no more.

A database that does not answer is the door's refusal, 503. A worker that is silent is told in a 200: tills are served
without one, and a balancer that took the web away for it would make a small trouble a great one.
"""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

WORKER_SILENT_SECONDS = 60


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Answer {"database": "answers", "worker": "alive" or "silent"}; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from procrastinate_workers "
            "where last_heartbeat > now() - make_interval(secs => %s))",
            [WORKER_SILENT_SECONDS],
        )
        is_alive = cursor.fetchone()[0]
    return JsonResponse({"database": "answers", "worker": "alive" if is_alive else "silent"})
