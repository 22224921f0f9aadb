"""The API as ninja knows it: how it reads, and how each kind of refusal is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from fidelia.kernel.errors import FideliaError

from .bodies import StrictParser, escaped
from .errors import InvalidRequest, MalformedRequest, Mistake
from .problems import answer_problem

MISTAKES_MAX = 50
_UNUSED = HttpResponse()
_NUMBER = re.compile(r"\^(-\?)?\[0-9\]\{1,(\d+)\}\(\\\.\[0-9\]\{1,(\d+)\}\)\?\$")  # the patterns of schemas/types


class FideliaApi(NinjaAPI):
    """ninja, with our problems in place of its own answers. What it does not expect goes on to the door."""

    def set_default_exception_handlers(self) -> None:
        self.add_exception_handler(FideliaError, _answer_refusal)
        self.add_exception_handler(ValidationError, _answer_mistakes)
        self.add_exception_handler(HttpError, _answer_unreadable)

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Our views answer by themselves, so what ninja keeps at hand for the others need not be made each time."""
        return _UNUSED


def new_api(**options: Any) -> FideliaApi:
    """Return an API without ninja's own pages."""
    return FideliaApi(parser=StrictParser(), docs_url=None, openapi_url=None, **options)


def _answer_refusal(request: HttpRequest, error: FideliaError | type[FideliaError]) -> HttpResponse:
    assert isinstance(error, FideliaError), "refusals are raised with a message"
    return answer_problem(request, error)


def _answer_mistakes(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    assert isinstance(error, ValidationError), "ninja raises what it found"
    return answer_problem(request, InvalidRequest(mistakes_of(told(found) for found in error.errors)))


def told(found: Mapping[str, Any]) -> tuple[Sequence[Any], str]:
    """Return where pydantic found a mistake, and what it is: of a number in plain words, not as the pattern of one."""
    number = _NUMBER.fullmatch(str(found.get("ctx", {}).get("pattern", "")))
    if number is not None:
        sign = "" if number[1] else " without a sign"
        digits, decimals = number[2], number[3]
        return found[
            "loc"
        ], f"A number{sign} of at most {digits} digits, and at most {decimals} after a point, is expected."
    if found["type"] == "string_type":
        return found["loc"], "A text is expected; a number stands in quotation marks, so that no decimal is lost."
    if found["type"] == "extra_forbidden":
        return found["loc"], "There is no field of this name here."
    if found["type"] == "too_long" and found["ctx"]["actual_length"] is not None:
        items_max, given = found["ctx"]["max_length"], found["ctx"]["actual_length"]
        return found["loc"], f"At most {items_max} are taken at once, not {given}."
    return found["loc"], found["msg"]


def mistakes_of(found: Iterable[tuple[Sequence[Any], str]]) -> list[Mistake]:
    """Return the mistakes that pydantic found, each given as (where, what); at most 50."""
    return [_mistake(*where, what) for where, what in islice(found, MISTAKES_MAX)]


def _mistake(source: str, *steps_and_text: Any) -> Mistake:
    *steps, text = steps_and_text
    detail = str(text).removeprefix("Value error, ")
    detail = detail if detail.endswith(".") else f"{detail}."
    if source == "body":
        return Mistake(detail, pointer="".join(f"/{escaped(step)}" for step in steps[1:]))
    return Mistake(detail, parameter=str(steps[-1]) if steps else str(source))


def _answer_unreadable(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    assert isinstance(error, HttpError), "ninja raises what it found"
    cause = error.__cause__  # ninja wraps whatever its parser raises
    if isinstance(cause, FideliaError):
        return answer_problem(request, cause)
    if cause is not None and not isinstance(cause, ValueError):
        raise cause
    return answer_problem(request, MalformedRequest("The request cannot be read."))


def wrap_views(api: NinjaAPI, wrap: Callable[[Any], Callable[..., Any]]) -> None:
    """Replace the view of each operation by what `wrap` makes of the operation."""
    for bound in api._get_bound_routers():
        for path_view in bound.path_operations.values():
            for operation in path_view.operations:
                operation.view_func = wrap(operation)
