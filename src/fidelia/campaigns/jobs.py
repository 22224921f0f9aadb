"""The long work of campaigns, started by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.customers.operations import refresh_segments
from fidelia.insight.errors import NoExport, NoRefreshYet
from fidelia.jobs.operations import JobKind, Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText

from .errors import AudienceTooSmall
from .operations import (
    end_due_campaigns,
    learn_from_campaigns,
    measure_campaign,
    measure_global_control,
    measure_rules,
    place_new_members,
    stop_harmful_rules,
    stop_if_harmful,
    stop_if_spent,
)
from .operations.holding_out import current_control
from .queries import list_due_for_measuring


def end_due(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """End the campaigns whose end has come."""
    return {"ended": end_due_campaigns(by=by, at=at)}


def measure_due(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Measure each running campaign, and each finished one once more on facts that reach its end; stop what harms, and
    what has used up its budget.
    """
    due, stopped = list_due_for_measuring(at=at), 0
    progress.expect(len(due))
    for campaign in due:
        measure_campaign(by=by, at=at, campaign_id=campaign.id)
        # Who may measure does not stop a campaign: the house's rule does.
        lent = by.lent("campaign.stop")
        stopped += any(stop(by=lent, at=at, campaign_id=campaign.id) for stop in (stop_if_harmful, stop_if_spent))
        progress.step()
    measured, ended = _measure_rules(by, at)
    return {"measured": len(due) + measured, "stopped": stopped + ended}


def _measure_rules(by: Actor, at: datetime) -> tuple[int, int]:
    try:
        results = measure_rules(by=by, at=at)
    except NoExport:  # before the first refresh
        return 0, 0
    return len(results), len(stop_harmful_rules(by=by.lent("campaign.stop"), at=at, results=results))


def learn(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Learn from the campaigns that are over, and find the people of the segments anew where that set traits."""
    try:
        learnt = learn_from_campaigns(by=by, at=at)
    except NoRefreshYet:
        return {"campaigns": 0}
    if learnt["campaigns"]:
        refresh_segments(by=by.lent("segment.refresh"), at=at)
    return learnt


def hold_out(arguments: Mapping[str, Any], *, by: Actor, at: datetime, progress: Progress) -> dict[str, int]:
    """Place the members who joined, and measure the global control group once the facts reach its beginning."""
    if current_control() is None:
        return {"placed": 0, "measured": 0}
    placed = place_new_members(by=by.lent("campaign.hold_out"), at=at)
    try:
        measured = len(measure_global_control(by=by, at=at))
    except (NoExport, AudienceTooSmall):  # begun after the last refresh, or still too small a house
        measured = 0
    return {"placed": placed, "measured": measured}


JOBS = (
    JobKind(
        name="campaign.hold_out",
        label=LocalizedText(en="Global control group", fr="Groupe témoin permanent"),
        right="campaign.measure",
        function=hold_out,
        cron="40 4 * * *",
    ),
    JobKind(
        name="campaign.learn",
        label=LocalizedText(en="Scores learnt from campaigns", fr="Scores appris des campagnes"),
        right="campaign.measure",
        function=learn,
        cron="20 5 * * *",
    ),
    JobKind(
        name="campaign.end",
        label=LocalizedText(en="End of campaigns", fr="Fin des campagnes"),
        right="campaign.stop",
        function=end_due,
        cron="*/15 * * * *",
    ),
    JobKind(
        name="campaign.measure",
        label=LocalizedText(en="Measurement of campaigns", fr="Mesure des campagnes"),
        right="campaign.measure",
        function=measure_due,
        cron="0 5 * * *",
    ),
)
