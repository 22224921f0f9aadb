"""Problems (RFC 9457): every refusal becomes one, whatever part of the request it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fidelia.access.errors import RateLimited
from fidelia.access.operations import Admission
from fidelia.activity.errors import CheckoutBusy, UnknownPurchase
from fidelia.customers.errors import UnknownCustomer
from fidelia.kernel.errors import Denied, FideliaError, NotFound
from fidelia.programme.errors import UnknownEnrolment, UnknownProgramme

from .errors import InvalidRequest, Mistake, WrongMethod
from .exchange import Exchange, exchange_of
from .limits import limited_headers

MEDIA_TYPE = "application/problem+json"

# What a right is asked over, by its noun. An id in an address that lies outside the caller's scope is answered as if
# it did not exist, so that nobody learns which ids other partners have.
_UNKNOWN: Mapping[str, tuple[type[NotFound], str]] = {
    "customer": (UnknownCustomer, "There is no such customer."),
    "consent": (UnknownCustomer, "There is no such customer."),
    "enrolment": (UnknownEnrolment, "There is no such enrolment."),
    "points": (UnknownEnrolment, "There is no such enrolment."),
    "purchase": (UnknownPurchase, "There is no such purchase."),
    "decision": (UnknownPurchase, "There is no such purchase."),
    "programme": (UnknownProgramme, "There is no such programme."),
}


def answer_problem(request: HttpRequest, error: FideliaError) -> HttpResponse:
    """Return the response that tells of a refusal."""
    match = request.resolver_match
    return problem_in(exchange_of(request), error, names_object=match is not None and bool(match.kwargs))


def problem_in(exchange: Exchange, error: FideliaError, *, names_object: bool) -> HttpResponse:
    """Return the response that tells of a refusal to whoever asked, by an address that names an object or not."""
    admission = exchange.admission
    if names_object:
        error = hide_foreign(admission, error)
    if admission is None or not admission.actor.may("customer.see"):
        error.details.pop("customer_id", None)  # whom an identity names is told to those who may see everybody
    response = HttpResponse(
        json.dumps(problem_of(error), ensure_ascii=False), status=error.status, content_type=MEDIA_TYPE
    )
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="fidelia"'
    if isinstance(error, WrongMethod):
        response["Allow"] = error.allowed
    if error.status == 503 or isinstance(error, CheckoutBusy):
        response["Retry-After"] = "1"
    if isinstance(error, RateLimited):
        for name, value in limited_headers(error, exchange.at).items():
            response[name] = value
    return response


def problem_of(error: FideliaError) -> dict[str, Any]:
    """Return the problem document of a refusal."""
    problem: dict[str, Any] = {
        "type": type_of(error.code),
        "title": title_of(type(error)),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
    }
    if error.pointer is not None:
        problem["pointer"] = error.pointer
    if isinstance(error, InvalidRequest):
        problem["errors"] = [_mistake(mistake) for mistake in error.mistakes]
    details = {name: _plain(value) for name, value in error.details.items() if value is not None}
    if details and error.status != 404:  # not knowing must look the same, whatever is not known
        problem["details"] = details
    return problem


def type_of(code: str) -> str:
    """Return the URL of the page that explains a code."""
    return f"{settings.BASE_URL}/api/docs/errors#{code}"


def title_of(error: type[FideliaError]) -> str:
    """Return the one sentence that its class says of every such error."""
    return " ".join((error.__doc__ or "").split("\n\n")[0].split())


def hide_foreign(admission: Admission | None, error: FideliaError) -> FideliaError:
    """Turn the refusal of an act on something in another's scope into not knowing it."""
    if not (isinstance(error, Denied) and error.status == 403 and admission):
        return error
    right = str(error.details.get("right", ""))
    unknown = _UNKNOWN.get(right.partition(".")[0])
    if unknown is None or not admission.actor.may_somewhere(right):
        return error
    kind, sentence = unknown
    return kind(sentence)


def _mistake(mistake: Mistake) -> dict[str, str]:
    where = {"pointer": mistake.pointer, "parameter": mistake.parameter}
    return {"detail": mistake.detail, **{name: value for name, value in where.items() if value is not None}}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    return str(value)
