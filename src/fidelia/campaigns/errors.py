"""The refusals of campaigns.

NotFound
└── UnknownCampaign
Invalid
├── MalformedCampaign
├── MalformedOffer
└── ControlShareOutOfBounds
Refused
├── CampaignKeyTaken
├── CampaignNotDraft, CampaignNotWaiting, CampaignNotRunning, CampaignNotLaunched
├── CampaignOver, CampaignNotOver
├── AudienceTooSmall
├── NoVersionInForce
├── RuleNotInForce, RuleNotStopped
└── LaterVersionScheduled
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class UnknownCampaign(NotFound):
    """There is no such campaign, or not the actor's to see."""

    default_code = "unknown_campaign"


class RuleNotInForce(Refused):
    """No rule in force has this key, or it has ended already."""

    default_code = "rule_not_in_force"


class RuleNotStopped(Refused):
    """The rule gives again already, or is no rule of the version in force."""

    default_code = "rule_not_stopped"


class MalformedCampaign(Invalid):
    """The key or the dates of a campaign cannot be such."""

    default_code = "malformed_campaign"


class MalformedOffer(Invalid):
    """The offer is not an earning rule, or says what the campaign itself says: key, name, dates."""

    default_code = "malformed_offer"


class ControlShareOutOfBounds(Invalid):
    """A control group is between a twentieth and half of the people."""

    default_code = "control_share_out_of_bounds"


class CampaignKeyTaken(Refused):
    """Another campaign has this key."""

    default_code = "campaign_key_taken"


class CampaignNotDraft(Refused):
    """Only a draft can be changed or put forward for approval."""

    default_code = "campaign_not_draft"


class CampaignNotWaiting(Refused):
    """Only a campaign that was put forward for approval can be approved, refused or launched."""

    default_code = "campaign_not_waiting"


class CampaignNotRunning(Refused):
    """Only a running campaign can be stopped or ended."""

    default_code = "campaign_not_running"


class CampaignNotLaunched(Refused):
    """A campaign has no result before it is launched and its people begin to count."""

    default_code = "campaign_not_launched"


class CampaignOver(Refused):
    """The campaign's end has passed: it can no longer be launched."""

    default_code = "campaign_over"


class CampaignNotOver(Refused):
    """The campaign's end has not come: stop it instead."""

    default_code = "campaign_not_over"


class GlobalControlOutOfBounds(Invalid):
    """The global control group is between 0.1% and 20% of the members, in tenths of a percent."""

    default_code = "global_control_out_of_bounds"


class NoGlobalControl(Refused):
    """No global control group is held out: there is nothing to measure."""

    default_code = "no_global_control"


class AudienceTooSmall(Refused):
    """Too few people are left to draw two groups from."""

    default_code = "audience_too_small"


class NoVersionInForce(Refused):
    """The programme has no version in force into which the offer could be published."""

    default_code = "no_version_in_force"


class LaterVersionScheduled(Refused):
    """A version that begins later would take the offer out again."""

    default_code = "later_version_scheduled"
