"""Every file that was brought in, or is on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from fidelia.intake.errors import UnknownTarget
from fidelia.intake.kinds import get_import_kind
from fidelia.intake.models import Import
from fidelia.intake.queries import get_import, list_imports, list_targets
from fidelia.kernel import clock
from fidelia.kernel.errors import Denied

from ..pages import ConsoleRequest, show, signed_in
from ..paging import asked_place, page_of
from ..speech import Speech, speech_of
from .states import BADGES, url_of_import

PAGE_SIZE = 25


@signed_in
def imports(request: ConsoleRequest) -> HttpResponseBase:
    """The list, newest first."""
    require_some_target(request)
    asked = asked_place(request)
    before = asked.after_as(datetime.fromisoformat, UUID)
    found = list_imports(by=request.actor, before=before, limit=PAGE_SIZE + 1)
    page = page_of(
        request, asked, found, PAGE_SIZE, key_of=lambda each: (each.created_at, each.id), total="",
        order=_("newest first"),
    )  # fmt: skip
    speech = speech_of(clock.now())
    context = {
        "rows": [_row(each, speech) for each in page.rows],
        "page": page.pager,
        "may_reward": request.actor.may_somewhere("purchase.import"),
    }
    return show(request, "console/imports/list.html", context)


@signed_in
def one(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """Go to the page on which the import is."""
    return redirect(url_of_import(get_import(by=request.actor, import_id=import_id)))


def require_some_target(request: ConsoleRequest) -> tuple[str, ...]:
    """Return what the person may bring in. Raises Denied when that is nothing."""
    targets = list_targets(by=request.actor)
    if not targets:
        raise Denied(f"{request.actor.label} may bring no kind of file in.", right="purchase.import")
    return targets


def name_of_target(target: str, language: str) -> str:
    """Return what the target is called; a target that this release no longer knows keeps its name."""
    try:
        return get_import_kind(target).target.label.in_language(language)
    except UnknownTarget:
        return target


def _row(found: Import, speech: Speech) -> dict[str, Any]:
    state, word = BADGES[found.state]
    totals = found.totals or found.check_report
    return {
        "found": found,
        "url": url_of_import(found),
        "target": name_of_target(found.target, speech.language),
        "state": state,
        "word": word,
        "rows": totals.get("rows"),
        "recorded": found.totals.get("recorded_rows"),
        "rejected": totals.get("rejected_rows"),
        "at": found.ended_at or found.started_at or found.created_at,
    }
