"""What pages ask of campaigns. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from django.db.models import Max, Q

from fidelia.customers.queries.traits import count_texts_of_trait
from fidelia.insight.measures.definitions import definition_of
from fidelia.insight.measures.effect import Effect, Finding, smallest_lift_seen
from fidelia.insight.measures.tallies import Tally, effect_on_buyers, effect_on_points, effect_on_spend
from fidelia.insight.queries import get_cut_off
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme
from fidelia.programme.queries import get_programme_by_id, terms_of, version_in_force

from .errors import UnknownCampaign
from .models import (
    Arm,
    Campaign,
    CampaignMember,
    CampaignResult,
    GlobalControl,
    GlobalControlResult,
    RuleResult,
    RuleStop,
    State,
)
from .operations.drawing import control_count
from .operations.holding_out import TRAIT as GLOBAL_CONTROL
from .operations.rules_measured import watched_rule
from .operations.watching import LookedAt, WatchedCampaign, watched_of

SHARES_OF_PROOF: Final = tuple(Fraction(percent, 100) for percent in range(5, 55, 5))
CAMPAIGNS_MAX: Final = 500
FINDINGS: Final[dict[Finding, LocalizedText]] = {
    "positive": LocalizedText(en="more than without the offer", fr="plus que sans l’offre"),
    "negative": LocalizedText(en="less than without the offer", fr="moins que sans l’offre"),
    "no effect found": LocalizedText(en="no effect found", fr="aucun effet constaté"),
}


@dataclass(frozen=True, slots=True)
class MeasuredEffect:
    """One line of a result: the two values, the difference with its interval, the finding in words, the definition.

    `treated` and `control` are shares (buyers) or means per person in minor units (spend, points), as is the effect.
    """

    name: LocalizedText
    treated: float
    control: float
    effect: Effect
    definition: str

    @property
    def finding(self) -> LocalizedText:
        return FINDINGS[self.effect.finding]


@dataclass(frozen=True, slots=True)
class ResultPage:
    """A result as its page shows it. `smallest_lift` is the least rise in buyers that these groups would have shown."""

    campaign: Campaign
    result: CampaignResult
    treated: Tally
    control: Tally
    buyers: MeasuredEffect
    spend: MeasuredEffect
    points: MeasuredEffect
    smallest_lift: float | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a control group of a size would show: `smallest_lift` is a share; None: no rise at all would show."""

    control_share: Fraction
    n_treated: int
    n_control: int
    smallest_lift: float | None


def list_campaigns(*, by: Actor) -> list[Campaign]:
    """Return the campaigns that the actor may see, the newest first. Raises Denied for one who may see none."""
    if not by.may_somewhere("campaign.see"):
        by.require("campaign.see")
    return list(Campaign.objects.filter(_within(by)).order_by("-created_at", "-id")[:CAMPAIGNS_MAX])


def _within(by: Actor) -> Q:
    partners = {scope.partner_id for scope in by.scopes_of("campaign.see") if scope.store_id is None}
    return Q() if None in partners else Q(partner_id__in=partners)


def list_due_for_measuring(*, at: datetime) -> list[Campaign]:
    """Return the campaigns whose people count and whose facts since the last result are new, oldest first.

    Those are the running ones, the finished ones whose last result does not reach their end, and those measured before
    results were counted by store, once. A campaign is due only if an export of facts reaches its launch.
    """
    cut_off = get_cut_off()
    launched = Campaign.objects.filter(counted_from__lte=at if cut_off is None else min(at, cut_off))
    return [
        campaign
        for campaign in launched.order_by("launched_at", "id")
        if cut_off is not None
        and (_counted_until(campaign) < min(campaign.counts_until, cut_off) or _has_no_parts(campaign))
    ]


def _counted_until(campaign: Campaign) -> datetime:
    last = campaign.results.aggregate(last=Max("counted_until"))["last"]
    return last if last is not None else datetime.min.replace(tzinfo=UTC)


def _has_no_parts(campaign: Campaign) -> bool:
    last = campaign.results.order_by("-measured_at", "-id").first()
    return last is not None and not last.parts


def get_campaign(*, by: Actor, key: str) -> Campaign:
    """Return a campaign by its key. Raises Denied, UnknownCampaign."""
    campaign = Campaign.objects.filter(key=key).first()
    if campaign is None:
        raise UnknownCampaign(f"There is no campaign “{key}”.")
    by.require("campaign.see", campaign.scope)
    return campaign


def is_offer_in_force(campaign: Campaign, at: datetime) -> bool:
    """Tell whether the version in force has the campaign's rule: a draft begun before the launch may have lost it."""
    version = version_in_force(get_programme_by_id(campaign.programme_id), at)
    return version is not None and any(rule.get("key") == campaign.mark for rule in version.document["rules"])


def list_members(*, by: Actor, campaign: Campaign, arm: Arm, after: UUID | None = None, limit: int = 50) -> list[UUID]:
    """Return customers of an arm in the order of their ids, after the last one seen. Raises Denied."""
    by.require("campaign.see", campaign.scope)
    members = CampaignMember.objects.filter(campaign=campaign, arm=arm)
    if after is not None:
        members = members.filter(customer_id__gt=after)
    return list(members.order_by("customer_id").values_list("customer_id", flat=True)[: min(limit, 500)])


def arms_of(customer_ids: Sequence[UUID]) -> list[tuple[Campaign, str]]:
    """Return the running campaigns that one person was drawn into, with the arm."""
    members = CampaignMember.objects.select_related("campaign").filter(
        customer_id__in=list(customer_ids), campaign__state=State.RUNNING
    )
    return [(member.campaign, member.arm) for member in members.order_by("assigned_at")]


def get_result(*, by: Actor, campaign: Campaign) -> ResultPage | None:
    """Return the last result with its effects; None before the first measurement. Raises Denied."""
    by.require("campaign.see", campaign.scope)
    result = campaign.results.order_by("-measured_at", "-id").first()
    return None if result is None else page_of(campaign, result)


def page_of(campaign: Campaign, result: CampaignResult) -> ResultPage:
    """Compute the effects of a result from its counts and sums."""
    treated, control = (Tally(**result.tallies[arm.value]) for arm in (Arm.TREATED, Arm.CONTROL))
    return ResultPage(
        campaign=campaign,
        result=result,
        treated=treated,
        control=control,
        buyers=MeasuredEffect(
            LocalizedText(en="Bought at least once", fr="Ont acheté au moins une fois"),
            treated.bought().value, control.bought().value,
            effect_on_buyers(treated, control), definition_of(effect_on_buyers),
        ),
        spend=MeasuredEffect(
            LocalizedText(en="Spent per person", fr="Dépense par personne"),
            treated.spent().mean, control.spent().mean,
            effect_on_spend(treated, control), definition_of(effect_on_spend),
        ),
        points=MeasuredEffect(
            LocalizedText(en="Points granted per person", fr="Points accordés par personne"),
            treated.earned().mean, control.earned().mean,
            effect_on_points(treated, control), definition_of(effect_on_points),
        ),
        smallest_lift=smallest_lift_seen(
            base=min(control.bought().value, 0.999), n_treated=treated.people, n_control=control.people
        ),
    )  # fmt: skip


def list_watched(*, by: Actor) -> list[WatchedCampaign]:
    """Return the launched campaigns that the actor may see with their effects, the newest first. Raises Denied."""
    launched = [one for one in list_campaigns(by=by) if one.launched_at is not None]
    results = CampaignResult.objects.filter(campaign__in=launched).order_by("campaign_id", "-measured_at", "-id")
    newest = {result.campaign_id: result for result in results.distinct("campaign_id")}
    return [watched_of(one, newest.get(one.id)) for one in launched]


def list_proofs(*, people: int, base: float) -> list[Proof]:
    """Return what control groups of 5 to 50 % would show, for so many people of whom `base` would buy anyway."""
    return [proof_of(people=people, base=base, control_share=share) for share in SHARES_OF_PROOF]


def proof_of(*, people: int, base: float, control_share: Fraction) -> Proof:
    """Return the smallest rise in buyers that a control group of this share would show, four times in five."""
    n_control = control_count(people, control_share)
    n_treated = people - n_control
    lift = None
    if min(n_treated, n_control) >= 1:
        lift = smallest_lift_seen(base=base, n_treated=n_treated, n_control=n_control)
    return Proof(control_share, n_treated, n_control, lift)


@dataclass(frozen=True, slots=True)
class GlobalControlView:
    """The group that runs, how many are in it and how many are not, its last results by programme, and those before."""

    current: GlobalControl | None
    control: int
    treated: int
    results: list[GlobalControlResult]
    past: list[GlobalControl]


def see_global_control(*, by: Actor) -> GlobalControlView:
    """Return the global control group with its last results. Raises Denied (campaign.see)."""
    by.require("campaign.see")
    current = GlobalControl.objects.filter(ended_at=None).first()
    past = list(GlobalControl.objects.exclude(ended_at=None).order_by("-begins_at")[:20])
    if current is None:
        return GlobalControlView(None, 0, 0, [], past)
    arms = count_texts_of_trait(GLOBAL_CONTROL)
    latest = current.results.order_by("programme_id", "-measured_at", "-id").distinct("programme_id")
    return GlobalControlView(
        current, arms.get(Arm.CONTROL.value, 0), arms.get(Arm.TREATED.value, 0), list(latest), past
    )


@dataclass(frozen=True, slots=True)
class WatchedRule:
    """A rule with its last result and its effects, valid at every look; and the stop that holds, if one does."""

    programme: Programme
    result: RuleResult
    name: LocalizedText
    effects: LookedAt
    stop: RuleStop | None


def list_watched_rules(*, by: Actor) -> list[WatchedRule]:
    """Return the last result of each rule that leaves people out, in the programmes that the actor may see.

    Raises Denied for one who may see no campaign.
    """
    if not by.may_somewhere("campaign.see"):
        by.require("campaign.see")
    latest = RuleResult.objects.order_by("programme_id", "rule_key", "-measured_at", "-id")
    stops = {(one.programme_id, one.rule_key): one for one in RuleStop.objects.filter(resumed_at=None)}
    found = []
    for result in latest.distinct("programme_id", "rule_key")[:CAMPAIGNS_MAX]:
        programme = get_programme_by_id(result.programme_id)
        if by.may("campaign.see", Scope(programme.partner_id)):
            rule = terms_of(result.version_id).rule_set.rule_at[result.rule_key]
            stop = stops.get((result.programme_id, result.rule_key))
            found.append(WatchedRule(programme, result, rule.name, watched_rule(result), stop))
    return found


def list_rule_stops(*, by: Actor, since: datetime) -> list[RuleStop]:
    """Return the rules stopped since an instant that have not begun again, the newest first. Raises Denied."""
    by.require("campaign.see")
    return list(RuleStop.objects.filter(resumed_at=None, stopped_at__gte=since).order_by("-stopped_at")[:20])
