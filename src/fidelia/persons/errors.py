"""The refusals of persons."""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class UnknownRequest(NotFound):
    """There is no such request about somebody's own data."""

    default_code = "unknown_request"


class RequestOver(Refused):
    """The request was answered or withdrawn before."""

    default_code = "request_over"


class AnswerMissing(Invalid):
    """Say in up to 500 characters what was done, or why not: the person may ask."""

    default_code = "answer_missing"
