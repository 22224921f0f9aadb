"""The verbs of access. `record_audit` is the one every other module calls."""

from .admission import (
    Admission,
    ReadingInSet,
    admit,
    admit_and_read,
    admit_log_in,
    admit_try,
    check_failures,
    count_failure,
    forget_idle_subjects,
)
from .approvals import approve, ask_again, ask_approval, reject
from .audit import Change, forget_reasons, record_audit, record_audits
from .keys import IssuedKey, issue_key, revoke_key
from .roles import change_role, create_role, grant_role, revoke_role
from .users import change_password, change_preferences, create_user, deactivate_user, log_in
from .views import choose_columns, forget_view, note_row_count, save_view

__all__ = [
    "Admission",
    "Change",
    "IssuedKey",
    "ReadingInSet",
    "admit",
    "admit_and_read",
    "admit_log_in",
    "admit_try",
    "approve",
    "ask_again",
    "ask_approval",
    "change_password",
    "change_preferences",
    "change_role",
    "check_failures",
    "choose_columns",
    "count_failure",
    "create_role",
    "create_user",
    "deactivate_user",
    "forget_idle_subjects",
    "forget_reasons",
    "forget_view",
    "grant_role",
    "issue_key",
    "log_in",
    "note_row_count",
    "record_audit",
    "record_audits",
    "reject",
    "revoke_key",
    "revoke_role",
    "save_view",
]
