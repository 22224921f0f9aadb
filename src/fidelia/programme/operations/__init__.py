"""The verbs of programme."""

from .approving import approve_version, ask_approval_of_version, refuse_version
from .catching_up import catch_up
from .comparing import missed_changes
from .documents import apply_text, check_head, export_text, find_programme, head_of, text_of
from .enrolments import NewMember, end_enrolment, enrol, enrol_in_bulk, write_enrolment
from .exporting import ask_export, filters_of
from .following import FOLLOW, TierPreview, follow_tiers, follow_version_soon, preview_tiers
from .lawfulness import LawFindings, find_unlawful
from .programmes import create_programme
from .templates import TEMPLATES, ProgrammeTemplate, begin_from_template, get_template, read_template
from .texts import ProgrammeFile, read_programme_text
from .tiers import announce_begun_tiers, rederive_tiers
from .versions import (
    change_draft,
    draft_version,
    edit_draft,
    lock_programme,
    publish_draft,
    publish_version,
    withdraw_version,
    write_draft,
)

__all__ = [
    "FOLLOW",
    "TEMPLATES",
    "LawFindings",
    "NewMember",
    "ProgrammeFile",
    "ProgrammeTemplate",
    "TierPreview",
    "announce_begun_tiers",
    "apply_text",
    "approve_version",
    "ask_approval_of_version",
    "ask_export",
    "begin_from_template",
    "catch_up",
    "change_draft",
    "check_head",
    "create_programme",
    "draft_version",
    "edit_draft",
    "end_enrolment",
    "enrol",
    "enrol_in_bulk",
    "export_text",
    "filters_of",
    "find_programme",
    "find_unlawful",
    "follow_tiers",
    "follow_version_soon",
    "get_template",
    "head_of",
    "lock_programme",
    "missed_changes",
    "preview_tiers",
    "publish_draft",
    "publish_version",
    "read_programme_text",
    "read_template",
    "rederive_tiers",
    "refuse_version",
    "text_of",
    "withdraw_version",
    "write_draft",
    "write_enrolment",
]
