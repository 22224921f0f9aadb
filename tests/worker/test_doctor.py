"""The doctor has a sentence for each thing that is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from django.db import connection
from pytest_django import Settings

from fidelia.worker.doctor import application, examine, machine, server
from fidelia.worker.doctor.finding import Finding, note, right, wrong
from tests.conftest import address_of
from tests.serving import free_port

from .conftest import Run


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the doctor opens it: with the role that logs in."""
    settings = connection.settings_dict
    options = {"dbname": settings["NAME"], "user": settings["USER"], "host": settings["HOST"], "port": settings["PORT"]}
    with psycopg.connect(**{k: v for k, v in options.items() if v}, autocommit=True) as owner:
        yield owner


def test_a_machine_that_is_well(tmp_path: Path) -> None:
    findings = list(machine.examine(tmp_path / "home", {}))

    assert [finding.verdict for finding in findings] == ["right", "right", "right", "note", "right"]


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    found = machine.look_at_room(tmp_path, needed_bytes=10**18)

    assert found.is_wrong
    assert "make room before it is full" in found.sentence


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert machine.look_at_home(tmp_path / "file" / "home") == wrong(
        f"The folder {tmp_path}/file/home cannot be made (Not a directory); let FIDELIA_HOME name another."
    )


def test_a_secret_key_that_is_short_or_seen(tmp_path: Path) -> None:
    assert machine.look_at_secret_key(tmp_path, {"FIDELIA_SECRET_KEY": "short"}).is_wrong
    assert machine.look_at_secret_key(tmp_path, {"FIDELIA_SECRET_KEY": "x" * 32}).verdict == "right"
    key = tmp_path / "secret.key"
    key.write_text("x" * 48, encoding="ascii")
    key.chmod(0o644)
    assert machine.look_at_secret_key(tmp_path, {}) == wrong(
        f"Others can read {key}, which signs the sessions; run `chmod 600` on it."
    )
    key.chmod(0o600)
    assert machine.look_at_secret_key(tmp_path, {}).verdict == "right"


def test_a_server_that_is_well(owner: psycopg.Connection[Any]) -> None:
    # Whether the server of the tests would survive a power cut is not ours to say: some run without fsync.
    checks = [check for check in server.CHECKS if check is not server.look_at_promises]

    assert [check(owner).verdict for check in checks] == ["right"] * len(checks)


def test_a_server_that_would_lose_purchases(owner: psycopg.Connection[Any]) -> None:
    owner.execute("set synchronous_commit = off")

    found = server.look_at_promises(owner)

    assert found.is_wrong
    assert found.sentence.endswith("synchronous_commit off: a power cut would lose acknowledged purchases.")


def test_a_role_that_we_may_not_take(owner: psycopg.Connection[Any]) -> None:
    owner.execute("begin")
    owner.execute("create role fidelia_stranger")
    owner.execute("set local role fidelia_stranger")
    found = server.look_at_role(owner)
    owner.execute("rollback")

    assert found == wrong(
        "The role we log in with may not become fidelia_app; "
        "let a superuser run: grant fidelia_app to fidelia_stranger;"
    )


def test_a_database_of_this_version(db: None) -> None:
    assert application.look_at_migrations() == right("The database is of this version.")
    assert application.look_at_parked_events() == right("No event is parked.")
    assert application.look_at_worker() == note(
        "No worker is alive; nothing waits for one either. `fidelia run` starts it."
    )
    assert list(application.look_at_ledger()) == [right("Every account of the ledger adds up.")]


def test_a_migration_that_is_pending(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'sessions'")

    found = application.look_at_migrations()

    assert found.is_wrong
    assert found.sentence.endswith("first sessions.0001_initial: run `fidelia migrate`.")


def test_jobs_that_wait_for_nobody(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, args, status) "
            "values ('default', 'sing', '{}', 'todo') returning id"
        )
        cursor.execute("update procrastinate_events set at = now() - interval '1 hour'")

    assert application.look_at_worker() == wrong(
        "1 jobs wait and no worker is alive: start `fidelia run`, or `fidelia work`."
    )


def test_an_event_that_is_parked(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into kernel_parked_event (reaction, event_id, reason, attempts, parked_at, resolution) "
            "values ('inform', 1, 'no address', 1, now(), '')"
        )

    assert application.look_at_parked_events().is_wrong


def test_a_mail_server_that_answers_or_not(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = ""
    assert application.look_at_mail().verdict == "note"
    port = free_port()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    assert application.look_at_mail() == wrong(
        f"The mail server 127.0.0.1:{port} does not let us in: Connection refused."
    )
    post = Controller(Sink(), hostname="127.0.0.1", port=port)
    post.start()
    try:
        assert application.look_at_mail() == right(f"The mail server 127.0.0.1:{port} lets us in.")
    finally:
        post.stop()


def test_a_server_that_does_not_answer_ends_the_examination(tmp_path: Path) -> None:
    own = {"FIDELIA_DATABASE_URL": "postgresql://me@/shop?host=/nowhere"}
    findings = list(examine(tmp_path / "home", own, ledger=True))

    assert findings[-1].is_wrong
    assert findings[-1].sentence.startswith("The database does not answer: ")
    assert Finding("note", findings[-2].sentence) == findings[-2]


def test_a_server_that_would_lose_purchases_is_looked_at_all_the_same(db: None, tmp_path: Path) -> None:
    """The databases of the tests answer before the disk has what they were told."""
    own = {"FIDELIA_DATABASE_URL": address_of(str(connection.settings_dict["NAME"]))}

    findings = list(examine(tmp_path / "home", own, ledger=True))

    assert [f.sentence for f in findings if f.is_wrong and "a power cut would lose" in f.sentence] != []
    assert right("Every account of the ledger adds up.") in findings


def test_what_is_left_out_is_said(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"FIDELIA_DATABASE_URL": address_of(str(connection.settings_dict["NAME"]))}
    monkeypatch.setattr(server, "OLDEST_SUPPORTED", 99)

    *_others, too_old, _encoding, _promises, _role, _clock, last = examine(tmp_path / "home", own, ledger=True)

    assert too_old.is_wrong
    assert too_old.sentence.endswith("Fidelia needs 99 or newer.")
    assert last == note("Fidelia itself was not looked at: what is wrong with the server comes first.")


def test_the_command_ends_with_1_when_something_is_wrong(fidelia: Run, home: Path) -> None:
    examined = fidelia("doctor")

    assert examined.returncode == 1
    assert "WRONG" in examined.stdout
    assert examined.stdout.endswith("1 thing is wrong.\n")
    assert "migrations are pending" in examined.stdout
    assert os.path.isdir(home)


def test_a_spark_that_is_named_and_not_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.SPARK = "somewhere"
    assert "FIDELIA_SPARK is “somewhere”" in application.look_at_spark().sentence
    assert application.look_at_spark().is_wrong
    settings.SPARK = "local[2]"
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    assert application.look_at_spark() == wrong(
        "FIDELIA_SPARK is set, and there is no Java 17 or newer on this machine (see JAVA_HOME)."
    )
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("", encoding="ascii")
    (tmp_path / "bin" / "java").chmod(0o755)
    assert application.look_at_spark().verdict == "right"
