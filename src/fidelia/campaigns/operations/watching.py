"""Watch: what a campaign has done so far, with intervals that hold however often one looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fidelia.insight.fits.proof.sequential import looked_at_difference_of_means
from fidelia.insight.measures.effect import Effect, Sample
from fidelia.insight.measures.tallies import Tally
from fidelia.kernel.errors import FideliaError

from ..models import Arm, Campaign, CampaignResult
from .parting import PartOfResult

LEAST_PASSED: Final = 0.001


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
    found = looked_at(treated, control, _share_passed(campaign, result))
    return WatchedCampaign(campaign, result, found.buyers, found.spend, found.points)


def watched_part_of(one: WatchedCampaign, part: PartOfResult) -> WatchedCampaign:
    """Return what a campaign did to the people of one part; no effects where they are too few in an arm."""
    if one.result is None or part.treated is None or part.control is None:
        return WatchedCampaign(one.campaign, one.result, None, None, None)
    found = looked_at(part.treated, part.control, _share_passed(one.campaign, one.result))
    return WatchedCampaign(one.campaign, one.result, found.buyers, found.spend, found.points)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Effects of two arms, valid at every look; None with fewer than 30 people in an arm."""

    buyers: Effect | None
    spend: Effect | None
    points: Effect | None


def looked_at(treated: Tally, control: Tally, share_passed: float) -> LookedAt:
    """Return the effects of two arms after a share of the time planned (0 to 1; more is 1)."""
    people = treated.people + control.people
    planned = max(people, round(people / min(1.0, max(share_passed, LEAST_PASSED))))

    def of(one: tuple[int, int, int], other: tuple[int, int, int]) -> Effect | None:
        try:
            return looked_at_difference_of_means(treated=Sample(*one), control=Sample(*other), planned_people=planned)
        except FideliaError:  # fewer than 30 in a group, of whom nothing is said yet
            return None

    return LookedAt(
        of(*((one.people, one.buyers, one.buyers) for one in (treated, control))),
        of(*((one.people, one.spend, one.spend_squares) for one in (treated, control))),
        of(*((one.people, one.points, one.points_squares) for one in (treated, control))),
    )


def _share_passed(campaign: Campaign, result: CampaignResult) -> float:
    whole = (campaign.ends_at - result.counted_from).total_seconds()
    passed = (result.counted_until - result.counted_from).total_seconds()
    return passed / whole if whole > 0 else 1.0
