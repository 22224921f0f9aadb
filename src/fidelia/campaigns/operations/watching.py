"""Watch: what a campaign has done so far, with intervals that hold however often one looks."""

from __future__ import annotations

from dataclasses import dataclass

from fidelia.insight.fits.proof.sequential import looked_at_difference_of_means
from fidelia.insight.measures.effect import Effect, Sample
from fidelia.insight.measures.tallies import Tally
from fidelia.kernel.errors import FideliaError

from ..models import Arm, Campaign, CampaignResult


@dataclass(frozen=True, slots=True)
class WatchedCampaign:
    """A campaign with its last result, and its effects with intervals that hold however often one looks.

    `buyers` is a share, `spend` and `points` are minor units a person; None before a result, or with too few people.
    """

    campaign: Campaign
    result: CampaignResult | None
    buyers: Effect | None
    spend: Effect | None
    points: Effect | None

    @property
    def harms(self) -> bool:
        """Whether the treated surely buy less, or less often, than those left alone."""
        return any(effect is not None and effect.high < 0 for effect in (self.buyers, self.spend))


def watched_of(campaign: Campaign, result: CampaignResult | None) -> WatchedCampaign:
    """Compute the effects of a result with intervals that are valid at every look.

    People are drawn once and bought for longer and longer: what has come in of the information planned is the share of
    the campaign's time that has passed, so early intervals are wide (see `looked_at_difference_of_means`).
    """
    if result is None:
        return WatchedCampaign(campaign, None, None, None, None)
    treated, control = (Tally(**result.tallies[arm.value]) for arm in (Arm.TREATED, Arm.CONTROL))
    people = treated.people + control.people
    planned = max(people, round(people / _share_passed(campaign, result)))

    def looked_at(one: Sample, other: Sample) -> Effect | None:
        try:
            return looked_at_difference_of_means(treated=one, control=other, planned_people=planned)
        except FideliaError:  # fewer than 30 in a group, of whom nothing is said yet
            return None

    buyers = [Sample(one.people, one.buyers, one.buyers) for one in (treated, control)]
    return WatchedCampaign(
        campaign, result, looked_at(*buyers), looked_at(treated.spent(), control.spent()),
        looked_at(treated.earned(), control.earned()),
    )  # fmt: skip


def _share_passed(campaign: Campaign, result: CampaignResult) -> float:
    whole = (campaign.ends_at - result.counted_from).total_seconds()
    passed = (result.counted_until - result.counted_from).total_seconds()
    return min(1.0, max(passed / whole, 0.001)) if whole > 0 else 1.0
