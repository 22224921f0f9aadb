"""`fidelia programme … --url`: another installation on a port, asked by an API key as a workflow does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from fidelia.access.models import ApiKey
from fidelia.programme.models import ProgrammeVersion
from fidelia.rules.documents.schema import document_schema
from tests.programme.cast import programme

from .caller import Caller

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"


def run(folder: Path, url: str, key: str, *arguments: str) -> tuple[int, str, str]:
    """The command of somebody who has no database of their own."""
    (folder / "key").write_text(key, encoding="utf-8")
    environment = os.environ | {"FIDELIA_DATABASE_URL": NOWHERE, "FIDELIA_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "fidelia.worker", "programme", *arguments, "--url", url, "--key-file", "key"],
        check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_workflow_exports_plans_and_drafts(tmp_path: Path, live_server: LiveServer) -> None:
    programme()
    author, reader = Caller("programme.see", "programme.draft"), Caller("programme.see")
    file = ("cercle.yaml",)
    told = run(tmp_path, live_server.url, author.text, "export", "--programme", "cercle", "--output", *file)
    assert told == (0, "", "")
    same = run(tmp_path, live_server.url, reader.text, "plan", *file, "--no-backtest")
    assert same[0] == 0, same
    text = (tmp_path / "cercle.yaml").read_text(encoding="utf-8")
    (tmp_path / "cercle.yaml").write_text(text.replace("validity_months: 24", "validity_months: 12"))
    code, out, _err = run(tmp_path, live_server.url, reader.text, "plan", *file, "--no-backtest", "--json", "plan.json")
    assert code == 2, out
    assert json.loads((tmp_path / "plan.json").read_text())["differences"]["en"]
    code, _out, err = run(tmp_path, live_server.url, reader.text, "apply", *file)
    assert (code, "[denied]" in err, ProgrammeVersion.objects.count()) == (1, True, 1)
    code, out, _err = run(tmp_path, live_server.url, author.text, "apply", *file)
    assert (code, out) == (0, "Version 2 of cercle is a draft; a second person publishes it.\n")
    assert ProgrammeVersion.objects.get(number=2).state == "draft"


def test_a_key_that_is_none_is_refused_and_writes_nothing(tmp_path: Path, live_server: LiveServer) -> None:
    programme()
    (tmp_path / "a.yaml").write_text("rules: []\n", encoding="utf-8")
    code, _out, err = run(tmp_path, live_server.url, "live_nonsense", "apply", "a.yaml", "--programme", "cercle")
    assert code == 1
    assert err
    assert (ProgrammeVersion.objects.count(), ApiKey.objects.count()) == (1, 0)


def test_the_schema_is_served_to_anybody() -> None:
    answer = Client().get("/api/v1/programme.schema.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/schema+json")
    assert json.loads(answer.content) == document_schema()
