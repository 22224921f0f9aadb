"""The OpenAPI file: what ninja knows of each operation, with the headers, problems and examples common to all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation
from pydantic import BaseModel

from .idempotency import HEADER
from .problems import MEDIA_TYPE
from .schemas.types import Input, Output

WRITES = ("post", "patch", "put")
ONLY_ASKED = (
    "evaluate_checkout",
    "evaluate_exchange",
    "plan_programme",
)  # sent like writes, for they bring much, and change nothing
PROBLEM_EXAMPLE = {
    "type": "https://loyalty.example.org/api/docs/errors#unknown_customer",
    "title": "No such customer, or not the actor's to see.",
    "status": 404,
    "detail": "There is no such customer.",
    "code": "unknown_customer",
}
PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "A refusal (RFC 9457). `code` is stable; `pointer` is a JSON pointer into the request.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "pointer": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                },
            },
        },
        "details": {"type": "object"},
    },
    "examples": [PROBLEM_EXAMPLE],
}
KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "Your own name of this request, such as a UUID. Sent again with it, it changes nothing.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "example": "6f1d2a52-3d1c-4c1e-9a55-6a7f0e1b2c3d",
}
HEADERS = {
    "X-Request-Id": {"description": "The id of this exchange.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "What the key may still ask, and in how many seconds its allowance is whole.",
        "schema": {"type": "string"},
        "example": '"key";r=599;t=1',
    },
    "RateLimit-Policy": {
        "description": "The allowance of the key and its window in seconds.",
        "schema": {"type": "string"},
        "example": '"key";q=600;w=60',
    },
    "Idempotency-Replayed": {
        "description": "true when the request was served before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}
PROBLEMS = {
    400: "The request cannot be read, or lacks its Idempotency-Key.",
    401: "No key, or one that is unknown, revoked or expired.",
    403: "The key may not do this.",
    404: "No such thing, or not yours to see.",
    405: "Not this method.",
    406: "Only JSON is given.",
    409: "The state of things says no.",
    413: "The body is too large.",
    415: "Only JSON is taken.",
    422: "Read, but not accepted as written.",
    429: "Too many requests.",
    500: "An incident on our side.",
    503: "Try again later.",
}
PAGES = {"/api/docs": "This description, to be read", "/api/docs/errors": "Every code of a problem, to be read"}
OF_BODIES = (413, 415)
OF_KEYS = (401, 403, 429)


def query_names_of(operation: Operation) -> frozenset[str]:
    """Return the names of the query parameters of an operation."""
    sources = (model for model in operation.models if model.__ninja_param_source__ == "query")
    return frozenset(name for model in sources for name in model.__ninja_flatten_map__)


@lru_cache(maxsize=4)
def describe(api: NinjaAPI) -> bytes:
    """Return the OpenAPI file as JSON."""
    return json.dumps(document_of(api), ensure_ascii=False).encode()


def document_of(api: NinjaAPI) -> dict[str, Any]:
    """Return the OpenAPI document."""
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1"))
    components = document["components"]
    components["schemas"]["Problem"] = PROBLEM_SCHEMA
    for name, examples in _examples():
        if name in components["schemas"]:
            components["schemas"][name]["examples"] = examples  # in the order written; pydantic sorts their names
    components["headers"] = HEADERS
    components["responses"] = {_name_of(status): _problem(status, said) for status, said in PROBLEMS.items()}
    for operations in document["paths"].values():
        for method, operation in operations.items():
            _complete(operation, method, components["schemas"])
    document["paths"] |= {path: {"get": _page(path, summary)} for path, summary in PAGES.items()}
    return document


def _examples() -> Iterator[tuple[str, list[Any]]]:
    kinds: list[type[BaseModel]] = [Input, Output]
    for kind in kinds:
        kinds += kind.__subclasses__()
        extra = kind.model_config.get("json_schema_extra")
        if isinstance(extra, dict) and "examples" in extra:
            yield kind.__name__, list(extra["examples"])  # type: ignore[arg-type]


def _page(path: str, summary: str) -> dict[str, Any]:
    html = {"text/html": {"schema": {"type": "string"}, "example": "<!DOCTYPE html>"}}
    return {
        "operationId": path.strip("/").replace("/", "_"),
        "summary": summary,
        "tags": ["description"],
        "parameters": [],
        "responses": {
            "200": {"description": "The page.", "content": html},
            "405": {"description": PROBLEMS[405]},
        },
    }


def _complete(operation: dict[str, Any], method: str, schemas: dict[str, Any]) -> None:
    asks_key = bool(operation.get("security"))
    is_write = method in WRITES and operation["operationId"] not in ONLY_ASKED
    if is_write:
        operation["parameters"] = [*operation["parameters"], KEY_PARAMETER]
    for status, response in operation["responses"].items():
        response["headers"] = _headers_of(asks_key, is_write=is_write)
        _give_example(response, schemas)
        response.setdefault("description", str(status))
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
        _give_example(operation["requestBody"], schemas)
    for status in PROBLEMS:
        if _may_happen(status, method, asks_key=asks_key, has_body="requestBody" in operation):
            operation["responses"][status] = {"$ref": f"#/components/responses/{_name_of(status)}"}


def _may_happen(status: int, method: str, *, asks_key: bool, has_body: bool) -> bool:
    if status in OF_BODIES:
        return has_body
    if status in OF_KEYS:
        return asks_key
    return status != 409 or method in WRITES


def _headers_of(asks_key: bool, *, is_write: bool) -> dict[str, Any]:
    names = ["X-Request-Id"]
    if asks_key:
        names += ["RateLimit", "RateLimit-Policy"]
    if is_write:
        names.append("Idempotency-Replayed")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _give_example(holder: dict[str, Any], schemas: dict[str, Any]) -> None:
    for content in holder.get("content", {}).values():
        name = content["schema"].get("$ref", "").rsplit("/", 1)[-1]
        examples = schemas.get(name, {}).get("examples")
        if examples:
            content["example"] = examples[0]


def _problem(status: int, description: str) -> dict[str, Any]:
    names = ["X-Request-Id", *(["Retry-After"] if status == 429 else [])]
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _name_of(status: int) -> str:
    return f"Problem{status}"
