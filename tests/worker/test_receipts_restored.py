"""Receipts after a disaster: what a backup brings back proves what it proved, and a row that was changed is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fidelia.worker.postgres import ensure_running

from .conftest import ROOT, Run, environ_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
BEGIN = "import os, sys, django\ndjango.setup()\n"
LIVE = "from tests.insight.backtest.history import Shop\nShop(7, members=2).live(3)\n"
WRITE = """
from pathlib import Path
from fidelia.activity.models import DecisionRecord
from fidelia.activity.queries.receipts import list_receipts
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import export_text
from fidelia.rules.receipts import chain_text_of
from tests.receipts.test_verifying import AUDITOR
def write(name):
    folder = Path(name)
    folder.mkdir()
    for account in sorted(set(DecisionRecord.objects.values_list("account_id", flat=True))):
        (folder / f"{account}.json").write_text(chain_text_of(list_receipts(by=AUDITOR, account_id=account)))
    (folder / "programme.yaml").write_text(export_text(by=AUDITOR, version=ProgrammeVersion.objects.get()))
    return folder
folder = write(sys.argv[1])
"""
# Verify what was written; let a row be changed as the web's role may not and its owner may, and do both once more.
FORGED = """
with last as (select account_id, sequence from activity_decision where record ->> 'points' <> '0'
    order by account_id, sequence limit 1)
update activity_decision decision set record = jsonb_set(record, '{points}', '9999')
from last where (decision.account_id, decision.sequence) = (last.account_id, last.sequence)
"""
VERIFY = """
import psycopg
from fidelia.worker.command import main
def verified(folder):
    files = sorted(str(file) for file in folder.glob("*.json"))
    return main(["verify", *files, "--programme", str(folder / "programme.yaml"), "--quiet"])
assert verified(folder) == 0
with psycopg.connect(os.environ["FIDELIA_DATABASE_URL"], autocommit=True) as connection:
    connection.execute("set role fidelia_app")
    try:
        connection.execute(sys.argv[3])
    except psycopg.errors.InsufficientPrivilege:
        connection.execute("reset role")
    else:
        sys.exit("the role of the web changed a decision")
    assert connection.execute(sys.argv[3]).rowcount == 1
folder = write(sys.argv[2])
sys.exit(verified(folder))
"""


def at_work(home: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the code of Fidelia against the database of a home."""
    own = {
        "DJANGO_SETTINGS_MODULE": "fidelia.config.settings",
        "FIDELIA_DATABASE_URL": ensure_running(home),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    command = [sys.executable, "-c", BEGIN + script, *arguments]
    return subprocess.run(
        command, env=environ_of(home, own), cwd=home.parent, check=False, timeout=240, capture_output=True, text=True
    )


def receipts(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_receipts_are_the_same_after_a_restore_and_a_changed_row_is_found(
    migrated_home: Path, fidelia: Run, tmp_path: Path
) -> None:
    before, after, forged = (tmp_path / name for name in ("before", "after", "forged"))
    lived = at_work(migrated_home, LIVE + WRITE, str(before))
    assert lived.returncode == 0, lived.stderr
    assert len(receipts(before)) > 2, "the chains of two accounts, and the programme"
    assert fidelia("backup", str(tmp_path / "b.zip")).returncode == 0
    with psycopg.connect(ensure_running(migrated_home), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("delete from activity_decision")
        connection.execute("update programme_programmeversion set document = '{\"rules\": []}'")

    restored = fidelia("restore", str(tmp_path / "b.zip"), "--replace")

    assert restored.returncode == 0, restored.stderr
    found = at_work(migrated_home, WRITE + VERIFY, str(after), str(forged), FORGED)
    assert receipts(after) == receipts(before), "to the byte"
    assert (found.returncode, "/decision" in found.stderr) == (2, True), found.stderr
    assert " 0.\n" in found.stdout, "nothing was found before the row was changed"
