"""Who gets the chapters of insight each month as a PDF by e-mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from fidelia.access.models import User
from fidelia.access.queries import actor_of, get_user, list_users
from fidelia.insight.operations import add_monthly_reader, remove_monthly_reader
from fidelia.insight.queries import list_monthly_readers
from fidelia.kernel import clock

from .pages import ConsoleRequest, show, signed_in


@signed_in
def readers(request: ConsoleRequest) -> HttpResponseBase:
    """The people who may see insight, and which of them get the report; of others than oneself for who may refresh."""
    by = request.actor
    known = {one.user_id: one for one in list_monthly_readers(by=by)}
    others = list_users(by=by) if by.may("insight.refresh") and by.may("user.see") else []
    people = {one.id: one for one in (request.user, *others) if one.is_active}
    rows = [_row(one, known) for one in people.values() if one.id in known or actor_of(one).may("insight.see")]
    context = {"rows": rows, "has_server": bool(settings.EMAIL_HOST), "me": request.user.id}
    return show(request, "console/insight/monthly.html", context)


def _row(user: User, known: dict[UUID, Any]) -> dict[str, Any]:
    reader = known.get(user.id)
    return {"user": user, "reads": reader is not None, "sent_month": reader.sent_month if reader else None}


@require_POST
@signed_in
def change(request: ConsoleRequest, user_id: UUID) -> HttpResponseBase:
    """Begin or stop sending to one person."""
    wish = request.POST.get("wish")
    get_user(user_id=user_id)
    if wish == "begin":
        add_monthly_reader(by=request.actor, at=clock.now(), user_id=user_id)
    elif wish == "stop":
        remove_monthly_reader(by=request.actor, at=clock.now(), user_id=user_id)
    else:
        raise Http404
    return redirect("console:insight-monthly")
