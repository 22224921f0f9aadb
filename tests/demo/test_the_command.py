"""`fidelia demo` as a person meets it: it fills and says how to log in, and never touches what is somebody's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fidelia.worker.postgres import database_url, ensure_running
from tests.homes import environ_of
from tests.worker.conftest import Run, fidelia, home, migrated_home

__all__ = ["fidelia", "home", "migrated_home"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_it_fills_once_and_then_finds_the_shop_there(fidelia: Run) -> None:
    first = fidelia("demo", "--customers", "100", "--no-serve", "--password", "O namenlose Freude!")
    assert first.returncode == 0, first.stderr
    assert "http://localhost:8000/console/" in first.stdout
    assert "sophie.berthier@maison-eleonore.example" in first.stdout
    assert "O namenlose Freude!" in first.stdout
    assert re.search(r"^  live_[0-9a-f]{16}_", first.stdout, re.MULTILINE)
    again = fidelia("demo", "--no-serve")
    assert again.returncode == 0, again.stderr
    assert "is here already" in again.stdout
    assert "O namenlose Freude!" in again.stdout
    assert "live_" not in again.stdout
    doctor = fidelia("doctor", "--ledger")
    assert "Every account of the ledger adds up" in doctor.stdout
    assert doctor.returncode == 0, doctor.stdout


@pytest.mark.usefixtures("migrated_home")
def test_the_shop_goes_and_who_was_there_before_it_stays(fidelia: Run, home: Path) -> None:
    """The demo itself is stood in for by its audit rows: filling it in is tested above."""
    in_database(home, "select 1")  # and from here on the server is kept running for all commands
    create = [sys.executable, "-m", "fidelia.worker", "create-user", "rocco@shop.example", "--name", "Rocco"]
    subprocess.run(create, env=environ_of(home), cwd=home, input=b"O namenlose Freude!\n", check=True)
    in_database(  # the audit of a second time begins after the first removal, and does not name who was there
        home,
        "delete from access_audit where verb like 'user.%'",
        *(_audit("system", verb, "fidelia demo") for verb in ("demo.begin", "demo.fill")),
        _audit("system", "file.keep", "fidelia import"),
        "insert into organisation_operator values (1, 'Maison Éléonore', 'FR', 'EUR', 'fr', 'Europe/Paris', now())",
    )
    kept = home / "demo" / "log-ins.txt"
    kept.parent.mkdir()
    kept.touch()

    refused = fidelia("demo", "--remove")
    assert refused.returncode == 1
    assert "1 acts were recorded here (the last is “fidelia import: file.keep”)" in refused.stderr
    assert in_database(home, "select count(*) from organisation_operator") == 1

    removed = fidelia("demo", "--remove", "--name", "maison eleonore")
    assert removed.returncode == 0, removed.stderr
    assert "1 log-ins from before it were kept" in removed.stdout
    assert in_database(home, "select count(*) from organisation_operator") == 0
    assert in_database(home, "select role_code from access_role_grant") == "administrator"
    assert in_database(home, "select count(*) from access_user where email = 'rocco@shop.example'") == 1
    assert in_database(home, "select count(*) from access_audit where verb like 'demo.%'") == 1
    assert not kept.exists()
    assert "does not hold the invented shop" in fidelia("demo", "--remove").stderr


def _audit(kind: str, verb: str, label: str) -> str:
    return (
        "insert into access_audit (by_kind, by_label, verb, object_type, object_id, at) "
        f"values ('{kind}', '{label}', '{verb}', 'demo', 'maison-eleonore', now())"
    )


def in_database(home: Path, *statements: str) -> object:
    """Run statements as the owner in the embedded database of a stopped installation; the first value of the last."""
    ensure_running(home)
    with psycopg.connect(database_url(home, {}), autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


@pytest.mark.usefixtures("migrated_home")
def test_it_refuses_an_installation_that_somebody_uses(fidelia: Run) -> None:
    founded = fidelia(
        *("set-up", "--name", "Chez Rocco", "--country", "FR", "--currency", "EUR", "--time-zone", "Europe/Paris"),
    )
    assert founded.returncode == 0, founded.stderr
    refused = fidelia("demo", "--customers", "100", "--no-serve")
    assert refused.returncode == 1
    assert "holds data already" in refused.stderr


def test_a_number_of_customers_out_of_bounds_is_wrong_usage(fidelia: Run) -> None:
    refused = fidelia("demo", "--customers", "3")
    assert refused.returncode == 2
    assert "from 100 to 500,000" in refused.stderr
