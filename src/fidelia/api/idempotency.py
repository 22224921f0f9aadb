"""Requests that write carry a key; sent again with the same key, they are answered with what they made."""

from __future__ import annotations

import hashlib
import json
import re

from django.http import HttpRequest

from fidelia.kernel.idempotency import RequestKey

from .bodies import read_body
from .errors import IdempotencyKeyRequired, MalformedIdempotencyKey
from .exchange import exchange_of

HEADER = "Idempotency-Key"
_META = "HTTP_IDEMPOTENCY_KEY"  # as WSGI spells it; `request.headers` would spell every header anew
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(request: HttpRequest) -> str:
    """Return the caller's key. Raises IdempotencyKeyRequired, MalformedIdempotencyKey."""
    key: str | None = request.META.get(_META)
    if key is None:
        raise IdempotencyKeyRequired("Send an Idempotency-Key, such as a UUID, with every request that writes.")
    return check_key(key)


def check_key(key: str) -> str:
    """Return the key. Raises MalformedIdempotencyKey."""
    if not _KEY.fullmatch(key):
        raise MalformedIdempotencyKey("An Idempotency-Key is 1 to 255 visible ASCII characters, without spaces.")
    return key


def request_key(request: HttpRequest) -> RequestKey:
    """Return the key with the hash of what is asked: method, address and body, whatever its spaces and order."""
    key = idempotency_key(request)
    body = read_body(request) if request.body else None
    asked = json.dumps([request.method, request.path_info, body], sort_keys=True, separators=(",", ":"))
    return RequestKey(f"key:{exchange_of(request).key_id}", key, hashlib.sha256(asked.encode()).digest())
