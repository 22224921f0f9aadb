"""`fidelia verify` as an auditor runs it: files beside each other, no database, a sentence for what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fidelia.activity.models import DecisionRecord
from fidelia.activity.queries.receipts import list_receipts
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import export_text
from fidelia.rules.receipts import chain_text_of
from tests.insight.backtest.history import Shop

from .test_verifying import AUDITOR

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"


def verify(folder: Path, *arguments: str) -> tuple[int, str, str]:
    environment = os.environ | {"FIDELIA_DATABASE_URL": NOWHERE, "FIDELIA_HOME": str(folder / "home")}
    environment.pop("FIDELIA_DATABASE_ROLE", None)
    done = subprocess.run(
        [sys.executable, "-m", "fidelia.worker", "verify", *arguments],
        check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_an_auditor_verifies_without_a_database(tmp_path: Path) -> None:
    Shop(7).live(8)
    account = DecisionRecord.objects.order_by("-sequence").values_list("account_id", flat=True)[0]
    receipts = list_receipts(by=AUDITOR, account_id=account)
    (tmp_path / "chain.json").write_text(chain_text_of(receipts), encoding="utf-8")
    version = ProgrammeVersion.objects.select_related("programme__points_currency").get()
    (tmp_path / "v1.yaml").write_text(export_text(by=AUDITOR, version=version), encoding="utf-8")

    code, out, err = verify(tmp_path, "chain.json", "--programme", "v1.yaml", "--quiet")
    count = len(receipts)
    assert (code, err) == (0, "")
    assert out == f"Receipts: {count}. Decided once more as told: {count}. Not as told: 0.\n"

    receipts[0]["decision"]["points"] += 1
    (tmp_path / "forged.json").write_text(json.dumps(receipts[0]), encoding="utf-8")
    code, out, err = verify(tmp_path, "forged.json", "--programme", "v1.yaml", "--language", "fr")
    assert code == 2
    assert "forged.json: n° 1: /decision/points n’est plus tel qu’il a été scellé" in err

    (tmp_path / "odd.json").write_text('{"format": "fidelia-receipt/9"}', encoding="utf-8")
    code, out, err = verify(tmp_path, "odd.json")
    assert (code, err) == (1, "fidelia: odd.json: This is no receipt of the format fidelia-receipt/1.\n")
