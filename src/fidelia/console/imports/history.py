"""Points for past purchases: choose, see what it would give, give it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from fidelia.activity.operations.rewarding import RewardChoice, choice_of, start_rewarding
from fidelia.jobs.models import Job
from fidelia.jobs.queries import get_job, list_jobs
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.queries import list_programmes
from fidelia.ui.parts import Definition, Figure

from ..jobs import progress_of
from ..pages import ConsoleRequest, show, signed_in
from ..refusals import sentence_of, sentence_of_code
from ..speech import Speech, speech_of

TRIAL, REWARDING = "history.try", "history.reward"


@signed_in
def history(request: ConsoleRequest) -> HttpResponseBase:
    """The page: a form, the last trial or rewarding, and what came of it."""
    request.actor.require("purchase.import")
    if request.method == "POST":
        return _start(request)
    job = _last_job(request)
    programmes = list_programmes()
    choice = choice_of(job.arguments) if job is not None else RewardChoice()
    context = {
        "programmes": programmes,
        "choice": choice,
        "bar": _bar(request, job) if job is not None and (job.is_under_way or job.is_resumable) else None,
        **(_outcome(job, programmes) if job is not None else {}),
    }
    return show(request, "console/imports/history.html", context)


@signed_in
def progress(request: ConsoleRequest, job_id: UUID) -> HttpResponseBase:
    """The bar, which asks for itself again; when the job ends, the page."""
    job = get_job(by=request.actor, job_id=job_id)
    if not job.is_under_way:
        return HttpResponseClientRedirect(reverse("console:history"))
    return show(request, "console/jobs/progress.html", {"job": _bar(request, job)})


def _start(request: ConsoleRequest) -> HttpResponseBase:
    post = request.POST
    choice = RewardChoice(
        programme=post.get("programme", ""),
        first_rules="first_rules" in post,
        before_enrolment="before_enrolment" in post,
        enrol="enrol" in post,
    )
    try:
        start_rewarding(by=request.actor, at=clock.now(), choice=choice, is_trial="reward" not in post)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect("console:history")


def _last_job(request: ConsoleRequest) -> Job | None:
    """The later of the last trial and the last rewarding that this person may see."""
    found = [job for kind in (TRIAL, REWARDING) for job in list_jobs(by=request.actor, kind=kind, limit=1)]
    return max(found, key=lambda job: job.created_at, default=None)


def _bar(request: ConsoleRequest, job: Job) -> Any:
    bar = progress_of(request.actor, job, speech_of(clock.now()))
    return replace(bar, poll_url=reverse("console:history-progress", args=[job.id]) if bar.poll_url else "")


def _outcome(job: Job, programmes: list[Programme]) -> dict[str, Any]:
    speech = speech_of(clock.now())
    if job.state == "failed":
        return {"failure": sentence_of_code(job.error_code, job.error)}
    elif job.state != "done":
        return {}
    programme = next((one for one in programmes if job.arguments.get("programme") in ("", one.slug)), None)
    scale = programme.points_currency.scale if programme is not None else 0
    result = job.result or {}
    return {
        "is_trial": job.kind == TRIAL,
        "told_at": job.ended_at,
        "has_some": bool(result.get("rewarded_purchases")),
        "figures": _figures(result, scale, speech),
        "tiers": [(name.replace("_", " "), speech.number(n)) for name, n in sorted(result.get("tiers", {}).items())],
    }


def _figures(result: dict[str, Any], scale: int, speech: Speech) -> list[Figure]:
    n = {name: speech.number(value) for name, value in result.items() if isinstance(value, int)}
    points, expired = (speech.points(result.get(name, 0), scale) for name in ("points", "expired_points"))
    return [
        _figure(_("Purchases looked at"), n.get("purchases", "0"),
                _("Purchases and returns of known customers that count for no account so far.")),
        _figure(_("Purchases rewarded"), n.get("rewarded_purchases", "0"),
                _("Decided at their own date; the others are of nobody who is a member, or of no rules.")),
        _figure(_("Members"), n.get("members", "0"), _("Members whose purchases count, new ones among them."),
                _("%(n)s new") % {"n": n.get("new_members", "0")}),
        _figure(_("Points"), points, _("What is given, less what returns take back."),
                _("%(points)s of them have expired by now") % {"points": expired}),
    ]  # fmt: skip


def _figure(label: str, value: str, sentence: str, note: str = "") -> Figure:
    return Figure(label, value, note=note, definition=Definition(label, sentence))
