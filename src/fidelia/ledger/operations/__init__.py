"""The verbs of the ledger: building blocks of a use case's transaction; the two that end in `_points` are use cases.

Read `post_entry` first: every other verb says what it wants and goes through it.
"""

from .accounts import (
    close_account,
    forget_notes,
    let_go_negative,
    lock_balance,
    open_account,
    open_accounts,
    open_accounts_in_bulk,
)
from .bulk import BulkEarn, BulkResult, BulkRevoke, post_in_bulk
from .correcting import RevokePolicy, adjust, reverse, revoke
from .expiring import expire_account, expire_due
from .holding import capture, hold, release
from .living import (
    activate,
    activate_due,
    cancel_pending,
    extend,
    pend,
    pending,
    reinstate,
    shut_account,
)
from .moving import TransferResult, reverse_transfer, transfer
from .opening import BulkOpening, BulkReversal, open_in_bulk, reverse_in_bulk
from .posting import EarnPart, PostingRequest, PostingResult, Provenance, post_entry
from .spending import earn, earn_parts, earning, give_back, redeem
from .use_cases import adjust_points, transfer_points

__all__ = [
    "BulkEarn",
    "BulkOpening",
    "BulkResult",
    "BulkReversal",
    "BulkRevoke",
    "EarnPart",
    "PostingRequest",
    "PostingResult",
    "Provenance",
    "RevokePolicy",
    "TransferResult",
    "activate",
    "activate_due",
    "adjust",
    "adjust_points",
    "cancel_pending",
    "capture",
    "close_account",
    "earn",
    "earn_parts",
    "earning",
    "expire_account",
    "expire_due",
    "extend",
    "forget_notes",
    "give_back",
    "hold",
    "let_go_negative",
    "lock_balance",
    "open_account",
    "open_accounts",
    "open_accounts_in_bulk",
    "open_in_bulk",
    "pend",
    "pending",
    "post_entry",
    "post_in_bulk",
    "redeem",
    "reinstate",
    "release",
    "reverse",
    "reverse_in_bulk",
    "reverse_transfer",
    "revoke",
    "shut_account",
    "transfer",
    "transfer_points",
]
