"""The verbs of programme."""

from .catching_up import catch_up
from .comparing import missed_changes
from .enrolments import NewMember, end_enrolment, enrol, enrol_in_bulk, write_enrolment
from .exporting import ask_export, filters_of
from .programmes import create_programme
from .tiers import rederive_tiers
from .versions import change_draft, draft_version, publish_draft, publish_version, withdraw_version, write_draft

__all__ = [
    "NewMember",
    "ask_export",
    "catch_up",
    "change_draft",
    "create_programme",
    "draft_version",
    "end_enrolment",
    "enrol",
    "enrol_in_bulk",
    "filters_of",
    "missed_changes",
    "publish_draft",
    "publish_version",
    "rederive_tiers",
    "withdraw_version",
    "write_draft",
    "write_enrolment",
]
