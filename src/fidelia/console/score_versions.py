"""Insight › Scores › Versions: what each was learnt from, how good it is, how far people drifted, which one counts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.insight.fits.scoring.keeping import DRIFTED
from fidelia.insight.models import ScoreVersion
from fidelia.insight.operations import choose_score
from fidelia.insight.operations.scoring import SCORE
from fidelia.insight.queries import list_score_versions
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.ui import formats

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import sentence_of

MOVED = 0.1


@signed_in
def versions(request: ConsoleRequest) -> HttpResponseBase:
    """The cards of all versions, the newest first."""
    found = list_score_versions(by=request.actor)
    context = {
        "rows": [_row(one) for one in found],
        "is_chosen": any(one.is_chosen for one in found),
        "may_choose": request.actor.may_somewhere("insight.refresh"),
    }
    return show(request, "console/insight/score_versions.html", context)


@require_POST
@signed_in
def choose(request: ConsoleRequest) -> HttpResponseBase:
    """Choose a version, or let each refresh learn anew."""
    asked = request.POST.get("number", "")
    try:
        choose_score(by=request.actor, at=clock.now(), number=int(asked) if asked.isdecimal() else None)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("It counts from the next refresh on."))
    return redirect("console:insight-score-versions")


def _row(version: ScoreVersion) -> dict[str, Any]:
    tongue, card = language(), version.card
    worst = max(version.drift.values(), default=None)
    return {
        "number": version.number, "learnt_at": version.learnt_at, "is_chosen": version.is_chosen,
        "chosen_by": version.chosen_by, "people": formats.number(card["people"], tongue),
        "did": formats.share(card["did"] / card["people"], tongue, decimals=1),
        "auc": formats.number(card["auc"], tongue, decimals=3),
        "span": _("%(low)s to %(high)s") % {
            "low": formats.number(card["auc_low"], tongue, decimals=3),
            "high": formats.number(card["auc_high"], tongue, decimals=3),
        },
        "lift": formats.number(card["lift"], tongue, decimals=1),
        "calibration": formats.share(card["calibration_error"], tongue, decimals=1),
        "columns": [_(name) for name in card["columns"]],
        "drift": "" if worst is None else formats.number(worst, tongue, decimals=2),
        "tone": "grey" if worst is None or worst < MOVED else "amber" if worst < DRIFTED else "red",
        "finding": _drift_said(worst),
        "drifts": [
            (_("The score itself") if name == SCORE else _(name), formats.number(value, tongue, decimals=3))
            for name, value in version.drift.items()
        ],
    }  # fmt: skip


def _drift_said(worst: float | None) -> str:
    if worst is None:
        return _("not watched")
    if worst < MOVED:
        return _("as when it was learnt")
    return _("has moved") if worst < DRIFTED else _("other people by now")
