"""The database of the tests: real PostgreSQL, migrated once into a template, cloned for each worker of the run.

Tests connect as the application does, with the role `fidelia_app`: what it may not do in production fails here too.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql

from tests.homes import migrated
from tests.serving import live_server

__all__ = ["live_server", "migrated"]
ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
os.environ.setdefault("FIDELIA_HOME", str(ROOT / ".fidelia"))
os.environ["FIDELIA_DATABASE_POOL_MAX"] = "0"
if "FIDELIA_DATABASE_URL" not in os.environ:
    from fidelia.worker.postgres import ensure_running

    os.environ["FIDELIA_DATABASE_URL"] = ensure_running(Path(os.environ["FIDELIA_HOME"]))

# A busy machine is no finding. Where CI is set, hypothesis takes the same examples each time.
hypothesis.settings.register_profile(
    "patient", hypothesis.settings(), deadline=None, derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile("patient")
KEPT = ("django_migrations", "django_content_type", "auth_permission")


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings
    from django.test import TransactionTestCase

    # Django's own flush leaves out the tables that migrations write in SQL, and the ledger is one of them.
    TransactionTestCase._fixture_teardown = lambda self: empty_all_tables()  # type: ignore[attr-defined]
    # pytest-django has read the settings before this file could say so: a test counts and closes its own connections.
    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    # A real password costs half a second on purpose; the cast logs in often.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Clone the migrated template into this worker's own database."""
    from django.db import connection

    worker = os.environ.get("PYTEST_XDIST_WORKER", "solo")
    name = str(connection.settings_dict["NAME"])
    clone = f"test_{name}_{worker}"
    with psycopg.connect(maintenance_url(), autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(hashtext('fidelia test template'))")
        template = template_of(admin, name)
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(clone)))
        admin.execute(sql.SQL("create database {} template {}").format(sql.Identifier(clone), sql.Identifier(template)))
        # Commits need not reach the disk here; the tests that kill a server start one of their own.
        admin.execute(sql.SQL("alter database {} set synchronous_commit = off").format(sql.Identifier(clone)))
    connection.settings_dict["NAME"] = clone
    with django_db_blocker.unblock():
        yield
        connection.close()
    connection.settings_dict["NAME"] = name
    with psycopg.connect(maintenance_url(), autocommit=True) as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(clone)))


def maintenance_url() -> str:
    return address_of("postgres")


def address_of(database: str) -> str:
    """The connection string of another database on the server of the tests, as the owner."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(os.environ["FIDELIA_DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{database}"))


def template_of(admin: psycopg.Connection[Any], name: str) -> str:
    """Return the template for the migrations as they are now, making it if nobody has."""
    fingerprint = hashlib.sha256()
    for path in sorted((ROOT / "src").glob("fidelia/*/migrations/*.py")) + sorted((ROOT / "src").rglob("*.sql")):
        fingerprint.update(path.name.encode() + path.read_bytes())
    prefix = f"template_{name}_"
    template = prefix + fingerprint.hexdigest()[:10]
    known = [
        row[0] for row in admin.execute("select datname from pg_database where starts_with(datname, %s)", [prefix])
    ]
    if template not in known:
        for stale in known:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(stale)))
        draft = f"draft_{template}"
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(draft)))
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
        migrate(draft)
        admin.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(draft), sql.Identifier(template)))
    return template


def migrate(database: str) -> None:
    environment = os.environ | {
        "FIDELIA_DATABASE_URL": address_of(database),
        "FIDELIA_DATABASE_ROLE": "",
        "DJANGO_SETTINGS_MODULE": "fidelia.config.settings",
    }
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"], check=True, env=environment, cwd=ROOT
    )
    with psycopg.connect(address_of(database), autocommit=True) as owner:
        # Emptying between tests is the one thing that tests may do and the application may not.
        owner.execute("grant truncate on all tables in schema public to fidelia_app")


def empty_all_tables() -> None:
    """Truncate every table that holds a row, the unmanaged ones too.

    To ask first costs milliseconds; to truncate a hundred empty tables makes a hundred new files.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename from pg_tables where schemaname = 'public' and tablename <> all(%s)", [list(KEPT)]
        )
        names = [row[0] for row in cursor.fetchall()]
        cursor.execute(" union all ".join(f"(select '{name}' from \"{name}\" limit 1)" for name in names))
        filled = [f'"{row[0]}"' for row in cursor.fetchall()]
        if filled:
            cursor.execute(f"truncate {', '.join(filled)} cascade")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; a test that needs it is skipped without it."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not beside this checkout (../shared/data)")
    return folder
