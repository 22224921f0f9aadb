"""The door of the API: requests under /api/ pass here and by none of the middleware that pages need.

No session is loaded, no language looked up, no form token checked: programs send a key. What leaves by this door is
JSON, whatever went wrong on the way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.urls import ResolverMatch, resolve

from fidelia.kernel.db import renew_connections
from fidelia.kernel.errors import FideliaError, Unavailable

from .errors import BodyTooLarge, Incident, MalformedRequest, NoSuchAddress, NotAcceptable, WrongMethod
from .exchange import Exchange, begin_exchange
from .limits import admitted_headers
from .problems import answer_problem

log = logging.getLogger("fidelia.api")
_AGAIN = "Send the request again with the same Idempotency-Key."
PREFIX = "/api/"
PAGES = "/api/docs"  # the description for people is a page like any other
ACCEPTED = frozenset({"", "*/*", "application/json"})  # the usual ways to say what need not be taken apart
ADDRESSES_KEPT = 1_000


class ApiDoor:
    """The first middleware: answers what is under /api/ by itself, passes the rest on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX) or request.path_info.startswith(PAGES):
            return self.get_response(request)
        exchange = begin_exchange(request)
        response = _serve(request, exchange)
        add_headers(response, exchange)
        return response


def _serve(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    try:
        return _dispatch_on_living_connection(request, exchange)
    except Http404:
        refusal: FideliaError = NoSuchAddress(f"There is nothing at {request.path_info[:200]}.")
    except RequestDataTooBig:
        refusal = _too_large()
    except (UnreadablePostError, RawPostDataException, BadRequest):
        refusal = MalformedRequest("The request ended before it was whole.")
    except Exception as error:
        refusal = refusal_of(error, exchange, request.method or "", request.path_info)
    return answer_problem(request, refusal)


def refusal_of(error: Exception, exchange: Exchange, method: str, path: str) -> FideliaError:
    """Return what the caller is told of what went wrong in serving it; our own part of it goes to the log."""
    if isinstance(error, FideliaError):
        return error
    if isinstance(error, OperationalError):  # the database is away, or gave up on a lock; it was rolled back
        log.error("unavailable %s: %s %r", exchange.request_id, method, path, exc_info=error)
        return Unavailable(f"The database does not answer. {_AGAIN}")
    log.error("incident %s: %s %r", exchange.request_id, method, path, exc_info=error)
    return Incident(f"Something went wrong on our side. {_AGAIN}", incident=exchange.request_id)


def _dispatch_on_living_connection(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    """Admission is the first statement: when it fails nothing was done, and another connection may serve.

    After a restart of the database each connection of the pool is dead without knowing, and each would cost somebody
    a refusal. To ask a connection whether it lives would cost every request a round trip.
    """
    try:
        return _dispatch(request)
    except OperationalError:
        if exchange.admission is not None:
            raise
        renew_connections()
        return _dispatch(request)


def _dispatch(request: HttpRequest) -> HttpResponse:
    match = request.resolver_match = _resolved(request.path_info)
    if request.META.get("HTTP_ACCEPT", "") not in ACCEPTED and not request.accepts("application/json"):
        raise NotAcceptable("The API answers in application/json; accept it.")
    if _length_of(request) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        raise _too_large()
    response = match.func(request, *match.args, **match.kwargs)
    assert isinstance(response, HttpResponse), "views answer at once"
    if response.status_code == 405:
        raise WrongMethod(", ".join(sorted(response["Allow"].split(", "))))
    return response


@lru_cache(maxsize=ADDRESSES_KEPT)
def _resolved(path: str) -> ResolverMatch:
    """Addresses do not change while a process lives; tills ask the same one all day."""
    return resolve(path)


def _length_of(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isdecimal() and len(length) <= 18):
        raise MalformedRequest("The Content-Length is not a number of bytes.")
    return int(length)


def _too_large() -> BodyTooLarge:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return BodyTooLarge(f"The body has more than {most} bytes.", bytes_max=most)


def add_headers(response: HttpResponse, exchange: Exchange) -> None:
    """Add what every answer of the API carries."""
    for name, value in headers_of(response, exchange):
        response[name] = value


def headers_of(response: HttpResponse, exchange: Exchange) -> list[tuple[str, str]]:
    """Return what every answer of the API carries besides its own headers."""
    headers = [
        ("X-Request-Id", exchange.request_id),
        ("Content-Length", str(len(response.content))),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ]
    if "Cache-Control" not in response:
        headers.append(("Cache-Control", "no-store"))
    if settings.SECURE_HSTS_SECONDS:
        headers.append(("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}"))
    if exchange.admission is not None:
        headers += admitted_headers(exchange.admission, exchange.at).items()
    return headers
