"""Put a draft forward, approve it, refuse it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.programme.operations import approve_version, ask_approval_of_version, refuse_version
from fidelia.programme.queries.approvals import VersionApproval

from .pages import ConsoleRequest, signed_in
from .programmes import find_version
from .refusals import sentence_of

NOTE_LENGTH_MAX = 1000


@require_POST
@signed_in
def approval_request(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Put a draft forward."""
    said = _("The draft is put forward; another person decides.")
    return _act(request, slug, number, ask_approval_of_version, said)


@require_POST
@signed_in
def approval(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Approve a draft as it stands."""
    return _act(request, slug, number, approve_version, _("The draft is approved; it may be published."))


@require_POST
@signed_in
def refusal(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Refuse a draft as it stands."""
    return _act(request, slug, number, refuse_version, _("The draft is refused; its author reads why."))


def _act(
    request: ConsoleRequest, slug: str, number: int, verb: Callable[..., VersionApproval], said: str
) -> HttpResponseBase:
    version = find_version(request.actor, slug, number)
    try:
        verb(by=request.actor, at=clock.now(), version=version, note=request.POST.get("note", "")[:NOTE_LENGTH_MAX])
    except FideliaError as refused:
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, said)
    return redirect("console:version", slug=slug, number=number)
