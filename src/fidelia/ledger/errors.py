"""What the ledger refuses.

Refused
├── InsufficientPoints    less is available than asked for
├── NegativeNotAllowed    the balance may not go below zero
├── KeyReused             the key belongs to another request
├── AlreadyReversed       the posting was reversed before
├── PointsSpent           what the posting brought is no longer there
├── NotReversible         this kind of posting is not undone that way
├── MoreThanEarned        more would be taken back than was brought
├── HoldGone              the hold was captured, released or has expired
├── MoreThanHeld          more would be captured than was held
├── NothingPending        nothing waits any more under that posting
├── NothingExpired        nothing expired since then
├── AccountClosed
└── AccountNotEmpty
NotFound
├── UnknownAccount
├── UnknownPosting
└── UnknownHold
Invalid
└── MalformedPosting      an amount, a key or a date that cannot be
"""

from __future__ import annotations

import json
from typing import Any

from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.errors import FideliaError, Invalid, NotFound, Refused

SQLSTATE = "FL001"


class InsufficientPoints(Refused):
    """Less is available than asked for; details: requested, available, currency."""

    default_code = "insufficient_points"


class NegativeNotAllowed(Refused):
    """The balance may not go below zero in this currency."""

    default_code = "negative_not_allowed"


class KeyReused(Refused):
    """The idempotency key belongs to another request on this account."""

    default_code = "idempotency_key_reused"


class AlreadyReversed(Refused):
    """The posting was reversed before."""

    default_code = "already_reversed"


class PointsSpent(Refused):
    """What the posting brought has been spent, has expired or was taken back in part; revoke it instead."""

    default_code = "points_spent"


class NotReversible(Refused):
    """This kind of posting is not undone that way."""

    default_code = "not_reversible"


class MoreThanEarned(Refused):
    """More would be taken back than the posting brought; details: earned."""

    default_code = "more_than_earned"


class HoldGone(Refused):
    """The hold was captured or released, or has expired; details: state."""

    default_code = "hold_gone"


class MoreThanHeld(Refused):
    """More would be captured than was held; details: held."""

    default_code = "more_than_held"


class NothingPending(Refused):
    """Nothing is pending under that posting: it has come to life, was given up, or never was."""

    default_code = "nothing_pending"


class NothingExpired(Refused):
    """No points of the account expired since then; details: since."""

    default_code = "nothing_expired"


class AccountClosed(Refused):
    """The account was closed."""

    default_code = "account_closed"


class AccountNotEmpty(Refused):
    """The account still has points, holds or a debt."""

    default_code = "account_not_empty"


class UnknownAccount(NotFound):
    """There is no such account in this currency."""

    default_code = "unknown_account"


class UnknownPosting(NotFound):
    """The account has no such posting in this currency."""

    default_code = "unknown_posting"


class UnknownHold(NotFound):
    """The account has no such hold in this currency."""

    default_code = "unknown_hold"


class MalformedPosting(Invalid):
    """An amount, a key or a date that cannot be."""

    default_code = "malformed_posting"


MESSAGES: dict[type[FideliaError], str | Promise] = {
    InsufficientPoints: _("There are not enough points: {available} available, {requested} asked for."),
    NegativeNotAllowed: _("The balance may not go below zero in this currency."),
    KeyReused: _("This idempotency key was used for another request."),
    AlreadyReversed: _("This posting has been reversed already."),
    PointsSpent: _("What this posting brought is no longer all there; take it back by a revoke."),
    NotReversible: _("A posting of this kind is not undone by a reversal."),
    MoreThanEarned: _("More would be taken back than was earned ({earned})."),
    HoldGone: _("This hold is no longer open: it is {state}."),
    MoreThanHeld: _("More would be captured than is held ({held})."),
    NothingPending: _("These points are not pending any more."),
    NothingExpired: _("No points have expired since then."),
    AccountClosed: _("This account is closed."),
    AccountNotEmpty: _("This account is not empty."),
    UnknownAccount: _("There is no such account in this currency."),
    UnknownPosting: _("There is no such posting on this account."),
    UnknownHold: _("There is no such hold on this account."),
}
BY_CODE = {kind.default_code: kind for kind in MESSAGES}


def refusal_of(error: DatabaseError) -> FideliaError | None:
    """Return the refusal that a ledger function raised, or None for an error that is not one."""
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) != SQLSTATE:
        return None
    diagnosis = cause.diag  # type: ignore[union-attr]
    return refusal_for(diagnosis.message_primary, json.loads(diagnosis.message_detail))


def refusal_for(code: str, details: dict[str, Any]) -> FideliaError:
    """Return the refusal with that code."""
    kind = BY_CODE[code]
    return kind(str(MESSAGES[kind]).format_map(details), **details)
