"""The description is whole: every address, an example for each request and answer, a page that needs no script."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from fidelia.api.codes import error_codes, errors_markdown
from fidelia.api.openapi import ONLY_ASKED, document_of
from fidelia.api.v1 import api
from tests.conftest import ROOT
from tests.programme.cast import programme

from .caller import TILL_RIGHTS, Caller

GUIDE = ROOT / "docs" / "developer" / "api.md"
CHECKOUT_GUIDE = ROOT / "docs" / "developer" / "checkouts.md"
GUIDED = ("evaluation", "closed", "returned", "exchanged")
# Ninja’s root, which answers 404, and the address of balancers, which is of no version.
NO_OPERATIONS = {"/api/v1/", "/api/health"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return document_of(api)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def addresses(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
        else:
            yield from addresses(pattern, path)


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    answer = Client().get("/api/v1/openapi.json")
    assert answer.json() == json.loads(json.dumps(document))


def test_every_address_under_api_is_in_it(document: dict[str, Any]) -> None:
    known = {path for path in addresses(get_resolver(), "/") if path.startswith("/api/")}
    assert known - NO_OPERATIONS == set(document["paths"])


def test_every_request_and_answer_has_an_example_that_fits(document: dict[str, Any]) -> None:
    seen = 0
    for name, operation in operations(document):
        holders = [operation.get("requestBody"), *(r for r in operation["responses"].values() if "content" in r)]
        for holder in filter(None, holders):
            for media_type, content in holder["content"].items():
                if name.endswith("/openapi.json"):
                    continue
                assert "example" in content, f"{name}: no example of {media_type}"
                schema = {**content["schema"], "components": document["components"]}
                jsonschema_rs.validator_for(schema, validate_formats=True).validate(content["example"])
                seen += 1
    assert seen > 30


def test_every_operation_asks_for_a_key_but_the_description(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert bool(operation.get("security")) != (operation["tags"] == ["description"]), name


def test_every_write_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        takes = "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}
        is_write = name.startswith(("POST", "PATCH", "PUT")) and operation["operationId"] not in ONLY_ASKED
        assert takes == is_write, name


def test_every_code_has_a_heading_in_the_reference() -> None:
    _ = get_resolver().url_patterns
    reference = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert reference == errors_markdown(), "run: python tools/error_reference.py"
    assert len({code.code for code in error_codes()}) == len(re.findall(r"^## ", reference, re.MULTILINE))


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/errors"])
def test_the_pages_need_no_script_and_nothing_from_elsewhere(path: str) -> None:
    answer = Client().get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "script-src" in answer.headers["Content-Security-Policy"]
    assert "<script" not in page
    assert " style=" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_the_pages_show_every_operation_and_every_code(document: dict[str, Any]) -> None:
    reference, errors = (Client().get(path).content.decode() for path in ("/api/docs", "/api/docs/errors"))
    for _name, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in reference
    for code in error_codes():
        assert f'<section id="{code.code}"' in errors


def run_guide(guide: Path, live_server: Any, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the examples of a guide, one after the other, in a folder."""
    programme(may_go_negative=True)
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", guide.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    environment = {
        "PATH": os.environ["PATH"],
        "API_URL": live_server.url,
        "API_KEY": Caller(*TILL_RIGHTS, "purchase.claim").text,
    }
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder,
        env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    return run


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_the_guide_to_checkouts_run(live_server: Any, tmp_path: Path) -> None:
    run_guide(CHECKOUT_GUIDE, live_server, tmp_path)
    said = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in GUIDED}
    shown = re.findall(r"^```json\n(.*?)^```", CHECKOUT_GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for example, answered in zip(shown, said.values(), strict=True):
        for name, value in json.loads(example).items():
            assert answered[name] == value, name
    assert json.loads((tmp_path / "cancelled.json").read_text())["state"] == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_the_guide_run(live_server: Any, tmp_path: Path) -> None:
    run = run_guide(GUIDE, live_server, tmp_path)
    assert '"points":"134"' in run.stderr
    assert '"language":"fr"' in run.stdout
    assert '"points":"-29"' in run.stdout
