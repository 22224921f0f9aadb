"""Hand a file in: it is kept, looked at, and opened as what it seems to hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from fidelia.files.operations import forget_file, keep_file
from fidelia.intake.kinds import get_import_kind
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of
from ..speech import speech_of
from .listing import require_some_target
from .opening import open_kept_file
from .states import steps_of, url_of_import
from .uploads import Arrival, ToDisk, refuse_early

KEPT_DAYS = 90


@csrf_exempt
@require_http_methods(["GET", "POST"])
@signed_in
def new_import(request: ConsoleRequest) -> HttpResponseBase:
    """The page with the drop zone. The body is read only once the person is known and its length is within the limit,
    which is why the form's token is checked in here.
    """
    targets = require_some_target(request)
    request.actor.require("file.keep")
    if request.method != "POST":
        return _page(request, targets)
    try:
        refuse_early(request)
        request.upload_handlers = [ToDisk(request)]
        arrival = Arrival(request)
        assert request.POST is not None  # reads it all
        arrival.require_whole()
        received: HttpResponseBase = csrf_protect(_receive)(request)
    except FideliaError as refusal:
        return _page(request, targets, sentence_of(refusal), status=refusal.status)
    return received


def _receive(request: HttpRequest) -> HttpResponseBase:
    assert isinstance(request, HttpRequest)
    by: Any = request.actor  # type: ignore[attr-defined]
    given = request.FILES.get("file")
    targets = require_some_target(request)  # type: ignore[arg-type]
    if given is None:
        return _page(request, targets, _("Choose a file first."), status=422)
    if not given.size:
        return _page(request, targets, _("This file is empty: it has not a single byte."), status=422)
    at = clock.now()
    kept = keep_file(
        by=by, at=at, name=given.name or "", stream=given, purpose="import", personal=True, kept_days=KEPT_DAYS
    )  # fmt: skip
    wanted = request.POST.get("target", "")
    try:
        found = open_kept_file(by, at, kept, targets=(wanted,) if wanted in targets else targets)
    except FideliaError:
        forget_file(by=by, at=at, file_id=kept.id)
        raise
    return redirect(url_of_import(found, "import-columns"))


def _page(request: HttpRequest, targets: Sequence[str], mistake: str = "", *, status: int = 200) -> HttpResponseBase:
    speech = speech_of(clock.now())
    context = {
        "steps": steps_of(None, ""),
        "targets": [(name, get_import_kind(name).target.label.in_language(speech.language)) for name in targets],
        "chosen": request.GET.get("target", ""),
        "mistake": mistake,
        "bytes_max": settings.FILE_BYTES_MAX,
        "size_max": size_of(settings.FILE_BYTES_MAX, speech.language),
        "kept_days": KEPT_DAYS,
    }
    return show(request, "console/imports/new.html", context, status=status)


def size_of(size: int, language: str) -> str:
    """Return a number of bytes as people say it."""
    from fidelia.ui.formats import is_french, number

    units = ("o", "ko", "Mo", "Go") if is_french(language) else ("B", "kB", "MB", "GB")
    amount, unit = float(size), units[0]
    for larger in units[1:]:
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{number(round(amount, 1) if amount < 10 else round(amount), language)}\u00a0{unit}"
