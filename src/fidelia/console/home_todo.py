"""What Home asks of a person: each matter with why, and the one verb that settles it; and the steps of a first run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fidelia.access.models import Approval
from fidelia.access.queries import list_approvals_to_decide
from fidelia.campaigns.models import Campaign, State
from fidelia.campaigns.operations.ending import HARM
from fidelia.campaigns.queries import get_result, list_campaigns, list_rule_stops
from fidelia.insight.fits.scoring.keeping import DRIFTED
from fidelia.insight.queries import get_last_refresh, list_scores_in_use
from fidelia.jobs.models import JobState
from fidelia.jobs.queries import list_jobs, list_parked
from fidelia.kernel.actor import Actor, Scope
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.queries import list_versions
from fidelia.programme.queries.approvals import Standing, approval_of
from fidelia.ui import formats

from .campaign_parts import is_approved
from .programme_parts import language

STALE = timedelta(days=3)
FRESH = timedelta(days=14)
MATTERS_MAX = 7


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to do: what, why, and one verb with its address. `tone` says how pressing it is."""

    icon: str
    tone: str
    text: str
    why: str
    verb: str
    url: str


def list_matters(*, by: Actor, at: datetime, programmes: list[Programme]) -> list[Matter]:
    """Return what waits for this person, the most pressing first."""
    sources = (
        _parked(by),
        _failed_jobs(by, at),
        _stopped_rules(by, at),
        _campaigns(by, at),
        _approvals(by),
        _drafts(by, programmes),
        _insight(by, at),
        _drift(by),
    )
    return [matter for source in sources for matter in source][:MATTERS_MAX]


def _parked(by: Actor) -> Iterator[Matter]:
    if not by.may_somewhere("event.see"):
        return
    count = len(list_parked(by=by, limit=100))
    if count:
        text = ngettext("%(n)s event could not be served", "%(n)s events could not be served", count) % {"n": count}
        why = _("Messages, tiers or campaigns may lag behind until somebody looks.")
        yield Matter("alert-triangle", "red", text, why, _("Look at them"), _address("console:events", "console:jobs"))


def _failed_jobs(by: Actor, at: datetime) -> Iterator[Matter]:
    jobs = [job for job in list_jobs(by=by, under_way=False, limit=50) if job.state == JobState.FAILED]
    jobs = [job for job in jobs if job.ended_at is not None and job.ended_at > at - FRESH]
    if jobs:
        text = _("“%(job)s” failed") % {"job": jobs[0].label.in_language(language())}
        more = len(jobs) - 1
        why = (
            ngettext("and %(n)s other job", "and %(n)s other jobs", more) % {"n": more} if more else jobs[0].error_code
        )
        yield Matter("alert-circle", "red", text, why, _("Open the jobs"), _address("console:jobs"))


def _stopped_rules(by: Actor, at: datetime) -> Iterator[Matter]:
    """Rules that the night stopped: people learn of it where they begin their day."""
    if not by.may("campaign.see"):
        return
    for stop in list_rule_stops(by=by, since=at - FRESH):
        if stop.reason == HARM:
            why = _("Members surely buy less than those left out. You can let it give again.")
            text = _("The rule “%(rule)s” was stopped: it does harm") % {"rule": stop.rule_key}
            yield Matter("player-stop", "red", text, why, _("Look at it"), reverse("console:insight-effects"))


def _approvals(by: Actor) -> Iterator[Matter]:
    approvals = [one for one in list_approvals_to_decide(by=by) if one.object_type == "campaign"]
    names = {one.id: one for one in list_campaigns(by=by)} if approvals and by.may_somewhere("campaign.see") else {}
    for approval in approvals:
        campaign = names.get(approval.object_id)
        if campaign is not None:
            yield _approval(approval, campaign)


def _approval(approval: Approval, campaign: Campaign) -> Matter:
    name = {"name": campaign.name.in_language(language())}
    why = _("Asked by %(person)s.") % {"person": approval.asked_by_label}
    return Matter(
        "git-pull-request", "petrol", _("The campaign “%(name)s” waits for your approval") % name,
        " ".join(filter(None, [why, approval.note])), _("Read it"), reverse("console:campaign", args=(campaign.key,)),
    )  # fmt: skip


def _campaigns(by: Actor, at: datetime) -> Iterator[Matter]:
    if not by.may_somewhere("campaign.see"):
        return
    for campaign in list_campaigns(by=by):
        url = reverse("console:campaign", args=(campaign.key,))
        name = {"name": campaign.name.in_language(language())}
        if campaign.state == State.AWAITING_APPROVAL and by.may("campaign.launch", campaign.scope):
            if is_approved(campaign):
                why = _("It is approved; nobody has launched it yet.")
                yield Matter("send", "petrol", _("“%(name)s” is ready to launch") % name, why, _("Launch it"), url)
        elif campaign.is_finished and campaign.finished_at is not None and campaign.finished_at > at - 3 * FRESH:
            result = get_result(by=by, campaign=campaign)
            why = result.buyers.finding.in_language(language()).capitalize() if result else _("It is not measured yet.")
            yield Matter(
                "ruler-measure",
                "blue",
                _("“%(name)s” has ended") % name,
                f"{why.rstrip('.')}.",
                _("Read the result"),
                url,
            )


def _drafts(by: Actor, programmes: list[Programme]) -> Iterator[Matter]:
    for programme in programmes:
        scope = Scope(programme.partner_id)
        if not (by.may("programme.draft", scope) or by.may("programme.publish", scope)):
            continue
        drafts = [one for one in list_versions(programme) if one.state == ProgrammeVersion.State.DRAFT]
        for draft in drafts[:1]:
            yield _draft(by, programme, draft)


def _draft(by: Actor, programme: Programme, draft: ProgrammeVersion) -> Matter:
    is_own = draft.author_id == by.id
    found = approval_of(draft)
    asked = found.approval
    url = reverse("console:version", args=(programme.slug, draft.number))
    names = {"number": draft.number, "programme": programme.name.in_language(language())}
    text = _("Version %(number)s of %(programme)s is a draft") % names
    why = (
        _("You wrote it; another person publishes it.")
        if is_own
        else _("Written by %(name)s.") % {"name": draft.author_label}
    )
    may_publish = by.may("programme.publish", Scope(programme.partner_id)) and not is_own
    if found.standing is Standing.ASKED and may_publish and asked is not None and asked.asked_by_id != by.id:
        text = _("Version %(number)s of %(programme)s waits for your approval") % names
        why = _("Asked by %(person)s.") % {"person": asked.asked_by_label}
        return Matter("versions", "petrol", text, " ".join(filter(None, [why, asked.note])), _("Read it"), url)
    if found.standing is Standing.APPROVED and asked is not None:
        why = _("%(name)s approved it; nobody has published it yet.") % {"name": asked.decided_by_label}
        return Matter("versions", "petrol", text, why, _("Read it"), url)
    verb = _("Read and publish it") if may_publish else _("Go on writing")
    return Matter("versions", "amber", text, " ".join(filter(None, [why, draft.note])), verb, url)


def _insight(by: Actor, at: datetime) -> Iterator[Matter]:
    if not by.may_somewhere("insight.refresh"):
        return
    last = get_last_refresh()
    url = reverse("console:insight-rfm")
    if last is None:
        why = _("Scores, groups and the results of campaigns come from it.")
        yield Matter("chart-dots-2", "blue", _("Insight was never refreshed"), why, _("Refresh it"), url)
    elif last.refreshed_at < at - STALE:
        age = formats.duration(int((at - last.refreshed_at).total_seconds()), language())
        yield Matter(
            "hourglass",
            "amber",
            _("Insight is %(age)s old") % {"age": age},
            _("It is refreshed each night."),
            _("Refresh it"),
            url,
        )


def _drift(by: Actor) -> Iterator[Matter]:
    """The score that counts was learnt from people who are others by now."""
    if not by.may_somewhere("insight.refresh"):
        return
    for version in list_scores_in_use():
        if max(version.drift.values(), default=0.0) < DRIFTED:
            continue
        text = _("Version %(number)s of the score was learnt from other people than those of today") % {
            "number": version.number
        }
        why = _("What it says may no longer hold. A newer version can be chosen.")
        yield Matter("alert-triangle", "amber", text, why, _("Look at it"), reverse("console:insight-score-versions"))


def _address(*names: str) -> str:
    """Return the first of these pages that exists, else Home."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""
