"""The tree of refusals.

FideliaError
├── Invalid      422  the request itself cannot be understood or accepted as written
├── Denied       403  the actor may not do this here
├── NotFound     404  no such thing, or not yours to see
├── Refused      409  understood and allowed, but the state of things says no
└── Unavailable  503  try again later

Refusing is raising: when one of these leaves a verb, nothing was written.
"""

from __future__ import annotations

from typing import Any, ClassVar


class FideliaError(Exception):
    """A refusal with a stable `code`, a sentence for people, and where known a JSON pointer to the culprit."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None, pointer: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.pointer = pointer
        self.details = details


class Invalid(FideliaError):
    """The request cannot be accepted as written."""

    status = 422
    default_code = "invalid"


class Denied(FideliaError):
    """The actor may not do this here."""

    status = 403
    default_code = "denied"


class NotFound(FideliaError):
    """There is no such thing, or it is not the actor's to see."""

    status = 404
    default_code = "not_found"


class Refused(FideliaError):
    """The state of things does not allow it."""

    status = 409
    default_code = "refused"


class Unavailable(FideliaError):
    """Something this depends on does not answer; try again later."""

    status = 503
    default_code = "unavailable"
