"""Answers: a schema written to JSON by pydantic itself, or its fields; and the header that says it was so before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

REPLAYED = "Idempotency-Replayed"


def answer(body: BaseModel | Mapping[str, Any], status: int = 200, *, replayed: bool | None = None) -> HttpResponse:
    """Return the response with this body; a write says whether it was served before.

    The fields of a schema, in its order, are written without making the schema: for the requests of the hot path.
    """
    content = body.model_dump_json() if isinstance(body, BaseModel) else msgspec.json.encode(body)
    response = HttpResponse(content, status=status, content_type="application/json")
    if replayed:
        response[REPLAYED] = "true"
    return response


def language_of(request: HttpRequest) -> str:
    """Return "fr" or "en", whichever Accept-Language likes better; English when it likes neither."""
    best, best_weight = "en", 0.0
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        tag, _semicolon, parameters = part.strip().partition(";")
        language = tag.split("-")[0].lower()
        weight = _weight(parameters)
        if language in ("fr", "en") and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _equals, value = parameters.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
