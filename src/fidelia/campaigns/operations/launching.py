"""Launch: draw the arms, write them down onto the customers, publish the offer for the treated; all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from fidelia.access.queries import get_standing_approval
from fidelia.customers.operations import place_members, place_segment, place_trait_definition, set_traits
from fidelia.customers.queries import ids_of_each, member_ids_at
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce
from fidelia.programme.models import Programme
from fidelia.programme.queries import get_programme_by_id, list_enrolments

from ..errors import AudienceTooSmall, CampaignNotWaiting, CampaignOver
from ..events import CampaignLaunched
from ..models import Arm, Campaign, CampaignMember, State
from .drafting import APPROVAL_RIGHT, audit, content_hash_of, find_campaign, lock_campaign
from .drawing import draw_control
from .holding_out import current_control, held_out_of
from .offers import publish_offer

PEOPLE_PER_ARM_MIN: Final = 2  # below two there is no interval
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom the draw found: people of the segment, less those who are no members of the programme, less those drawn into
    another campaign that still runs in it (two offers at once would be measured as one), less the global control
    group."""

    in_segment: int
    not_members: int
    in_other_campaign: int
    control: int
    treated: int
    in_global_control: int = 0


def launch_campaign(*, by: Actor, at: datetime, campaign_id: UUID) -> Campaign:
    """Launch an approved campaign: refresh its segment, draw its people into two arms, publish its offer.

    Written together or not at all: the members (frozen from here on), the dated trait `campaign_<key>` ("treated" or
    "control") on each of them, the segment `campaign_<key>` of the treated, and a programme version whose new rule acts
    for that segment. Everybody treated stays treated, also those to whom no message may be sent (intention to treat).
    Announces CampaignLaunched.

    Raises Denied (campaign.launch, programme.publish), UnknownCampaign, CampaignNotWaiting, ApprovalMissing,
    CampaignOver, AudienceTooSmall, NoVersionInForce, LaterVersionScheduled.
    """
    scope = find_campaign(campaign_id).scope
    by.require("campaign.launch", scope)
    by.require("programme.publish", scope)
    with transaction_of_use_case():
        _launch_one_at_a_time()
        campaign = lock_campaign(campaign_id)
        _require_approval(campaign, at)
        programme = get_programme_by_id(campaign.programme_id)
        audience = _draw(by, at, campaign, programme)
        _mark_treated(by, at, campaign)
        version = publish_offer(by=by, at=at, programme=programme, campaign=campaign)
        campaign.state, campaign.launched_at, campaign.launched_by = State.RUNNING, at, by.label
        campaign.counted_from, campaign.version_id = max(at, campaign.starts_at), version.id
        campaign.audience = asdict(audience)
        campaign.save()
        audit(by, at, "campaign.launch", campaign, after={**asdict(audience), "version": version.number})
        announce(
            CampaignLaunched(
                occurred_at=at, campaign_id=campaign.id, programme_id=programme.id,
                treated=audience.treated, control=audience.control,
            )
        )  # fmt: skip
    return campaign


def _launch_one_at_a_time() -> None:
    # Two launches at once would each find the same people free, and draw them twice.
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('campaign.launch'))")


def _require_approval(campaign: Campaign, at: datetime) -> None:
    if campaign.state != State.AWAITING_APPROVAL:
        raise CampaignNotWaiting(f"“{campaign.key}” was not put forward for approval, or was launched already.")
    get_standing_approval(
        right=APPROVAL_RIGHT, object_type="campaign", object_id=campaign.id, content_hash=content_hash_of(campaign)
    )
    if campaign.ends_at <= at:
        raise CampaignOver(f"“{campaign.key}” would have ended already.")


def _draw(by: Actor, at: datetime, campaign: Campaign, programme: Programme) -> Audience:
    place_members(by=by, at=at, segment_id=campaign.segment_id)
    found = member_ids_at(campaign.segment_id, at)
    members, elsewhere, held = find_members(campaign, found, programme)
    free = [person for person in members if person not in elsewhere and person not in held]
    treated, control = draw_control(campaign.seed, free, campaign.control_share)
    if min(len(treated), len(control)) < PEOPLE_PER_ARM_MIN:
        raise AudienceTooSmall(
            f"{len(free)} people are left of the {len(found)} in the segment: too few for two groups.",
            in_segment=len(found), not_members=len(found) - len(members), in_other_campaign=len(elsewhere),
            in_global_control=len(held),
        )  # fmt: skip
    arms = [(Arm.TREATED, person) for person in treated] + [(Arm.CONTROL, person) for person in control]
    columns = ("campaign_id", "customer_id", "arm", "assigned_at")
    copy_rows("campaigns_member", columns, ((campaign.id, person, arm.value, at) for arm, person in arms))
    return Audience(len(found), len(found) - len(members), len(elsewhere), len(control), len(treated), len(held))


def find_members(
    campaign: Campaign, found: Sequence[UUID], programme: Programme
) -> tuple[list[UUID], set[UUID], set[UUID]]:
    """Return who of the people found are members of the programme; who of those are in another campaign; and who of the
    others are in the global control group.
    """
    members = [person for chunk in _chunks(found) for person in _members_among(chunk, programme)]
    elsewhere = _drawn_elsewhere(campaign).intersection(members)
    held = held_out_of((person for person in members if person not in elsewhere), current_control())
    return members, elsewhere, held


def _chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _members_among(people: Sequence[UUID], programme: Programme) -> list[UUID]:
    ids_of = ids_of_each(people)
    known = [id_ for ids in ids_of.values() for id_ in ids]
    enrolled = {
        enrolment.customer_id
        for enrolment in list_enrolments(known)
        if enrolment.programme_id == programme.id and enrolment.ended_at is None
    }
    return [person for person in people if enrolled.intersection(ids_of.get(person, ()))]


def _drawn_elsewhere(campaign: Campaign) -> set[UUID]:
    others = CampaignMember.objects.filter(campaign__programme_id=campaign.programme_id, campaign__state=State.RUNNING)
    return set(others.values_list("customer_id", flat=True))


def _mark_treated(by: Actor, at: datetime, campaign: Campaign) -> None:
    label = LocalizedText(en=f"Campaign {campaign.name.en}", fr=f"Campagne {campaign.name.fr}")
    place_trait_definition(by=by, at=at, name=campaign.mark, type="text", label=label)
    members = list(CampaignMember.objects.filter(campaign=campaign).values_list("customer_id", "arm"))
    rows = [(customer_id, campaign.mark, arm) for customer_id, arm in members]
    set_traits(by=by.lent("customer.set_traits"), at=at, rows=rows, source="campaigns")
    condition = f'has(trait.{campaign.mark}) && trait.{campaign.mark} == "{Arm.TREATED.value}"'
    segment = place_segment(by=by, at=at, key=campaign.mark, name=campaign.name, condition=condition)
    place_members(by=by, at=at, segment_id=segment.id)
    campaign.treated_segment_id = segment.id
