"""The verbs of campaigns. Read `launch_campaign` first."""

from .drafting import approve_campaign, ask_approval_of_campaign, change_campaign, draft_campaign, refuse_campaign
from .ending import end_campaign, end_due_campaigns, stop_campaign, stop_if_harmful, stop_if_spent
from .holding_out import change_global_control, place_new_members
from .launching import Audience, launch_campaign
from .learning import learn_from_campaigns
from .measuring import measure_campaign
from .measuring_all import measure_global_control
from .previewing import preview_audience
from .rules_measured import measure_rules, resume_rule, stop_harmful_rules, stop_rule

__all__ = [
    "Audience",
    "approve_campaign",
    "ask_approval_of_campaign",
    "change_campaign",
    "change_global_control",
    "draft_campaign",
    "end_campaign",
    "end_due_campaigns",
    "launch_campaign",
    "learn_from_campaigns",
    "measure_campaign",
    "measure_global_control",
    "measure_rules",
    "place_new_members",
    "preview_audience",
    "refuse_campaign",
    "resume_rule",
    "stop_campaign",
    "stop_harmful_rules",
    "stop_if_harmful",
    "stop_if_spent",
    "stop_rule",
]
