"""What the face itself refuses, before any verb is asked.

FideliaError
├── MalformedRequest      400  it cannot be read at all
│   ├── MalformedJson
│   ├── IdempotencyKeyRequired, MalformedIdempotencyKey
│   └── LengthRequired    411
├── KeyMissing            401
├── NoSuchAddress         404
├── WrongMethod           405
├── NotAcceptable         406
├── BodyTooLarge          413
├── WrongContentType      415
├── InvalidRequest        422  read, but not what the schema says; `mistakes` lists all that is wrong
│   ├── MalformedCursor
│   └── MalformedText
└── Incident              500  our own mistake, noted in the log under its id
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from fidelia.kernel.errors import Denied, FideliaError, Invalid, NotFound


class MalformedRequest(FideliaError):
    """The request cannot be read."""

    status = 400
    default_code = "malformed_request"


class MalformedJson(MalformedRequest):
    """The body is not one JSON document in UTF-8, with unique names and at most 32 levels."""

    default_code = "malformed_json"


class IdempotencyKeyRequired(MalformedRequest):
    """A request that writes carries an Idempotency-Key, so that it can be sent again."""

    default_code = "idempotency_key_required"


class MalformedIdempotencyKey(MalformedRequest):
    """An Idempotency-Key is 1 to 255 visible ASCII characters."""

    default_code = "malformed_idempotency_key"


class LengthRequired(MalformedRequest):
    """A body is sent with its Content-Length."""

    status = 411
    default_code = "length_required"


class KeyMissing(Denied):
    """The request carries no API key: send Authorization: Bearer and the key."""

    status = 401
    default_code = "key_missing"


class NoSuchAddress(NotFound):
    """There is nothing at this address."""

    default_code = "no_such_address"


class WrongMethod(FideliaError):
    """This address does not take this method; the header Allow names those it takes."""

    status = 405
    default_code = "wrong_method"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This address takes {allowed}.")
        self.allowed = allowed


class NotAcceptable(FideliaError):
    """The API answers in JSON, and the request accepts no JSON."""

    status = 406
    default_code = "not_acceptable"


class BodyTooLarge(FideliaError):
    """The body is larger than this installation takes."""

    status = 413
    default_code = "body_too_large"


class WrongContentType(FideliaError):
    """A body is sent as application/json, in UTF-8, not compressed."""

    status = 415
    default_code = "wrong_content_type"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a request: what, and where (a JSON pointer, or the name of a parameter)."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class InvalidRequest(Invalid):
    """The request is not what the schema of this address says."""

    default_code = "invalid_request"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(mistakes[0].detail, pointer=mistakes[0].pointer)
        self.mistakes = tuple(mistakes)


class MalformedText(Invalid):
    """A text holds a character that cannot be kept: NUL, or half of a surrogate pair."""

    default_code = "malformed_text"


class MalformedCursor(Invalid):
    """The cursor is not one that this list gave out."""

    default_code = "malformed_cursor"


class Incident(FideliaError):
    """Something went wrong on our side. The incident's id leads an administrator to it in the log."""

    status = 500
    default_code = "incident"


@contextmanager
def located(pointer: str) -> Iterator[None]:
    """Say of a refusal that names no place that it is about this one."""
    try:
        yield
    except FideliaError as error:
        error.pointer = error.pointer or pointer
        raise


@contextmanager
def within(place: str) -> Iterator[None]:
    """Lead the pointer of a refusal, which begins at a list of rows, from the whole body to it."""
    try:
        yield
    except FideliaError as error:
        if error.pointer is not None:
            error.pointer = place + error.pointer
        raise
