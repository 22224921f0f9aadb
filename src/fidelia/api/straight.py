"""The straight road: the hottest calls of the API, served before Django's handler and ninja are asked.

One idea: what is plain and good is served here, and whatever else, down to an odd header, goes by the ordinary door
(`door`) as if nobody had looked at it. So only the door says what is wrong with a request, and this file knows no more
than what tills send all day. From the admission on both roads run the same code: verbs, rights, refusals, answers.

A call joins by a line in `_CALLS`: method and address, and a function that takes the body and the Idempotency-Key,
which it checks, and returns a `Prepared`. It may raise what it likes to refuse: the door then refuses the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from pydantic import ValidationError

from fidelia.access.operations import admit_and_read
from fidelia.kernel.db import renew_connections
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.together import hot_call

from .activity import prepare_purchase
from .bodies import parse_json
from .checkouts import prepare_closure, prepare_evaluation
from .door import ACCEPTED, headers_of, refusal_of
from .exchange import Exchange, Prepared, new_exchange
from .problems import problem_in

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Prepare = Callable[[bytes, str], Prepared]


def _parsed(prepare: Callable[[Any, str], Prepared], raw: bytes, key: str) -> Prepared:
    return prepare(parse_json(raw), key)


_CALLS: Mapping[tuple[str, str], Prepare] = {
    ("POST", "/api/v1/purchases"): prepare_purchase,
    ("POST", "/api/v1/checkouts:evaluate"): prepare_evaluation,
}
# Of a checkout, whose id is in the address.
_CLOSURE = re.compile(r"/api/v1/checkouts/([A-Za-z0-9._~@-]{1,80})/closure\Z", re.ASCII)
_JSON = frozenset({"application/json", "application/json; charset=utf-8"})
_KEY_SENT = re.compile(r"Bearer [\x21-\x7e]+\Z")
# With one of these a request is not plain.
_ODD = ("QUERY_STRING", "HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING")
_LENGTH_DIGITS_MAX = 9


class StraightRoad:
    """The WSGI application: hot calls by the straight road, all others by `door`."""

    def __init__(self, door: Application) -> None:
        self.door = door

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        prepare = _call(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        served = None if prepare is None else _serve(prepare, environ)
        if served is None:
            return self.door(environ, start_response)
        response, exchange = served
        headers = {**dict(response.items()), **dict(headers_of(response, exchange))}
        start_response(f"{response.status_code} {response.reason_phrase}", list(headers.items()))
        return [response.content]


def _call(method: str, path: str) -> Prepare | None:
    prepare = _CALLS.get((method, path))
    if prepare is None and method == "POST" and (found := _CLOSURE.match(path)) is not None:
        return partial(_parsed, partial(prepare_closure, found[1]))
    return prepare


def _serve(prepare: Prepare, environ: Environ) -> tuple[HttpResponse, Exchange] | None:
    prepared = _prepared(prepare, environ)
    if prepared is None:
        return None
    exchange = new_exchange(environ.get("HTTP_X_REQUEST_ID", ""), environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    with hot_call():
        response = _answer(prepared, exchange, environ)
    return None if response is None else (response, exchange)


def _answer(prepared: Prepared, exchange: Exchange, environ: Environ) -> HttpResponse | None:
    key_text = environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    try:
        exchange.admission, found = admit_and_read(key_text=key_text, at=exchange.at, reading=prepared.reading)
        return prepared.serve(exchange, found)
    except FideliaError as error:
        return problem_in(exchange, error, names_object=prepared.names_object)
    except Exception as error:
        if isinstance(error, OperationalError) and exchange.admission is None:
            renew_connections()  # nothing was done yet: the door may try
            return None
        connection.close()  # whatever state it is in, nobody else gets it
        refusal = refusal_of(error, exchange, environ["REQUEST_METHOD"], environ["PATH_INFO"])
        return problem_in(exchange, refusal, names_object=prepared.names_object)


def _prepared(prepare: Prepare, environ: Environ) -> Prepared | None:
    if not _is_plain(environ):
        return None
    raw = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = BytesIO(raw)  # so that the door can read it again
    try:
        return prepare(raw, environ.get("HTTP_IDEMPOTENCY_KEY", ""))
    except (FideliaError, ValidationError):
        return None


def _is_plain(environ: Environ) -> bool:
    length = environ.get("CONTENT_LENGTH", "")
    return (
        environ.get("CONTENT_TYPE") in _JSON
        and environ.get("HTTP_ACCEPT", "") in ACCEPTED
        and length.isdecimal()
        and len(length) <= _LENGTH_DIGITS_MAX
        and int(length) <= (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
        and _KEY_SENT.match(environ.get("HTTP_AUTHORIZATION", "")) is not None
        and not any(environ.get(name) for name in _ODD)
    )
