"""/api/docs: the description for people, made from the OpenAPI file on the server; it needs no script, no network."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from .codes import error_codes
from .openapi import document_of
from .v1 import api


@dataclass(frozen=True, slots=True)
class Described:
    """One operation as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    fields: list[dict[str, Any]]
    curl: str
    status: str
    response: str
    refusals: list[tuple[str, str]]


@csrf_exempt  # nothing is written here: another method is refused as such, not as a stale form
@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    """Every address with its parameters, its fields, and an example of request and response."""
    return render(request, "api/reference.html", {"groups": _groups()})


@csrf_exempt
@require_GET
def errors(request: HttpRequest) -> HttpResponse:
    """Every code a problem can have."""
    return render(request, "api/errors.html", {"codes": error_codes()})


@lru_cache(maxsize=1)
def _groups() -> list[tuple[str, list[Described]]]:
    document = document_of(api)
    groups: dict[str, list[Described]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_described(document, path, method, operation))
    return list(groups.items())


def _described(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Described:
    status, response = next((str(code), found) for code, found in operation["responses"].items() if "$ref" not in found)
    problems = document["components"]["responses"]
    return Described(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=operation["parameters"],
        fields=_fields(document, operation.get("requestBody")),
        curl=_curl(path, method, operation),
        status=status,
        response=_as_text(_example(response)),
        refusals=[
            (str(code), problems[found["$ref"].rsplit("/", 1)[-1]]["description"])
            for code, found in operation["responses"].items()
            if "$ref" in found
        ],
    )


def _fields(document: dict[str, Any], body: dict[str, Any] | None) -> list[dict[str, Any]]:
    if body is None:
        return []
    name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    schema = document["components"]["schemas"][name]
    required = schema.get("required", [])
    return [
        {"name": field, "kind": _kind(about), "required": field in required, "about": about.get("description", "")}
        for field, about in schema["properties"].items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """Return the type of a field in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"“{one}”" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "value"))


def _curl(path: str, method: str, operation: dict[str, Any]) -> str:
    verb = "" if method == "get" else f"-X {method.upper()} "
    parts = [f"curl {verb}{settings.BASE_URL}{path}"]
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $API_KEY"')
    if method != "get":
        parts.append('-H "Idempotency-Key: $(uuidgen)"')
    if "requestBody" in operation:
        body = _as_text(_example(operation["requestBody"]))
        parts += ['-H "Content-Type: application/json"', f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(parts)


def _example(holder: dict[str, Any]) -> Any:
    contents: list[dict[str, Any]] = list(holder.get("content", {}).values())
    return contents[0].get("example") if contents else None


def _as_text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)
