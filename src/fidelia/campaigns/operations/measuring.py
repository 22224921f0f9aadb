"""Measure: what the two arms have done since the launch, counted on exported facts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from fidelia.insight.measures.tallies import Counted
from fidelia.insight.queries import count_tallies, get_last_export
from fidelia.insight.queries.given import count_given
from fidelia.insight.queries.parting import count_tallies_by_part
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.messaging.queries.messages import count_sent
from fidelia.programme.queries import get_programme_by_id, list_versions, terms_of

from ..errors import AudienceTooSmall, CampaignNotLaunched
from ..models import Arm, Campaign, CampaignResult
from .costing import voucher_of
from .drafting import audit, find_campaign
from .ending import message_keys
from .parting import as_kept


def measure_campaign(*, by: Actor, at: datetime, campaign_id: UUID) -> CampaignResult:
    """Count what treated and control people bought from the launch until the campaign's end or the facts' cut-off.

    Everybody drawn counts in their arm (intention to treat). Purchases are those of the person at any partner: amounts
    in the programme's currency, points of the programme. The result is kept; `queries.get_result` gives its effects.

    Raises Denied (campaign.measure), UnknownCampaign, CampaignNotLaunched, AudienceTooSmall, NoExport when the facts do
    not reach the launch: refresh insight first.
    """
    campaign = find_campaign(campaign_id)
    by.require("campaign.measure", campaign.scope)
    if campaign.counted_from is None or campaign.counted_from > at:
        raise CampaignNotLaunched(f"“{campaign.key}” has no people who count yet.")
    export = get_last_export(since=campaign.counted_from)
    until = min(export.cut_off_at, campaign.counts_until)
    programme = get_programme_by_id(campaign.programme_id)
    tallies = count_tallies(
        export=export, drawn=("campaign_members", "campaign_id", campaign.id),
        since=campaign.counted_from, until=until, programme=Counted(str(programme.id), programme.currency),
    )  # fmt: skip
    if {arm.value for arm in Arm} - set(tallies) or min(found.people for found in tallies.values()) < 2:
        raise AudienceTooSmall("Too few of the people drawn are still known: a group has fewer than two.")
    versions = [one.id for one in list_versions(programme) if one.in_force_from is not None]
    given = count_given(
        export=export, rule_key=campaign.mark, versions=versions, since=campaign.counted_from, until=until,
        currency=programme.currency, voucher=_voucher_of(campaign),
    ).as_value()  # fmt: skip
    if campaign.template:
        given["messages"] = count_sent(message_keys(campaign))
    parts = count_tallies_by_part(
        export=export, drawn=("campaign_members", "campaign_id", campaign.id), since=campaign.counted_from,
        until=until, programme=Counted(str(programme.id), programme.currency),
    )  # fmt: skip
    with transaction_of_use_case():
        CampaignResult.objects.filter(campaign=campaign).update(parts={})
        result = CampaignResult.objects.create(
            campaign=campaign, export_id=export.id, counted_from=campaign.counted_from, counted_until=until,
            given=given, currency=programme.currency, measured_at=at,
            tallies={arm: asdict(tally) for arm, tally in tallies.items()}, parts=as_kept(parts),
        )  # fmt: skip
        audit(by, at, "campaign.measure", campaign, after={"result": result.id, "until": until})
    return result


def _voucher_of(campaign: Campaign) -> int | None:
    """What each voucher of the offer is worth, where that is fixed."""
    if campaign.version_id is None:
        return None
    rule = terms_of(campaign.version_id).rule_set.rule_at.get(campaign.mark)
    return voucher_of(rule) if rule is not None else None
