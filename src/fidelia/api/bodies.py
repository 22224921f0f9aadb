"""Reading bodies: JSON as strict as it can be, so that what is accepted has one meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from .errors import LengthRequired, MalformedJson, MalformedText, WrongContentType
from .exchange import UNREAD, exchange_of

DEPTH_MAX = 32
DIGITS_MAX = 40
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class StrictParser(Parser):
    """ninja's way to our bodies and query strings."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_body(request)

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        for name, values in data.lists():
            if any("\x00" in value for value in (name, *values)):
                raise MalformedText(f"The parameter “{name}” holds a NUL character.")
        return super().parse_querydict(data, list_fields, request)


def read_body(request: HttpRequest) -> Any:
    """Return the JSON value of the body. Raises WrongContentType, MalformedJson, MalformedText."""
    exchange = exchange_of(request)
    if exchange.body is UNREAD:
        check_content_type(request)
        exchange.body = parse_json(request.body)
    return exchange.body


def check_content_type(request: HttpRequest) -> None:
    """Raise WrongContentType, LengthRequired unless the body is announced as plain JSON."""
    given = request.META
    if "chunked" in given.get("HTTP_TRANSFER_ENCODING", "").lower() and not given.get("CONTENT_LENGTH"):
        raise LengthRequired("Send the body with its Content-Length.")
    if request.content_type != "application/json":
        raise WrongContentType("Send the body as application/json.")
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise WrongContentType("Send the body in UTF-8.")
    if given.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise WrongContentType("Send the body uncompressed.")


def parse_json(raw: bytes) -> Any:
    """Read one JSON document.

    Raises MalformedJson for bytes that are not UTF-8 or not JSON, names given twice, NaN, numbers of more than 40
    digits, more than 32 levels; MalformedText for NUL characters and lone surrogates.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8 at byte {error.start}.") from None
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedJson(f"The body is nested deeper than {DEPTH_MAX} levels.") from None
    suspect = _SUSPECT.search(text) is not None
    if text.count("{") + text.count("[") > DEPTH_MAX:  # else it is not deep anywhere
        _check_depth(value)
    if suspect:
        _check_texts(value, "")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJson(f"The name “{twice[:80]}” is given twice in one object.")
    return found


def _refuse_constant(name: str) -> Any:
    raise MalformedJson(f"{name} is not JSON.")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise MalformedJson(f"A number has more than {DIGITS_MAX} digits.")
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > DIGITS_MAX:
        raise MalformedJson(f"A number has more than {DIGITS_MAX} digits.")
    return float(digits)


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number
)


def _check_depth(value: Any) -> None:
    """Go down level by level: a basket has a hundred values, and none of their places need be named."""
    level = [value]
    for _depth in range(DEPTH_MAX):
        level = [part for parts in level for part in _parts(parts) if type(part) is dict or type(part) is list]
        if not level:
            return
    raise MalformedJson(f"The body is nested deeper than {DEPTH_MAX} levels.")


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if type(value) is dict else value


def _check_texts(value: Any, pointer: str) -> None:
    if isinstance(value, str):
        if _UNKEEPABLE.search(value):
            raise MalformedText("A text holds a NUL character or half of a surrogate pair.", pointer=pointer)
    elif isinstance(value, dict):
        _check_names(value, pointer)
        for name, part in value.items():
            _check_texts(part, f"{pointer}/{escaped(name)}")
    elif isinstance(value, list):
        for i, part in enumerate(value):
            _check_texts(part, f"{pointer}/{i}")


def _check_names(value: dict[str, Any], pointer: str) -> None:
    if any(_UNKEEPABLE.search(name) for name in value):
        raise MalformedText("A name holds a NUL character or half of a surrogate pair.", pointer=pointer)


def escaped(name: object) -> str:
    """Return one step of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")
