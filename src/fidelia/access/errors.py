"""What access refuses.

Who presents nothing that is known is answered 401 and who asks too often 429; the rest follows its family.
"""

from __future__ import annotations

from datetime import datetime

from fidelia.kernel.errors import Denied, Invalid, NotFound, Refused, Unavailable


class KeyUnknown(Denied):
    """The API key is not one of this installation, or its secret is wrong."""

    status = 401
    default_code = "key_unknown"


class KeyExpired(Denied):
    """The API key was good until a moment that has passed."""

    status = 401
    default_code = "key_expired"


class KeyRevoked(Denied):
    """Somebody has withdrawn the API key."""

    status = 401
    default_code = "key_revoked"


class LogInRefused(Denied):
    """The address and the password do not belong together, or the user is no longer active."""

    status = 401
    default_code = "log_in_refused"


class RateLimited(Unavailable):
    """Too many requests; `retry_at` says when the next one may come."""

    status = 429
    default_code = "rate_limited"

    def __init__(self, message: str, *, limit: int, remaining: int, reset_at: datetime, retry_at: datetime) -> None:
        super().__init__(message, limit=limit, remaining=remaining, reset_at=reset_at, retry_at=retry_at)
        self.limit = limit
        self.remaining = remaining
        self.reset_at = reset_at
        self.retry_at = retry_at


class UserUnknown(NotFound):
    """There is no such user."""

    default_code = "user_unknown"


class UserInactive(Denied):
    """The user was deactivated."""

    default_code = "user_inactive"


class EmailTaken(Refused):
    """Another user has this address."""

    default_code = "email_taken"


class MalformedEmail(Invalid):
    """The text is not an e-mail address."""

    default_code = "malformed_email"


class PasswordTooWeak(Invalid):
    """The password is short, common, or like the user's own name or address."""

    default_code = "password_too_weak"


class PasswordWrong(Denied):
    """The present password is not this one."""

    default_code = "password_wrong"


class UnknownPreference(Invalid):
    """The language, theme or density does not exist."""

    default_code = "unknown_preference"


class LastAdministrator(Refused):
    """Somebody must remain who can administer this installation."""

    default_code = "last_administrator"


class RoleUnknown(NotFound):
    """There is no such role."""

    default_code = "role_unknown"


class RoleTaken(Refused):
    """A role with this code exists."""

    default_code = "role_taken"


class RoleAlreadyGranted(Refused):
    """The user holds this role over this scope already."""

    default_code = "role_already_granted"


class RoleNotGranted(NotFound):
    """There is no such grant."""

    default_code = "role_not_granted"


class RightUnknown(Invalid):
    """No verb of this release asks for such a right."""

    default_code = "right_unknown"


class NoSuchKey(NotFound):
    """There is no API key with this identity."""

    default_code = "no_such_key"


class MalformedKeyTerms(Invalid):
    """A key expires in the future, has a name, and a limit from 1 to 1,000,000 requests a minute."""

    default_code = "malformed_key_terms"


class ApprovalUnknown(NotFound):
    """There is no such approval."""

    default_code = "approval_unknown"


class ApprovalAlreadyAsked(Refused):
    """An approval of this is waiting for its decision."""

    default_code = "approval_already_asked"


class ApprovalAlreadyDecided(Refused):
    """Somebody has decided already."""

    default_code = "approval_already_decided"


class AnotherPersonDecides(Refused):
    """Who asks does not decide; and a decision is a person's."""

    default_code = "another_person_decides"


class ApprovalMissing(Refused):
    """Nobody has approved this, as it stands now."""

    default_code = "approval_missing"


class ViewUnknown(NotFound):
    """This person keeps no such view."""

    default_code = "view_unknown"


class ViewNameTaken(Refused):
    """This person keeps a view of this name already."""

    default_code = "view_name_taken"


class MalformedView(Invalid):
    """A view has a name of 1 to 60 characters, an address of at most 1,000, and a person keeps at most 12 of a list."""

    default_code = "malformed_view"
