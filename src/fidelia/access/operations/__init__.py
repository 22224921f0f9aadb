"""The verbs of access. `record_audit` is the one every other module calls."""

from .audit import Change, record_audit, record_audits

__all__ = ["Change", "record_audit", "record_audits"]
