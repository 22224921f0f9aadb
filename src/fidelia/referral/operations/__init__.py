"""The verbs of referral. Read `record_referral` first, then `follow`."""

from .codes import code_of_member
from .following import follow, follow_due, locked_referral
from .recording import Evidence, record_referral
from .reviewing import review_referral

__all__ = [
    "Evidence",
    "code_of_member",
    "follow",
    "follow_due",
    "locked_referral",
    "record_referral",
    "review_referral",
]
